// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "psbt.hpp"

#include <algorithm>
#include <map>

#include <cordon/base/format.hpp>
#include <cordon/crypto/hash.hpp>

#include "psbt_fields.hpp"
#include "script.hpp"
#include "wire.hpp"

namespace cordon::chain {
namespace {

constexpr std::array<uint8_t, 5> kMagic{'p', 's', 'b', 't', 0xff};
constexpr uint32_t kFirstTime = 500'000'000;  // Consensus: a locktime from here on is unix seconds.
constexpr uint32_t kFinalSequence = 0xffffffff;  // BIP-370's default.

uint32_t u32_of(ByteView value) noexcept { return Cursor{value}.u32("a number"); }

/// One map with its end. Duplicates are refused; what the fields hold is not looked at.
Result<std::vector<PsbtEntry>> read_map(Cursor& cursor, PsbtMap map) {
    std::vector<PsbtEntry> entries;
    while (true) {
        const std::size_t start = cursor.offset();
        PsbtEntry entry;
        entry.key = cursor.var_bytes("a key");
        if (!cursor.ok()) return fail(cursor.error());
        if (entry.key.empty()) break;
        Cursor inside{entry.key};
        entry.type = inside.compact_size("the type of a key");
        if (!inside.ok()) return fail(inside.error().in(format("offset {}", start)));
        entry.key_data = entry.key.subspan(inside.offset());
        entry.value = cursor.var_bytes("a value");
        if (!cursor.ok()) return fail(cursor.error());
        const PsbtField* field = find_psbt_field(map, entry.type);
        if (field != nullptr) entry.name = field->name;
        entries.push_back(entry);
    }
    std::vector<ByteView> keys;
    for (const PsbtEntry& entry : entries) keys.push_back(entry.key);
    const auto less = [](ByteView a, ByteView b) {
        return std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end());
    };
    std::sort(keys.begin(), keys.end(), less);
    const auto twice = std::adjacent_find(keys.begin(), keys.end(), [](ByteView a, ByteView b) {
        return std::equal(a.begin(), a.end(), b.begin(), b.end());
    });
    if (twice != keys.end())
        return fail(ErrorCode::kDuplicate,
                    format("a key of type {:#x} twice in one map", (*twice)[0]));
    return entries;
}

const PsbtEntry* find_entry(const std::vector<PsbtEntry>& entries, uint64_t type) noexcept {
    const auto found = std::find_if(entries.begin(), entries.end(),
                                    [&](const PsbtEntry& entry) { return entry.type == type; });
    return found == entries.end() ? nullptr : &*found;
}

Result<const PsbtEntry*> need(const std::vector<PsbtEntry>& entries, uint64_t type,
                              std::string_view name) {
    const PsbtEntry* found = find_entry(entries, type);
    if (found == nullptr) return fail(ErrorCode::kMalformed, format("{} is missing", name));
    return found;
}

Status check_fields(const std::vector<PsbtEntry>& entries, PsbtMap map, uint32_t version) {
    for (const PsbtEntry& entry : entries)
        if (const PsbtField* field = find_psbt_field(map, entry.type))
            CORDON_TRY(check_psbt_field(*field, entry, version));
    return {};
}

Result<uint64_t> count_of(const std::vector<PsbtEntry>& entries, uint64_t type,
                          std::string_view name) {
    CORDON_TRY(const PsbtEntry* entry, need(entries, type, name));
    Cursor cursor{entry->value};
    const uint64_t count = cursor.compact_size("a count");
    if (!cursor.ok()) return fail(cursor.error());
    if (cursor.left() > 0)
        return fail(ErrorCode::kTrailing, format("{}: bytes after the count", name));
    return count;
}

Status read_globals(Psbt& psbt, std::size_t left) {
    const auto& globals = psbt.globals;
    if (const PsbtEntry* entry = find_entry(globals, 0xfb)) {
        if (entry->value.size() != 4 || entry->key.size() != 1)
            return fail(ErrorCode::kMalformed, "PSBT_GLOBAL_VERSION: expected 4 bytes");
        psbt.version = u32_of(entry->value);
    }
    if (psbt.version != 0 && psbt.version != 2)
        return fail(ErrorCode::kUnsupported, format("a PSBT of version {}", psbt.version));
    CORDON_TRY(check_fields(globals, PsbtMap::kGlobal, psbt.version));
    for (const PsbtEntry& entry : globals) {
        if (entry.type == 0x09) psbt.message = entry.value;
        if (entry.type != 0x01) continue;
        CORDON_TRY(KeyOrigin origin, parse_key_origin(entry));
        if (origin.path.size() != entry.key_data[4])  // BIP-32: the depth is its fifth byte.
            return fail(ErrorCode::kMalformed,
                        format("PSBT_GLOBAL_XPUB: {} steps to a key of depth {}",
                               origin.path.size(), entry.key_data[4]));
        psbt.xpubs.push_back(std::move(origin));
    }
    if (psbt.version == 0) {
        CORDON_TRY(const PsbtEntry* entry, need(globals, 0x00, "PSBT_GLOBAL_UNSIGNED_TX"));
        Cursor cursor{entry->value};
        if (!read_unsigned_txn(cursor, psbt.txn))
            return fail(cursor.error().in("PSBT_GLOBAL_UNSIGNED_TX"));
        if (cursor.left() > 0)
            return fail(ErrorCode::kTrailing, "PSBT_GLOBAL_UNSIGNED_TX: bytes after the txn");
        for (const InputView& input : psbt.txn.inputs)
            if (!input.script.empty())
                return fail(ErrorCode::kMalformed,
                            "PSBT_GLOBAL_UNSIGNED_TX: an input that has a script already");
        psbt.fallback_locktime = psbt.txn.locktime;
    } else {
        CORDON_TRY(const PsbtEntry* entry, need(globals, 0x02, "PSBT_GLOBAL_TX_VERSION"));
        psbt.txn.version = u32_of(entry->value);
        if (const PsbtEntry* fallback = find_entry(globals, 0x03))
            psbt.fallback_locktime = u32_of(fallback->value);
        if (const PsbtEntry* flags = find_entry(globals, 0x06)) psbt.modifiable = flags->value[0];
        CORDON_TRY(const uint64_t inputs, count_of(globals, 0x04, "PSBT_GLOBAL_INPUT_COUNT"));
        CORDON_TRY(const uint64_t outputs, count_of(globals, 0x05, "PSBT_GLOBAL_OUTPUT_COUNT"));
        if (inputs > left || outputs > left - inputs)  // A map has one byte at least.
            return fail(ErrorCode::kTruncated,
                        format("{} inputs and {} outputs in {} bytes", inputs, outputs, left));
        psbt.txn.inputs.resize(inputs);
        psbt.txn.outputs.resize(outputs);
    }
    return {};
}

/// Outputs of the txns that are given whole, by their hash.
using Parents = std::map<Hash256, std::vector<OutputView>>;

Status read_proven(PsbtInput& input, const OutPoint& prevout, ByteView value, Parents& parents) {
    Result<TxnView> txn = parse_txn(value);
    if (!txn) return fail(txn.error().in("PSBT_IN_NON_WITNESS_UTXO"));
    if (txid_of(*txn) != prevout.txid)
        return fail(ErrorCode::kChecksum,
                    "PSBT_IN_NON_WITNESS_UTXO: the hash of the txn is not that of the prevout");
    if (prevout.index >= txn->outputs.size())
        return fail(ErrorCode::kMalformed,
                    format("PSBT_IN_NON_WITNESS_UTXO: no output {} in that txn", prevout.index));
    input.proven = txn->outputs[prevout.index];
    parents.try_emplace(prevout.txid, std::move(txn->outputs));
    return {};
}

Status read_input_v2(PsbtInput& input, InputView& view) {
    CORDON_TRY(const PsbtEntry* txid, need(input.entries, 0x0e, "PSBT_IN_PREVIOUS_TXID"));
    CORDON_TRY(const PsbtEntry* index, need(input.entries, 0x0f, "PSBT_IN_OUTPUT_INDEX"));
    std::copy(txid->value.begin(), txid->value.end(), view.prevout.txid.bytes.begin());
    view.prevout.index = u32_of(index->value);
    const PsbtEntry* sequence = find_entry(input.entries, 0x10);
    view.sequence = sequence == nullptr ? kFinalSequence : u32_of(sequence->value);
    if (const PsbtEntry* time = find_entry(input.entries, 0x11)) {
        input.required_time = u32_of(time->value);
        if (*input.required_time < kFirstTime)
            return fail(ErrorCode::kMalformed, format("PSBT_IN_REQUIRED_TIME_LOCKTIME: {} is no "
                                                      "time",
                                                      *input.required_time));
    }
    if (const PsbtEntry* height = find_entry(input.entries, 0x12)) {
        input.required_height = u32_of(height->value);
        if (*input.required_height == 0 || *input.required_height >= kFirstTime)
            return fail(ErrorCode::kMalformed, format("PSBT_IN_REQUIRED_HEIGHT_LOCKTIME: {} is no "
                                                      "height",
                                                      *input.required_height));
    }
    return {};
}

Status read_input_field(PsbtInput& input, const OutPoint& prevout, const PsbtEntry& entry,
                        Parents& parents) {
    switch (entry.type) {
        case 0x00: return read_proven(input, prevout, entry.value, parents);
        case 0x01: {
            Result<OutputView> output = parse_psbt_output(entry.value);
            if (!output) return fail(output.error().in("PSBT_IN_WITNESS_UTXO"));
            input.claimed = *output;
            return {};
        }
        case 0x02: input.signatures.push_back({entry.key_data, entry.value, {}}); return {};
        case 0x03: input.sighash = u32_of(entry.value); return {};
        case 0x04: input.redeem_script = entry.value; return {};
        case 0x05: input.witness_script = entry.value; return {};
        case 0x07: input.final_script = entry.value; return {};
        case 0x08: {
            Result<std::vector<ByteView>> items = parse_witness(entry.value);
            if (!items) return fail(items.error().in("PSBT_IN_FINAL_SCRIPTWITNESS"));
            input.final_witness = std::move(*items);
            return {};
        }
        case 0x13: input.tap_signature = entry.value; return {};
        case 0x14: {
            PartialSignature signature{entry.key_data.first(32), entry.value, {}};
            std::copy_n(entry.key_data.begin() + 32, 32, signature.leaf.bytes.begin());
            input.signatures.push_back(signature);
            return {};
        }
        case 0x15: {
            CORDON_TRY(input.tap_leaves.emplace_back(), parse_tap_leaf(entry));
            return {};
        }
        case 0x06:
        case 0x16: {
            CORDON_TRY(input.keys.emplace_back(),
                       entry.type == 0x06 ? parse_key_origin(entry) : parse_tap_key_origin(entry));
            return {};
        }
        case 0x17: input.tap_key = entry.value; return {};
        case 0x18: input.tap_merkle_root = entry.value; return {};
        case 0x1a:
            if (entry.value.size() % 33 != 0)
                return fail(ErrorCode::kMalformed,
                            format("{}: {} bytes are no keys", entry.name, entry.value.size()));
            return {};
        default: return {};
    }
}

Status read_input(Psbt& psbt, std::size_t index, Cursor& cursor, Parents& parents) {
    PsbtInput& input = psbt.inputs[index];
    CORDON_TRY(input.entries, read_map(cursor, PsbtMap::kInput));
    CORDON_TRY(check_fields(input.entries, PsbtMap::kInput, psbt.version));
    if (psbt.version == 2) CORDON_TRY(read_input_v2(input, psbt.txn.inputs[index]));
    for (const PsbtEntry& entry : input.entries)
        CORDON_TRY(read_input_field(input, psbt.txn.inputs[index].prevout, entry, parents));
    return {};
}

Status read_output_v2(const Psbt& psbt, const PsbtOutput& output, OutputView& view) {
    CORDON_TRY(const PsbtEntry* amount, need(output.entries, 0x03, "PSBT_OUT_AMOUNT"));
    view.value = Cursor{amount->value}.u64("an amount");
    const bool silent = !output.silent_payment.empty();
    const PsbtEntry* script = find_entry(output.entries, 0x04);
    // BIP-375: the receiver of a silent payment has no script until all shares are there, and from
    // then on nobody may change the txn, for the script depends on its inputs.
    if (script == nullptr && !silent)
        return fail(ErrorCode::kMalformed, "PSBT_OUT_SCRIPT is missing");
    if (script != nullptr && silent && psbt.modifiable != 0)
        return fail(ErrorCode::kConflict,
                    "PSBT_GLOBAL_TX_MODIFIABLE: the script of a silent "
                    "payment is fixed, the txn is not");
    if (!silent && find_entry(output.entries, 0x0a) != nullptr)
        return fail(ErrorCode::kMalformed, "PSBT_OUT_SP_V0_LABEL without PSBT_OUT_SP_V0_INFO");
    if (script != nullptr) view.script = script->value;
    return {};
}

Status read_output(Psbt& psbt, std::size_t index, Cursor& cursor) {
    PsbtOutput& output = psbt.outputs[index];
    CORDON_TRY(output.entries, read_map(cursor, PsbtMap::kOutput));
    CORDON_TRY(check_fields(output.entries, PsbtMap::kOutput, psbt.version));
    for (const PsbtEntry& entry : output.entries) {
        switch (entry.type) {
            case 0x00: output.redeem_script = entry.value; break;
            case 0x01: output.witness_script = entry.value; break;
            case 0x02: {
                CORDON_TRY(output.keys.emplace_back(), parse_key_origin(entry));
                break;
            }
            case 0x05: output.tap_key = entry.value; break;
            case 0x06:
                CORDON_TRY(check_tap_tree(entry.value));
                output.tap_tree = entry.value;
                break;
            case 0x07: {
                CORDON_TRY(output.keys.emplace_back(), parse_tap_key_origin(entry));
                break;
            }
            case 0x09: output.silent_payment = entry.value; break;
            default: break;
        }
    }
    if (psbt.version == 2) CORDON_TRY(read_output_v2(psbt, output, psbt.txn.outputs[index]));
    return {};
}

void append_map(Bytes& out, const std::vector<PsbtEntry>& entries) {
    for (const PsbtEntry& entry : entries) {
        append_var_bytes(out, entry.key);
        append_var_bytes(out, entry.value);
    }
    out.push_back(0);
}

bool same(ByteView a, ByteView b) noexcept {
    return std::equal(a.begin(), a.end(), b.begin(), b.end());
}

}  // namespace

Result<Psbt> parse_psbt(ByteView bytes) {
    if (bytes.size() > kMaxPsbt)
        return fail(ErrorCode::kLimit,
                    format("a PSBT of {} bytes; {} are read at most", bytes.size(), kMaxPsbt));
    Cursor cursor{bytes};
    if (!same(cursor.take(kMagic.size(), "the beginning of a PSBT"), kMagic))
        return fail(cursor.ok() ? Error{ErrorCode::kMalformed, "offset 0: expected \"psbt\" and ff"}
                                : cursor.error());
    Psbt psbt;
    Result<std::vector<PsbtEntry>> globals = read_map(cursor, PsbtMap::kGlobal);
    if (!globals) return fail(globals.error().in("globals"));
    psbt.globals = std::move(*globals);
    CORDON_TRY(read_globals(psbt, cursor.left()));
    // Each map has one byte at least: what cannot fit is refused before room is made for it.
    if (psbt.txn.inputs.size() + psbt.txn.outputs.size() > cursor.left())
        return fail(ErrorCode::kTruncated,
                    format("{} inputs and {} outputs in {} bytes", psbt.txn.inputs.size(),
                           psbt.txn.outputs.size(), cursor.left()));
    Parents parents;
    psbt.inputs.resize(psbt.txn.inputs.size());
    psbt.outputs.resize(psbt.txn.outputs.size());
    for (std::size_t i = 0; i < psbt.inputs.size(); ++i)
        if (Status read = read_input(psbt, i, cursor, parents); !read)
            return fail(read.error().in(format("input {}", i)));
    for (std::size_t i = 0; i < psbt.outputs.size(); ++i)
        if (Status read = read_output(psbt, i, cursor); !read)
            return fail(read.error().in(format("output {}", i)));
    if (cursor.left() > 0)
        return fail(ErrorCode::kTrailing,
                    format("offset {}: expected the end of the PSBT, found {} more bytes",
                           cursor.offset(), cursor.left()));
    // A txn that is given for one input proves the others that spend it, too.
    for (std::size_t i = 0; i < psbt.inputs.size(); ++i) {
        const OutPoint& point = psbt.txn.inputs[i].prevout;
        const auto parent = parents.find(point.txid);
        if (psbt.inputs[i].proven || parent == parents.end()) continue;
        if (point.index < parent->second.size())
            psbt.inputs[i].proven = parent->second[point.index];
    }
    if (psbt.version == 2) psbt.txn.locktime = psbt_locktime(psbt).value_or(0);
    return psbt;
}

void append_psbt(Bytes& out, const Psbt& psbt) {
    append_bytes(out, kMagic);
    append_map(out, psbt.globals);
    for (const PsbtInput& input : psbt.inputs) append_map(out, input.entries);
    for (const PsbtOutput& output : psbt.outputs) append_map(out, output.entries);
}

std::optional<uint32_t> psbt_locktime(const Psbt& psbt) noexcept {
    bool any = false, height_fits = true, time_fits = true;
    uint32_t height = 0, time = 0;
    for (const PsbtInput& input : psbt.inputs) {
        if (!input.required_height && !input.required_time) continue;
        any = true;
        height_fits = height_fits && input.required_height.has_value();
        time_fits = time_fits && input.required_time.has_value();
        height = std::max(height, input.required_height.value_or(0));
        time = std::max(time, input.required_time.value_or(0));
    }
    if (!any) return psbt.fallback_locktime;
    if (height_fits) return height;  // BIP-370: a height where both would do.
    if (time_fits) return time;
    return std::nullopt;
}

std::vector<std::string> psbt_input_faults(const Psbt& psbt, std::size_t index) {
    const PsbtInput& input = psbt.inputs[index];
    std::vector<std::string> faults;
    const OutputView* spent = input.spent();
    if (spent == nullptr) return {"it is not said what this input spends, nor how much"};
    if (input.proven && input.claimed &&
        (input.proven->value != input.claimed->value ||
         !same(input.proven->script, input.claimed->script)))
        faults.emplace_back("the two statements of what it spends differ");
    Address pays = address_of_script(spent->script);
    if (!input.redeem_script.empty()) {
        const auto hash = crypto::hash160(input.redeem_script);
        if (pays.kind() != AddressKind::kP2sh || !same(pays.payload(), hash))
            faults.emplace_back("the redeem script is not the one that is spent");
        pays = address_of_script(input.redeem_script);
    }
    if (!input.witness_script.empty()) {
        const Hash256 hash = crypto::sha256(input.witness_script);
        if (pays.kind() != AddressKind::kP2wsh || !same(pays.payload(), hash))
            faults.emplace_back("the witness script is not the one that is spent");
    }
    // BIP-174: such an input's amount is not covered by its signature, so a claim proves nothing.
    const bool hidden = pays.kind() == AddressKind::kP2sh;  // Its script is not given.
    const bool witness = pays.kind() == AddressKind::kP2wpkh ||
                         pays.kind() == AddressKind::kP2wsh || pays.kind() == AddressKind::kP2tr ||
                         pays.kind() == AddressKind::kWitness;
    if (!input.proven && !witness && !(hidden && input.finalized()))
        faults.emplace_back("what it spends has no witness, so its txn must be given whole");
    return faults;
}

Result<Bytes> extract_txn(const Psbt& psbt) {
    TxnView txn = psbt.txn;
    for (std::size_t i = 0; i < psbt.inputs.size(); ++i) {
        const PsbtInput& input = psbt.inputs[i];
        if (!input.finalized())
            return fail(ErrorCode::kNotFound, format("input {} is not final", i));
        txn.inputs[i].script = input.final_script.value_or(ByteView{});
        txn.inputs[i].first_item = static_cast<uint32_t>(txn.items.size());
        if (!input.final_witness) continue;
        txn.inputs[i].item_count = static_cast<uint32_t>(input.final_witness->size());
        txn.items.insert(txn.items.end(), input.final_witness->begin(), input.final_witness->end());
    }
    txn.segwit = !txn.items.empty();
    Bytes out;
    append_txn(out, txn);
    return out;
}

}  // namespace cordon::chain
