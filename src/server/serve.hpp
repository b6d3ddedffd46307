// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>

#include <cordon/engine/serve_config.hpp>

#include "groups.hpp"

/// The whole house in one process: watch, guard, traces, cases, and the console over them.
namespace cordon::server {

struct ServeHooks {
    std::string version;
    std::function<UnixMillis()> clock;  ///< Any thread.
    /// A step of the start-up that is done, in words: "alerts     12,331 in data/watch".
    std::function<void(const std::string&)> step = {};
    std::function<void(const std::string&)> warning = {};  ///< Any thread.
};

/// Thread safety: start(), wait() and stop() from one thread.
class Service {
public:
    /// Answers when it returns. Errors of each part, with its name; then nothing runs.
    static Result<std::unique_ptr<Service>> start(const engine::ServeConfig& config,
                                                  ServeHooks hooks);
    /// As stop().
    ~Service();

    uint16_t port() const noexcept;
    /// A link that opens the console once, without an account: for the terminal that started it.
    /// Empty when the console is listened to from beyond this machine.
    std::string entry_link();
    /// Until it is cancelled. An Error: a part without which nobody may be answered has failed
    /// (alerts or the log cannot be read).
    Status wait(const std::atomic<bool>& cancel);
    /// Answers what is under way, ends the watch behind a checkpoint, signs the logs.
    void stop();

private:
    struct House;
    explicit Service(std::unique_ptr<House> house);
    std::unique_ptr<House> house_;
};

/// Open files that its limits come to.
uint64_t files_wanted(const engine::ServeConfig& config);

/// What is missing for this configuration to run, and how to mend it; starts nothing.
std::vector<SystemFacts::Check> check_serve(const engine::ServeConfig& config);

}  // namespace cordon::server
