// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <cordon/base/byte_source.hpp>
#include <cordon/base/time.hpp>
#include <cordon/model/chain_id.hpp>
#include <cordon/model/label.hpp>

/// What is public about a past theft, as heists/*.yaml states it: who held what where, what was
/// seen before, what was taken when. Plain data; scenario.hpp makes a stream of it.
namespace cordon::heists {

/// What the robbed house does: decides its normal traffic.
enum class Kind : uint8_t { kExchange, kBridge, kProtocol, kTrader, kToken, kWalletApp };
std::string_view to_string(Kind kind) noexcept;

/// What came first of all that an outsider could have seen before the first loss.
enum class Signal : uint8_t { kNone, kOffChain, kOnChain };
std::string_view to_string(Signal signal) noexcept;

/// Whose keys signed what moved the money: decides whether a gate before the signature was asked.
enum class SignedBy : uint8_t {
    kPeople,     ///< People of the house, who were made to sign something else than they wanted.
    kKey,        ///< A key of the house, in the hands of a thief.
    kComputed,   ///< A key of the house that the thief computed: it need not have been stolen.
    kNobody,     ///< A contract or a bridge paid by its own rules.
    kCustomers,  ///< Keys of people who are no house.
};
std::string_view to_string(SignedBy by) noexcept;

/// What a wallet entry is to the house.
enum class Role : uint8_t { kWallet, kBridge, kKeeper, kProtocol, kToken, kAdmin };
/// What lies at its address.
enum class Code : uint8_t { kEoa, kContract, kProxy, kMultisig, kSafe111, kSafe130 };

/// A quantity in whole units as the file writes it ("4502.9"), by asset symbol.
using Quantity = std::pair<std::string, std::string>;

struct Wallet {
    uint64_t line = 0;
    std::string name;
    std::string chain;  ///< As written: "eth", "nem", "eip155:9000001".
    Role role = Role::kWallet;
    Code code = Code::kEoa;
    std::string tier;     ///< kWallet: hot, warm, cold or deposit.
    std::string address;  ///< Empty: made up.
    uint32_t copies = 1;  ///< That many addresses share what it holds.
    bool skewed = false;  ///< A few of them hold the most (by rank, as wealth is).
    std::vector<Quantity> holds;
    uint32_t tail_tokens = 0;        ///< So many further tokens ...
    double tail_usd = 0;             ///< ... worth this in all.
    std::vector<std::string> mints;  ///< Far side of a bridge: what it mints.
    std::string symbol, supply;      ///< kToken.
};

enum class Verb : uint8_t {
    kNote,         ///< Public or not, but on no chain.
    kPrice,        ///< An asset costs something else from now on.
    kFund,         ///< Somebody gives an address its fees.
    kDeploy,       ///< Somebody creates a contract.
    kCall,         ///< Somebody calls a contract of others.
    kSign,         ///< Owners of a Safe are shown one thing and sign another.
    kSafeUpgrade,  ///< The code of a Safe is replaced by a delegatecall.
    kSafeFail,     ///< A Safe transaction is executed and fails.
    kKeeper,       ///< The keys of a bridge are replaced.
    kZeroRoot,     ///< A bridge takes the empty root as proven.
    kGrant,        ///< Somebody gets a right.
    kOwner,        ///< A contract gets another owner.
    kUpgrade,      ///< A proxy gets other code.
    kPropose,      ///< A governance proposal.
    kMint,         ///< Tokens out of nothing.
    kTake,         ///< Theft: a wallet pays the thief.
    kUnlock,       ///< Theft: a bridge pays without the other side.
    kDrain,        ///< Theft: address after address of a wallet is emptied, the richest first.
    kFlashAttack,  ///< Theft in one txn, with a flash loan.
    kVoteAttack,   ///< The same, by a vote.
    kSwap,         ///< The thief changes assets.
    kSpread,       ///< The thief deals them out.
};
std::string_view to_string(Verb verb) noexcept;

enum class Sure : uint8_t { kRounded, kExact, kEstimate };
std::string_view to_string(Sure sure) noexcept;

struct Step {
    uint64_t line = 0;
    UnixMillis at;
    Verb verb{};
    std::string chain, wallet, by, from, to, asset, amount;
    std::string via, makes, through, method, event, for_asset, safe, unproven, receiver;
    std::vector<Quantity> loans, takes;
    uint32_t number = 0;
    uint32_t txns = 1;       ///< In so many pieces ...
    uint32_t over = 0;       ///< ... within so many seconds.
    uint32_t receivers = 1;  ///< The addresses that `to` stands for.
    bool many = false;       ///< Every txn is another person's.
    bool theft = false;
    bool is_public = false;  ///< kNote.
    double usd = 0;
    Sure sure = Sure::kRounded;
    std::string source;  ///< A key of Facts::sources.
    std::string fact;
};

struct Facts {
    std::string file;
    std::string name;
    uint32_t row = 0;  ///< Of the table of thirty.
    std::string victim;
    Kind kind{};
    Signal signal{};
    SignedBy signed_by = SignedBy::kNobody;
    std::string signed_source;  ///< A key of `sources`.
    std::string signed_how;     ///< In a sentence.
    double loss = 0;            ///< USD.
    std::string vintage, story;
    std::vector<std::pair<std::string, std::string>> sources;
    std::map<std::string, double> prices;
    std::vector<Wallet> wallets;
    double txns_a_day = 0;
    uint32_t days = 0;  ///< Of normal traffic before the first step; 0: as the generator does.
    std::vector<Quantity> liabilities;  ///< Where they are not what the wallets hold.
    std::vector<Step> steps;            ///< By time.
    const Wallet* wallet(std::string_view wanted) const noexcept;
};

/// A service that public lists name.
struct Service {
    std::string name, chain;
    Category category{};
    std::string text, address;
};

/// What all heists share (heists/common.yaml).
struct Common {
    std::map<std::string, unsigned> decimals;
    std::map<std::string, std::string> native;                             ///< Chain -> symbol.
    std::map<std::pair<std::string, std::string>, std::string> contracts;  ///< Chain, symbol.
    std::map<std::pair<std::string, std::string>, unsigned> token_decimals;
    std::vector<Service> services;
};

/// kMalformed, kInvalidParam and kNotFound with "FILE:LINE: ...": unknown keys, verbs without what
/// they need, wallets and sources that are not declared, assets without a price, steps that are
/// not in the order of time where order matters are sorted.
Result<Facts> parse_facts(const InputFile& file);
Result<Common> parse_common(const InputFile& file);

struct ShippedFile {
    std::string_view name, text;
};
std::span<const ShippedFile> shipped_files() noexcept;

struct Library {
    Common common;
    std::vector<Facts> heists;  ///< By row.
    const Facts* find(std::string_view name) const noexcept;
};
/// The heists that are compiled in.
Result<Library> shipped_heists();
/// Those of a folder with files of the same form; without a common.yaml of its own with the shipped
/// one. kNotFound: no *.yaml; kDuplicate: two of one name or row.
Result<Library> heists_in(const std::string& directory);

/// The chain that a heist's chain is played on. Chains that have no form of their own here (NEM,
/// Solana) are account chains with a number that no EVM chain has.
Result<ChainId> played_chain(std::string_view name);

}  // namespace cordon::heists
