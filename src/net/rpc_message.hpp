// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <cordon/base/result.hpp>

/// What comes back over JSON-RPC, 1.0 (Bitcoin nodes) and 2.0. Pure: opens nothing.
namespace cordon::net {

/// What a server says is wrong with a call.
struct RpcFault {
    int64_t code = 0;
    std::string message;
};

struct RpcAnswer {
    std::optional<uint64_t> id;     ///< None: the server could not tell which call it answers.
    std::string result;             ///< As JSON text; "null" where there is none.
    std::optional<RpcFault> fault;  ///< Then the result says nothing.
};

/// What was subscribed to (eth_subscription).
struct RpcNotice {
    std::string subscription;
    std::string result;  ///< As JSON text.
};

struct RpcMessage {
    std::vector<RpcAnswer> answers;
    std::vector<RpcNotice> notices;
};

/// One message: an answer, a notice, or a list of them. Results are taken as they stand, not looked
/// into. kMalformed, kTrailing, kLimit (more than kMaxRpcBatch in a list).
inline constexpr std::size_t kMaxRpcBatch = 10'000;
Result<RpcMessage> parse_rpc_message(std::string text);

/// A string of JSON, with its quotes.
std::string json_string(std::string_view text);

/// The text of a JSON string. kMalformed when it is none.
Result<std::string> parse_json_string(std::string_view json);

}  // namespace cordon::net
