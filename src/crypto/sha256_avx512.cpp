// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "sha256_rounds.hpp"

namespace cordon::crypto {
namespace {

struct Avx512 {
    using V = __m512i;
    static V add(V a, V b) { return _mm512_add_epi32(a, b); }
    static V set(uint32_t value) { return _mm512_set1_epi32(static_cast<int>(value)); }
    template <int N>
    static V shr(V a) {
        return _mm512_srli_epi32(a, N);
    }
    template <int N>
    static V ror(V a) {
        return _mm512_ror_epi32(a, N);
    }
    // The third operand is the truth table of the three inputs.
    static V xor3(V a, V b, V c) { return _mm512_ternarylogic_epi32(a, b, c, 0x96); }
    static V choose(V e, V f, V g) { return _mm512_ternarylogic_epi32(e, f, g, 0xca); }
    static V majority(V a, V b, V c) { return _mm512_ternarylogic_epi32(a, b, c, 0xe8); }

    static V low_words(V a, V b) { return _mm512_unpacklo_epi32(a, b); }
    static V high_words(V a, V b) { return _mm512_unpackhi_epi32(a, b); }
    static V low_pairs(V a, V b) { return _mm512_unpacklo_epi64(a, b); }
    static V high_pairs(V a, V b) { return _mm512_unpackhi_epi64(a, b); }
    static V swap_bytes(V a) {
        return _mm512_shuffle_epi8(a, _mm512_broadcast_i32x4(_mm_set_epi8(
                                          12, 13, 14, 15, 8, 9, 10, 11, 4, 5, 6, 7, 0, 1, 2, 3)));
    }
    // Broadcasts under a mask are loads: the unit that shuffles has enough to do.
    static V gather(const uint8_t* const* from, int offset) {
        const auto load = [offset](const uint8_t* at) {
            return _mm_loadu_si128(reinterpret_cast<const __m128i*>(at + offset));
        };
        V out = _mm512_castsi128_si512(load(from[0]));
        out = _mm512_mask_broadcast_i32x4(out, 0x00f0, load(from[4]));
        out = _mm512_mask_broadcast_i32x4(out, 0x0f00, load(from[8]));
        return _mm512_mask_broadcast_i32x4(out, 0xf000, load(from[12]));
    }
    static void scatter(V a, uint8_t* const* to, int offset) {
        const auto store = [offset](uint8_t* at, __m128i value) {
            _mm_storeu_si128(reinterpret_cast<__m128i*>(at + offset), value);
        };
        store(to[0], _mm512_castsi512_si128(a));
        store(to[4], _mm512_extracti32x4_epi32(a, 1));
        store(to[8], _mm512_extracti32x4_epi32(a, 2));
        store(to[12], _mm512_extracti32x4_epi32(a, 3));
    }
};

}  // namespace

constexpr LaneSteps kLanesOfAvx512 = steps_of<Avx512>();

}  // namespace cordon::crypto
