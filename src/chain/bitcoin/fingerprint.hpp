// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include <cordon/model/block.hpp>

namespace cordon::chain {

/// How a wallet uses the locktime of its txns. Bitcoin Core writes the height of the tip against
/// fee sniping; many services write nothing.
enum class LocktimeUse : uint8_t { kNone, kHeight, kTime };

/// What a txn shows of the software that made it. The ledger keeps neither sequence numbers nor
/// bytes: replaceability (BIP-125), signature sizes and exact fee rates cannot be told.
struct Fingerprint {
    uint32_t version = 1;
    LocktimeUse locktime = LocktimeUse::kNone;
    uint32_t signs = 0;  ///< AddressKinds of the known inputs, as bits.
    bool signs_kind(AddressKind kind) const noexcept {
        return (signs >> static_cast<unsigned>(kind) & 1U) != 0;
    }
    friend bool operator==(const Fingerprint&, const Fingerprint&) = default;
};
Fingerprint fingerprint(const UtxoTxn& txn) noexcept;

/// "version 2, locktime of a height, signs p2wpkh".
std::string to_string(const Fingerprint& print);

/// Why two txns are not the work of one wallet, for a person ("version 2, then 1"); empty when
/// nothing speaks against it. Script kinds differ when they have none in common: a wallet that
/// moves to another kind signs with both for a while. Unknown inputs say nothing.
std::vector<std::string> differs(const Fingerprint& before, const Fingerprint& after);

/// The same by version and locktime alone.
bool same_software(const Fingerprint& a, const Fingerprint& b) noexcept;

}  // namespace cordon::chain
