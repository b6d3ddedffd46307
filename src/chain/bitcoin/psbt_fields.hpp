// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>

#include "psbt.hpp"

namespace cordon::chain {

/// What a field of a PSBT must look like. The types are numbers of their own in each map.
struct PsbtField {
    PsbtMap map;
    uint8_t type;
    uint8_t versions;  ///< Bits: 1 is version 0, 2 is version 2.
    std::string_view name;
    uint16_t key_min, key_max;  ///< Bytes of the key after its type.
    uint32_t value_min, value_max;
};

/// Nothing for a type of no known meaning: such fields are kept.
const PsbtField* find_psbt_field(PsbtMap map, uint64_t type) noexcept;

/// Sizes and version of a row. kMalformed, kConflict.
Status check_psbt_field(const PsbtField& field, const PsbtEntry& entry, uint32_t version);

// What the values hold. kMalformed, kTruncated, kTrailing.
Result<KeyOrigin> parse_key_origin(const PsbtEntry& entry);
Result<KeyOrigin> parse_tap_key_origin(const PsbtEntry& entry);
Result<OutputView> parse_psbt_output(ByteView value);
Result<std::vector<ByteView>> parse_witness(ByteView value);
Result<TapLeaf> parse_tap_leaf(const PsbtEntry& entry);
/// A whole tree: leaves in depth-first order, each with its depth (BIP-371).
Status check_tap_tree(ByteView value);

}  // namespace cordon::chain
