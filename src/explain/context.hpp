// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <cordon/base/amount.hpp>
#include <cordon/base/bytes.hpp>
#include <cordon/base/time.hpp>
#include <cordon/model/address.hpp>
#include <cordon/model/asset.hpp>
#include <cordon/model/block.hpp>
#include <cordon/model/chain_id.hpp>

/// What the caller knows besides the payload. Everything may be missing: an explainer then says
/// what it could not judge, and never takes "not known" for "fine".
namespace cordon::explain {

class ClearSigning;
class TokenList;

/// What an address did before, towards one account. Implemented outside (over the ledger, or from a
/// context file). Confined to one thread.
class History {
public:
    virtual ~History() = default;

    struct Dealings {
        uint64_t count = 0;  ///< Payments of `from` to `to`, of any asset.
        std::optional<UnixMillis> first, last;
    };
    virtual Dealings dealings(ChainId chain, const Address& from, const Address& to) const = 0;
    /// Whom `from` paid before, most often first, at most `most`.
    virtual std::vector<Address> payees(ChainId chain, const Address& from,
                                        std::size_t most) const = 0;
    /// The largest amount of `asset` that `from` ever sent in one payment; nothing when none.
    virtual std::optional<Amount> largest(ChainId chain, const Address& from,
                                          const Asset& asset) const = 0;
    virtual std::optional<Amount> balance(ChainId chain, const Address& of,
                                          const Asset& asset) const = 0;
    /// Earlier txns that `from` signed, latest first, at most `most`: what its wallet software
    /// looks like. UTXO chains.
    virtual std::vector<UtxoTxn> txns(ChainId chain, const Address& from,
                                      std::size_t most) const = 0;
    /// What others call an address; empty when nobody does. A name vouches for nothing.
    virtual std::string name(ChainId, const Address&) const { return {}; }
};

/// An address that the caller vouches for.
struct BookEntry {
    ChainId chain;
    Address address;
    std::string name;
    bool payee = false;         ///< May be paid.
    bool delegatecall = false;  ///< May be called by DELEGATECALL.
    bool owner = false;         ///< May become an owner of the caller's accounts.
    bool code = false;          ///< May become guard, module, handler or implementation.
    bool spender = false;       ///< May be given allowances.
    bool queuer = false;        ///< May queue calls in a Delay of the caller's accounts.
    /// It is a Delay (chain/evm/delay_module.hpp) that acts in the name of this account.
    std::optional<Address> delay_of = {};
};

/// A token that the caller vouches for.
struct TokenEntry {
    ChainId chain;
    Asset asset;
    std::string symbol;
    unsigned decimals = 0;
};

/// The withdrawal that people agreed to.
struct ApprovedRequest {
    std::string id;
    ChainId chain;
    std::optional<Address> from;
    Address to;
    Asset asset;
    Amount amount;
};

/// Another proposal that waits at the same account.
struct Proposal {
    Amount nonce;
    std::string hash;  ///< Hex.
};

/// A slot of an account that a simulation saw change.
struct SlotChange {
    Address account;
    Hash256 slot, before, after;
};

/// What a node says the payload would do: `prestateTracer` in diff mode (explain/simulation.hpp).
struct Simulation {
    std::vector<SlotChange> slots;
    struct BalanceChange {
        Address account;
        Amount before, after;
    };
    std::vector<BalanceChange> balances;
    std::vector<Address> code_changes;
};

struct Context {
    std::vector<BookEntry> book;
    std::vector<TokenEntry> tokens;
    const TokenList* token_list = nullptr;  ///< What `tokens` does not name. Lifetime: of the call.
    const History* history = nullptr;       ///< Lifetime: that of the call.
    const ClearSigning* clear_signing = nullptr;  ///< Words of descriptors. Lifetime likewise.
    std::optional<ChainId> chain;                 ///< Where the payload is meant for.
    std::optional<Address> account;  ///< Who signs, or the Safe: for payloads that do not say it.
    std::optional<Address> target;   ///< Who is called by bare calldata.
    std::optional<ApprovedRequest> request;
    bool request_required = false;  ///< Nothing may be signed that nobody asked for.
    std::vector<Proposal> proposals;
    std::vector<std::string> explained;  ///< Hashes, hex, whose content is explained elsewhere.
    std::vector<Address> owners;         ///< Of the account that signs.
    std::optional<uint64_t> threshold;   ///< Of the account that signs.
    /// Output descriptors of the wallet that signs (Bitcoin): what pays them comes back.
    std::vector<std::string> descriptors;
    /// Raw Bitcoin txns: earlier ones of the wallet that signs, which show how it works; and those
    /// that made what is spent, whoever wrote them. Both prove what a payload spends.
    std::vector<Bytes> txns, parents;
    std::vector<UnixMillis> failed_executions;  ///< Of the account that signs.
    std::optional<UnixMillis> now;              ///< When it is to be signed.
    std::optional<Simulation> simulation;       ///< Of this payload.
};

}  // namespace cordon::explain
