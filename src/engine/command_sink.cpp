// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "command_sink.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <thread>

#include <cordon/base/format.hpp>

extern char** environ;  // NOLINT(readability-redundant-declaration): POSIX has it in no header.

namespace cordon::engine {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::chrono::milliseconds kLook{20};

/// Writes while the other side reads. False at the deadline; a side that does not read on (EPIPE)
/// has what it wanted.
bool feed(int pipe, std::string_view left, Clock::time_point deadline,
          const std::atomic<bool>* cancel) {
    while (!left.empty()) {
        if (Clock::now() >= deadline || (cancel && *cancel)) return false;
        pollfd ready{pipe, POLLOUT, 0};
        if (::poll(&ready, 1, static_cast<int>(kLook.count())) <= 0) continue;
        const ssize_t done = ::write(pipe, left.data(), left.size());
        if (done < 0 && errno == EPIPE) return true;
        if (done > 0) left.remove_prefix(static_cast<std::size_t>(done));
    }
    return true;
}

}  // namespace

Status run_command(const std::vector<std::string>& argv, const std::string& input, Seconds timeout,
                   const std::atomic<bool>* cancel) {
    const auto deadline = Clock::now() + timeout;
    int ends[2];
    // Our end alone does not block: most programs take EAGAIN for an error.
    if (::pipe2(ends, O_CLOEXEC) != 0 || ::fcntl(ends[1], F_SETFL, O_NONBLOCK) != 0)
        return fail(ErrorCode::kUnavailable, "no pipe can be made");
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[0], 0);
    posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    // A group of its own: Ctrl-C at our terminal is not meant for it, and its children end with it.
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF);
    sigset_t defaults;
    sigemptyset(&defaults);
    sigaddset(&defaults, SIGPIPE);
    sigaddset(&defaults, SIGINT);
    posix_spawnattr_setsigdefault(&attributes, &defaults);
    std::vector<char*> words;
    for (const std::string& word : argv) words.push_back(const_cast<char*>(word.c_str()));
    words.push_back(nullptr);
    pid_t child = 0;
    const int failed =
        ::posix_spawnp(&child, words.front(), &actions, &attributes, words.data(), environ);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    ::close(ends[0]);
    if (failed != 0) {
        ::close(ends[1]);
        return fail(ErrorCode::kUnavailable, format("{}: cannot be started: {}", argv.front(),
                                                    std::generic_category().message(failed)));
    }
    bool in_time = feed(ends[1], input, deadline, cancel);
    ::close(ends[1]);
    int status = 0;
    while (in_time && ::waitpid(child, &status, WNOHANG) == 0) {
        in_time = Clock::now() < deadline && !(cancel && *cancel);
        std::this_thread::sleep_for(kLook);
    }
    if (!in_time) {
        // Not reaped yet, so the number is still its own.
        ::kill(-child, SIGKILL);
        ::waitpid(child, &status, 0);
        return fail(ErrorCode::kUnavailable,
                    format("{}: did not end within {} s", argv.front(), timeout.count()));
    }
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        return fail(ErrorCode::kUnavailable,
                    WIFEXITED(status)
                        ? format("{}: ended with {}", argv.front(), WEXITSTATUS(status))
                        : format("{}: was ended by signal {}", argv.front(), WTERMSIG(status)));
    return {};
}

}  // namespace cordon::engine
