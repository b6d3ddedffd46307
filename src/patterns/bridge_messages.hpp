// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include <cordon/base/amount.hpp>
#include <cordon/base/bytes.hpp>
#include <cordon/base/result.hpp>
#include <cordon/model/address.hpp>
#include <cordon/model/chain_id.hpp>

/// The messages that bridges carry inside arguments of type bytes. Private to the room.
namespace cordon::patterns {

/// Celer's relay and mint requests: protocol buffers.
struct CelerMessage {
    Address sender, receiver, token;
    Amount amount;
    std::optional<ChainId> from_chain;
    Hash256 id;  ///< Of the transfer or deposit on the other chain.
};
/// kTruncated, kMalformed: a field twice, of the wrong kind or size, or missing.
Result<CelerMessage> parse_celer_relay(ByteView bytes);
Result<CelerMessage> parse_celer_mint(ByteView bytes);

/// Poly Network's cross-chain txn: what its lock proxies carry.
struct PolyMessage {
    uint64_t from_chain = 0;  ///< Poly's own number; 0 where the message does not say it.
    Bytes txn_id;             ///< The deposit's number on its chain.
    Address asset, receiver;
    Amount amount;
};
/// The message as the depositing chain logs it. Only "unlock" moves value.
Result<PolyMessage> parse_poly_message(ByteView bytes);
/// The Merkle proof of a message, as the manager of the other chain is given it.
Result<PolyMessage> parse_poly_proof(ByteView bytes);

std::string poly_key(uint64_t from_chain, ByteView txn_id);
/// Poly numbers chains by itself.
std::optional<ChainId> poly_chain(const Amount& number);
std::optional<uint64_t> poly_number(ChainId chain);

}  // namespace cordon::patterns
