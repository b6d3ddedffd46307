// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include <cordon/base/bytes.hpp>

#include "random.hpp"

/// Scripts that look like those of the real chain and have their sizes. Nothing is signed: keys,
/// signatures and hashes are spread numbers.
namespace cordon::gen {

/// What kind of output script an address has.
enum class Script : uint8_t {
    kP2pkh,
    kP2shWitness,   ///< P2WPKH within P2SH.
    kP2shMultisig,  ///< 2 of 3 within P2SH.
    kP2wpkh,
    kP2wsh,  ///< 2 of 3.
    kP2tr,
    kP2pk,
    kMultisig,  ///< Bare 1 of 2.
    kWitness,   ///< A witness version without meaning: anyone may take it, so nobody pays it twice.
    kOpReturn,  ///< Carries data; cannot be spent.
};

/// An address by its number: its kind and all its bytes follow from it and the seed of the chain.
struct Owner {
    uint64_t number = 0;
    constexpr Script script() const noexcept { return static_cast<Script>(number & 15); }
    static constexpr Owner make(uint64_t n, Script script) noexcept {
        return {n << 4 | static_cast<uint64_t>(script)};
    }
};

/// A kind as common as on main net in recent years (kOpReturn is not drawn).
Script draw_script(Random& random) noexcept;

void append_number(Bytes& out, uint64_t value, unsigned size);
void append_compact_size(Bytes& out, uint64_t value);
void append_bytes(Bytes& out, ByteView bytes);

/// Length and output script.
void append_output_script(Bytes& out, Owner owner, uint64_t seed);

/// Length and input script into `out`, the witness of the same input (at least its count of items)
/// into `witness`. True when the witness is not empty. REQUIRES: not kOpReturn.
bool append_unlocking(Bytes& out, Bytes& witness, Owner owner, uint64_t seed, Random& random);

}  // namespace cordon::gen
