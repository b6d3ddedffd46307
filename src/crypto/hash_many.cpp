// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#define OPENSSL_API_COMPAT 10100  // See hash.cpp.

#include "hash_many.hpp"

#include <cpuid.h>
#include <openssl/sha.h>

#include <algorithm>
#include <cstring>

#include <cordon/base/check.hpp>

#include "hash.hpp"
#include "sha256_lanes.hpp"

namespace cordon::crypto {
namespace {

constexpr std::size_t kBlock = 64;
constexpr std::size_t kMaxLanes = 16;
/// FIPS 180-4 §5.3.3.
constexpr std::array<uint32_t, 8> kStart{0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                         0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};

struct Machine {
    std::array<std::size_t, 3> ways{1};
    std::size_t count = 1;
    std::size_t chosen = 1;
};

bool has_sha_instructions() noexcept {
    unsigned a = 0;
    unsigned b = 0;
    unsigned c = 0;
    unsigned d = 0;
    return __get_cpuid_count(7, 0, &a, &b, &c, &d) != 0 && (b >> 29 & 1) != 0;
}

/// Sixteen lanes beat the SHA instructions, eight do not (docs/decisions/0006).
Machine look_at_machine() noexcept {
    Machine out;
    const bool avx2 = __builtin_cpu_supports("avx2") != 0;
    const bool avx512 =
        __builtin_cpu_supports("avx512f") != 0 && __builtin_cpu_supports("avx512bw") != 0;
    if (avx2) out.ways[out.count++] = 8;
    if (avx2 && avx512) out.ways[out.count++] = 16;
    out.chosen = out.ways[out.count - 1];
    if (out.chosen == 8 && has_sha_instructions()) out.chosen = 1;
    return out;
}

const Machine& machine() noexcept {
    static const Machine found = look_at_machine();
    return found;
}

void store_digest(const std::array<uint32_t, 8>& words, uint8_t* out) noexcept {
    for (std::size_t i = 0; i < 8; ++i) {
        const uint32_t big = __builtin_bswap32(words[i]);
        std::memcpy(out + 4 * i, &big, 4);
    }
}

/// A message on its way through one lane, block by block.
class Feed {
public:
    void start(const Pieces& message, std::size_t place) noexcept {
        parts_ = message.parts;
        part_ = 0;
        bits_ = uint64_t{message.size()} * 8;
        blocks_left = (message.size() + 9 + kBlock - 1) / kBlock;
        marked_ = false;
        second = false;
        index = place;
    }
    /// The 32 bytes of a digest as a message of their own.
    void start_second(const std::array<uint32_t, 8>& digest) noexcept {
        store_digest(digest, scratch_.data());
        std::memset(scratch_.data() + 32, 0, 32);
        scratch_[32] = 0x80;
        scratch_[62] = 1;  // 256 bits.
        blocks_left = 1;
        second = true;
    }
    /// The next 64 bytes: of the message itself where they lie together, else put together here.
    const uint8_t* next() noexcept {
        if (second) return scratch_.data();
        ByteView& part = parts_[part_];
        if (part.size() < kBlock) return gather();
        const uint8_t* const at = part.data();
        part = part.subspan(kBlock);
        return at;
    }
    /// Nothing of the padding is in the state yet, so OpenSSL can go on from it.
    bool can_leave() const noexcept { return !marked_ && !second; }
    Hash256 finish_alone(const std::array<uint32_t, 8>& words) const noexcept {
        std::size_t left = 0;
        for (std::size_t i = part_; i < parts_.size(); ++i) left += parts_[i].size();
        const uint64_t done = bits_ - uint64_t{left} * 8;
        SHA256_CTX state;
        SHA256_Init(&state);
        std::copy(words.begin(), words.end(), state.h);
        state.Nl = static_cast<uint32_t>(done);
        state.Nh = static_cast<uint32_t>(done >> 32);
        for (std::size_t i = part_; i < parts_.size(); ++i)
            SHA256_Update(&state, parts_[i].data(), parts_[i].size());
        Hash256 out;
        SHA256_Final(out.bytes.data(), &state);
        return out;
    }

    std::size_t blocks_left = 0;  // 0 for a lane without work.
    std::size_t index = 0;        // Of the message.
    bool second = false;

private:
    const uint8_t* gather() noexcept {
        std::size_t filled = 0;
        while (filled < kBlock && part_ < parts_.size()) {
            ByteView& part = parts_[part_];
            const std::size_t take = std::min(kBlock - filled, part.size());
            if (take > 0) std::memcpy(scratch_.data() + filled, part.data(), take);
            filled += take;
            part = part.subspan(take);
            if (!part.empty() || part_ + 1 == parts_.size()) break;
            ++part_;
        }
        if (filled == kBlock) return scratch_.data();
        if (!marked_) scratch_[filled++] = 0x80;
        marked_ = true;
        std::memset(scratch_.data() + filled, 0, kBlock - filled);
        if (blocks_left == 1) {
            const uint64_t big = __builtin_bswap64(bits_);
            std::memcpy(scratch_.data() + kBlock - 8, &big, 8);
        }
        return scratch_.data();
    }

    std::array<ByteView, 3> parts_;  // What is left of them.
    std::size_t part_ = 0;
    uint64_t bits_ = 0;
    bool marked_ = false;  // The bit behind the message is written.
    alignas(16) std::array<uint8_t, kBlock> scratch_;
};

class Lanes {
public:
    Lanes(std::size_t lanes, std::span<const Pieces> messages, std::span<Hash256> out,
          bool twice) noexcept
        : lanes_{lanes}, messages_{messages}, out_{out}, twice_{twice} {}

    void run() noexcept {
        const CompressLanes compress = lanes_ == 16 ? sha256_compress_16 : sha256_compress_8;
        static constexpr std::array<uint8_t, kBlock> kNothing{};
        std::array<const uint8_t*, kMaxLanes> blocks;
        for (std::size_t lane = 0; lane < lanes_; ++lane) take_next(lane);
        while (busy_ > 0) {
            // One long message left: alone it is faster on OpenSSL's way.
            if (busy_ == 1 && leave()) return;
            for (std::size_t lane = 0; lane < lanes_; ++lane)
                blocks[lane] = feeds_[lane].blocks_left > 0 ? feeds_[lane].next() : kNothing.data();
            compress(state_.data(), blocks.data());
            for (std::size_t lane = 0; lane < lanes_; ++lane)
                if (feeds_[lane].blocks_left > 0 && --feeds_[lane].blocks_left == 0)
                    message_done(lane);
        }
    }

private:
    void reset(std::size_t lane) noexcept {
        for (std::size_t i = 0; i < 8; ++i) state_[i * lanes_ + lane] = kStart[i];
    }
    std::array<uint32_t, 8> words(std::size_t lane) const noexcept {
        std::array<uint32_t, 8> out;
        for (std::size_t i = 0; i < 8; ++i) out[i] = state_[i * lanes_ + lane];
        return out;
    }
    void take_next(std::size_t lane) noexcept {
        if (next_ == messages_.size()) return;
        feeds_[lane].start(messages_[next_], next_);
        ++next_;
        ++busy_;
        reset(lane);
    }
    void message_done(std::size_t lane) noexcept {
        Feed& feed = feeds_[lane];
        if (twice_ && !feed.second) {
            feed.start_second(words(lane));
            reset(lane);
            return;
        }
        store_digest(words(lane), out_[feed.index].bytes.data());
        --busy_;
        take_next(lane);
    }
    bool leave() noexcept {
        const auto last = std::find_if(feeds_.begin(), feeds_.end(),
                                       [](const Feed& feed) { return feed.blocks_left > 0; });
        if (!last->can_leave()) return false;
        const auto lane = static_cast<std::size_t>(last - feeds_.begin());
        const Hash256 once = last->finish_alone(words(lane));
        out_[last->index] = twice_ ? sha256(once) : once;
        return true;
    }

    alignas(64) std::array<uint32_t, 8 * kMaxLanes> state_{};
    std::array<Feed, kMaxLanes> feeds_;
    std::size_t lanes_;
    std::span<const Pieces> messages_;
    std::span<Hash256> out_;
    bool twice_;
    std::size_t next_ = 0;  // The first message not begun.
    std::size_t busy_ = 0;  // Lanes with work.
};

Hash256 hash_alone(const Pieces& message, bool twice) noexcept {
    SHA256_CTX state;
    SHA256_Init(&state);
    for (const ByteView part : message.parts)
        if (!part.empty()) SHA256_Update(&state, part.data(), part.size());
    Hash256 out;
    SHA256_Final(out.bytes.data(), &state);
    return twice ? sha256(out) : out;
}

}  // namespace

void sha256_many_by(std::size_t lanes, std::span<const Pieces> messages, std::span<Hash256> out,
                    bool twice) noexcept {
    CORDON_CHECK(out.size() == messages.size());
    if (lanes > 1 && messages.size() > 1) {
        Lanes{lanes, messages, out, twice}.run();
        return;
    }
    for (std::size_t i = 0; i < messages.size(); ++i) out[i] = hash_alone(messages[i], twice);
}

std::span<const std::size_t> hash_lanes() noexcept {
    return std::span{machine().ways}.first(machine().count);
}
std::size_t chosen_hash_lanes() noexcept { return machine().chosen; }

void sha256_many(std::span<const Pieces> messages, std::span<Hash256> out) noexcept {
    sha256_many_by(chosen_hash_lanes(), messages, out, false);
}
void sha256d_many(std::span<const Pieces> messages, std::span<Hash256> out) noexcept {
    sha256_many_by(chosen_hash_lanes(), messages, out, true);
}

}  // namespace cordon::crypto
