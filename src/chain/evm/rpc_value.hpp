// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cordon/base/amount.hpp>
#include <cordon/base/bytes.hpp>
#include <cordon/model/asset.hpp>
#include <cordon/model/chain_id.hpp>

#include "../json_cursor.hpp"

/// How execution-apis writes values: "0x" and hex. Nodes are no people: letters of any case are
/// taken, and zeros in front of quantities (java-tron writes them).
namespace cordon::chain::evm {

Result<uint64_t> rpc_number(JsonCursor& value);
Result<Amount> rpc_amount(JsonCursor& value);
Result<Hash256> rpc_hash(JsonCursor& value);
Result<Bytes> rpc_bytes(JsonCursor& value);
Result<Address> rpc_address(ChainFamily family, JsonCursor& value);
/// The same of text that is a key.
Result<Address> rpc_address(ChainFamily family, std::string_view text);
/// A word of storage: up to 32 bytes, shorter ones with zeros left out in front.
Result<Hash256> rpc_word(std::string_view text);

/// A token by its contract. Of Tron its code is the address's text.
Asset token_asset(ChainId chain, const Address& contract);

}  // namespace cordon::chain::evm
