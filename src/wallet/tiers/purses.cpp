// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <set>

#include <cordon/base/hex.hpp>
#include <cordon/chain/bitcoin/txn.hpp>
#include <cordon/chain/text.hpp>

#include "payload.hpp"
#include "yaml_reader.hpp"

namespace cordon::wallet {
namespace {

constexpr std::size_t kMaxPurses = 10'000;
constexpr std::size_t kMaxCoins = 10'000;
/// Satoshi per vbyte: five times what the dearest block ever asked for (April 2024).
constexpr uint64_t kMaxFeeRate = 10'000;
constexpr uint64_t kMaxIndex = (uint64_t{1} << 31) - 1;  // BIP-32: above, a step is hardened.
constexpr uint64_t kMaxBranch = 15;                      // More alternatives no wallet has.
constexpr uint64_t kMaxNonce = UINT64_MAX - 2;           // EIP-2681, and one to go on to.

class Reader : YamlReader {
public:
    using YamlReader::YamlReader;

    Result<std::vector<Purse>> purses(const YamlNode& root) const {
        CORDON_TRY(fields(root, {"version", "purses"}));
        CORDON_TRY(version_1(root));
        CORDON_TRY(const YamlNode* items, list(root, "purses", kMaxPurses));
        std::vector<Purse> out;
        std::set<std::pair<ChainId, Address>> seen;
        for (const YamlNode& item : items->items) {
            CORDON_TRY(Purse one, purse(item));
            if (!seen.emplace(one.chain, one.address).second)
                return fail(ErrorCode::kDuplicate, at(item, "this address stands twice"));
            out.push_back(std::move(one));
        }
        return out;
    }

private:
    Result<Purse> purse(const YamlNode& node) const {
        Purse out;
        CORDON_TRY(const std::string chain, text(node, "chain"));
        CORDON_TRY(out.chain, in(node, parse_chain(chain)));
        CORDON_TRY(const std::string address, text(node, "address"));
        CORDON_TRY(out.address, in(node, chain::parse_address(out.chain, address)));
        switch (out.chain.family) {
            case ChainFamily::kBitcoin: {
                CORDON_TRY(out.of, coins(node, out.chain));
                return out;
            }
            case ChainFamily::kEvm: break;
            default: return refuse(node, "chain: expected an EVM or Bitcoin chain");
        }
        if (node.find("safe")) {
            CORDON_TRY(out.of, safe(node));
        } else {
            CORDON_TRY(out.of, account(node));
        }
        return out;
    }

    Result<AccountPurse> account(const YamlNode& node) const {
        CORDON_TRY(fields(node, {"chain", "address", "nonce", "max_fee", "priority_fee", "gas"}));
        AccountPurse out;
        CORDON_TRY(out.nonce, number(node, "nonce", kMaxNonce));
        CORDON_TRY(out.max_fee, amount(node, "max_fee"));
        CORDON_TRY(out.priority_fee, amount(node, "priority_fee"));
        CORDON_TRY(out.gas, number(node, "gas", UINT64_MAX));
        if (out.priority_fee > out.max_fee)
            return refuse(node, "priority_fee: expected at most max_fee (EIP-1559)");
        return out;
    }

    Result<SafePurse> safe(const YamlNode& node) const {
        CORDON_TRY(fields(node, {"chain", "address", "safe", "nonce"}));
        SafePurse out;
        CORDON_TRY(out.version, text(node, "safe"));
        CORDON_TRY(out.nonce, number(node, "nonce", kMaxNonce));
        return out;
    }

    Result<CoinPurse> coins(const YamlNode& node, ChainId chain) const {
        CORDON_TRY(fields(node, {"chain", "address", "descriptor", "fee_rate", "change", "coins"}));
        CORDON_TRY(const std::string told, text(node, "descriptor"));
        CORDON_TRY(const auto descriptor,
                   in(*node.find("descriptor"), chain::Descriptor::parse(told, chain)));
        CoinPurse out;
        CORDON_TRY(out.fee_rate, number(node, "fee_rate", kMaxFeeRate));
        if (out.fee_rate == 0) return refuse(node, "fee_rate: expected more than nothing");
        CORDON_TRY(out.change, spending(node, "change", descriptor));
        CORDON_TRY(const YamlNode* items, list(node, "coins", kMaxCoins));
        std::set<OutPoint> seen;
        for (const YamlNode& item : items->items) {
            CORDON_TRY(CoinPurse::Coin one, coin(item, descriptor));
            if (!seen.insert(one.point).second)
                return fail(ErrorCode::kDuplicate, at(item, "this coin stands twice"));
            out.coins.push_back(std::move(one));
        }
        return out;
    }

    Result<CoinPurse::Coin> coin(const YamlNode& node, const chain::Descriptor& descriptor) const {
        CORDON_TRY(fields(node, {"txn", "output", "at"}));
        CoinPurse::Coin out;
        CORDON_TRY(const std::string hex, text(node, "txn"));
        CORDON_TRY(out.txn, in(*node.find("txn"), parse_hex(hex)));
        CORDON_TRY(const chain::TxnView txn, in(*node.find("txn"), chain::parse_txn(out.txn)));
        CORDON_TRY(in(*node.find("txn"), chain::check_txn(txn)));
        if (txn.outputs.empty()) return refuse(node, "txn: it has no outputs");
        CORDON_TRY(const uint64_t output, number(node, "output", txn.outputs.size() - 1));
        CORDON_TRY(out.spending, spending(node, "at", descriptor));
        out.point = {chain::txid_of(txn), static_cast<uint32_t>(output)};
        out.value = txn.outputs[output].value;
        const ByteView script = txn.outputs[output].script;
        if (out.spending.script != Bytes(script.begin(), script.end()))
            return fail(ErrorCode::kConflict,
                        this->at(node, "the output is not the descriptor's at this place"));
        return out;
    }

    /// "BRANCH/INDEX" of the descriptor.
    Result<chain::SpendingData> spending(const YamlNode& node, std::string_view field,
                                         const chain::Descriptor& descriptor) const {
        CORDON_TRY(const std::string place, text(node, field));
        const std::size_t slash = std::min(place.find('/'), place.size());
        const auto branch = Amount::parse(std::string_view{place}.substr(0, slash));
        const auto index =
            Amount::parse(std::string_view{place}.substr(std::min(slash + 1, place.size())));
        if (!branch || !index || *branch > Amount{kMaxBranch} || *index > Amount{kMaxIndex} ||
            branch->low_u64() >= descriptor.branches())
            return refuse(*node.find(field),
                          format("{}: expected BRANCH/INDEX of the descriptor, as 0/7", field));
        return in(*node.find(field),
                  descriptor.spending(branch->low_u64(), static_cast<uint32_t>(index->low_u64())));
    }
};

}  // namespace

Result<std::vector<Purse>> parse_purses(std::string_view yaml, std::string_view name) {
    CORDON_TRY(const YamlNode root, chain::parse_yaml(yaml, name));
    return Reader{name}.purses(root);
}

}  // namespace cordon::wallet
