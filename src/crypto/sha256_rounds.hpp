// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <immintrin.h>

#include "sha256_lanes.hpp"

// For sha256_avx2.cpp and sha256_avx512.cpp only: all in an unnamed namespace, so that each gets
// its own copy for its own processor.
namespace cordon::crypto {
namespace {

/// Columns of an 8x8 matrix of words to rows.
inline void transpose(__m256i* r) {
    __m256i t[8];
    for (int i = 0; i < 8; i += 2) {
        t[i] = _mm256_unpacklo_epi32(r[i], r[i + 1]);
        t[i + 1] = _mm256_unpackhi_epi32(r[i], r[i + 1]);
    }
    __m256i u[8];
    for (int i = 0; i < 8; i += 4) {
        u[i] = _mm256_unpacklo_epi64(t[i], t[i + 2]);
        u[i + 1] = _mm256_unpackhi_epi64(t[i], t[i + 2]);
        u[i + 2] = _mm256_unpacklo_epi64(t[i + 1], t[i + 3]);
        u[i + 3] = _mm256_unpackhi_epi64(t[i + 1], t[i + 3]);
    }
    for (int i = 0; i < 4; ++i) {
        r[i] = _mm256_permute2x128_si256(u[i], u[i + 4], 0x20);
        r[i + 4] = _mm256_permute2x128_si256(u[i], u[i + 4], 0x31);
    }
}

/// Words 8*half .. 8*half+7 of eight messages: out[i] holds word 8*half+i of each.
inline void load_words(__m256i* out, const uint8_t* const* blocks, int half) {
    const __m256i swap = _mm256_set_epi8(12, 13, 14, 15, 8, 9, 10, 11, 4, 5, 6, 7, 0, 1, 2, 3, 12,
                                         13, 14, 15, 8, 9, 10, 11, 4, 5, 6, 7, 0, 1, 2, 3);
    for (int i = 0; i < 8; ++i)
        out[i] = _mm256_shuffle_epi8(
            _mm256_loadu_si256(reinterpret_cast<const __m256i*>(blocks[i] + 32 * half)), swap);
    transpose(out);
}

/// All 64 rounds. `Ops` says how the machine does each step on its vector `Ops::V`; `w` holds the
/// 16 words of the messages and is used up.
template <typename Ops>
inline void rounds(typename Ops::V* state, typename Ops::V* w) {
    using V = typename Ops::V;
    V s[8];
    for (int i = 0; i < 8; ++i) s[i] = state[i];
    for (int base = 0; base < 64; base += 16) {
#pragma GCC unroll 16
        for (int i = 0; i < 16; ++i) {
            if (base > 0) {
                const V w1 = w[(i + 1) & 15];
                const V w14 = w[(i + 14) & 15];
                const V small0 = Ops::xor3(Ops::template ror<7>(w1), Ops::template ror<18>(w1),
                                           Ops::template shr<3>(w1));
                const V small1 = Ops::xor3(Ops::template ror<17>(w14), Ops::template ror<19>(w14),
                                           Ops::template shr<10>(w14));
                w[i] = Ops::add(Ops::add(w[i], w[(i + 9) & 15]), Ops::add(small0, small1));
            }
            // The names of FIPS 180-4 turn by one place a round; the values stay where they are.
            V& a = s[(16 - i) & 7];
            V& b = s[(17 - i) & 7];
            V& c = s[(18 - i) & 7];
            V& d = s[(19 - i) & 7];
            V& e = s[(20 - i) & 7];
            V& f = s[(21 - i) & 7];
            V& g = s[(22 - i) & 7];
            V& h = s[(23 - i) & 7];
            const V big1 = Ops::xor3(Ops::template ror<6>(e), Ops::template ror<11>(e),
                                     Ops::template ror<25>(e));
            const V big0 = Ops::xor3(Ops::template ror<2>(a), Ops::template ror<13>(a),
                                     Ops::template ror<22>(a));
            const V t1 = Ops::add(Ops::add(Ops::add(h, Ops::set(kSha256Rounds[base + i])), w[i]),
                                  Ops::add(big1, Ops::choose(e, f, g)));
            d = Ops::add(d, t1);
            h = Ops::add(t1, Ops::add(big0, Ops::majority(a, b, c)));
        }
    }
    for (int i = 0; i < 8; ++i) state[i] = Ops::add(state[i], s[i]);
}

}  // namespace
}  // namespace cordon::crypto
