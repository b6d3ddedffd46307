// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "run.hpp"

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstdlib>

#include <unistd.h>

#include <cordon/base/format.hpp>

#include "command.hpp"
#include "exit_code.hpp"
#include "output.hpp"
#include "table.hpp"

namespace cordon::cli {
namespace {

std::atomic<bool> interrupted{false};
static_assert(std::atomic<bool>::is_always_lock_free, "set from a signal handler");

extern "C" void on_interrupt(int) {
    if (interrupted.exchange(true)) _exit(kInterrupted);
}

/// "cordon: MESSAGE [code]"; the code ends the first line, and what to do next follows below.
/// Messages quote files and arguments of strangers: every line is made harmless for the terminal.
void print_error(const Error& error) {
    const std::size_t end = std::min(error.message.find('\n'), error.message.size());
    std::string first = error.message.substr(0, end);
    if (end != error.message.size() && first.ends_with(':')) first.pop_back();
    std::string text =
        format("cordon: {} [{}]\n", printable(first), std::string{to_string(error.code)});
    for (std::size_t at = end; at < error.message.size();) {
        const std::size_t next = std::min(error.message.find('\n', ++at), error.message.size());
        text += printable(error.message.substr(at, next - at)) + "\n";
        at = next;
    }
    std::fputs(text.c_str(), stderr);
}

std::string quoted(std::string_view word) {
    constexpr std::string_view kPlain =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:=,@+%";
    if (!word.empty() && word.find_first_not_of(kPlain) == std::string_view::npos)
        return std::string{word};
    std::string out = "'";
    for (const char c : word) out += c == '\'' ? std::string{"'\\''"} : std::string{c};
    return out + "'";
}

Format format_of(const Args& args) {
    const std::string text = args.has("json") ? "json" : args.get("format");
    if (text == "json") return Format::kJson;
    if (text == "jsonl") return Format::kJsonl;
    if (text == "csv") return Format::kCsv;
    return Format::kTable;
}

/// NO_COLOR and TERM=dumb as clig.dev has it; --color decides before both.
bool wants_color(const std::string& choice) {
    if (choice != "auto") return choice == "always";
    const char* no_color = std::getenv("NO_COLOR");
    const char* term = std::getenv("TERM");
    return (no_color == nullptr || *no_color == '\0') &&
           (term == nullptr || std::string_view{term} != "dumb") && isatty(STDOUT_FILENO) != 0;
}

Session session_of(const Args& args, std::span<const char* const> words, std::string_view version) {
    Session session{.version = version};
    session.format = format_of(args);
    session.quiet = args.has("quiet");
    session.color = wants_color(args.get("color"));
    session.progress = !session.quiet && !args.has("no-progress") && isatty(STDERR_FILENO) != 0;
    session.cancel = &interrupted;
    session.command_line = "cordon";
    for (const char* word : words) session.command_line += " " + quoted(word);
    return session;
}

int overview(std::string_view version) {
    const Status done = print(overview_text(version));
    return done ? kClean : exit_code(done.error().code);
}

int unknown_verb(std::string_view name) {
    std::string names;
    for (const Command& command : commands()) names += format(" {}", command.name);
    print_error(
        {ErrorCode::kInvalidParam, format("unknown verb \"{}\": expected one of{}", name, names)});
    return kUsage;
}

}  // namespace

int run(int argc, const char* const* argv, std::string_view version) {
    struct sigaction action{};
    action.sa_handler = on_interrupt;
    sigaction(SIGINT, &action, nullptr);
    sigaction(SIGTERM, &action, nullptr);  // A watch under systemd ends like one at a terminal.
    std::signal(SIGPIPE,
                SIG_IGN);  // A closed pipe is an error of print(), not a death without a word.

    const std::span<const char* const> words{argv + std::min(argc, 1),
                                             static_cast<std::size_t>(std::max(argc, 1) - 1)};
    if (words.empty() || std::string_view{words[0]} == "--help" ||
        std::string_view{words[0]} == "-h")
        return overview(version);
    if (std::string_view{words[0]} == "--version")
        return print(format("cordon {}\n", version)) ? kClean : kBadInput;

    const Command* command = find_command(words[0]);
    if (command == nullptr) return unknown_verb(words[0]);
    const auto rest = words.subspan(1);
    const bool help = std::any_of(rest.begin(), rest.end(), [](std::string_view word) {
        return word == "--help" || word == "-h";
    });
    if (help) return print(help_text(*command)) ? kClean : kBadInput;

    const Result<Args> args = parse_args(*command, rest);
    if (!args) {
        print_error(args.error());
        return kUsage;
    }
    const Session session = session_of(*args, words, version);
    const Result<int> code = command->run(*args, session);
    if (code) return *code == kFound && args->has("exit-zero") ? kClean : *code;
    print_error(code.error());
    return exit_code(code.error().code);
}

}  // namespace cordon::cli
