// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "play.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include <boost/json.hpp>

#include <cordon/base/format.hpp>
#include <cordon/base/hex.hpp>
#include <cordon/chain/text.hpp>

namespace cordon::heists {

Held* Play::held(std::string_view name) noexcept {
    const auto found = std::find_if(house.begin(), house.end(),
                                    [&](const Held& each) { return each.facts->name == name; });
    return found == house.end() ? nullptr : &*found;
}

Address Play::who(ChainId chain, const std::string& name) {
    if (const Held* one = held(name); one && one->chain == chain) return one->addresses.front();
    return book.address(chain, name);
}

double Play::price(const std::string& symbol) const {
    const auto found = prices.find(symbol);
    return found == prices.end() ? 0 : found->second;
}

Cents Play::cents(const Coin& coin, const Amount& amount) const {
    const double whole = amount.to_double() / std::pow(10.0, coin.decimals);
    return static_cast<Cents>(std::min(whole * price(coin.symbol) * 100, 9e18));
}

Amount Play::sum(const Held& held, const Coin& coin) const {
    Amount sum;
    for (const Address& address : held.addresses) sum += book.balance(coin, address);
    return sum;
}

Address Play::richest(const Held& held, const Coin& coin) const {
    Address best = held.addresses.front();
    Amount most;
    for (const Address& address : held.addresses)
        if (const Amount has = book.balance(coin, address); has > most) {
            most = has;
            best = address;
        }
    return best;
}

Address safe_singleton(Code code) {
    // safe-deployments: gnosis_safe.json of v1.1.1 and v1.3.0, canonical.
    const std::string_view text = code == Code::kSafe111
                                      ? "0x34cfac646f301356faa8b21e94227e3583fe3f5f"
                                      : "0xd9db270c1b5e3bd161e8c8503c55ceabee709552";
    return chain::parse_address(kEthereum, text).value_or(Address{});
}

Bytes safe_exec(const Address& to, const Amount& value, const Bytes& data, uint8_t operation) {
    // Three signatures of 65 bytes: what they say is not played.
    constexpr std::size_t kSignatures = 3 * 65;
    const Address none{AddressKind::kEvm, Bytes(20, 0)};
    return call_data(
        "execTransaction(address,uint256,bytes,uint8,uint256,uint256,uint256,address,address,"
        "bytes)",
        {to, value, data, Amount{operation}, Amount{}, Amount{}, Amount{}, none, none,
         Bytes(kSignatures, 0x1b)});
}

std::string safe_json(ChainId chain, const Address& safe, Code code, const Address& to,
                      const Amount& value, const Bytes& data, uint8_t operation, uint64_t nonce) {
    const Address none{AddressKind::kEvm, Bytes(20, 0)};
    const auto text = [&](const Address& address) { return chain::format_address(chain, address); };
    return boost::json::serialize(
        boost::json::object{{"chainId", chain.reference},
                            {"safe", text(safe)},
                            {"version", code == Code::kSafe111 ? "1.1.1" : "1.3.0"},
                            {"to", text(to)},
                            {"value", value.to_string()},
                            {"data", "0x" + to_hex(data)},
                            {"operation", operation},
                            {"safeTxGas", "0"},
                            {"baseGas", "0"},
                            {"gasPrice", "0"},
                            {"gasToken", text(none)},
                            {"refundReceiver", text(none)},
                            {"nonce", nonce}});
}

bool Play::send(UnixMillis time, const Held& held, const Address& from, const Coin& coin,
                const Address& to, const Amount& amount, bool attack) {
    if (amount.is_zero()) return false;
    const std::string operator_name = held.facts->name + "-operator";
    switch (held.facts->code) {
        case Code::kSafe111:
        case Code::kSafe130: {
            const bool is_native = coin.token.empty();
            const Bytes data =
                is_native ? Bytes{} : call_data("transfer(address,uint256)", {to, amount});
            const Bytes exec =
                safe_exec(is_native ? to : coin.token, is_native ? amount : Amount{}, data, 0);
            Draft draft{book, coin.chain, time, who(coin.chain, operator_name), from, exec};
            const uint32_t inner = draft.call(Draft::kTop, CallKind::kDelegateCall,
                                              safe_singleton(held.facts->code), exec);
            draft.pay(inner, coin, to, amount);
            draft.log(from, {topic("ExecutionSuccess(bytes32,uint256)")},
                      words({book.fresh_hash("safe txn"), Hash256{}}));
            return draft.done(attack);
        }
        case Code::kContract:
        case Code::kProxy:
        case Code::kMultisig: {
            Draft draft{book,
                        coin.chain,
                        time,
                        who(coin.chain, operator_name),
                        from,
                        call_data("withdraw(address,address,uint256)",
                                  {coin.token.empty() ? to : coin.token, to, amount})};
            draft.pay(Draft::kTop, coin, to, amount);
            return draft.done(attack);
        }
        case Code::kEoa: break;
    }
    return book.pay(time, coin, from, to, amount, attack);
}

void Play::stolen(std::size_t first, const Coin& coin, const Amount& amount) {
    if (book.made().size() == first) return;
    const Made& last = book.made().back();
    losses[last.utxo ? last.utxo->txid : last.account.hash] += cents(coin, amount);
}

}  // namespace cordon::heists
