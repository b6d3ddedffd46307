// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>

#include <cordon/base/format.hpp>
#include <cordon/base/hex.hpp>
#include <cordon/chain/text.hpp>

#include "checker.hpp"

namespace cordon::detect {
namespace {

constexpr std::array<std::string_view, 5> kSeverities{"info", "low", "medium", "high", "critical"};

Literal fixed(Value value) {
    return {value, [value](RuleEvent&) { return value; }};
}
Value text(Scope& scope, std::string value) { return scope.arena.keep(std::move(value)); }

/// The address in the text of whatever chain it fits.
Result<Address> any_address(std::string_view value) {
    const std::optional<ChainId> chain = chain::guess_chain(value);
    // An EVM address with a wrong EIP-55 case fits no chain: the parser says why.
    return chain::parse_address(chain.value_or(kEthereum), value);
}

/// "5 ETH" is only of the coin, or of an asset that is known and not counterfeit, whose symbol it
/// is: five units of a worthless token must not count.
Literal amount_of(const Ast& literal) {
    return {std::nullopt, [digits = literal.text, unit = literal.unit](RuleEvent& e) -> Value {
                const std::optional<Asset> asset = e.asset();
                if (!asset) return {};
                unsigned decimals = native_decimals(e.chain);
                if (asset->is_native()) {
                    if (native_symbol(e.chain) != unit) return {};
                } else {
                    const std::optional<AssetInfo> info =
                        e.world.knowledge().asset(e.chain, *asset);
                    if (!info || info->symbol != unit || info->status == AssetStatus::kCounterfeit)
                        return {};
                    decimals = info->decimals;
                }
                const Result<Amount> amount = parse_units(digits, decimals);
                return amount ? Value{*amount} : Value{};
            }};
}

class Reading {
public:
    Reading(const Ast& literal, Type type, const WordList* words, Scope& scope)
        : literal_{literal}, type_{type}, words_{words}, scope_{scope} {}

    std::optional<Literal> make() {
        if (literal_.op == Op::kNumber) return number();
        switch (type_) {
            case Type::kAddress: return take(any_address(literal_.text));
            case Type::kHash: return hash();
            case Type::kBytes: return bytes();
            case Type::kText:
            case Type::kTexts: return words_ ? word() : plain();
            case Type::kWord: return word();
            case Type::kSeverity: return severity();
            case Type::kChain: {
                const Result<ChainId> chain = parse_chain(literal_.text);
                if (!chain) return no(chain.error().message);
                return fixed(text(scope_, to_string(*chain)));
            }
            case Type::kAsset: {
                const Result<Asset> asset = Asset::parse(literal_.text);
                if (!asset) return no(asset.error().message);
                return fixed(text(scope_, std::string{asset->text()}));
            }
            case Type::kTime: {
                const Result<UnixMillis> time = parse_time(literal_.text);
                if (!time) return no(time.error().message);
                return fixed(Amount{
                    static_cast<uint64_t>(std::max<int64_t>(0, time->time_since_epoch().count()))});
            }
            case Type::kNumber:
            case Type::kAmount:
                if (literal_.op == Op::kHex) {
                    const Result<Bytes> raw = parse_hex0x(literal_.text);
                    if (raw) return take(Amount::from_big_endian(*raw));
                }
                [[fallthrough]];
            default: return wrong();
        }
    }

private:
    std::nullopt_t no(std::string message, std::string hint = {}) {
        scope_.problems.error(literal_.mark, ErrorCode::kMalformed, std::move(message),
                              std::move(hint));
        return std::nullopt;
    }
    std::nullopt_t wrong() {
        constexpr std::array<std::string_view, 16> kHints{
            "write true or false",
            "write a whole number",
            "write a number of smallest units, or 5 ETH",
            "write 1_000_000 usd",
            "write 10m, 24h or 7d",
            "write it in quotes as 2026-01-31",
            "write 20%",
            "write info, low, medium, high or critical",
            "write 0x and 40 hex digits, or the address in quotes",
            "write 0x and 64 hex digits",
            "write 0x and hex digits",
            "write it in quotes",
            "",
            "write eth, btc, eip155:56, ...",
            "write native, 0x…, or a code in quotes",
            "write it in quotes"};
        return no(format("expected a value of type {}, not {}", to_string(type_), print(literal_)),
                  std::string{kHints[static_cast<std::size_t>(type_)]});
    }
    template <typename T>
    std::optional<Literal> take(const Result<T>& value) {
        if (!value) return no(value.error().message);
        return fixed(Value{*value});
    }

    std::optional<Literal> number() {
        const std::string& unit = literal_.unit;
        const std::string& digits = literal_.text;
        switch (type_) {
            case Type::kUsd:
                if (!unit.empty() && !chain::is_usd_unit(unit)) return wrong();
                return take(parse_units(digits, 2));
            case Type::kShare:
                if (unit == "%") return take(parse_units(digits, 4));
                if (!unit.empty()) return wrong();
                return take(parse_units(digits, 6));
            case Type::kDuration: {
                const auto duration = chain::parse_duration(digits, unit);
                if (!duration) return wrong();
                return fixed(Amount{static_cast<uint64_t>(duration->count())});
            }
            case Type::kNumber:
                if (!unit.empty()) return wrong();
                return take(parse_units(digits, 0));
            case Type::kAmount:
                if (unit.empty()) return take(parse_units(digits, 0));
                if (own_type(literal_) != Type::kAmount) return wrong();
                if (!is_units(digits)) return no("more digits than any asset has");
                return amount_of(literal_);
            case Type::kText:  // A list of numbers that are names: "17".
                if (unit.empty()) return plain();
                return wrong();
            default: return wrong();
        }
    }
    /// A number that some asset can have: its decimals are not known yet.
    static bool is_units(const std::string& digits) {
        constexpr std::size_t kMostDecimals = 77;  // 2^256 has 78 digits.
        const std::size_t point = std::min(digits.find('.'), digits.size());
        const std::size_t decimals = digits.size() - std::min(digits.size(), point + 1);
        return decimals <= kMostDecimals &&
               parse_units(digits, static_cast<unsigned>(decimals)).has_value();
    }
    std::optional<Literal> hash() {
        const Result<Bytes> raw = parse_hex0x(literal_.text);
        if (!raw || raw->size() != 32) return wrong();
        Hash256 hash;
        std::copy(raw->begin(), raw->end(), hash.bytes.begin());
        return fixed(hash);
    }
    std::optional<Literal> bytes() {
        const Result<Bytes> raw = parse_hex0x(literal_.text);
        if (!raw) return wrong();
        return fixed(text(scope_, {raw->begin(), raw->end()}));
    }
    std::optional<Literal> plain() { return fixed(text(scope_, literal_.text)); }
    std::optional<Literal> word() {
        if (std::find(words_->words.begin(), words_->words.end(), literal_.text) !=
            words_->words.end())
            return plain();
        std::string all;
        for (const std::string_view one : words_->words)
            all += (all.empty() ? "" : " ") + std::string{one};
        const std::string hint = nearest(literal_.text, words_->words);
        return no(format("\"{}\" is no {}: {}", literal_.text, words_->name, all), hint);
    }
    std::optional<Literal> severity() {
        const auto* found = std::find(kSeverities.begin(), kSeverities.end(), literal_.text);
        if (found == kSeverities.end()) return wrong();
        return fixed(Amount{static_cast<uint64_t>(found - kSeverities.begin())});
    }

    const Ast& literal_;
    Type type_;
    const WordList* words_;
    Scope& scope_;
};

}  // namespace

std::optional<Type> own_type(const Ast& literal) noexcept {
    if (literal.op != Op::kNumber) return std::nullopt;
    if (literal.unit.empty())
        return literal.text.find('.') == std::string::npos ? Type::kNumber : Type::kShare;
    if (literal.unit == "%") return Type::kShare;
    if (chain::is_usd_unit(literal.unit)) return Type::kUsd;
    if (chain::is_duration_unit(literal.unit)) return Type::kDuration;
    return Type::kAmount;
}

std::optional<Literal> literal_as(const Ast& literal, Type type, const WordList* words,
                                  Scope& scope) {
    return Reading{literal, type, words, scope}.make();
}

bool equal(const Value& a, const Value& b) noexcept {
    if (a.index() != b.index()) return false;
    return std::visit(
        [&](const auto& left) {
            using T = std::decay_t<decltype(left)>;
            if constexpr (std::is_same_v<T, std::monostate> ||
                          std::is_same_v<T, std::span<const std::string>>)
                return false;
            else
                return left == *std::get_if<T>(&b);
        },
        a);
}

std::string value_text(const Value& value, Type type, RuleEvent& event) {
    if (std::holds_alternative<std::monostate>(value)) return "unknown";
    if (const bool* yes = std::get_if<bool>(&value)) return *yes ? "yes" : "no";
    if (const Amount* n = std::get_if<Amount>(&value)) {
        const uint64_t low = n->fits_u64() ? n->low_u64() : ~0ULL;
        switch (type) {
            case Type::kAmount: {
                const std::optional<Asset> asset = event.asset();
                return asset ? event.world.amount_text(event.chain, *asset, *n) : n->to_string();
            }
            case Type::kUsd:
                return format_usd(
                    static_cast<Cents>(std::min<uint64_t>(low, std::numeric_limits<Cents>::max())));
            case Type::kShare: return format_units(*n, 4) + "%";
            case Type::kDuration:
                return chain::format_duration(std::chrono::milliseconds{static_cast<int64_t>(
                    std::min<uint64_t>(low, std::numeric_limits<int64_t>::max()))});
            case Type::kTime:
                return format_rfc3339(UnixMillis{std::chrono::milliseconds{
                    static_cast<int64_t>(std::min<uint64_t>(low, 253'402'300'799'999ULL))}});
            case Type::kSeverity:
                return std::string{kSeverities[std::min<uint64_t>(low, kSeverities.size() - 1)]};
            default: return n->to_string();
        }
    }
    if (const Address* a = std::get_if<Address>(&value))
        return chain::display_address(event.chain, *a);
    if (const Hash256* hash = std::get_if<Hash256>(&value)) {
        if (event.txn && *hash == event.txn->hash) return chain::format_hash(event.chain, *hash);
        return to_hex0x(*hash);
    }
    if (const std::string_view* view = std::get_if<std::string_view>(&value)) {
        if (type == Type::kBytes)
            return to_hex0x({reinterpret_cast<const uint8_t*>(view->data()), view->size()});
        return std::string{*view};
    }
    std::string all;
    for (const std::string& one : std::get<std::span<const std::string>>(value))
        all += (all.empty() ? "" : ", ") + one;
    return all;
}

}  // namespace cordon::detect
