// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

// SHA-256 (FIPS 180-4 §6.2.2) of several messages side by side, one in each 32-bit lane of a
// vector. The files that implement these are compiled for processors that not everybody has: they
// include nothing that could put an inline function of the whole program into such code, and
// hash_many.cpp calls them only where they run.
namespace cordon::crypto {

/// The steps of one kind of processor. `state` is state[word][lane], 8 words of `lanes` lanes,
/// aligned to 64 bytes; a list of pointers has one for each lane.
struct LaneSteps {
    std::size_t lanes;
    /// Takes the next 64 bytes of each message into the state.
    void (*compress)(uint32_t* state, const uint8_t* const* blocks);
    /// Takes in what ends a message of 64 bytes: the padding is a block of its own, the same for
    /// all.
    void (*end_of_64)(uint32_t* state);
    /// From the digest of each message, as it stands in the state, to the digest of that digest.
    void (*again)(uint32_t* state);
    /// Writes the 32 bytes of each digest.
    void (*digests)(const uint32_t* state, uint8_t* const* out);
};
extern const LaneSteps kLanesOfAvx2;    ///< 8 lanes.
extern const LaneSteps kLanesOfAvx512;  ///< 16 lanes: AVX-512 F and BW.

/// FIPS 180-4 §5.3.3.
inline constexpr uint32_t kSha256Start[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                             0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
/// FIPS 180-4 §4.2.2. The compiler of a kernel shall not see the numbers: it would build each anew
/// where a load from here does.
extern const uint32_t kSha256Rounds[64];
/// Those and the words of the padding of 64 bytes, added up.
extern const uint32_t* const kSha256EndOf64;

}  // namespace cordon::crypto
