// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cstring>
#include <numeric>

#include "hash_many.hpp"

// How hash_many.cpp brings messages to the lanes: in which order, and block by block.
namespace cordon::crypto {

inline constexpr std::size_t kSha256Block = 64;

/// A message on its way through one lane, block by block.
class MessageFeed {
public:
    /// Lifetime: `message` is used until the last block.
    void start(const Pieces& message) noexcept {
        message_ = &message;
        last_ = !message.parts[2].empty() ? 2 : !message.parts[1].empty() ? 1 : 0;
        marked_ = false;
        enter(0);
    }
    /// The next 64 bytes: of the message itself where they lie together, else put together here.
    const uint8_t* next() noexcept {
        if (static_cast<std::size_t>(end_ - at_) < kSha256Block) return gather();
        const uint8_t* const block = at_;
        at_ += kSha256Block;
        return block;
    }
    /// Nothing of the padding was given yet: somebody else can go on from here.
    bool can_leave() const noexcept { return !marked_; }
    /// What next() has not given yet. REQUIRES: can_leave().
    Pieces left() const noexcept {
        Pieces out = *message_;
        std::fill_n(out.parts.begin(), part_, ByteView{});
        out.parts[part_] = {at_, end_};
        return out;
    }

private:
    void enter(std::size_t part) noexcept {
        part_ = part;
        at_ = message_->parts[part].data();
        end_ = at_ + message_->parts[part].size();
    }
    const uint8_t* gather() noexcept {
        uint8_t* const block = room_.data() + kSha256Block;
        std::size_t filled = 0;
        for (;;) {
            const std::size_t left = static_cast<std::size_t>(end_ - at_);
            const std::size_t take = std::min(kSha256Block - filled, left);
            // A copy of a length that the compiler knows needs no branches. What is too much runs
            // over the room behind the block, or before it.
            if (left >= kSha256Block)
                std::memcpy(block + filled, at_, kSha256Block);
            else if (filled == 0 && message_->parts[part_].size() >= kSha256Block)
                std::memcpy(block + take - kSha256Block, end_ - kSha256Block, kSha256Block);
            else if (take > 0)
                std::memcpy(block + filled, at_, take);
            filled += take;
            at_ += take;
            if (filled == kSha256Block) return block;
            if (part_ == last_) break;
            enter(part_ + 1);
        }
        std::memset(block + filled, 0, kSha256Block);
        if (!marked_) block[filled++] = 0x80;
        marked_ = true;
        if (filled + 8 > kSha256Block) return block;
        const uint64_t bits = __builtin_bswap64(uint64_t{message_->size()} * 8);
        std::memcpy(block + kSha256Block - 8, &bits, 8);
        return block;
    }

    const Pieces* message_ = nullptr;
    std::size_t last_ = 0;         // The last part that is not empty.
    std::size_t part_ = 0;         // Where it stands:
    const uint8_t* at_ = nullptr;  // what is left of this part,
    const uint8_t* end_ = nullptr;
    bool marked_ = false;  // and whether the bit behind the message is written.
    alignas(16) std::array<uint8_t, 3 * kSha256Block> room_;  // The block in the middle.
};

/// A message and how many blocks it has with its padding.
struct Turn {
    std::size_t blocks;
    std::size_t message;
};

/// Those with the most blocks first: neighbours are the same length then, or nearly.
inline void order_by_blocks(std::span<const Pieces> messages, std::span<Turn> out) noexcept {
    static constexpr std::size_t kLong = 64;  // So many blocks, or more.
    const auto blocks_of = [](const Pieces& message) {
        return (message.size() + 8) / kSha256Block + 1;
    };
    const auto longest_first = [](std::size_t blocks) { return kLong - std::min(blocks, kLong); };
    std::array<std::size_t, kLong + 1> begins{};
    for (const Pieces& message : messages) ++begins[longest_first(blocks_of(message)) + 1];
    const std::size_t longs = begins[1];
    std::partial_sum(begins.begin(), begins.end(), begins.begin());
    for (std::size_t i = 0; i < messages.size(); ++i) {
        const std::size_t blocks = blocks_of(messages[i]);
        out[begins[longest_first(blocks)]++] = {blocks, i};
    }
    std::sort(out.begin(), out.begin() + static_cast<std::ptrdiff_t>(longs),
              [](const Turn& a, const Turn& b) { return a.blocks > b.blocks; });
}

}  // namespace cordon::crypto
