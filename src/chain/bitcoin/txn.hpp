// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include <cordon/base/bytes.hpp>
#include <cordon/base/result.hpp>
#include <cordon/crypto/hash_many.hpp>
#include <cordon/model/block.hpp>

#include "cursor.hpp"

/// Bitcoin txns on the wire: legacy and with witness (BIP-144).
namespace cordon::chain {

inline constexpr uint64_t kCoin = 100'000'000;
inline constexpr uint64_t kMaxMoney =
    21'000'000 * kCoin;  ///< No sum of outputs may exceed it (consensus).
inline constexpr uint64_t kMaxBlockWeight = 4'000'000;  ///< BIP-141.
inline constexpr std::size_t kMinInput = 41;      ///< Prevout 36, script length 1, sequence 4.
inline constexpr std::size_t kMinOutput = 9;      ///< Value 8, script length 1.
inline constexpr uint32_t kNoIndex = 0xffffffff;  ///< Of the prevout of a coinbase.

/// Lifetime of all views: that of the bytes parsed.
struct InputView {
    OutPoint prevout;
    ByteView script;
    uint32_t sequence = 0;
    uint32_t first_item = 0;  ///< Its part of TxnView::items.
    uint32_t item_count = 0;
};

struct OutputView {
    uint64_t value = 0;  ///< Satoshi, as on the wire: check_txn bounds it.
    ByteView script;
};

/// A txn taken apart without copying. Reusing one object for many txns allocates nothing in the
/// long run.
struct TxnView {
    uint32_t version = 0;
    uint32_t locktime = 0;
    bool segwit = false;  ///< In the form with marker, flag and witnesses.
    ByteView raw;         ///< All its bytes.
    ByteView body;  ///< From the count of inputs to the last output: what the txid covers besides
                    ///< two numbers.
    std::vector<InputView> inputs;
    std::vector<OutputView> outputs;
    std::vector<ByteView> items;  ///< Witness items of all inputs, one after the other.

    std::span<const ByteView> witness(const InputView& input) const noexcept {
        return std::span{items}.subspan(input.first_item, input.item_count);
    }
    bool coinbase() const noexcept;
    std::size_t stripped_size() const noexcept { return 8 + body.size(); }
    std::size_t weight() const noexcept { return stripped_size() * 3 + raw.size(); }
    std::size_t vsize() const noexcept { return (weight() + 3) / 4; }
};

/// Reads one txn and leaves the cursor behind it. False when the cursor has failed: kTruncated,
/// kMalformed (a compact size not in its shortest form, an unknown flag, a witness form without
/// witness, all as Bitcoin Core refuses them).
bool read_txn(Cursor& cursor, TxnView& out);

/// As read_txn for the form without witness only, where no inputs is a count and not the marker of
/// the other form: the txn inside a PSBT (BIP-174).
bool read_unsigned_txn(Cursor& cursor, TxnView& out);

/// Exactly one txn: as read_txn, and kTrailing when bytes follow.
Result<TxnView> parse_txn(ByteView bytes);

/// Writes the fields again: the same bytes for everything that parse_txn accepts.
void append_txn(Bytes& out, const TxnView& txn);

/// The bytes that the txid is the double SHA-256 of.
crypto::Pieces txid_pieces(const TxnView& txn) noexcept;
/// The hash without witness, and the one with it. One is the other for a legacy txn.
Hash256 txid_of(const TxnView& txn) noexcept;
Hash256 wtxid_of(const TxnView& txn) noexcept;

/// What every txn must keep by itself (Bitcoin Core's CheckTransaction): inputs and outputs
/// present, values within kMaxMoney alone and together, no output spent twice, a coinbase script
/// of 2..100 bytes, no empty prevout elsewhere, not above the weight of a block. kMalformed,
/// kOverflow, kDuplicate, kLimit.
Status check_txn(const TxnView& txn);

/// What the rest of the product sees of it. REQUIRES: check_txn accepts it.
UtxoTxn to_model(const TxnView& txn, const Hash256& txid);
/// The same into a txn that was used before, whose vectors keep their room. Leaves out.txid alone.
void to_model(const TxnView& txn, UtxoTxn& out);

}  // namespace cordon::chain
