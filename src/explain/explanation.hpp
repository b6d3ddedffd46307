// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <cordon/base/amount.hpp>

/// What a payload does to whom, said before it is signed.
namespace cordon::explain {

/// What a person should do with the payload. The order is that of danger: a payload has the verdict
/// of its worst finding.
enum class Verdict : uint8_t {
    kOk,     ///< Understood to the last byte, and nothing speaks against it.
    kWarn,   ///< Ask somebody who knows, over a second channel, before signing.
    kBlock,  ///< Do not sign.
};
std::string_view to_string(Verdict verdict) noexcept;

/// One reason for or against, by a rule of rules.hpp.
struct Finding {
    std::string_view rule;  ///< "R1": of a registered rule, which lives as long as the program.
    Verdict severity = Verdict::kOk;  ///< kOk: worth knowing, no reason to stop.
    std::string text;                 ///< One sentence with the values that decided.
    std::string where;                ///< "call 3.1", "output 2"; empty: all of the payload.
    bool judged = true;  ///< False: the rule could not be applied; the text says what it lacks.
    friend bool operator==(const Finding&, const Finding&) = default;
};

/// What kind of change an effect is. Everything that a payload can bring about is one of these, or
/// kUnknown, which is never left out.
enum class EffectKind : uint8_t {
    kTransfer,        ///< `who` loses `amount` of `asset` to `to`.
    kAllowance,       ///< `to` may from now on take up to `amount` of `asset` from `who`.
    kAllowanceAll,    ///< `to` may take every token of the collection `asset` from `who`.
    kOwner,           ///< `to` becomes an owner of `who`, or stops being one (text says which).
    kThreshold,       ///< `amount` signatures are needed at `who` from now on.
    kModule,          ///< `to` may act for `who` without signatures, or no longer may.
    kGuard,           ///< What `who` checks before it acts becomes `to`, or nothing.
    kHandler,         ///< Calls that `who` does not know are answered by `to`.
    kImplementation,  ///< The code behind `who` becomes that of `to`.
    kOwnership,       ///< Control of `who` (owner, admin, a role) goes to `to`.
    kDelegation,      ///< EIP-7702: the account `who` runs the code of `to`.
    kApprovedHash,    ///< `who` agrees to a hash whose content is elsewhere.
    kOrder,           ///< `who` offers a trade or signs a claim that others can use.
    kDeploy,          ///< A contract is made.
    kFee,             ///< `who` pays at most `amount` for the txn itself.
    kCall,            ///< `to` is called; the call is known and moves nothing by itself.
    kMessage,         ///< Words are signed; no chain reads them.
    kCode,     ///< DELEGATECALL: `to` may do anything as `who`, whatever the data looks like.
    kUnknown,  ///< Not understood: anything that `to` can do to `who`.
};
std::string_view to_string(EffectKind kind) noexcept;

/// Addresses are as the chain writes them (EVM lower case), with names in `text` only.
struct Effect {
    EffectKind kind = EffectKind::kUnknown;
    std::string who;               ///< Whose money or power it is.
    std::string to;                ///< Who gets it; empty when nobody does.
    std::string asset;             ///< "native", a token contract, or empty.
    std::optional<Amount> amount;  ///< Smallest units; nothing when it is not known.
    bool unlimited = false;        ///< `amount` is more than anybody has: it means "all, for ever".
    std::string text;              ///< The same in plain words, with names and decimals.
    std::string where;             ///< As Finding::where.
    friend bool operator==(const Effect&, const Effect&) = default;
};

/// A hash that a signer's device or a second person can compare.
struct NamedHash {
    std::string name;   ///< "safe tx hash", "domain hash", "txid", "sighash of input 0".
    std::string value;  ///< Hex as the field writes it: 0x for EVM, Bitcoin's txids reversed.
    friend bool operator==(const NamedHash&, const NamedHash&) = default;
};

/// A field as it was signed, for whoever wants to see it: "nonce", "71".
struct Field {
    std::string name, value;
    friend bool operator==(const Field&, const Field&) = default;
};

/// What a hardware wallet would show by a clear-signing descriptor: words of whoever wrote the
/// descriptor over values of the payload.
struct Screen {
    std::string label, value;
    std::string where;  ///< As Finding::where.
    friend bool operator==(const Screen&, const Screen&) = default;
};

struct Explanation {
    std::string type;     ///< "safe", "evm", "delay", "typed-data", "psbt", "btc", "message".
    std::string summary;  ///< One sentence that a tired person understands.
    /// The worst that a signature can lead to, in one sentence, with money where it is known.
    std::string worst_case;
    std::vector<Effect> effects;    ///< In the order in which they happen.
    std::vector<Finding> findings;  ///< The worst first, then R rules, then by rule.
    Verdict verdict = Verdict::kOk;
    std::vector<NamedHash> hashes;
    std::vector<Field> details;
    std::vector<Screen> screens;  ///< Never a reason for a better verdict.
};

/// Adds a finding and raises the verdict to its severity.
void add(Explanation& explanation, Finding finding);
/// Puts the findings in order. The last step of every explainer.
void finish(Explanation& explanation);

}  // namespace cordon::explain
