// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cstring>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <cordon/model/block.hpp>
#include "words.hpp"

namespace cordon::ledger {

/// What an input asks of the txn that it spends, for the newest txns of a UTXO chain: a line of the
/// cache each, where segments and heads have it in five. Says nothing that these do not. Memory
/// comes as it is used, and is used again. Confined to one thread.
class TxnNotes {
public:
    struct Note {
        Hash256 hash;
        uint64_t first_row;                 ///< Of the chain.
        uint32_t outputs;                   ///< All that the txn has.
        std::array<uint32_t, 5> receivers;  ///< Address ids of the first ones.
    };
    static_assert(sizeof(Note) == 64 && std::is_trivially_copyable_v<Note>);

    /// Of `most` txns, a power of two. They lie in `directory`, see Words.
    TxnNotes(uint64_t most, std::string directory)
        : mask_{most - 1}, pieces_((most + kPiece - 1) / kPiece), memory_{std::move(directory)} {}

    /// Null when it is not remembered.
    const Note* find(uint64_t txn) const noexcept {
        if (txn - begin_ >= end_ - begin_) return nullptr;
        const uint64_t own = txn & mask_;
        const uint64_t* const at = pieces_[own / kPiece].data() + own % kPiece * kWords;
        return reinterpret_cast<const Note*>(at);
    }
    /// Takes the txn behind the last one; with any other it begins anew. `receivers`: of all
    /// outputs.
    void add(uint64_t txn, const Hash256& hash, uint64_t first_row,
             std::span<const uint32_t> receivers) {
        if (txn != end_) begin_ = end_ = txn;
        Note note{hash, first_row, static_cast<uint32_t>(receivers.size()), {}};
        std::copy_n(receivers.begin(), std::min(receivers.size(), note.receivers.size()),
                    note.receivers.begin());
        const uint64_t own = txn & mask_;
        Words& piece = pieces_[own / kPiece];
        if (piece.empty()) {
            piece = memory_.take(kPiece * kWords);
            piece.settle();
        }
        if (own % kPiece == kPiece / 2 && pieces_[((own + kPiece) & mask_) / kPiece].empty())
            memory_.prepare(kPiece * kWords);
        std::memcpy(piece.data() + own % kPiece * kWords, &note, sizeof note);
        end_ = txn + 1;
        if (end_ - begin_ > mask_ + 1) ++begin_;
    }
    /// Forgets those from `txn` on.
    void truncate(uint64_t txn) noexcept { end_ = std::clamp(txn, begin_, end_); }

private:
    static constexpr std::size_t kPiece = std::size_t{1} << 16;
    static constexpr std::size_t kWords = sizeof(Note) / sizeof(uint64_t);

    uint64_t mask_;              // Of the place of a txn.
    std::vector<Words> pieces_;  // Of 4 MB, or empty until something lies there.
    WordsMaker memory_;
    uint64_t begin_ = 0, end_ = 0;  // Txns.
};

}  // namespace cordon::ledger
