// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "peel_chain.hpp"

#include <algorithm>

#include <cordon/base/format.hpp>
#include <cordon/base/small_vector.hpp>

namespace cordon::patterns {
namespace {

using NodeId = Movements::NodeId;
constexpr NodeId kNone = ~NodeId{0};

/// Where an address passes its money on to.
struct Step {
    NodeId next = kNone;
    uint32_t row = 0;  // The first payment to it.
    bool peels = false;
};

class Search {
public:
    Search(const Movements& moves, const World& world, const PeelChainParams& params)
        : moves_{moves}, world_{world}, params_{params} {}

    std::vector<trace::Finding> run() {
        const auto count = static_cast<NodeId>(moves_.node_count());
        std::vector<Step> steps(count);
        std::vector<bool> has_before(count, false);
        for (NodeId id = 0; id < count; ++id) {
            steps[id] = step_of(id);
            // The next is fresh, so nobody else leads to it.
            if (steps[id].next != kNone) has_before[steps[id].next] = true;
        }
        std::vector<trace::Finding> found;
        std::vector<NodeId> chain;
        for (NodeId head = 0; head < count; ++head) {
            if (has_before[head] || steps[head].next == kNone) continue;
            chain.assign(1, head);
            while (steps[chain.back()].next != kNone) chain.push_back(steps[chain.back()].next);
            if (auto finding = judge(chain, steps)) found.push_back(std::move(*finding));
        }
        return found;
    }

private:
    Step step_of(NodeId id) const {
        const auto out = moves_.out(id);
        if (out.empty()) return {};
        const auto in = moves_.in(id);
        const uint32_t asset = moves_.row(in.empty() ? out.front() : in.front()).asset;
        Amount received, sent;
        for (const uint32_t place : in)
            if (moves_.row(place).asset == asset) received += moves_.row(place).amount;
        struct Receiver {
            NodeId id;
            Amount amount;
            uint32_t row;
        };
        SmallVector<Receiver, 4> receivers;
        for (const uint32_t place : out) {
            if (moves_.row(place).asset != asset) continue;
            sent += moves_.row(place).amount;
            const NodeId to = moves_.to(place);
            const auto at = std::find_if(receivers.begin(), receivers.end(),
                                         [&](const Receiver& each) { return each.id == to; });
            if (at != receivers.end())
                at->amount += moves_.row(place).amount;
            else if (receivers.size() == params_.max_receivers)
                return {};
            else
                receivers.push_back({to, moves_.row(place).amount, place});
        }
        if (receivers.empty()) return {};
        const auto main = std::max_element(
            receivers.begin(), receivers.end(), [](const Receiver& a, const Receiver& b) {
                return a.amount != b.amount ? a.amount < b.amount : a.row > b.row;
            });
        if (ratio(main->amount, in.empty() ? sent : received) < params_.min_pass) return {};
        const bool fresh = moves_.in(main->id).front() == main->row && main->id != id;
        if (!fresh) return {};
        const Movements::Row& pays = moves_.row(main->row);
        if (!in.empty() && pays.time && moves_.row(in.front()).time &&
            *pays.time - *moves_.row(in.front()).time > params_.max_delay)
            return {};
        // A payment must come after what it passes on, or a ring would have no head.
        if (!in.empty() && main->row < in.front()) return {};
        if (world_.is_business(moves_.address(id)) || world_.is_business(moves_.address(main->id)))
            return {};
        return {main->id, main->row, receivers.size() > 1};
    }

    std::optional<trace::Finding> judge(const std::vector<NodeId>& chain,
                                        const std::vector<Step>& steps) const {
        const std::size_t hops = chain.size() - 1;
        if (hops < params_.min_hops) return std::nullopt;
        const auto share = [&](std::size_t part) {
            return static_cast<double>(part) / static_cast<double>(hops);
        };
        std::size_t peels = 0, fresh = 0;
        for (std::size_t i = 0; i < hops; ++i)
            if (steps[chain[i]].peels) ++peels;
        if (share(peels) < params_.min_peels) return std::nullopt;
        for (std::size_t i = 0; i < hops; ++i) {  // Asks the ledger: only where it may matter.
            const Step& step = steps[chain[i]];
            if (!world_.seen_before(moves_.address(step.next), moves_.row(step.row).at)) ++fresh;
        }
        if (share(fresh) < params_.min_fresh) return std::nullopt;
        trace::Finding finding;
        finding.pattern = "peel-chain";
        finding.chain = moves_.chain();
        for (std::size_t i = 0; i < std::min(chain.size(), kMaxNamed); ++i) {
            finding.addresses.push_back(moves_.address(chain[i]));
            if (i < hops) finding.txns.push_back(moves_.row(steps[chain[i]].row).txn);
        }
        const uint32_t start = steps[chain.front()].row;
        add_to(finding.amounts, moves_.asset(start), moves_.row(start).amount);
        // Twice the least length is as sure as a shape can make it.
        const double length = std::min(1.0, static_cast<double>(hops) / (2.0 * params_.min_hops));
        finding.confidence = 0.9 * length * (0.5 + 0.25 * share(peels) + 0.25 * share(fresh));
        finding.why = {format("hops:{}", hops), format("hops-that-peel:{}", peels),
                       format("fresh-addresses:{}", fresh)};
        finding.text = format("peel chain of {} hops", hops);
        return finding;
    }

    const Movements& moves_;
    const World& world_;
    const PeelChainParams& params_;
};

}  // namespace

std::vector<trace::Finding> peel_chains(const Movements& moves, const World& world,
                                        const PeelChainParams& params) {
    return Search{moves, world, params}.run();
}

}  // namespace cordon::patterns
