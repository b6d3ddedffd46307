// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "terminal.hpp"

#include <cerrno>
#include <cstdio>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <termios.h>
#include <unistd.h>

#include <cordon/base/disk.hpp>

namespace cordon::vault {
namespace {

constexpr std::size_t kMaxLine = 4096;

/// /dev/tty, with or without echo; as it was when this is gone.
class Tty {
public:
    explicit Tty(bool echo) : fd_{::open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY)} {
        if (fd_ < 0 || echo || ::tcgetattr(fd_, &before_) != 0) return;
        termios quiet = before_;
        quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO);
        changed_ = ::tcsetattr(fd_, TCSAFLUSH, &quiet) == 0;
        quiet_ = changed_;
    }
    ~Tty() {
        if (changed_) ::tcsetattr(fd_, TCSAFLUSH, &before_);
        if (fd_ >= 0) ::close(fd_);
    }
    Tty(const Tty&) = delete;
    Tty& operator=(const Tty&) = delete;

    bool open() const noexcept { return fd_ >= 0; }
    bool quiet() const noexcept { return quiet_; }
    void write(std::string_view text) const noexcept {
        while (!text.empty()) {
            const ssize_t n = ::write(fd_, text.data(), text.size());
            if (n <= 0) return;
            text.remove_prefix(static_cast<std::size_t>(n));
        }
    }
    /// A line without its end, straight into locked memory.
    Result<LockedBytes> line() const {
        LockedBytes buffer{kMaxLine};
        std::size_t size = 0;
        while (size < buffer.size()) {
            const ssize_t n = ::read(fd_, buffer.bytes().data() + size, 1);
            if (n < 0 && errno == EINTR) continue;
            if (n <= 0 || buffer.view()[size] == '\n') break;
            ++size;
        }
        return LockedBytes{buffer.view().first(size)};
    }

private:
    int fd_;
    termios before_{};
    bool changed_ = false, quiet_ = false;
};

tl::unexpected<Error> nobody() {
    return fail(ErrorCode::kUnavailable, "there is no terminal to ask at");
}

}  // namespace

Result<LockedBytes> Terminal::ask_secret(std::string_view prompt) {
    const Tty tty{false};
    if (!tty.open() || !tty.quiet()) return nobody();
    tty.write(prompt);
    Result<LockedBytes> out = tty.line();
    tty.write("\n");
    return out;
}

Result<std::string> Terminal::ask(std::string_view prompt) {
    const Tty tty{true};
    if (!tty.open()) return nobody();
    tty.write(prompt);
    CORDON_TRY(const LockedBytes line, tty.line());
    return std::string{line.view().begin(), line.view().end()};
}

void Terminal::tell(std::string_view text) { std::fwrite(text.data(), 1, text.size(), stderr); }

Status Terminal::put(std::string_view text) {
    const bool done =
        std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0;
    if (!done) return fail(system_error(errno, "standard output", "write"));
    return {};
}

void harden_process() noexcept {
    const rlimit none{0, 0};
    ::setrlimit(RLIMIT_CORE, &none);
    ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    // Only where nothing bounds it: else argon2id's memory would not be had. Secrets at rest are in
    // locked memory anyway.
    rlimit locked{};
    if (::getrlimit(RLIMIT_MEMLOCK, &locked) == 0 && locked.rlim_cur == RLIM_INFINITY)
        ::mlockall(MCL_CURRENT | MCL_FUTURE);
}

}  // namespace cordon::vault
