// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "requests.hpp"

#include <cordon/base/disk.hpp>
#include <cordon/base/format.hpp>
#include <cordon/wallet/request_json.hpp>

namespace cordon::server {

Result<std::unique_ptr<SimulatedRequests>> SimulatedRequests::open(const std::string& path) {
    CORDON_TRY(const Bytes bytes, read_file(path));
    const std::string_view text{reinterpret_cast<const char*>(bytes.data()), bytes.size()};
    auto out = std::make_unique<SimulatedRequests>();
    std::size_t number = 0;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = std::min(text.find('\n', at), text.size());
        const std::string_view line = text.substr(at, end - at);
        at = end + 1;
        ++number;
        if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
        Result<WithdrawalRequest> request = wallet::parse_request(line);
        if (!request) return fail(request.error().in(format("{}:{}", path, number)));
        if (!out->requests_.empty() && request->time < out->requests_.back().time)
            return fail(ErrorCode::kOrder,
                        format("{}:{}: is earlier than the request before it", path, number));
        out->requests_.push_back(std::move(*request));
    }
    return out;
}

std::vector<WithdrawalRequest> SimulatedRequests::until(UnixMillis now) {
    std::vector<WithdrawalRequest> due;
    while (next_ < requests_.size() && requests_[next_].time <= now)
        due.push_back(requests_[next_++]);
    return due;
}

}  // namespace cordon::server
