// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <cordon/model/withdrawal.hpp>

namespace cordon::server {

/// Withdrawals of a simulation (docs/formats/withdrawal.md, one a line): each becomes due when the
/// replay has come to its time. Confined to one thread.
class SimulatedRequests {
public:
    /// kMalformed names file and line; kOrder: times fall.
    static Result<std::unique_ptr<SimulatedRequests>> open(const std::string& path);
    /// Those that have become due since the last call, in order.
    std::vector<WithdrawalRequest> until(UnixMillis now);

private:
    std::vector<WithdrawalRequest> requests_;
    std::size_t next_ = 0;
};

}  // namespace cordon::server
