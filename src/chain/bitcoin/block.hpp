// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <functional>
#include <optional>
#include <string_view>

#include <cordon/base/bytes.hpp>
#include <cordon/base/result.hpp>
#include <cordon/model/address.hpp>
#include <cordon/model/block.hpp>

#include "header.hpp"
#include "txn.hpp"

/// A whole Bitcoin block: its form, its commitments, and what the rest of the product sees of it.
namespace cordon::chain {

/// BIP-141. `kAbsent` also stands for a block whose witnesses were left out of the bytes given.
enum class WitnessCommitment : uint8_t { kOk, kAbsent, kBad };
std::string_view to_string(WitnessCommitment value) noexcept;

/// What a block says about itself, and whether it keeps its word. Nothing here is refused: see
/// check_block.
struct BlockFacts {
    HeaderView header;
    std::optional<uint64_t> coinbase_height;  ///< BIP-34: version 2 and up, unverified.
    uint64_t bytes = 0;
    uint64_t txns = 0;
    uint64_t inputs = 0;  ///< Of all txns but the coinbase.
    uint64_t outputs = 0;
    uint64_t total_out = 0;  ///< Satoshi; saturates at 2^64-1 for nonsense values.
    uint64_t weight = 0;
    bool merkle_ok = false;
    bool merkle_mutated = false;  ///< CVE-2012-2459: txns repeated under an unchanged root.
    WitnessCommitment witness = WitnessCommitment::kAbsent;
    bool pow_ok = false;
    bool coinbase_ok = false;  ///< The first txn is a coinbase and no other is.
};

/// Gives the facts and, once the form of the whole block is known to be right, calls `visit` once a
/// txn, in order. The view is valid during the call only. kTruncated, kTrailing, kMalformed, each
/// with the offset; an error of `visit` is passed on.
using TxnVisitor =
    std::function<Status(const TxnView& txn, const Hash256& txid, std::size_t index)>;
Result<BlockFacts> read_block(ByteView bytes, const TxnVisitor& visit);

/// kChecksum when proof of work, merkle root or witness commitment fail, kMalformed without a
/// proper coinbase, kLimit above the weight of a block.
Status check_block(const BlockFacts& facts);

/// A block that passes check_block and whose txns pass check_txn. header.number is not known here
/// and stays 0.
struct DecodedBlock {
    Block block;
    BlockFacts facts;
};
Result<DecodedBlock> parse_block(ByteView bytes, ChainId chain);

/// The height that a block's first bytes (header, txn count, start of the coinbase) carry. Nothing
/// below version 2, and when the bytes are too few.
std::optional<uint64_t> coinbase_height(ByteView first_bytes) noexcept;

}  // namespace cordon::chain
