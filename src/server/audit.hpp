// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <optional>
#include <string>
#include <string_view>

#include <cordon/net/http_routes.hpp>
#include <cordon/tlog/log.hpp>

#include "accounts.hpp"
#include "endpoint.hpp"
#include "rate_limit.hpp"

namespace cordon::server {

/// What people and programs changed, or wanted to, in the tamper-evident log
/// (docs/formats/audit-log.md). Thread safety: all calls.
class Audit {
public:
    /// `log` must outlive it. None: nothing can be changed.
    explicit Audit(tlog::Log* log) : log_{log} {}

    /// False once an entry could not be written: then nothing may change any more.
    bool is_open() const noexcept { return log_ != nullptr && !broken_; }

    struct Entry {
        const Endpoint& endpoint;
        const net::ServerRequest& request;
        const Caller& caller;
        std::optional<unsigned> status;  ///< Of the answer; none: it is about to be done.
        UnixMillis now;
    };
    /// Durable when it returns.
    Status write(const Entry& entry);
    /// Of a change that was refused, for somebody who had no right to it: at most so many a minute,
    /// for whoever is refused could fill the disk. What is left out is counted in the next one.
    Status write_refused(const Entry& entry);

private:
    Status append(const Entry& entry, uint64_t left_out);

    tlog::Log* log_;
    std::atomic<bool> broken_{false};
    RateLimit refused_{1.0, 60.0};  // A second, and at once.
    std::atomic<uint64_t> left_out_{0};
};

/// Writes what was done to accounts at the server's terminal (`cordon serve user`) into its log, in
/// order. Killed in between, one may be there twice, with the same `request`.
Status log_deeds(Accounts& accounts, tlog::Log& log);

}  // namespace cordon::server
