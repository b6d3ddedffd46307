// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "bitcoin_answers.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include <cordon/base/format.hpp>
#include <cordon/base/hex.hpp>
#include <cordon/chain/bitcoin/script.hpp>
#include <cordon/chain/bitcoin/txn.hpp>
#include <cordon/chain/json_cursor.hpp>
#include <cordon/chain/text.hpp>

namespace cordon::feed {
namespace {

using chain::into;
using chain::JsonCursor;
using chain::JsonText;

// chain in getblockchaininfo: BIP-70 names in Bitcoin Core, names of its parameters in btcd.
constexpr std::array<std::pair<std::string_view, ChainId>, 8> kNetworks{{
    {"main", kBitcoin},
    {"mainnet", kBitcoin},
    {"test", kBitcoinTestnet},
    {"testnet3", kBitcoinTestnet},
    {"testnet4", kBitcoinTestnet},
    {"signet", kBitcoinTestnet},
    {"regtest", kBitcoinRegtest},
    {"simnet", kBitcoinRegtest},  // btcd's own, played like regtest.
}};

template <typename T>
Result<T> whole_number(JsonCursor& value) {
    CORDON_TRY(const std::string_view text, value.number());
    T number{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size())
        return fail(ErrorCode::kMalformed, "expected a whole number");
    return number;
}

Result<Hash256> hash(JsonCursor& value) {
    CORDON_TRY(const std::string_view text, value.string());
    return chain::parse_hash(kBitcoin, text);
}

/// One object, read by its members.
template <std::size_t N, typename Visit>
Result<uint64_t> read_object(std::string_view json, const std::array<std::string_view, N>& names,
                             Visit visit) {
    JsonText text;
    CORDON_TRY(text.open(json));
    uint64_t seen = 0;
    CORDON_TRY(text.walk(
        [&](JsonCursor& root) -> Status { return into(seen, root.members(names, visit)); }));
    return seen;
}

Result<TxOut> read_output(JsonCursor& value) {
    static constexpr std::array<std::string_view, 2> kNames{"value", "scriptPubKey"};
    static constexpr std::array<std::string_view, 1> kScript{"hex"};
    TxOut out;
    bool has_script = false;
    CORDON_TRY(const uint64_t seen,
               value.members(kNames, [&](std::size_t name, JsonCursor& field) -> Status {
                   if (name == 0) {
                       CORDON_TRY(const std::string_view number, field.number());
                       return into(out.value, parse_satoshi(number));
                   }
                   CORDON_TRY(const uint64_t script,
                              field.members(kScript, [&](std::size_t, JsonCursor& hex) -> Status {
                                  CORDON_TRY(const std::string_view text, hex.string());
                                  CORDON_TRY(const Bytes bytes, parse_hex(text));
                                  out.address = chain::address_of_script(bytes);
                                  return {};
                              }));
                   has_script = script == 1;
                   return {};
               }));
    if (seen != 3 || !has_script)
        return fail(ErrorCode::kMalformed, "prevout: expected value and scriptPubKey.hex");
    return out;
}

Status read_input(JsonCursor& value,
                  const std::function<void(const OutPoint&, const TxOut&)>& visit) {
    static constexpr std::array<std::string_view, 3> kNames{"txid", "vout", "prevout"};
    OutPoint point;
    TxOut spent;
    CORDON_TRY(const uint64_t seen,
               value.members(kNames, [&](std::size_t name, JsonCursor& field) -> Status {
                   if (name == 0) return into(point.txid, hash(field));
                   if (name == 1) return into(point.index, whole_number<uint32_t>(field));
                   return into(spent, read_output(field));
               }));
    if (seen == 7) visit(point, spent);
    return {};
}

}  // namespace

Result<uint64_t> parse_satoshi(std::string_view number) {
    constexpr std::size_t kDecimals = 8;
    if (number == "0E-8") return 0;  // How some libraries write nothing with eight decimals.
    const std::size_t point = std::min(number.find('.'), number.size());
    const std::string_view whole = number.substr(0, point);
    const std::string_view part =
        point < number.size() ? number.substr(point + 1) : std::string_view{};
    const bool digits =
        std::all_of(whole.begin(), whole.end(), [](char c) { return c >= '0' && c <= '9'; }) &&
        std::all_of(part.begin(), part.end(), [](char c) { return c >= '0' && c <= '9'; });
    if (whole.empty() || !digits || (point < number.size() && part.empty()) ||
        part.size() > kDecimals)
        return fail(ErrorCode::kMalformed, "expected an amount in BTC with at most 8 decimals");
    std::string text{whole};
    text += part;
    text.append(kDecimals - part.size(), '0');
    uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || value > chain::kMaxMoney)
        return fail(ErrorCode::kOverflow, "an amount of more than all coins");
    return value;
}

Result<ChainId> parse_bitcoin_network(std::string_view json) {
    static constexpr std::array<std::string_view, 1> kNames{"chain"};
    std::optional<ChainId> found;
    CORDON_TRY(read_object(json, kNames, [&](std::size_t, JsonCursor& value) -> Status {
        CORDON_TRY(const std::string_view name, value.string());
        for (const auto& [known, chain] : kNetworks)
            if (known == name) found = chain;
        return {};
    }));
    if (!found)
        return fail(ErrorCode::kMalformed, "chain: expected main, test, testnet4, signet, regtest");
    return *found;
}

Result<BlockHeader> parse_bitcoin_header(std::string_view json) {
    static constexpr std::array<std::string_view, 4> kNames{"hash", "height", "time",
                                                            "previousblockhash"};
    BlockHeader header;
    CORDON_TRY(const uint64_t seen,
               read_object(json, kNames, [&](std::size_t name, JsonCursor& value) -> Status {
                   if (name == 0) return into(header.hash, hash(value));
                   if (name == 1) return into(header.number, whole_number<uint32_t>(value));
                   if (name == 3) {
                       CORDON_TRY(const std::string_view text, value.string());
                       if (text.empty()) return {};  // btcd's block 0.
                       return into(header.parent, chain::parse_hash(kBitcoin, text));
                   }
                   CORDON_TRY(const uint32_t time, whole_number<uint32_t>(value));
                   header.time = from_unix_seconds(time);
                   return {};
               }));
    if ((seen & 7) != 7) return fail(ErrorCode::kMalformed, "expected hash, height and time");
    return header;
}

Status read_bitcoin_prevouts(std::string_view json,
                             const std::function<void(const OutPoint&, const TxOut&)>& visit) {
    static constexpr std::array<std::string_view, 1> kTxns{"tx"};
    static constexpr std::array<std::string_view, 1> kInputs{"vin"};
    CORDON_TRY(read_object(json, kTxns, [&](std::size_t, JsonCursor& list) -> Status {
        return list.items([&](JsonCursor& txn) -> Status {
            CORDON_TRY(txn.members(kInputs, [&](std::size_t, JsonCursor& inputs) -> Status {
                return inputs.items(
                    [&](JsonCursor& input) -> Status { return read_input(input, visit); });
            }));
            return {};
        });
    }));
    return {};
}

Result<std::vector<Hash256>> parse_bitcoin_mempool(std::string_view json) {
    std::vector<Hash256> all;
    JsonText text;
    CORDON_TRY(text.open(json));
    CORDON_TRY(text.walk([&](JsonCursor& root) -> Status {
        return root.items([&](JsonCursor& value) -> Status {
            CORDON_TRY(const Hash256 txid, hash(value));
            all.push_back(txid);
            return {};
        });
    }));
    return all;
}

Status read_bitcoin_mempool(std::string_view json,
                            const std::function<void(const Hash256&, uint32_t)>& visit) {
    static constexpr std::array<std::string_view, 1> kNames{"time"};
    JsonText text;
    CORDON_TRY(text.open(json));
    return text.walk([&](JsonCursor& root) -> Status {
        return root.members([&](std::string_view name, JsonCursor& entry) -> Status {
            CORDON_TRY(const Hash256 txid, chain::parse_hash(kBitcoin, name));
            uint32_t time = 0;
            CORDON_TRY(const uint64_t seen,
                       entry.members(kNames, [&](std::size_t, JsonCursor& value) -> Status {
                           return into(time, whole_number<uint32_t>(value));
                       }));
            if (seen == 0) return fail(ErrorCode::kMalformed, "expected a time");
            visit(txid, time);
            return {};
        });
    });
}

}  // namespace cordon::feed
