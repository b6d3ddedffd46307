// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include <cordon/base/result.hpp>
#include <cordon/chain/json_tree.hpp>
#include <cordon/model/withdrawal.hpp>

/// Withdrawal requests as JSON (docs/formats/withdrawal.md): what queues send, what bundles carry.
namespace cordon::wallet {

/// One object on one line; parse_request() reads the same request from it.
std::string format_request(const WithdrawalRequest& request);

/// Strict: no other names, amounts as decimal texts. `payload.data` is a text, byte for byte, or an
/// object, which stands for its compact form: members in their order, numbers as written, no
/// blanks. kMalformed, kDuplicate, kLimit, and what addresses are refused with.
Result<WithdrawalRequest> parse_request(std::string_view json);
Result<WithdrawalRequest> parse_request(const chain::JsonValue& object);

/// A text as JSON, in quotes.
std::string json_text(std::string_view text);
/// The compact form of a value.
std::string compact_json(const chain::JsonValue& value);

}  // namespace cordon::wallet
