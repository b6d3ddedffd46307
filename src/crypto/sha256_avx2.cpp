// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "sha256_rounds.hpp"

namespace cordon::crypto {
namespace {

struct Avx2 {
    using V = __m256i;
    static V add(V a, V b) { return _mm256_add_epi32(a, b); }
    static V xor3(V a, V b, V c) { return _mm256_xor_si256(_mm256_xor_si256(a, b), c); }
    static V set(uint32_t value) { return _mm256_set1_epi32(static_cast<int>(value)); }
    template <int N>
    static V shr(V a) {
        return _mm256_srli_epi32(a, N);
    }
    template <int N>
    static V ror(V a) {
        return _mm256_or_si256(_mm256_srli_epi32(a, N), _mm256_slli_epi32(a, 32 - N));
    }
    static V choose(V e, V f, V g) {
        return _mm256_xor_si256(g, _mm256_and_si256(e, _mm256_xor_si256(f, g)));
    }
    static V majority(V a, V b, V c) {
        return _mm256_or_si256(_mm256_and_si256(a, b), _mm256_and_si256(c, _mm256_or_si256(a, b)));
    }
};

}  // namespace

void sha256_compress_8(uint32_t* state, const uint8_t* const* blocks) {
    __m256i w[16];
    load_words(w, blocks, 0);
    load_words(w + 8, blocks, 1);
    rounds<Avx2>(reinterpret_cast<__m256i*>(state), w);
}

}  // namespace cordon::crypto
