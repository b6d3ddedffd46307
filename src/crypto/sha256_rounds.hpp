// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <immintrin.h>

#include "sha256_lanes.hpp"

// For sha256_avx2.cpp and sha256_avx512.cpp only: all in an unnamed namespace, so that each gets
// its own copy for its own processor. `Ops` says how the machine does each step on its vector
// `Ops::V`, which the functions here see as parts of 128 bits: lanes 0..3, 4..7 and so on.
namespace cordon::crypto {
namespace {

/// Within each 128 bits, columns of a 4x4 matrix of words to rows.
template <typename Ops>
[[gnu::always_inline]] inline void transpose(typename Ops::V* r) {
    const auto a = Ops::low_words(r[0], r[1]);
    const auto b = Ops::high_words(r[0], r[1]);
    const auto c = Ops::low_words(r[2], r[3]);
    const auto d = Ops::high_words(r[2], r[3]);
    r[0] = Ops::low_pairs(a, c);
    r[1] = Ops::high_pairs(a, c);
    r[2] = Ops::low_pairs(b, d);
    r[3] = Ops::high_pairs(b, d);
}

/// Round i of 16; `kw` is the sum of its constant and its word.
template <typename Ops>
[[gnu::always_inline]] inline void round(typename Ops::V* s, int i, typename Ops::V kw) {
    using V = typename Ops::V;
    // The names of FIPS 180-4 turn by one place a round; the values stay where they are.
    V& a = s[(16 - i) & 7];
    V& b = s[(17 - i) & 7];
    V& c = s[(18 - i) & 7];
    V& d = s[(19 - i) & 7];
    V& e = s[(20 - i) & 7];
    V& f = s[(21 - i) & 7];
    V& g = s[(22 - i) & 7];
    V& h = s[(23 - i) & 7];
    const V big1 =
        Ops::xor3(Ops::template ror<6>(e), Ops::template ror<11>(e), Ops::template ror<25>(e));
    const V big0 =
        Ops::xor3(Ops::template ror<2>(a), Ops::template ror<13>(a), Ops::template ror<22>(a));
    const V t1 = Ops::add(Ops::add(h, kw), Ops::add(big1, Ops::choose(e, f, g)));
    d = Ops::add(d, t1);
    h = Ops::add(t1, Ops::add(big0, Ops::majority(a, b, c)));
}

/// Puts in the place of word i of 16 the one that comes 16 later.
template <typename Ops>
[[gnu::always_inline]] inline void extend(typename Ops::V* w, int i) {
    using V = typename Ops::V;
    const V w1 = w[(i + 1) & 15];
    const V w14 = w[(i + 14) & 15];
    const V small0 =
        Ops::xor3(Ops::template ror<7>(w1), Ops::template ror<18>(w1), Ops::template shr<3>(w1));
    const V small1 = Ops::xor3(Ops::template ror<17>(w14), Ops::template ror<19>(w14),
                               Ops::template shr<10>(w14));
    w[i] = Ops::add(Ops::add(w[i], w[(i + 9) & 15]), Ops::add(small0, small1));
}

// Written out by the template, not by an unrolled loop: GCC 12 then sees early enough that each
// word has a register of its own (a sixth of the time of AVX2).
template <int... I>
struct Steps {};
using Sixteen = Steps<0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15>;

template <typename Ops, int... I>
[[gnu::always_inline]] inline void first_rounds(typename Ops::V* s, typename Ops::V* w,
                                                const uint32_t* k, Steps<I...>) {
    (round<Ops>(s, I, Ops::add(w[I], Ops::set(k[I]))), ...);
}
template <typename Ops, int... I>
[[gnu::always_inline]] inline void more_rounds(typename Ops::V* s, typename Ops::V* w,
                                               const uint32_t* k, Steps<I...>) {
    ((extend<Ops>(w, I), round<Ops>(s, I, Ops::add(w[I], Ops::set(k[I])))), ...);
}
template <typename Ops, int... I>
[[gnu::always_inline]] inline void known_rounds(typename Ops::V* s, const uint32_t* kw,
                                                Steps<I...>) {
    (round<Ops>(s, I, Ops::set(kw[I])), ...);
}

/// All 64 rounds over the 16 words of the messages, which are used up.
template <typename Ops>
[[gnu::always_inline]] inline void rounds(typename Ops::V* state, typename Ops::V* w) {
    typename Ops::V s[8];
    for (int i = 0; i < 8; ++i) s[i] = state[i];
    first_rounds<Ops>(s, w, kSha256Rounds, Sixteen{});
    for (int base = 16; base < 64; base += 16)
        more_rounds<Ops>(s, w, kSha256Rounds + base, Sixteen{});
    for (int i = 0; i < 8; ++i) state[i] = Ops::add(state[i], s[i]);
}

/// The words of a digest, and behind them the padding of 32 bytes.
template <typename Ops>
void again(uint32_t* state) {
    auto* const words = reinterpret_cast<typename Ops::V*>(state);
    typename Ops::V w[16];
    for (int i = 0; i < 8; ++i) {
        w[i] = words[i];
        w[8 + i] = Ops::set(0);
        words[i] = Ops::set(kSha256Start[i]);
    }
    w[8] = Ops::set(0x80000000);
    w[15] = Ops::set(256);
    rounds<Ops>(words, w);
}

template <typename Ops>
void end_of_64(uint32_t* state) {
    auto* const words = reinterpret_cast<typename Ops::V*>(state);
    typename Ops::V s[8];
    for (int i = 0; i < 8; ++i) s[i] = words[i];
    for (int base = 0; base < 64; base += 16)
        known_rounds<Ops>(s, kSha256EndOf64 + base, Sixteen{});
    for (int i = 0; i < 8; ++i) words[i] = Ops::add(words[i], s[i]);
}

template <typename Ops>
void compress(uint32_t* state, const uint8_t* const* blocks) {
    typename Ops::V w[16];
    for (int quarter = 0; quarter < 4; ++quarter) {
        auto* const four = w + 4 * quarter;
        for (int i = 0; i < 4; ++i)
            four[i] = Ops::swap_bytes(Ops::gather(blocks + i, 16 * quarter));
        transpose<Ops>(four);
    }
    rounds<Ops>(reinterpret_cast<typename Ops::V*>(state), w);
}

template <typename Ops>
void digests(const uint32_t* state, uint8_t* const* out) {
    for (int half = 0; half < 2; ++half) {
        typename Ops::V four[4];
        for (int i = 0; i < 4; ++i)
            four[i] = reinterpret_cast<const typename Ops::V*>(state)[4 * half + i];
        transpose<Ops>(four);
        for (int i = 0; i < 4; ++i) Ops::scatter(Ops::swap_bytes(four[i]), out + i, 16 * half);
    }
}

template <typename Ops>
constexpr LaneSteps steps_of() {
    return {sizeof(typename Ops::V) / 4, compress<Ops>, end_of_64<Ops>, again<Ops>, digests<Ops>};
}

}  // namespace
}  // namespace cordon::crypto
