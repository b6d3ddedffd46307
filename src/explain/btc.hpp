// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>
#include <vector>

#include <cordon/base/result.hpp>

#include "context.hpp"
#include "explanation.hpp"

namespace cordon::explain {

/// A PSBT of version 0 or 2: binary, hex or base64. One explanation.
Result<std::vector<Explanation>> explain_psbt(std::string_view input, const Context& context);

/// A Bitcoin txn, unsigned or signed: binary or hex. What it spends is known as far as
/// Context::txns and Context::parents hold the txns before it. One explanation.
Result<std::vector<Explanation>> explain_btc(std::string_view input, const Context& context);

/// {"address", "message", "signature"} with a Bitcoin address: who signed what ("signmessage",
/// BIP-322), or, without a signature, what is about to be signed.
Result<std::vector<Explanation>> explain_bitcoin_message(std::string_view input,
                                                         const Context& context);
/// Whether explain_bitcoin_message is meant: a JSON object whose address is one of Bitcoin.
bool is_bitcoin_message(std::string_view input);

}  // namespace cordon::explain
