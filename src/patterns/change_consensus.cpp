// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>

#include "change.hpp"

namespace cordon::patterns {
namespace {

/// What a vote rests on: two votes of one kind are one piece of evidence seen twice.
enum class Evidence : uint8_t { kKeys, kScript, kRoundness, kSize, kHistory, kSpender };

/// How far a heuristic that leaves one output is trusted. Three coarse classes, not fitted to data:
/// keys prove, habits indicate; what depends on a later txn of the same wallet, or on how much of
/// the chain the ledger holds, hints. (That a fresh address is change: Meiklejohn et al. 2013 found
/// 13 % wrong, and a wallet that reuses its change address turns it round.)
constexpr double kSure = 0.98;
constexpr double kFair = 0.75;
constexpr double kHint = 0.5;

struct Voter {
    Heuristic heuristic;
    Evidence evidence;
    double weight;
};
// By name, as votes are told. Those that combine others (legacy, one-time change) have no vote of
// their own; address reuse votes as direct change.
constexpr std::array kVoters{
    Voter{Heuristic::kAddressType, Evidence::kScript, kFair},
    Voter{Heuristic::kClientBehaviour, Evidence::kHistory, kHint},
    Voter{Heuristic::kDirectChange, Evidence::kKeys, kSure},
    Voter{Heuristic::kFixedFee, Evidence::kSpender, kHint},
    Voter{Heuristic::kLocktime, Evidence::kSpender, kHint},
    Voter{Heuristic::kMultiInput, Evidence::kKeys, kSure},
    Voter{Heuristic::kOptimalChange, Evidence::kSize, kFair},
    Voter{Heuristic::kPeelingChain, Evidence::kSpender, kHint},
    Voter{Heuristic::kPowerOfTen, Evidence::kRoundness, kFair},
    Voter{Heuristic::kWalletFingerprint, Evidence::kSpender, kFair},
};

std::size_t payable(const UtxoTxn& txn) noexcept {
    return static_cast<std::size_t>(
        std::count_if(txn.outputs.begin(), txn.outputs.end(), [](const TxOut& out) {
            return out.value > 0 && out.address.kind() != AddressKind::kOpReturn;
        }));
}

void cast(const ChangeFacts& facts, ChangeParams params, bool sure_only, Change& change) {
    params.digits = params.vote_digits;
    for (const Voter& voter : kVoters) {
        if (sure_only && voter.evidence != Evidence::kKeys) continue;
        Candidates found = candidates(voter.heuristic, facts, params);
        std::erase_if(found, [&](uint32_t n) { return facts.placed.txn.outputs[n].value == 0; });
        const auto output = only(found);
        if (!output) continue;
        // What is left because all others are ruled out has shown nothing itself while unspent.
        if (voter.evidence == Evidence::kSpender && !facts.outputs[*output].spender) continue;
        change.votes.push_back({voter.heuristic, *output, voter.weight});
    }
}

bool is_sure(const Vote& vote) noexcept { return vote.weight >= kSure; }

/// The output that all votes of a sort name; nothing when there are none or they disagree.
template <typename Test>
std::optional<uint32_t> agreed(const std::vector<Vote>& votes, const Test& counts, bool& disagree) {
    std::optional<uint32_t> output;
    for (const Vote& vote : votes) {
        if (!counts(vote)) continue;
        if (output && *output != vote.output) disagree = true;
        output = vote.output;
    }
    return disagree ? std::nullopt : output;
}

/// One minus the chance that every kind of evidence is wrong at once.
double confidence_of(const std::vector<Vote>& votes) {
    std::array<double, 6> by_evidence{};
    for (const Vote& vote : votes)
        for (const Voter& voter : kVoters) {
            if (voter.heuristic != vote.heuristic) continue;
            double& best = by_evidence[static_cast<std::size_t>(voter.evidence)];
            best = std::max(best, voter.weight);
        }
    double wrong = 1;
    for (const double weight : by_evidence) wrong *= 1 - weight;
    return 1 - wrong;
}

}  // namespace

std::string_view no_change(const UtxoTxn& txn, bool is_join) noexcept {
    if (txn.coinbase) return "coinbase";
    if (is_join) return "coinjoin";
    if (payable(txn) < 2) return "one-output";
    return {};
}

Change change_of(const ChangeFacts& facts, const ChangeParams& params) {
    Change change;
    const UtxoTxn& txn = facts.placed.txn;
    change.unclear = no_change(txn, facts.is_join);
    if (!change.unclear.empty()) return change;
    const bool is_batch = payable(txn) > params.max_outputs;
    cast(facts, params, is_batch, change);

    bool disagree = false;
    auto output = agreed(change.votes, is_sure, disagree);
    if (output) {
        change.output = output;
        change.confidence = kSure;
        return change;
    }
    if (!disagree) output = agreed(change.votes, [](const Vote&) { return true; }, disagree);
    if (disagree) {
        change.unclear = "contradiction";
    } else if (!output) {
        change.unclear = is_batch ? "many-outputs" : "no-votes";
    } else if (const double confidence = confidence_of(change.votes);
               confidence < params.min_confidence) {
        change.unclear = "too-few-votes";
    } else {
        change.output = output;
        change.confidence = confidence;
    }
    return change;
}

}  // namespace cordon::patterns
