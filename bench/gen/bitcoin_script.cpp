// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "bitcoin_script.hpp"

#include <algorithm>
#include <cstring>

namespace cordon::gen {
namespace {

constexpr std::size_t kKey = 33;
constexpr std::size_t kMultisig2of3 = 3 + 3 * (kKey + 1);

/// `size` bytes that follow from the owner and what they are for.
void append_spread(Bytes& out, std::size_t size, uint64_t word) {
    const std::size_t start = out.size();
    out.resize(start + size);
    for (std::size_t at = 0; at < size; at += 8) {
        word = mix(word);
        std::memcpy(out.data() + start + at, &word, std::min<std::size_t>(8, size - at));
    }
}

uint64_t word_of(Owner owner, uint64_t seed, uint64_t what) noexcept {
    return mix(seed ^ mix(owner.number * 8 + what));
}

void append_key(Bytes& out, Owner owner, uint64_t seed, uint64_t which) {
    const uint64_t word = word_of(owner, seed, which + 1);
    out.push_back(static_cast<uint8_t>(2 + (word & 1)));
    append_spread(out, kKey - 1, word);
}

/// A signature in DER with its type byte, 71 or 72 bytes, behind its length.
void append_signature(Bytes& out, Random& random) {
    const std::size_t pad = random() & 1;  // The first number is below or above 2^255.
    const auto size = static_cast<uint8_t>(71 + pad);
    append_bytes(out, std::array<uint8_t, 5>{size, 0x30, static_cast<uint8_t>(size - 3), 2,
                                             static_cast<uint8_t>(32 + pad)});
    if (pad != 0) out.push_back(0);
    append_spread(out, 32, random());
    out[out.size() - 32] = static_cast<uint8_t>((out[out.size() - 32] & 0x7f) | (pad << 7));
    append_bytes(out, std::array<uint8_t, 2>{2, 32});
    append_spread(out, 32, random());
    out[out.size() - 32] &= 0x7f;
    out.push_back(1);  // SIGHASH_ALL
}

/// m, the keys behind their lengths, n, OP_CHECKMULTISIG.
void append_multisig(Bytes& out, Owner owner, uint64_t seed, uint8_t m, uint8_t n) {
    out.push_back(static_cast<uint8_t>(0x50 + m));
    for (uint8_t i = 0; i < n; ++i) {
        out.push_back(kKey);
        append_key(out, owner, seed, i);
    }
    out.push_back(static_cast<uint8_t>(0x50 + n));
    out.push_back(0xae);
}

void append_op_return(Bytes& out, Owner owner, uint64_t seed) {
    // Mostly one hash (a commitment), else up to the 80 bytes that nodes relay.
    const uint64_t word = word_of(owner, seed, 0);
    const auto size = static_cast<uint8_t>(word % 3 != 0 ? 32 : 4 + (word >> 8) % 72);
    append_bytes(out, std::array<uint8_t, 3>{static_cast<uint8_t>(size + 2), 0x6a, size});
    append_spread(out, size, word);
}

/// For both forms of P2WPKH and for P2PKH: signature and key.
void append_signature_and_key(Bytes& out, Owner owner, uint64_t seed, Random& random) {
    append_signature(out, random);
    out.push_back(kKey);
    append_key(out, owner, seed, 0);
}

/// Schnorr signature; one of ten spends takes a script instead of the key.
void append_taproot(Bytes& witness, Owner owner, uint64_t seed, Random& random) {
    const bool by_script = random.chance(1000);
    append_bytes(witness, std::array<uint8_t, 2>{static_cast<uint8_t>(by_script ? 3 : 1), 64});
    append_spread(witness, 64, random());
    if (!by_script) return;
    append_bytes(witness, std::array<uint8_t, 2>{34, 32});
    append_spread(witness, 32, word_of(owner, seed, 1));
    append_bytes(witness, std::array<uint8_t, 3>{0xac, 33, 0xc0});
    append_spread(witness, 32, word_of(owner, seed, 2));
}

/// The length of an input script is known only behind it; all of ours are below 253 bytes but one.
template <typename Append>
void append_sized(Bytes& out, Append&& append) {
    const std::size_t start = out.size();
    out.push_back(0);
    append();
    const std::size_t size = out.size() - start - 1;
    if (size < 0xfd) {
        out[start] = static_cast<uint8_t>(size);
        return;
    }
    out[start] = 0xfd;
    out.insert(out.begin() + static_cast<std::ptrdiff_t>(start) + 1,
               {static_cast<uint8_t>(size), static_cast<uint8_t>(size >> 8)});
}

}  // namespace

Script draw_script(Random& random) noexcept {
    struct Share {
        unsigned up_to;  // Of 10,000, cumulative.
        Script script;
    };
    static constexpr std::array<Share, 9> kShares{{
        {2450, Script::kP2pkh},
        {3350, Script::kP2shWitness},
        {3950, Script::kP2shMultisig},
        {7900, Script::kP2wpkh},
        {8450, Script::kP2wsh},
        {9900, Script::kP2tr},
        {9930, Script::kP2pk},
        {9980, Script::kMultisig},
        {10'000, Script::kWitness},
    }};
    const uint64_t dice = random.below(10'000);
    return std::find_if(kShares.begin(), kShares.end(),
                        [dice](const Share& share) { return dice < share.up_to; })
        ->script;
}

void append_number(Bytes& out, uint64_t value, unsigned size) {
    std::array<uint8_t, 8> bytes;
    std::memcpy(bytes.data(), &value, 8);  // Little-endian machines only, like the product.
    out.insert(out.end(), bytes.begin(), bytes.begin() + size);
}

void append_compact_size(Bytes& out, uint64_t value) {
    if (value < 0xfd) return out.push_back(static_cast<uint8_t>(value));
    out.push_back(value < 0x10000 ? 0xfd : 0xfe);
    append_number(out, value, value < 0x10000 ? 2 : 4);
}

void append_bytes(Bytes& out, ByteView bytes) { out.insert(out.end(), bytes.begin(), bytes.end()); }

void append_output_script(Bytes& out, Owner owner, uint64_t seed) {
    const auto program = [&](std::initializer_list<uint8_t> head, std::size_t size) {
        out.insert(out.end(), head);
        append_spread(out, size, word_of(owner, seed, 0));
    };
    switch (owner.script()) {
        case Script::kP2pkh:
            program({25, 0x76, 0xa9, 20}, 20);
            out.insert(out.end(), {0x88, 0xac});
            return;
        case Script::kP2shWitness:
        case Script::kP2shMultisig:
            program({23, 0xa9, 20}, 20);
            out.push_back(0x87);
            return;
        case Script::kP2wpkh: return program({22, 0, 20}, 20);
        case Script::kP2wsh: return program({34, 0, 32}, 32);
        case Script::kP2tr: return program({34, 0x51, 32}, 32);
        case Script::kP2pk:
            out.insert(out.end(), {kKey + 2, kKey});
            append_key(out, owner, seed, 0);
            out.push_back(0xac);
            return;
        case Script::kMultisig:
            out.push_back(3 + 2 * (kKey + 1));
            return append_multisig(out, owner, seed, 1, 2);
        case Script::kWitness:
            return program({34, static_cast<uint8_t>(0x52 + (owner.number >> 4) % 15), 32}, 32);
        case Script::kOpReturn: return append_op_return(out, owner, seed);
    }
}

bool append_unlocking(Bytes& out, Bytes& witness, Owner owner, uint64_t seed, Random& random) {
    const auto no_witness = [&witness] {
        witness.push_back(0);
        return false;
    };
    switch (owner.script()) {
        case Script::kP2pkh:
            append_sized(out, [&] { append_signature_and_key(out, owner, seed, random); });
            return no_witness();
        case Script::kP2shWitness:
            append_bytes(out, std::array<uint8_t, 4>{23, 22, 0, 20});
            append_spread(out, 20, word_of(owner, seed, 4));
            witness.push_back(2);
            append_signature_and_key(witness, owner, seed, random);
            return true;
        case Script::kP2shMultisig:
            append_sized(out, [&] {
                out.push_back(0);  // OP_CHECKMULTISIG takes one item too many.
                append_signature(out, random);
                append_signature(out, random);
                append_bytes(out, std::array<uint8_t, 2>{0x4c, kMultisig2of3});
                append_multisig(out, owner, seed, 2, 3);
            });
            return no_witness();
        case Script::kP2wpkh:
            out.push_back(0);
            witness.push_back(2);
            append_signature_and_key(witness, owner, seed, random);
            return true;
        case Script::kP2wsh:
            out.push_back(0);
            append_bytes(witness, std::array<uint8_t, 2>{4, 0});
            append_signature(witness, random);
            append_signature(witness, random);
            witness.push_back(kMultisig2of3);
            append_multisig(witness, owner, seed, 2, 3);
            return true;
        case Script::kP2tr:
            out.push_back(0);
            append_taproot(witness, owner, seed, random);
            return true;
        case Script::kP2pk:
            append_sized(out, [&] { append_signature(out, random); });
            return no_witness();
        case Script::kMultisig:
            append_sized(out, [&] {
                out.push_back(0);
                append_signature(out, random);
            });
            return no_witness();
        case Script::kWitness:
        case Script::kOpReturn: break;
    }
    out.push_back(0);
    return no_witness();
}

}  // namespace cordon::gen
