// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#define OPENSSL_API_COMPAT 10100  // See hash.cpp.

#include "hash_many.hpp"

#include <cpuid.h>
#include <openssl/sha.h>

#include <algorithm>
#include <cstring>

#include <cordon/base/check.hpp>

#include "hash.hpp"
#include "message_feed.hpp"
#include "sha256_lanes.hpp"

namespace cordon::crypto {
namespace {

constexpr std::size_t kMaxLanes = 16;
/// Messages that are ordered by their length at once: on the stack, and near each other in memory.
constexpr std::size_t kOrdered = 1024;
constexpr std::array<uint8_t, kSha256Block> kNothing{};

/// With fewer messages left than this, OpenSSL takes them one after the other: vectors cost the
/// same however few lanes have work. Measured (docs/decisions/0006).
constexpr std::size_t kFewWithShaInstructions = 6;
constexpr std::size_t kFew = 3;

struct Machine {
    std::array<std::size_t, 3> ways{1};
    std::size_t count = 1;
    std::size_t chosen = 1;
    std::size_t few = kFew;
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
    if (!has_sha_instructions()) return out;
    out.few = kFewWithShaInstructions;
    if (out.chosen == 8) out.chosen = 1;
    return out;
}

const Machine& machine() noexcept {
    static const Machine found = look_at_machine();
    return found;
}

using Words = std::array<uint32_t, 8>;

/// On OpenSSL's way: the hash of a message of which `done` bytes are in the state already.
Hash256 finish(const Words& words, uint64_t done, const Pieces& left) noexcept {
    SHA256_CTX state;
    SHA256_Init(&state);
    std::copy(words.begin(), words.end(), state.h);
    state.Nl = static_cast<uint32_t>(done * 8);
    state.Nh = static_cast<uint32_t>(done >> 29);
    for (const ByteView part : left.parts)
        if (!part.empty()) SHA256_Update(&state, part.data(), part.size());
    Hash256 out;
    SHA256_Final(out.bytes.data(), &state);
    return out;
}

Hash256 hash_alone(const Pieces& message, bool twice) noexcept {
    const Hash256 once = finish(std::to_array(kSha256Start), 0, message);
    return twice ? sha256(once) : once;
}

/// Up to 8 or 16 messages at a time.
class Lanes {
public:
    explicit Lanes(std::size_t lanes) noexcept
        : steps_{lanes == 16 ? kLanesOfAvx512 : kLanesOfAvx2} {
        blocks_.fill(kNothing.data());
        out_.fill(unused_.data());
    }
    std::size_t count() const noexcept { return steps_.lanes; }

    /// REQUIRES: at most count() turns, in order.
    void hash(std::span<const Turn> turns, std::span<const Pieces> messages, std::span<Hash256> out,
              bool twice) noexcept {
        start();
        for (std::size_t lane = 0; lane < turns.size(); ++lane)
            feeds_[lane].start(messages[turns[lane].message]);
        const std::size_t ended_early = compress_all(turns);
        for (std::size_t lane = ended_early; lane < turns.size(); ++lane)
            set_words(lane, kept_[lane]);
        if (twice) steps_.again(state_.data());
        for (std::size_t lane = 0; lane < turns.size(); ++lane)
            out_[lane] = out[turns[lane].message].bytes.data();
        write(turns.size());
    }

    /// Twice, of two hashes each. REQUIRES: out.size() <= count().
    void hash_pairs(const Hash256* hashes, std::span<Hash256> out) noexcept {
        start();
        for (std::size_t lane = 0; lane < out.size(); ++lane) {
            blocks_[lane] = hashes[2 * lane].bytes.data();
            out_[lane] = out[lane].bytes.data();
        }
        steps_.compress(state_.data(), blocks_.data());
        steps_.end_of_64(state_.data());
        steps_.again(state_.data());
        write(out.size());
    }

private:
    void start() noexcept {
        for (std::size_t i = 0; i < 8; ++i)
            std::fill_n(state_.begin() + static_cast<std::ptrdiff_t>(i * count()), count(),
                        kSha256Start[i]);
    }
    /// All messages to their ends. Gives the number of lanes whose states hold: for those behind,
    /// which ended before, kept_ has them.
    std::size_t compress_all(std::span<const Turn> turns) noexcept {
        std::size_t busy = turns.size();
        for (std::size_t block = 0;; ++block) {
            std::size_t left = busy;
            while (left > 0 && turns[left - 1].blocks == block) --left;
            if (left == 0) return busy;
            while (busy > left) {
                --busy;
                kept_[busy] = words(busy);
            }
            if (busy < machine().few && leave(busy, block * kSha256Block)) return busy;
            for (std::size_t lane = 0; lane < busy; ++lane) blocks_[lane] = feeds_[lane].next();
            steps_.compress(state_.data(), blocks_.data());
        }
    }
    /// The rest of the first `busy` lanes without vectors, if no padding is in their states yet.
    bool leave(std::size_t busy, uint64_t done) noexcept {
        for (std::size_t lane = 0; lane < busy; ++lane)
            if (!feeds_[lane].can_leave()) return false;
        for (std::size_t lane = 0; lane < busy; ++lane) {
            const Hash256 digest = finish(words(lane), done, feeds_[lane].left());
            Words in_words;
            std::memcpy(in_words.data(), digest.bytes.data(), sizeof in_words);
            for (uint32_t& word : in_words) word = __builtin_bswap32(word);
            set_words(lane, in_words);
        }
        return true;
    }
    Words words(std::size_t lane) const noexcept {
        Words out;
        for (std::size_t i = 0; i < out.size(); ++i) out[i] = state_[i * count() + lane];
        return out;
    }
    void set_words(std::size_t lane, const Words& words) noexcept {
        for (std::size_t i = 0; i < words.size(); ++i) state_[i * count() + lane] = words[i];
    }
    void write(std::size_t used) noexcept {
        std::fill(out_.begin() + static_cast<std::ptrdiff_t>(used), out_.end(), unused_.data());
        steps_.digests(state_.data(), out_.data());
    }

    const LaneSteps& steps_;
    alignas(64) std::array<uint32_t, 8 * kMaxLanes> state_;
    std::array<MessageFeed, kMaxLanes> feeds_;
    std::array<Words, kMaxLanes> kept_;
    std::array<const uint8_t*, kMaxLanes> blocks_;
    std::array<uint8_t*, kMaxLanes> out_;
    std::array<uint8_t, 32> unused_;  // Where lanes without a message write.
};

}  // namespace

void sha256_many_by(std::size_t lanes, std::span<const Pieces> messages, std::span<Hash256> out,
                    bool twice) noexcept {
    CORDON_CHECK(out.size() == messages.size());
    if (lanes == 1 || messages.size() < machine().few) {
        for (std::size_t i = 0; i < messages.size(); ++i) out[i] = hash_alone(messages[i], twice);
        return;
    }
    Lanes side_by_side{lanes};
    std::array<Turn, kOrdered> room;
    for (std::size_t at = 0; at < messages.size(); at += kOrdered) {
        const auto some = messages.subspan(at, std::min(kOrdered, messages.size() - at));
        const auto turns = std::span{room}.first(some.size());
        order_by_blocks(some, turns);
        for (std::size_t i = 0; i < turns.size(); i += lanes)
            side_by_side.hash(turns.subspan(i, std::min(lanes, turns.size() - i)), some,
                              out.subspan(at), twice);
    }
}

void sha256d_pairs_by(std::size_t lanes, std::span<const Hash256> hashes,
                      std::span<Hash256> out) noexcept {
    CORDON_CHECK(hashes.size() == 2 * out.size());
    std::size_t done = 0;
    if (lanes > 1 && out.size() >= machine().few) {
        Lanes side_by_side{lanes};
        while (out.size() - done >= machine().few) {
            const std::size_t some = std::min(lanes, out.size() - done);
            side_by_side.hash_pairs(hashes.data() + 2 * done, out.subspan(done, some));
            done += some;
        }
    }
    for (; done < out.size(); ++done)
        out[done] = sha256d({hashes[2 * done].bytes.data(), 2 * sizeof(Hash256)});
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
void sha256d_pairs(std::span<const Hash256> hashes, std::span<Hash256> out) noexcept {
    sha256d_pairs_by(chosen_hash_lanes(), hashes, out);
}

}  // namespace cordon::crypto
