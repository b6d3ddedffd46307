// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <memory>
#include <string_view>
#include <vector>

#include <boost/json/fwd.hpp>

#include <cordon/tlog/log.hpp>

#include "command.hpp"

namespace cordon::cli {

/// --log and --log-key.
std::vector<Flag> log_book_flags();

/// A tamper-evident log of its own for a program (docs/formats/program-log.md); nothing is written
/// when none is asked for. Confined to one thread.
class LogBook {
public:
    /// kLocked: another program writes into it.
    static Result<LogBook> open(const Args& args);
    /// Durable when it returns. Of an entry that is too long, its digest is written.
    Status write(std::string_view kind, const boost::json::object& data);
    Status write_line(std::string_view line);
    /// Signs a checkpoint over what was written since the last one; at most one a second unless it
    /// is the end.
    Status publish(bool at_end);

private:
    std::unique_ptr<tlog::Log> log_;
    bool is_signed_ = true;
    std::chrono::steady_clock::time_point signed_at_{};
};

/// {"path", "sha256"} of a file, or of a text that was read from it.
boost::json::object text_facts(std::string_view path, std::string_view text);
Result<boost::json::object> file_facts(const std::string& path);

}  // namespace cordon::cli
