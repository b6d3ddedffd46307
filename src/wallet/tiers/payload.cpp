// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "payload.hpp"

#include <algorithm>

#include <cordon/base/base64.hpp>
#include <cordon/base/format.hpp>
#include <cordon/base/hex.hpp>
#include <cordon/chain/bitcoin/psbt_make.hpp>
#include <cordon/chain/bitcoin/script.hpp>
#include <cordon/chain/evm/delay_module.hpp>
#include <cordon/chain/evm/txn.hpp>
#include <cordon/chain/text.hpp>

#include "../request_json.hpp"

namespace cordon::wallet {
namespace {

// BIP-141: bytes outside the witness count four times, a vbyte is four units.
constexpr uint64_t kScale = 4;
// Version, locktime, marker, flag and the counts of inputs and outputs (three bytes at most each).
constexpr uint64_t kTxnWeight = kScale * (4 + 4 + 3 + 3) + 2;
constexpr uint64_t kInputWeight = kScale * (32 + 4 + 1 + 4);  // Outpoint, empty script, sequence.
constexpr uint64_t kSignature = 1 + 72, kKey = 1 + 33, kTapSignature = 1 + 65;
constexpr uint64_t kFewItems = 3, kScriptSize = 3;  // How long counts in a witness may be.
/// Bitcoin Core's limit of P2PKH, the highest of all kinds: change below goes to the miner.
constexpr uint64_t kDust = 546;

Payload payload_of(ChainId chain, const Address&, const ContractCall& call, AccountPurse& purse) {
    chain::EvmTxn txn;
    txn.type = chain::EvmTxnType::kDynamicFee;
    txn.chain_id = chain.reference;
    txn.nonce = purse.nonce;
    txn.max_fee_per_gas = purse.max_fee;
    txn.max_priority_fee_per_gas = purse.priority_fee;
    txn.gas_limit = purse.gas;
    txn.to = call.to;
    txn.value = call.value;
    txn.data = call.data;
    ++purse.nonce;
    return Payload{"evm", to_hex0x(chain::encode_evm_txn(txn))};
}

Payload payload_of(ChainId chain, const Address& from, const ContractCall& call, SafePurse& purse) {
    Payload out{"safe",
                format(R"({{"safe":"{}","chainId":{},"version":{},"to":"{}","value":"{}",)"
                       R"("data":"{}","operation":0,"safeTxGas":"0","baseGas":"0","gasPrice":"0",)"
                       R"("nonce":"{}"}})",
                       chain::format_address(chain, from), chain.reference,
                       json_text(purse.version), chain::format_address(chain, call.to),
                       call.value.to_string(), to_hex0x(call.data), purse.nonce.to_string())};
    purse.nonce += Amount{1U};
    return out;
}

template <typename EvmPurse>
Result<Payload> pay(const WithdrawalRequest& request, EvmPurse& purse) {
    CORDON_TRY(const ContractCall call,
               payment_call(request.chain, request.asset, request.to, request.amount));
    return payload_of(request.chain, request.from, call, purse);
}

/// nullptr when nothing is said of the address.
Purse* find_purse(ChainId chain, const Address& address, std::vector<Purse>& purses) {
    const auto found = std::find_if(purses.begin(), purses.end(), [&](const Purse& each) {
        return each.chain == chain && each.address == address;
    });
    return found == purses.end() ? nullptr : &*found;
}

/// At most so much: of a script as if every key of it signed and had to be shown (pk_h).
uint64_t input_weight(const chain::SpendingData& data) {
    if (!data.tap_key.empty()) return kInputWeight + kFewItems + kTapSignature;
    if (data.witness_script.empty()) return kInputWeight + kFewItems + kSignature + kKey;
    const uint64_t script = data.witness_script.size();
    // Those without an origin are not told: then each is 34 bytes of the script.
    const uint64_t keys = std::max<uint64_t>(data.keys.size(), script / kKey);
    return kInputWeight + kFewItems + keys * (kSignature + kKey) + kScriptSize + script;
}

uint64_t output_weight(ByteView script) { return kScale * (8 + 1 + script.size()); }

/// Coins at the address that pays, then the others; the largest first: few inputs, one order.
void put_in_order(std::vector<CoinPurse::Coin>& coins, ByteView first) {
    const auto is_first = [&](const CoinPurse::Coin& coin) {
        return std::equal(first.begin(), first.end(), coin.spending.script.begin(),
                          coin.spending.script.end());
    };
    std::sort(coins.begin(), coins.end(), [&](const auto& a, const auto& b) {
        if (is_first(a) != is_first(b)) return is_first(a);
        if (a.value != b.value) return a.value > b.value;
        return a.point < b.point;
    });
}

Result<Payload> pay(const WithdrawalRequest& request, CoinPurse& purse) {
    if (!request.asset.is_native() || request.amount > Amount{chain::kMaxMoney})
        return fail(ErrorCode::kUnsupported, "expected bitcoins, and no more than there are");
    const std::optional<Bytes> script = chain::script_of_address(request.to);
    const std::optional<Bytes> from = chain::script_of_address(request.from);
    if (!script || !from)
        return fail(ErrorCode::kUnsupported, "an address that has no output script");
    const uint64_t amount = request.amount.low_u64();
    const auto fee_of = [&](uint64_t weight) {
        return (weight + kScale - 1) / kScale * purse.fee_rate;
    };
    put_in_order(purse.coins, *from);
    if (purse.coins.empty() || purse.coins[0].spending.script != *from)
        return fail(ErrorCode::kLimit, "no coin lies at the address that is to pay");
    uint64_t weight = kTxnWeight + output_weight(*script) + output_weight(purse.change.script);
    uint64_t sum = 0;
    std::vector<chain::PsbtCoin> taken;
    for (const CoinPurse::Coin& coin : purse.coins) {
        if (!taken.empty() && sum >= amount + fee_of(weight)) break;
        sum += coin.value;
        weight += input_weight(coin.spending);
        taken.push_back({coin.txn, coin.point.index, coin.spending});
    }
    const uint64_t needed = amount + fee_of(weight);
    if (sum < needed)
        return fail(ErrorCode::kLimit, format("the coins hold {} sat, and {} are needed with the "
                                              "fee",
                                              sum, needed));
    std::vector<chain::PsbtPayment> payments{{amount, *script}};
    if (sum - needed >= kDust)
        payments.push_back({sum - needed, purse.change.script, purse.change});
    CORDON_TRY(const Bytes psbt, chain::make_psbt(taken, payments));
    purse.coins.erase(purse.coins.begin(),
                      purse.coins.begin() + static_cast<std::ptrdiff_t>(taken.size()));
    return Payload{"psbt", to_base64(psbt)};
}

}  // namespace

Result<ContractCall> payment_call(ChainId chain, const Asset& asset, const Address& to,
                                  const Amount& amount) {
    if (asset.is_native()) return ContractCall{to, amount, {}};
    if (!asset.is_contract())
        return fail(ErrorCode::kUnsupported,
                    format("asset {}: only coins and ERC-20 tokens", asset.text()));
    CORDON_TRY(const Address token, chain::parse_address(chain, asset.text()));
    chain::AbiValue arguments;
    arguments.items.resize(2);
    arguments.items[0].address = to;
    arguments.items[1].number = amount;
    CORDON_TRY(Bytes data, chain::encode_abi_call("transfer(address,uint256)", arguments));
    return ContractCall{token, Amount{}, std::move(data)};
}

Result<Payload> make_call(ChainId chain, const Address& from, const ContractCall& call,
                          std::vector<Purse>& purses) {
    const std::string who = chain::format_address(chain, from);
    Purse* const purse = find_purse(chain, from, purses);
    if (purse == nullptr)
        return fail(ErrorCode::kNotFound,
                    format("nothing is said of how {} pays: expected its purse", who));
    if (auto* account = std::get_if<AccountPurse>(&purse->of))
        return payload_of(chain, from, call, *account);
    if (auto* safe = std::get_if<SafePurse>(&purse->of))
        return payload_of(chain, from, call, *safe);
    return fail(ErrorCode::kUnsupported, format("{}: expected an account or a Safe", who));
}

Result<Payload> make_payload(const WithdrawalRequest& request, std::vector<Purse>& purses) {
    Purse* const found = find_purse(request.chain, request.from, purses);
    if (found == nullptr)
        return fail(ErrorCode::kNotFound,
                    format("{}: nothing is said of how {} pays", request.id,
                           chain::format_address(request.chain, request.from)));
    Result<Payload> made = std::visit([&](auto& of) { return pay(request, of); }, found->of);
    if (!made) return fail(made.error().in(request.id));
    return made;
}

}  // namespace cordon::wallet
