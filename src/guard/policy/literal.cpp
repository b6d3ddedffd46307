// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>

#include <cordon/base/format.hpp>
#include <cordon/base/hex.hpp>
#include <cordon/chain/text.hpp>

#include "compiler.hpp"

namespace cordon::guard {
namespace {

using chain::Ast;
using chain::Op;

constexpr std::array<std::string_view, 6> kSeverities{"none",   "info", "low",
                                                      "medium", "high", "critical"};

/// The address in the text of whatever chain it fits.
Result<Address> any_address(std::string_view value) {
    const std::optional<ChainId> chain = chain::guess_chain(value);
    // An EVM address with a wrong EIP-55 case fits no chain: the parser says why.
    return chain::parse_address(chain.value_or(kEthereum), value);
}

std::string_view hint_of(Type type) noexcept {
    switch (type) {
        case Type::kBool: return "write true or false";
        case Type::kNumber: return "write a whole number";
        case Type::kAmount: return "write a number of smallest units, or 5 ETH";
        case Type::kUsd: return "write 1_000_000 usd";
        case Type::kDuration: return "write 10m, 24h or 7d";
        case Type::kTime: return "write it in quotes as 2026-01-31";
        case Type::kShare: return "write 20%";
        case Type::kSeverity: return "write none, info, low, medium, high or critical";
        case Type::kAddress: return "write 0x and 40 hex digits, or the address in quotes";
        case Type::kChain: return "write eth, btc, eip155:56, ...";
        case Type::kAsset: return "write native, 0x…, or a code in quotes";
        case Type::kText:
        case Type::kTexts: return "write it in quotes";
    }
    return {};
}

using Fixed = std::variant<bool, Amount, Address, std::string>;

Result<Fixed> number(const Ast& literal, Type type) {
    const std::string& unit = literal.unit;
    const auto wrong = [] { return fail(ErrorCode::kMalformed, ""); };
    switch (type) {
        case Type::kUsd:
            if (!unit.empty() && !chain::is_usd_unit(unit)) return wrong();
            return parse_units(literal.text, 2);
        case Type::kShare:
            if (!unit.empty() && unit != "%") return wrong();
            return parse_units(literal.text, unit.empty() ? 6 : 4);
        case Type::kDuration: {
            CORDON_TRY(const auto duration, chain::parse_duration(literal.text, unit));
            return Amount{static_cast<uint64_t>(duration.count())};
        }
        case Type::kText:  // A list of numbers that are names: "17".
            if (!unit.empty()) return wrong();
            return literal.text;
        case Type::kNumber:
        case Type::kAmount:
            if (!unit.empty()) return wrong();
            return parse_units(literal.text, 0);
        default: return wrong();
    }
}

Result<Fixed> word(const std::string& text, const WordList& words) {
    if (std::find(words.words.begin(), words.words.end(), text) != words.words.end()) return text;
    std::string all;
    for (const std::string_view one : words.words)
        all += (all.empty() ? "" : " ") + std::string{one};
    return fail(ErrorCode::kMalformed, format("\"{}\" is no {}: {}", text, words.name, all));
}

/// An Error without message: the type's hint says it all.
Result<Fixed> read(const Ast& literal, Type type, const WordList* words) {
    if (literal.op == Op::kNumber) return number(literal, type);
    const std::string& text = literal.text;
    switch (type) {
        case Type::kAddress: return any_address(text);
        case Type::kText:
        case Type::kTexts: return words ? word(text, *words) : Result<Fixed>{text};
        case Type::kBool:
            if (text != "true" && text != "false") break;
            return text == "true";
        case Type::kSeverity: {
            const auto* found = std::find(kSeverities.begin(), kSeverities.end(), text);
            if (found == kSeverities.end()) break;
            return Amount{static_cast<uint64_t>(found - kSeverities.begin())};
        }
        case Type::kChain: {
            CORDON_TRY(const ChainId chain, parse_chain(text));
            return to_string(chain);
        }
        case Type::kAsset: {
            CORDON_TRY(const Asset asset, Asset::parse(text));
            return std::string{asset.text()};
        }
        case Type::kTime: {
            CORDON_TRY(const UnixMillis time, parse_time(text));
            return Amount{
                static_cast<uint64_t>(std::max<int64_t>(0, time.time_since_epoch().count()))};
        }
        case Type::kNumber:
        case Type::kAmount:
            if (literal.op != Op::kHex) break;
            if (const Result<Bytes> raw = parse_hex0x(text)) return Amount::from_big_endian(*raw);
            break;
        default: break;
    }
    return fail(ErrorCode::kMalformed, "");
}

/// A number that some asset can have: its decimals are not known yet.
bool is_units(const std::string& digits) {
    constexpr std::size_t kMostDecimals = 77;  // 2^256 has 78 digits.
    const std::size_t point = std::min(digits.find('.'), digits.size());
    const std::size_t decimals = digits.size() - std::min(digits.size(), point + 1);
    return decimals <= kMostDecimals &&
           parse_units(digits, static_cast<unsigned>(decimals)).has_value();
}

}  // namespace

std::optional<Compiler::Typed> Compiler::literal(const Ast& literal, Type type,
                                                 const WordList* words) {
    if (type == Type::kAmount && own_type(literal) == Type::kAmount) {
        if (!is_units(literal.text)) return no(literal, "more digits than any asset has");
        program_.units.push_back({literal.text, literal.unit});
        return Typed{add({Expr::Kind::kUnits, Op::kName, type,
                          static_cast<uint32_t>(program_.units.size() - 1), 0}),
                     type};
    }
    Result<Fixed> value = read(literal, type, words);
    if (value) return Typed{fixed(*std::move(value), type), type};
    problems_.error(literal.mark, ErrorCode::kMalformed,
                    value.error().message.empty()
                        ? format("expected a value of type {}, not {}", to_string(type),
                                 chain::print(literal).substr(0, 80))
                        : value.error().message,
                    value.error().message.empty() ? std::string{hint_of(type)}
                    : words                       ? chain::nearest(literal.text, words->words)
                                                  : std::string{});
    return std::nullopt;
}

}  // namespace cordon::guard
