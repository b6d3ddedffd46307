// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include <cordon/base/bytes.hpp>

#include "context.hpp"
#include "explanation.hpp"
#include "words.hpp"

namespace cordon::explain {

/// A call that the payload brings about.
struct Call {
    Address from;  ///< Who acts; empty when it is not known. Under DELEGATECALL: whose storage.
    Address to;
    Amount value;
    ByteView data;
    bool delegate = false;
    std::string where;   ///< "call 3.1"; empty for the payload itself.
    unsigned depth = 0;  ///< Calls around this one.
};

/// "call 3" inside the payload itself, "call 2.3" inside "call 2".
std::string part_of(const Call& around, std::size_t number);

/// Somebody who gets something by the payload: what history, book and request are asked about.
struct Party {
    enum class Role : uint8_t {
        kPayee,    ///< Gets money now.
        kSpender,  ///< May take money later.
        kPower,    ///< Gets control: owner, module, admin.
        kCode,     ///< Its code runs as the account, now or from now on.
        kTarget,   ///< Is called with something that is not understood.
    };
    Role role{};
    Address who, to;
    Asset asset;
    std::optional<Amount> amount;
    std::string where;
};

/// As what the caller's book can vouch for an address.
enum class Vouch : uint8_t { kPayee, kSpender, kOwner, kCode, kDelegatecall, kQueuer };

/// How bad it can get. The order is that of badness.
enum class Danger : uint8_t {
    kNothing,
    kMoney,       ///< What is paid is gone.
    kAllowance,   ///< `to` takes what it may take.
    kUnknown,     ///< Whatever `to` can do to `who`.
    kControl,     ///< `to` gets power over `who`.
    kEverything,  ///< The code of `to` runs as `who`.
};

/// What nobody signs in earnest: bounds on what a payload may make us do. A payload beyond them is
/// blocked, and said to be too large.
inline constexpr unsigned kMaxCallDepth = 8;  ///< MultiSend in execTransaction in multicall is 3.
/// A whole coin of any EVM chain: more than a fee is worth.
inline constexpr Amount kCoin{uint64_t{1'000'000'000'000'000'000}};
/// More findings of one rule than a person reads; judge() counts the rest.
inline constexpr std::size_t kMaxFindingsOfRule = 50;
inline constexpr std::size_t kMaxCalls = 20'000;  ///< A block of 36 M gas has room for fewer.

/// Follows calls into their effects. One object an explanation; confined to one thread.
class Walk {
public:
    /// Lifetime: both must outlive it.
    Walk(Explanation& out, const Context& context, ChainId chain)
        : words{context, chain}, out_{out}, context_{context} {
        out.effects.reserve(4);  // What most payloads have: moving strings costs.
        out.findings.reserve(8);
        out.details.reserve(16);
    }

    /// All effects of a call, in the order in which they happen.
    void call(const Call& call);
    /// Judges everybody who gets something (R3, R4, R11, R12) and says what could not be judged.
    /// The last step before finish().
    void judge();

    // What the readers of calls are made of.

    void effect(EffectKind kind, const Call& call, const Address& who, const Address& to,
                std::string text);
    /// `who` loses `amount` to `to`.
    void pay(const Call& call, const Address& who, const Address& to, const Asset& asset,
             const Amount& amount, std::string_view remark = {});
    /// `spender` may take up to `amount` from `who`.
    void allow(const Call& call, const Address& who, const Address& spender, const Asset& asset,
               const Amount& amount, std::string_view remark = {});
    void allow_all(const Call& call, const Address& who, const Address& spender,
                   const Address& collection, bool allowed);
    /// Control of `who` goes to `to`: R2 and R5, by what the caller's book says of `to`.
    void power(EffectKind kind, const Call& call, const Address& who, const Address& to, Vouch as,
               std::string text);
    void unknown(const Call& call, std::string_view why);
    /// A known call of a library that works by DELEGATECALL only.
    void misused(const Call& call);
    /// The last effect is a fee of at least `amount`.
    void fee(const Asset& asset, const Amount& amount);
    /// The last effect is of this many.
    void count(const Amount& amount) { out_.effects.back().amount = amount; }
    /// Adds to the text of the last effect.
    void amend(std::string_view text) { out_.effects.back().text += text; }
    /// Somebody who gets something, to be judged.
    void party(Party party) { parties_.push_back(std::move(party)); }
    /// The worst so far, for worst_case().
    void danger(Danger danger, const Address& who, const Address& to, const Asset& asset = {});

    void raise(std::string_view rule, Verdict severity, std::string text,
               const std::string& where = {});
    /// The rule could not be applied, for this reason. Said once a rule.
    void not_judged(std::string_view rule, std::string why);

    /// The asset that the called contract is.
    static Asset token(const Call& call);
    bool vouched(const Address& address, Vouch as) const;
    /// kOk when the caller's book allows it, kBlock when the book speaks of such things and does
    /// not allow this one, kWarn when it does not speak of them.
    Verdict by_book(const Address& address, Vouch as) const;
    /// The worst that can come of it, in one sentence.
    std::string worst_case();
    const Context& context() const noexcept { return context_; }
    const Explanation& out() const noexcept { return out_; }

    Words words;

private:
    bool bounded(const Call& call);
    void describe(const Call& call);
    void delegate(const Call& call);
    /// Shows what of data that is not understood looks like an address: a clue, not an effect.
    void name_words(const Call& call);
    /// True when the book has a list of such parties, and this one is not on it.
    bool off_the_list(const Party& party) const;
    void judge_first_seen(const Party& party);
    void judge_look_alike(const Party& party);
    void judge_amounts();
    void judge_request();
    /// What is paid of each asset, in words; empty when nothing is.
    std::string sum_paid(bool& several);

    Explanation& out_;
    const Context& context_;
    std::vector<Party> parties_;
    std::size_t calls_ = 0;
    std::size_t named_ = 0;            // Words of data that looked like addresses.
    std::set<std::string> described_;  // Places of calls that descriptors had words for.
    std::map<std::string_view, std::size_t> raised_;  // Findings a rule, to bound their number.
    std::map<Address, std::vector<Address>> known_;   // Whom a look-alike may imitate, by payer.
    Party worst_;
    Danger danger_ = Danger::kNothing;
};

/// The effects in one sentence: one after the other, and a code over what has no room, so that no
/// change of an effect leaves the sentence as it was.
std::string summarise(const std::vector<Effect>& effects);

}  // namespace cordon::explain
