// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>
#include <vector>

#include <cordon/base/amount.hpp>
#include <cordon/base/bytes.hpp>
#include <cordon/base/time.hpp>

#include "address.hpp"
#include "asset.hpp"
#include "chain_id.hpp"
#include "fact.hpp"

namespace cordon {

using BlockNum = uint64_t;

/// Where a txn stands in its chain. Chain order is the order of this struct.
struct TxnPosition {
    BlockNum block = 0;
    uint32_t txn = 0;  ///< Place within the block, from 0.
    friend auto operator<=>(const TxnPosition&, const TxnPosition&) = default;
};

// --- Account chains: value sits in balances, a txn is a list of transfers

enum class TransferKind : uint8_t { kNative, kToken, kInternal, kMint, kBurn, kFee };
std::string_view to_string(TransferKind kind) noexcept;
Result<TransferKind> parse_transfer_kind(std::string_view text);

/// Value moved from one address to another. A zero amount is possible (address poisoning uses it).
struct Transfer {
    uint32_t index = 0;  ///< Position inside the txn; rises, may have gaps (log indices do).
    Address from;
    Address to;
    Asset asset;
    Amount amount;
    TransferKind kind = TransferKind::kNative;
    friend bool operator==(const Transfer&, const Transfer&) = default;
};

/// One txn of an account chain.
struct AccountTxn {
    Hash256 hash;
    std::vector<Transfer> transfers;  ///< By rising index.
    /// Its own time where the source gives one per txn; otherwise the block's.
    std::optional<UnixMillis> time = std::nullopt;
    friend bool operator==(const AccountTxn&, const AccountTxn&) = default;
};

// --- UTXO chains: value sits in outputs that are spent whole

/// An output of a txn: "TXID:VOUT".
struct OutPoint {
    Hash256 txid;
    uint32_t index = 0;
    friend auto operator<=>(const OutPoint&, const OutPoint&) = default;
};

struct TxOut {
    uint64_t value = 0;  ///< Satoshi.
    Address address;
    friend bool operator==(const TxOut&, const TxOut&) = default;
};

struct TxIn {
    OutPoint prevout;
    /// The output it spends, where known: from the source (prevouts given) or from the ledger (txn
    /// seen before).
    std::optional<TxOut> spent;
    friend bool operator==(const TxIn&, const TxIn&) = default;
};

/// One txn of a UTXO chain. A coinbase has no inputs here.
struct UtxoTxn {
    Hash256 txid;  ///< As hashed, not as shown (reversed).
    bool coinbase = false;
    uint32_t version = 1;
    uint32_t locktime = 0;
    std::vector<TxIn> inputs;
    std::vector<TxOut> outputs;
    friend bool operator==(const UtxoTxn&, const UtxoTxn&) = default;
};

// --- Blocks

/// How sure the number of a block is. Extracts of a chain do not always say it.
enum class BlockNumKind : uint8_t {
    kHeight,     ///< The height on the chain.
    kEstimated,  ///< Derived from the block's time: the bytes of an old block do not hold its
                 ///< height (before BIP-34).
    kSequence,   ///< A running number: txns given without any block.
};

struct BlockHeader {
    BlockNum number = 0;
    BlockNumKind number_kind = BlockNumKind::kHeight;
    std::optional<UnixMillis> time;  ///< None only where the source gives none (loose txns).
    /// The chain's own hash where the source has it; otherwise the SHA-256 of the block's canonical
    /// rows, so that two versions of one block can be told apart in any case.
    Hash256 hash;
    std::optional<Hash256> parent;  ///< Where the source has it: append() checks the link.
    friend bool operator==(const BlockHeader&, const BlockHeader&) = default;
};

/// What one block moved. Only one of the two lists is used, by the chain's value model.
struct Block {
    ChainId chain;
    BlockHeader header;
    std::vector<AccountTxn> account_txns;
    std::vector<UtxoTxn> utxo_txns;
    /// What its logs and calls said. For records; the ledger has none.
    std::vector<Fact> facts = {};
    friend bool operator==(const Block&, const Block&) = default;
};

}  // namespace cordon

template <>
struct std::hash<cordon::OutPoint> {
    std::size_t operator()(const cordon::OutPoint& point) const noexcept {
        return std::hash<cordon::Hash256>{}(point.txid) ^ (point.index * 0x9E3779B97F4A7C15ULL);
    }
};
