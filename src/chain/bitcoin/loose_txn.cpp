// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "loose_txn.hpp"

#include <algorithm>
#include <array>

#include <simdjson.h>

#include <cordon/base/format.hpp>
#include <cordon/base/hex.hpp>

#include "../text.hpp"
#include "script.hpp"
#include "txn.hpp"

namespace cordon::chain {
namespace {

using simdjson::dom::array;
using simdjson::dom::element;
using simdjson::dom::element_type;

Error wrong(std::string_view field, std::string_view expected) {
    return {ErrorCode::kMalformed, format("field {}: expected {}", field, expected)};
}

/// A whole number of at most `max`, as JSON number or as a string of digits.
Result<uint64_t> read_number(element value, uint64_t max, std::string_view field) {
    uint64_t number = 0;
    if (value.is_uint64()) {
        number = value.get_uint64().value_unsafe();
    } else if (value.is_string()) {
        const auto parsed = Amount::parse(value.get_string().value_unsafe());
        if (!parsed) return fail(wrong(field, "a whole number, not negative"));
        number = parsed->fits_u64() ? parsed->low_u64() : UINT64_MAX;
    } else {
        return fail(wrong(field, "a whole number, not negative"));
    }
    if (number > max)
        return fail(ErrorCode::kOverflow, format("field {}: {} exceeds {}", field, number, max));
    return number;
}

Result<std::string_view> read_string(element value, std::string_view field) {
    if (!value.is_string()) return fail(wrong(field, "a string"));
    return value.get_string().value_unsafe();
}

Result<bool> read_bool(element value, std::string_view field) {
    if (!value.is_bool()) return fail(wrong(field, "true or false"));
    return value.get_bool().value_unsafe();
}

Result<UnixMillis> read_time(element value) {
    if (value.is_string()) {
        auto time = parse_time(value.get_string().value_unsafe());
        if (!time) return fail(time.error().in("field time"));
        return *time;
    }
    CORDON_TRY(const uint64_t seconds, read_number(value, UINT32_MAX, "time"));
    return from_unix_seconds(static_cast<int64_t>(seconds));
}

/// The elements of one [..] of in or out; absent ones read as null.
struct Row {
    std::array<element, 5> at;
    std::size_t size = 0;
    bool null(std::size_t i) const noexcept { return i >= size || at[i].is_null(); }
};

Result<Row> read_row(element value, std::size_t least, const std::string& field) {
    array list;
    if (value.get_array().get(list) != simdjson::SUCCESS || list.size() < least)
        return fail(wrong(field, format("an array of at least {} elements", least)));
    Row row;
    for (const element item : list)
        if (row.size < row.at.size()) row.at[row.size++] = item;
    return row;
}

/// Who an output pays, by its script, its address or both, which must agree.
Result<std::optional<Address>> read_holder(const Row& row, std::size_t script_at, ChainId network,
                                           const std::string& field) {
    std::optional<Address> by_script;
    if (!row.null(script_at)) {
        CORDON_TRY(const std::string_view hex, read_string(row.at[script_at], field));
        const auto script = parse_hex(hex);
        if (!script) return fail(script.error().in(format("field {}: script", field)));
        by_script = address_of_script(*script);
    }
    if (row.null(script_at + 1)) return by_script;
    CORDON_TRY(const std::string_view text, read_string(row.at[script_at + 1], field));
    auto address = parse_address(network, text);
    if (!address) return fail(address.error().in(format("field {}", field)));
    if (by_script && *by_script != *address) {
        // Explorers show the key hash of a bare public key as an address of its own: the script
        // decides.
        if (by_script->kind() == AddressKind::kP2pk && address->kind() == AddressKind::kP2pkh)
            return by_script;
        return fail(ErrorCode::kConflict, format("field {}: the script pays {}, not the address {}",
                                                 field, format_address(network, *by_script), text));
    }
    return std::optional{*address};
}

Result<TxIn> read_input(element value, ChainId network, const std::string& field) {
    CORDON_TRY(const Row row, read_row(value, 2, field));
    TxIn out;
    CORDON_TRY(const std::string_view txid, read_string(row.at[0], field));
    auto hash = parse_hash(network, txid);
    if (!hash) return fail(hash.error().in(format("field {}", field)));
    out.prevout.txid = *hash;
    CORDON_TRY(const uint64_t index, read_number(row.at[1], UINT32_MAX, field));
    out.prevout.index = static_cast<uint32_t>(index);
    CORDON_TRY(const std::optional<Address> holder, read_holder(row, 3, network, field));
    if (row.null(2)) return out;
    CORDON_TRY(const uint64_t value_sat, read_number(row.at[2], kMaxMoney, field));
    if (!holder) return fail(wrong(field, "a scriptPubKey or an address beside the value"));
    out.spent = TxOut{value_sat, *holder};
    return out;
}

Result<TxOut> read_output(element value, ChainId network, const std::string& field) {
    CORDON_TRY(const Row row, read_row(value, 2, field));
    TxOut out;
    CORDON_TRY(out.value, read_number(row.at[0], kMaxMoney, field));
    CORDON_TRY(const std::optional<Address> holder, read_holder(row, 1, network, field));
    if (!holder) return fail(wrong(field, "a scriptPubKey or an address"));
    out.address = *holder;
    return out;
}

Status read_inputs(element value, ChainId network, LooseTxn& out) {
    array list;
    if (value.get_array().get(list) != simdjson::SUCCESS) return fail(wrong("in", "an array"));
    for (const element item : list) {
        CORDON_TRY(TxIn input, read_input(item, network, format("in[{}]", out.txn.inputs.size())));
        out.txn.inputs.push_back(input);
    }
    return {};
}

Status read_outputs(element value, ChainId network, LooseTxn& out) {
    array list;
    if (value.get_array().get(list) != simdjson::SUCCESS || list.size() == 0)
        return fail(wrong("out", "an array of at least one output"));
    for (const element item : list) {
        CORDON_TRY(TxOut output,
                   read_output(item, network, format("out[{}]", out.txn.outputs.size())));
        out.txn.outputs.push_back(output);
    }
    return {};
}

/// The keys that mean something; all others are the source's own affair.
enum Key : unsigned {
    kTxid,
    kIn,
    kOut,
    kTime,
    kHeight,
    kPos,
    kCoinbase,
    kVersion,
    kLocktime,
    kKeys
};
constexpr std::array<std::string_view, kKeys> kKeyNames{
    "txid", "in", "out", "time", "height", "pos", "coinbase", "version", "locktime"};

Status read_key(Key key, element value, ChainId network, LooseTxn& out) {
    if (value.is_null()) return {};
    uint64_t number = 0;
    switch (key) {
        case kTxid: {
            CORDON_TRY(const std::string_view text, read_string(value, "txid"));
            auto hash = parse_hash(network, text);
            if (!hash) return fail(hash.error().in("field txid"));
            out.txn.txid = *hash;
            return {};
        }
        case kIn: return read_inputs(value, network, out);
        case kOut: return read_outputs(value, network, out);
        case kTime: {
            CORDON_TRY(out.time, read_time(value));
            return {};
        }
        case kHeight: {
            CORDON_TRY(number, read_number(value, UINT32_MAX, "height"));
            out.height = number;
            return {};
        }
        case kPos: {
            CORDON_TRY(number, read_number(value, UINT32_MAX, "pos"));
            out.pos = static_cast<uint32_t>(number);
            return {};
        }
        case kCoinbase: {
            CORDON_TRY(out.txn.coinbase, read_bool(value, "coinbase"));
            return {};
        }
        case kVersion: {
            // Versions are signed in some programs: -1 stands for ffffffff.
            const bool negative = value.is_int64() && value.get_int64().value_unsafe() < 0 &&
                                  value.get_int64().value_unsafe() >= INT32_MIN;
            if (negative) {
                out.txn.version = static_cast<uint32_t>(value.get_int64().value_unsafe());
            } else {
                CORDON_TRY(number, read_number(value, UINT32_MAX, "version"));
                out.txn.version = static_cast<uint32_t>(number);
            }
            out.has_version = true;
            return {};
        }
        case kLocktime: {
            CORDON_TRY(number, read_number(value, UINT32_MAX, "locktime"));
            out.txn.locktime = static_cast<uint32_t>(number);
            out.has_locktime = true;
            return {};
        }
        case kKeys: break;
    }
    return {};
}

/// A coinbase has no inputs in the model; some programs write its empty prevout. A txn without
/// inputs is none else.
Status settle_coinbase(UtxoTxn& txn) {
    const auto empty = [](const TxIn& input) {
        return input.prevout.index == kNoIndex && input.prevout.txid == Hash256{};
    };
    if (txn.inputs.size() == 1 && empty(txn.inputs[0])) {
        txn.inputs.clear();
        txn.coinbase = true;
    }
    if (txn.inputs.empty()) txn.coinbase = true;
    if (txn.coinbase && !txn.inputs.empty())
        return fail(ErrorCode::kConflict, format("a coinbase with {} inputs", txn.inputs.size()));
    return {};
}

Status check_sums(const UtxoTxn& txn) {
    uint64_t out = 0;  // At most 2^51 each, checked after each: no wrap.
    for (const TxOut& output : txn.outputs) {
        out += output.value;
        if (out > kMaxMoney)
            return fail(ErrorCode::kOverflow, "the outputs together exceed the 21 million coins");
    }
    uint64_t in = 0;
    for (const TxIn& input : txn.inputs) {
        if (!input.spent) return {};
        in += input.spent->value;
        if (in > kMaxMoney)
            return fail(ErrorCode::kOverflow, "the inputs together exceed the 21 million coins");
    }
    if (!txn.coinbase && out > in)
        return fail(ErrorCode::kConflict,
                    format("the outputs ({} sat) exceed the inputs ({} sat)", out, in));
    return {};
}

Status check_prevouts(const UtxoTxn& txn) {
    std::vector<OutPoint> points;
    points.reserve(txn.inputs.size());
    for (const TxIn& input : txn.inputs) {
        if (input.prevout.txid == txn.txid)
            return fail(ErrorCode::kOrder, "the txn spends its own output");
        points.push_back(input.prevout);
    }
    std::sort(points.begin(), points.end());
    if (std::adjacent_find(points.begin(), points.end()) != points.end())
        return fail(ErrorCode::kDuplicate, "field in: the same output is spent twice");
    return {};
}

}  // namespace

struct LooseTxnReader::Parser {
    simdjson::dom::parser json;
};

LooseTxnReader::LooseTxnReader(ChainId network)
    : network_{network}, parser_{std::make_unique<Parser>()} {}
LooseTxnReader::~LooseTxnReader() = default;
LooseTxnReader::LooseTxnReader(LooseTxnReader&&) noexcept = default;

Result<LooseTxn> LooseTxnReader::parse_json(std::string_view line) {
    simdjson::dom::object object;
    const auto parsed = parser_->json.parse(line.data(), line.size());
    if (parsed.error() != simdjson::SUCCESS || parsed.get_object().get(object) != simdjson::SUCCESS)
        return fail(ErrorCode::kMalformed, format("expected one JSON object: {}",
                                                  parsed.error() != simdjson::SUCCESS
                                                      ? simdjson::error_message(parsed.error())
                                                      : "found another JSON value"));
    LooseTxn out;
    std::array<bool, kKeys> seen{};
    for (const auto& [name, value] : object) {
        const auto key = std::find(kKeyNames.begin(), kKeyNames.end(), name);
        if (key == kKeyNames.end()) continue;
        const auto index = static_cast<unsigned>(key - kKeyNames.begin());
        if (seen[index])
            return fail(ErrorCode::kDuplicate, format("key \"{}\" occurs twice", name));
        seen[index] = true;
        CORDON_TRY(read_key(static_cast<Key>(index), value, network_, out));
    }
    for (const Key key : {kTxid, kIn, kOut})
        if (!seen[key]) return fail(wrong(kKeyNames[key], "to be present"));
    if (out.txn.txid == Hash256{}) return fail(wrong("txid", "64 hex digits, not all zero"));
    if (out.txn.outputs.empty()) return fail(wrong("out", "an array of at least one output"));
    CORDON_TRY(settle_coinbase(out.txn));
    CORDON_TRY(check_sums(out.txn));
    CORDON_TRY(check_prevouts(out.txn));
    return out;
}

Result<LooseTxn> LooseTxnReader::parse_hex_line(std::string_view line) const {
    CORDON_TRY(const Bytes bytes, parse_hex(line));
    CORDON_TRY(const TxnView view, parse_txn(bytes));
    CORDON_TRY(check_txn(view));
    LooseTxn out;
    out.txn = to_model(view, txid_of(view));
    out.has_version = true;
    out.has_locktime = true;
    return out;
}

}  // namespace cordon::chain
