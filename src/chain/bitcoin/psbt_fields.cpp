// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "psbt_fields.hpp"

#include <cordon/base/format.hpp>

namespace cordon::chain {
namespace {

constexpr uint8_t kV0 = 1, kV2 = 2, kBoth = kV0 | kV2;
constexpr uint32_t kAny = UINT32_MAX;
constexpr uint16_t kAnyKey = UINT16_MAX;
constexpr uint32_t kMaxTapDepth = 128;           // BIP-341.
constexpr uint16_t kMaxControl = 33 + 32 * 128;  // BIP-341: leaf version and key, then the path.
constexpr auto kG = PsbtMap::kGlobal;
constexpr auto kI = PsbtMap::kInput;
constexpr auto kO = PsbtMap::kOutput;

// BIP-174's table of types, by map and type.
constexpr PsbtField kFields[] = {
    {kG, 0x00, kV0, "PSBT_GLOBAL_UNSIGNED_TX", 0, 0, 10, kAny},
    {kG, 0x01, kBoth, "PSBT_GLOBAL_XPUB", 78, 78, 4, 4 + 4 * 255},
    {kG, 0x02, kV2, "PSBT_GLOBAL_TX_VERSION", 0, 0, 4, 4},
    {kG, 0x03, kV2, "PSBT_GLOBAL_FALLBACK_LOCKTIME", 0, 0, 4, 4},
    {kG, 0x04, kV2, "PSBT_GLOBAL_INPUT_COUNT", 0, 0, 1, 9},
    {kG, 0x05, kV2, "PSBT_GLOBAL_OUTPUT_COUNT", 0, 0, 1, 9},
    {kG, 0x06, kV2, "PSBT_GLOBAL_TX_MODIFIABLE", 0, 0, 1, 1},
    {kG, 0x07, kV2, "PSBT_GLOBAL_SP_ECDH_SHARE", 33, 33, 33, 33},
    {kG, 0x08, kV2, "PSBT_GLOBAL_SP_DLEQ", 33, 33, 64, 64},
    {kG, 0x09, kBoth, "PSBT_GLOBAL_GENERIC_SIGNED_MESSAGE", 0, 0, 0, kAny},
    {kG, 0xfb, kBoth, "PSBT_GLOBAL_VERSION", 0, 0, 4, 4},
    {kG, 0xfc, kBoth, "PSBT_GLOBAL_PROPRIETARY", 1, kAnyKey, 0, kAny},
    {kI, 0x00, kBoth, "PSBT_IN_NON_WITNESS_UTXO", 0, 0, 10, kAny},
    {kI, 0x01, kBoth, "PSBT_IN_WITNESS_UTXO", 0, 0, 9, kAny},
    {kI, 0x02, kBoth, "PSBT_IN_PARTIAL_SIG", 33, 65, 9, 73},
    {kI, 0x03, kBoth, "PSBT_IN_SIGHASH_TYPE", 0, 0, 4, 4},
    {kI, 0x04, kBoth, "PSBT_IN_REDEEM_SCRIPT", 0, 0, 0, kAny},
    {kI, 0x05, kBoth, "PSBT_IN_WITNESS_SCRIPT", 0, 0, 0, kAny},
    {kI, 0x06, kBoth, "PSBT_IN_BIP32_DERIVATION", 33, 65, 4, 4 + 4 * 255},
    {kI, 0x07, kBoth, "PSBT_IN_FINAL_SCRIPTSIG", 0, 0, 0, kAny},
    {kI, 0x08, kBoth, "PSBT_IN_FINAL_SCRIPTWITNESS", 0, 0, 1, kAny},
    {kI, 0x09, kBoth, "PSBT_IN_POR_COMMITMENT", 0, 0, 0, kAny},
    {kI, 0x0a, kBoth, "PSBT_IN_RIPEMD160", 20, 20, 0, kAny},
    {kI, 0x0b, kBoth, "PSBT_IN_SHA256", 32, 32, 0, kAny},
    {kI, 0x0c, kBoth, "PSBT_IN_HASH160", 20, 20, 0, kAny},
    {kI, 0x0d, kBoth, "PSBT_IN_HASH256", 32, 32, 0, kAny},
    {kI, 0x0e, kV2, "PSBT_IN_PREVIOUS_TXID", 0, 0, 32, 32},
    {kI, 0x0f, kV2, "PSBT_IN_OUTPUT_INDEX", 0, 0, 4, 4},
    {kI, 0x10, kV2, "PSBT_IN_SEQUENCE", 0, 0, 4, 4},
    {kI, 0x11, kV2, "PSBT_IN_REQUIRED_TIME_LOCKTIME", 0, 0, 4, 4},
    {kI, 0x12, kV2, "PSBT_IN_REQUIRED_HEIGHT_LOCKTIME", 0, 0, 4, 4},
    {kI, 0x13, kBoth, "PSBT_IN_TAP_KEY_SIG", 0, 0, 64, 65},
    {kI, 0x14, kBoth, "PSBT_IN_TAP_SCRIPT_SIG", 64, 64, 64, 65},
    {kI, 0x15, kBoth, "PSBT_IN_TAP_LEAF_SCRIPT", 33, kMaxControl, 1, kAny},
    {kI, 0x16, kBoth, "PSBT_IN_TAP_BIP32_DERIVATION", 32, 32, 5, kAny},
    {kI, 0x17, kBoth, "PSBT_IN_TAP_INTERNAL_KEY", 0, 0, 32, 32},
    {kI, 0x18, kBoth, "PSBT_IN_TAP_MERKLE_ROOT", 0, 0, 32, 32},
    {kI, 0x1a, kBoth, "PSBT_IN_MUSIG2_PARTICIPANT_PUBKEYS", 33, 33, 33, kAny},
    {kI, 0x1b, kBoth, "PSBT_IN_MUSIG2_PUB_NONCE", 66, 98, 66, 66},
    {kI, 0x1c, kBoth, "PSBT_IN_MUSIG2_PARTIAL_SIG", 66, 98, 32, 32},
    {kI, 0x1d, kV2, "PSBT_IN_SP_ECDH_SHARE", 33, 33, 33, 33},
    {kI, 0x1e, kV2, "PSBT_IN_SP_DLEQ", 33, 33, 64, 64},
    {kI, 0xfc, kBoth, "PSBT_IN_PROPRIETARY", 1, kAnyKey, 0, kAny},
    {kO, 0x00, kBoth, "PSBT_OUT_REDEEM_SCRIPT", 0, 0, 0, kAny},
    {kO, 0x01, kBoth, "PSBT_OUT_WITNESS_SCRIPT", 0, 0, 0, kAny},
    {kO, 0x02, kBoth, "PSBT_OUT_BIP32_DERIVATION", 33, 65, 4, 4 + 4 * 255},
    {kO, 0x03, kV2, "PSBT_OUT_AMOUNT", 0, 0, 8, 8},
    {kO, 0x04, kV2, "PSBT_OUT_SCRIPT", 0, 0, 0, kAny},
    {kO, 0x05, kBoth, "PSBT_OUT_TAP_INTERNAL_KEY", 0, 0, 32, 32},
    {kO, 0x06, kBoth, "PSBT_OUT_TAP_TREE", 0, 0, 3, kAny},
    {kO, 0x07, kBoth, "PSBT_OUT_TAP_BIP32_DERIVATION", 32, 32, 5, kAny},
    {kO, 0x08, kBoth, "PSBT_OUT_MUSIG2_PARTICIPANT_PUBKEYS", 33, 33, 33, kAny},
    {kO, 0x09, kV2, "PSBT_OUT_SP_V0_INFO", 0, 0, 66, 66},
    {kO, 0x0a, kV2, "PSBT_OUT_SP_V0_LABEL", 0, 0, 4, 4},
    {kO, 0x35, kBoth, "PSBT_OUT_DNSSEC_PROOF", 0, 0, 0, kAny},
    {kO, 0xfc, kBoth, "PSBT_OUT_PROPRIETARY", 1, kAnyKey, 0, kAny},
};

/// Fingerprint and steps: what is left of a value.
Status read_path(Cursor& cursor, KeyOrigin& out) {
    const ByteView fingerprint = cursor.take(4, "a master fingerprint");
    if (!cursor.ok()) return fail(cursor.error());
    std::copy(fingerprint.begin(), fingerprint.end(), out.fingerprint.begin());
    if (cursor.left() % 4 != 0)
        return fail(ErrorCode::kMalformed,
                    format("a derivation path of {} bytes; expected steps of "
                           "4 bytes each",
                           cursor.left()));
    while (cursor.left() > 0) out.path.push_back(cursor.u32("a step"));
    return {};
}

Status at_end(const Cursor& cursor) {
    if (!cursor.ok()) return fail(cursor.error());
    if (cursor.left() > 0)
        return fail(ErrorCode::kTrailing,
                    format("{} bytes after the end of the value", cursor.left()));
    return {};
}

}  // namespace

const PsbtField* find_psbt_field(PsbtMap map, uint64_t type) noexcept {
    for (const PsbtField& field : kFields)
        if (field.map == map && field.type == type) return &field;
    return nullptr;
}

Status check_psbt_field(const PsbtField& field, const PsbtEntry& entry, uint32_t version) {
    if ((field.versions & (version == 0 ? kV0 : kV2)) == 0)
        return fail(ErrorCode::kConflict,
                    format("{} is no field of a PSBT of version {}", field.name, version));
    const auto bad = [&](std::string_view what, std::size_t size) {
        return fail(ErrorCode::kMalformed, format("{}: {} of {} bytes", field.name, what, size));
    };
    const std::size_t key = entry.key_data.size();
    if (key < field.key_min || (key > field.key_max && field.key_max != kAnyKey))
        return bad("key data", key);
    // A public key is compressed or not, nothing between; a MuSig2 key may name a leaf besides.
    if (field.key_min == 33 && field.key_max == 65) {
        const uint8_t first = entry.key_data[0];
        if (key == 33 ? first != 2 && first != 3 : key != 65 || first != 4)
            return bad("a key that is no public key,", key);
    }
    if (field.key_min == 66 && key != 66 && key != 98) return bad("key data", key);
    const std::size_t value = entry.value.size();
    if (value < field.value_min || (value > field.value_max && field.value_max != kAny))
        return bad("a value", value);
    return {};
}

Result<KeyOrigin> parse_key_origin(const PsbtEntry& entry) {
    KeyOrigin out;
    out.key = entry.key_data;
    Cursor cursor{entry.value};
    CORDON_TRY(read_path(cursor, out));
    return out;
}

Result<KeyOrigin> parse_tap_key_origin(const PsbtEntry& entry) {
    KeyOrigin out;
    out.key = entry.key_data;
    Cursor cursor{entry.value};
    const std::size_t leaves = cursor.count(32, "the leaves of a taproot key");
    cursor.take(leaves * 32, "the leaf hashes");
    if (!cursor.ok()) return fail(cursor.error());
    CORDON_TRY(read_path(cursor, out));
    return out;
}

Result<OutputView> parse_psbt_output(ByteView value) {
    Cursor cursor{value};
    OutputView out;
    out.value = cursor.u64("an amount");
    out.script = cursor.var_bytes("an output script");
    CORDON_TRY(at_end(cursor));
    return out;
}

Result<std::vector<ByteView>> parse_witness(ByteView value) {
    Cursor cursor{value};
    std::vector<ByteView> out(cursor.count(1, "the items of a witness"));
    for (ByteView& item : out) item = cursor.var_bytes("a witness item");
    CORDON_TRY(at_end(cursor));
    return out;
}

Result<TapLeaf> parse_tap_leaf(const PsbtEntry& entry) {
    if (entry.key_data.size() % 32 != 1)
        return fail(ErrorCode::kMalformed, format("PSBT_IN_TAP_LEAF_SCRIPT: a control block of {} "
                                                  "bytes; expected 33 and a multiple of 32",
                                                  entry.key_data.size()));
    return TapLeaf{entry.key_data, entry.value.first(entry.value.size() - 1), entry.value.back()};
}

Status check_tap_tree(ByteView value) {
    Cursor cursor{value};
    // Depths of the subtrees that wait for their right neighbour; two of one depth make one above.
    std::vector<uint8_t> waiting;
    while (cursor.ok() && cursor.left() > 0) {
        uint8_t depth = cursor.u8("the depth of a leaf");
        const uint8_t version = cursor.u8("the version of a leaf");
        cursor.var_bytes("the script of a leaf");
        if (!cursor.ok()) break;
        if (depth > kMaxTapDepth || (version & 1) != 0)
            return fail(
                ErrorCode::kMalformed,
                format("PSBT_OUT_TAP_TREE: a leaf of depth {} and version {}", depth, version));
        while (!waiting.empty() && waiting.back() == depth && depth > 0) {
            waiting.pop_back();
            --depth;
        }
        if (!waiting.empty() && waiting.back() >= depth)
            return fail(ErrorCode::kMalformed, "PSBT_OUT_TAP_TREE: the leaves make no tree");
        waiting.push_back(depth);
    }
    CORDON_TRY(at_end(cursor));
    if (waiting.size() != 1 || waiting[0] != 0)
        return fail(ErrorCode::kMalformed, "PSBT_OUT_TAP_TREE: the leaves make no whole tree");
    return {};
}

}  // namespace cordon::chain
