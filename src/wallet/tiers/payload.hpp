// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string_view>
#include <variant>
#include <vector>

#include <cordon/chain/bitcoin/descriptor.hpp>
#include <cordon/model/block.hpp>
#include <cordon/model/withdrawal.hpp>

namespace cordon::wallet {

/// An account with one key: what it signs is a txn of type 2 (EIP-1559).
struct AccountPurse {
    uint64_t nonce = 0;
    Amount max_fee, priority_fee, gas;  ///< Of each unit of gas, and how many.
};

/// A Safe: what its owners sign is a Safe transaction, without refund, which pays no relayer.
struct SafePurse {
    Amount nonce;
    std::string version;
};

/// Coins of a Bitcoin wallet.
struct CoinPurse {
    struct Coin {
        Bytes txn;  ///< The whole txn that made it.
        OutPoint point;
        uint64_t value = 0;
        chain::SpendingData spending;
    };
    uint64_t fee_rate = 0;  ///< Satoshi per vbyte.
    chain::SpendingData change;
    std::vector<Coin> coins;
};

/// What payments from one address need to know of the chain as it is now (docs/formats/tiers.md).
struct Purse {
    ChainId chain;
    Address address;
    std::variant<AccountPurse, SafePurse, CoinPurse> of;
};

/// Strict, as parse_tiers(). kConflict: a coin that is not of the descriptor.
Result<std::vector<Purse>> parse_purses(std::string_view yaml, std::string_view name);

/// Who is called on an EVM chain, with what.
struct ContractCall {
    Address to;
    Amount value;
    Bytes data;
};

/// A payment of the chain's coin or of an ERC-20 token. kUnsupported: another asset.
Result<ContractCall> payment_call(ChainId chain, const Asset& asset, const Address& to,
                                  const Amount& amount);

/// The unsigned payload of a call out of the purse of `from`, an account or a Safe, which has one
/// nonce less afterwards. kNotFound: no such purse.
Result<Payload> make_call(ChainId chain, const Address& from, const ContractCall& call,
                          std::vector<Purse>& purses);

/// The unsigned payload of the request, as `cordon explain` takes it: one payment and nothing
/// besides, out of the purse of `from`, which has its nonce or coins less afterwards. kNotFound: no
/// such purse. kUnsupported: an asset that it cannot pay. kLimit: its coins are too few.
Result<Payload> make_payload(const WithdrawalRequest& request, std::vector<Purse>& purses);

}  // namespace cordon::wallet
