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

    static V low_words(V a, V b) { return _mm256_unpacklo_epi32(a, b); }
    static V high_words(V a, V b) { return _mm256_unpackhi_epi32(a, b); }
    static V low_pairs(V a, V b) { return _mm256_unpacklo_epi64(a, b); }
    static V high_pairs(V a, V b) { return _mm256_unpackhi_epi64(a, b); }
    static V swap_bytes(V a) {
        return _mm256_shuffle_epi8(a, _mm256_broadcastsi128_si256(_mm_set_epi8(
                                          12, 13, 14, 15, 8, 9, 10, 11, 4, 5, 6, 7, 0, 1, 2, 3)));
    }
    static V gather(const uint8_t* const* from, int offset) {
        const auto load = [offset](const uint8_t* at) {
            return _mm_loadu_si128(reinterpret_cast<const __m128i*>(at + offset));
        };
        return _mm256_inserti128_si256(_mm256_castsi128_si256(load(from[0])), load(from[4]), 1);
    }
    static void scatter(V a, uint8_t* const* to, int offset) {
        const auto store = [offset](uint8_t* at, __m128i value) {
            _mm_storeu_si128(reinterpret_cast<__m128i*>(at + offset), value);
        };
        store(to[0], _mm256_castsi256_si128(a));
        store(to[4], _mm256_extracti128_si256(a, 1));
    }
};

}  // namespace

constexpr LaneSteps kLanesOfAvx2 = steps_of<Avx2>();

}  // namespace cordon::crypto
