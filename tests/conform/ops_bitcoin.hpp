// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include <cordon/chain/bitcoin/txn.hpp>

#include "ops.hpp"

/// Bitcoin's ops beyond txns and blocks.
namespace cordon::conform {

Result<json::value> op_psbt(const json::object& request);

Result<json::value> op_bitcoin_sighash(const json::object& request);
Result<json::value> op_bitcoin_spend(const json::object& request);
Result<json::value> op_bitcoin_message(const json::object& request);
Result<json::value> op_bitcoin_message_hashes(const json::object& request);
Result<json::value> op_schnorr(const json::object& request);
Result<json::value> op_taproot(const json::object& request);

Result<json::value> op_bip32(const json::object& request);
Result<json::value> op_bip32_public(const json::object& request);
Result<json::value> op_bip39_entropy(const json::object& request);
Result<json::value> op_bip39_mnemonic(const json::object& request);
Result<json::value> op_bip39_seed(const json::object& request);
Result<json::value> op_descriptor(const json::object& request);
Result<json::value> op_musig_key(const json::object& request);

/// Field `name`, an array of hex strings; nothing when it is absent.
Result<std::vector<Bytes>> hex_list(const json::object& request, std::string_view name);

}  // namespace cordon::conform
