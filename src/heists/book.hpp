// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <initializer_list>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <cordon/model/activity.hpp>
#include <cordon/model/feed_event.hpp>

#include "facts.hpp"

/// The books of a played world: who is who, who holds what, and every txn as a node would show it.
namespace cordon::heists {

/// An asset of a chain, with what is needed to move and to price it.
struct Coin {
    ChainId chain;
    std::string symbol;
    Asset asset;
    Address token;  ///< Its contract; empty for the native coin.
    unsigned decimals = 18;
};

/// A txn, before it is in a block.
struct Made {
    ChainId chain;
    UnixMillis time;
    uint64_t order = 0;  ///< Among those of one moment.
    bool attack = false;
    AccountTxn account;
    TxnActivity activity;
    std::optional<UtxoTxn> utxo;
};

/// How a chain is played: what a node of it tells, and how often it makes a block.
struct ChainRules {
    Seconds interval;
    bool has_logs = false;   ///< Sender, receiver, calldata and logs.
    bool has_calls = false;  ///< Call traces and storage changes: nodes with the debug API.
};
ChainRules rules_of(ChainId chain) noexcept;

class Draft;

/// Confined to one thread. Lifetime: `common` must outlive it.
class Book {
public:
    Book(const Common& common, uint64_t seed) : common_{common}, seed_{seed} {}

    /// The asset that a symbol stands for on a chain as a heist's file names it.
    const Coin& coin(const std::string& chain, const std::string& symbol);
    /// Whether a chain can have it: a UTXO chain has its own coin alone.
    bool can_have(const std::string& chain, const std::string& symbol) const;
    /// The address of somebody on a chain, by name; always the same one.
    Address address(ChainId chain, const std::string& name);
    /// What a file says: from now on this name has this address there.
    void name(ChainId chain, const std::string& name, const Address& address);

    /// What a file says: this is the contract of that symbol.
    void token(const std::string& chain, const std::string& symbol, const Address& contract);

    /// Opens an account that cannot be overdrawn. Others are strangers, whose money comes from
    /// anywhere.
    void open(ChainId chain, const Address& address) { kept_.insert({chain, address}); }
    void credit(const Coin& coin, const Address& address, const Amount& amount);
    bool is_kept(ChainId chain, const Address& address) const {
        return kept_.contains({chain, address});
    }
    Amount balance(const Coin& coin, const Address& address) const;

    /// One payment of an address without code, on any chain. False, and nothing happened, when it
    /// has not enough.
    bool pay(UnixMillis time, const Coin& coin, const Address& from, const Address& to,
             const Amount& amount, bool attack = false);
    /// The same on a UTXO chain, from several addresses to several.
    bool pay_utxo(UnixMillis time, ChainId chain, const std::vector<Address>& from,
                  const std::vector<std::pair<Address, Amount>>& to, bool attack = false);

    std::vector<Made>& made() noexcept { return made_; }
    Hash256 fresh_hash(std::string_view what);

private:
    friend class Draft;
    struct Account {
        ChainId chain;
        Address address;
        Asset asset;
        friend auto operator<=>(const Account&, const Account&) = default;
    };
    struct Unspent {
        OutPoint at;
        uint64_t value = 0;
    };
    void apply(ChainId chain, const Transfer& transfer);

    const Common& common_;
    uint64_t seed_;
    uint64_t hashes_ = 0;
    std::map<std::pair<std::string, std::string>, Coin> coins_;
    std::map<std::pair<ChainId, std::string>, Address> names_;
    std::set<std::pair<ChainId, Address>> kept_;
    std::map<Account, Amount> balances_;
    std::map<std::pair<ChainId, Address>, std::vector<Unspent>> unspent_;
    std::map<std::pair<ChainId, Address>, uint64_t> nonces_;
    std::vector<Made> made_;
};

/// A txn of an account chain, frame by frame. Nothing happens before done().
class Draft {
public:
    static constexpr uint32_t kTop = 0;

    /// `to` empty: creates a contract.
    Draft(Book& book, ChainId chain, UnixMillis time, const Address& from, const Address& to,
          Bytes input = {});

    /// A call of a frame's; its index. The caller is who runs in that frame.
    uint32_t call(uint32_t parent, CallKind kind, const Address& to, Bytes input = {});
    /// The txn itself brings native coins along.
    Draft& value(const Amount& amount);
    /// Whoever runs in the frame pays: native coins by a call, tokens by a call of the token.
    Draft& pay(uint32_t frame, const Coin& coin, const Address& to, const Amount& amount);
    /// A token moves from somebody who had allowed it (transferFrom).
    Draft& pull(uint32_t frame, const Coin& coin, const Address& from, const Address& to,
                const Amount& amount);
    Draft& mint(uint32_t frame, const Coin& coin, const Address& to, const Amount& amount);
    Draft& burn(uint32_t frame, const Coin& coin, const Address& from, const Amount& amount);
    Draft& log(const Address& contract, std::vector<Hash256> topics, Bytes data = {});
    Draft& change(const Address& contract, const Hash256& slot, const Hash256& before,
                  const Hash256& after);
    Draft& creates(const Address& contract);
    Draft& fails();
    /// Puts it into the book. False, and nothing happened, when somebody would be overdrawn.
    bool done(bool attack = false);
    /// What it moves, so far.
    const std::vector<Transfer>& transfers() const noexcept { return made_.account.transfers; }

private:
    void move(const Coin& coin, const Address& from, const Address& to, const Amount& amount,
              TransferKind kind);
    /// Whose storage and money a frame acts on.
    Address self(uint32_t frame) const;

    Book& book_;
    Made made_;
    std::vector<Address> selves_;
    uint32_t logs_ = 0;
};

// --- Words of the EVM.

Hash256 topic(std::string_view event);  ///< keccak256 of the signature's text.
Hash256 word(const Amount& number);
Hash256 word(const Address& address);
using Argument = std::variant<Amount, Address, Bytes>;
/// Calldata by a signature's text. REQUIRES: the arguments fit it.
Bytes call_data(std::string_view signature, const std::vector<Argument>& arguments);
Bytes words(std::initializer_list<Hash256> words);

/// `amount` * parts_per_million / 1,000,000.
Amount scaled(const Amount& amount, uint64_t parts_per_million);
/// A quantity in whole units as smallest units of a coin; digits beyond its decimals are cut.
Amount units(const Coin& coin, std::string_view quantity);
/// What so many dollars are in a coin at a price.
Amount of_usd(const Coin& coin, double usd, double price);

}  // namespace cordon::heists
