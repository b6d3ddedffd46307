// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <map>

#include <cordon/base/format.hpp>

#include "detectors.hpp"
#include "evidence.hpp"

namespace cordon::detect {
namespace {

constexpr Descriptor kDescriptor{.id = "D18",
                                 .name = "governance-capture",
                                 .title = "Votes borrowed to rule",
                                 .severity = Severity::kCritical,
                                 .stage = Stage::kExploitation,
                                 .needs = kTxns};

const SelectorSet& votes() {
    static const SelectorSet kSet{"vote(uint256)",
                                  "vote(uint32)",
                                  "vote(uint256,bool)",
                                  "vote(uint256,bool,bool)",
                                  "castVote(uint256,uint8)",
                                  "castVote(uint256,bool)",
                                  "castVoteWithReason(uint256,uint8,string)",
                                  "vote(address[])",
                                  "vote(bytes32)",
                                  "etch(address[])",
                                  "lift(address)",
                                  "stake(uint256,bool)"};
    return kSet;
}
const SelectorSet& enactments() {
    static const SelectorSet kSet{"emergencyCommit(uint32)",
                                  "execute(uint256)",
                                  "execute(address[],uint256[],bytes[],bytes32)",
                                  "executeProposal(uint256)",
                                  "queue(uint256)",
                                  "commit(uint32)",
                                  "plot(address,bytes32,bytes,uint256)",
                                  "exec(address,bytes32,bytes,uint256)",
                                  "schedule(address,bytes32,bytes,uint256)"};
    return kSet;
}

/// A vote counts because the voter has something to lose. Who has the votes only within the txn
/// has not: a flash loan, or tokens that came in the same txn as the vote.
class GovernanceCapture final : public Detector {
public:
    const Descriptor& descriptor() const noexcept override { return kDescriptor; }

    void on_txn(const TxnView& txn, const World& world, Findings& out) override {
        if (!txn.activity || txn.activity->succeeded == false) return;
        const Vote vote = find_vote(txn);
        if (vote.where.empty()) return;
        const bool loan = txn.has_calls && !flow_of(txn).loans.empty();
        const bool bought = !vote.voter.empty() && came_by(txn, vote.voter);
        if (!loan && !(bought && vote.enacted)) return;
        const Protocol* protocol = world.protocol_of(txn.chain, vote.where);
        Finding finding;
        finding.severity = loan || protocol ? Severity::kCritical : Severity::kHigh;
        finding.stage = Stage::kExploitation;
        finding.confidence = loan && vote.enacted ? 0.95 : 0.7;
        finding.subject = vote.where;
        finding.reason = format("Votes at {} in the same txn as {}{}.", text_of(txn, vote.where),
                                loan ? "a flash loan" : "the voter got its tokens",
                                vote.enacted ? ", and a decision was carried out at once" : "");
        finding.next = "Veto or pause what was decided; move what the decision can reach.";
        finding.related = {txn.activity->from};
        if (!vote.voter.empty()) finding.related.push_back(vote.voter);
        out.push_back(std::move(finding));
    }

private:
    struct Vote {
        Address where, voter;
        bool enacted = false;
    };
    static Vote find_vote(const TxnView& txn) {
        static const Hash256 kGovernor =
            topic_named("VoteCast(address,uint256,uint8,uint256,string)");
        static const Hash256 kBravo = topic_named("VoteCast(address,uint256,bool,uint256)");
        static const Hash256 kExecuted = topic_named("ProposalExecuted(uint256)");
        Vote vote;
        for (const Log& log : txn.activity->logs) {
            if (log.topics.empty()) continue;
            if (log.topics[0] == kExecuted) vote.enacted = true;
            if (log.topics[0] != kGovernor && log.topics[0] != kBravo) continue;
            vote.where = log.contract;
            const auto voter = address_in(log.topics.size() > 1 ? ByteView{log.topics[1]}
                                                                : data_word(log.data, 0));
            if (voter) vote.voter = *voter;
        }
        for (const Call& call : txn.activity->calls) {
            if (call.failed || call.kind != CallKind::kCall) continue;
            if (enactments().has(call.input)) {
                // Carrying out alone is what everybody may do once time is up; an emergency is not.
                static const Selector kEmergency = selector_named("emergencyCommit(uint32)");
                if (selector_of(call.input) == kEmergency) vote.where = call.to;
                vote.enacted = true;
            }
            if (votes().has(call.input) && vote.where.empty()) {
                vote.where = call.to;
                vote.voter = call.from;
            }
        }
        return vote;
    }
    static bool came_by(const TxnView& txn, const Address& voter) {
        return std::any_of(txn.movements.begin(), txn.movements.end(), [&](const Movement& each) {
            return each.transfer->to == voter && !each.transfer->asset.is_native() &&
                   !each.transfer->amount.is_zero();
        });
    }
};

}  // namespace

Maker d18() noexcept {
    return {&kDescriptor, [](const WatchConfig&) -> std::unique_ptr<Detector> {
                return std::make_unique<GovernanceCapture>();
            }};
}

}  // namespace cordon::detect
