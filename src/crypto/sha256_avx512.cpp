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
};

}  // namespace

void sha256_compress_16(uint32_t* state, const uint8_t* const* blocks) {
    __m512i w[16];
    for (int half = 0; half < 2; ++half) {
        __m256i low[8];
        __m256i high[8];
        load_words(low, blocks, half);
        load_words(high, blocks + 8, half);
        for (int i = 0; i < 8; ++i)
            w[8 * half + i] = _mm512_inserti64x4(_mm512_castsi256_si512(low[i]), high[i], 1);
    }
    rounds<Avx512>(reinterpret_cast<__m512i*>(state), w);
}

}  // namespace cordon::crypto
