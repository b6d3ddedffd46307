// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "terminal.hpp"

#include <cstdio>
#include <iostream>

#include <sodium/utils.h>
#include <termios.h>
#include <unistd.h>

#include <cordon/base/private_file.hpp>

namespace cordon::cli {
namespace {

/// No echo while it lives.
class Quiet {
public:
    Quiet() noexcept : was_set_{::tcgetattr(STDIN_FILENO, &before_) == 0} {
        if (!was_set_) return;
        termios quiet = before_;
        quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO);
        ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet);
    }
    Quiet(const Quiet&) = delete;
    Quiet& operator=(const Quiet&) = delete;
    ~Quiet() {
        if (was_set_) ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_);
    }

private:
    termios before_{};
    bool was_set_;
};

void say(std::string_view text) {
    std::fwrite(text.data(), 1, text.size(), stderr);
    std::fflush(stderr);
}

}  // namespace

bool can_ask() noexcept { return ::isatty(STDIN_FILENO) != 0 && ::isatty(STDERR_FILENO) != 0; }

Result<std::string> ask_secret(std::string_view question) {
    say(question);
    std::string line;
    const bool read = [&] {
        const Quiet quiet;
        return static_cast<bool>(std::getline(std::cin, line));
    }();
    say("\n");
    if (!read) return fail(ErrorCode::kCancelled, "no passphrase was given");
    return line;
}

bool ask_yes(std::string_view question) {
    say(question);
    std::string line;
    return std::getline(std::cin, line) && line == "yes";
}

Result<std::string> passphrase_of(const std::string& file, bool is_new) {
    if (!file.empty()) {
        CORDON_TRY(Bytes bytes, read_private_file(file));
        std::string text{bytes.begin(), bytes.end()};
        sodium_memzero(bytes.data(), bytes.size());
        text.resize(std::min(text.find('\n'), text.size()));
        if (text.empty())
            return fail(ErrorCode::kMalformed, file + ": its first line is no passphrase");
        return text;
    }
    if (!can_ask()) return std::string{};
    if (!is_new) return ask_secret("Passphrase: ");
    CORDON_TRY(std::string first, ask_secret("New passphrase (empty: none): "));
    if (first.empty()) return first;
    CORDON_TRY(std::string second, ask_secret("The same again: "));
    const bool same = first == second;
    sodium_memzero(second.data(), second.size());
    if (same) return first;
    sodium_memzero(first.data(), first.size());
    return fail(ErrorCode::kInvalidParam, "the two passphrases differ");
}

}  // namespace cordon::cli
