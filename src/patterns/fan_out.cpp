// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "fan_out.hpp"

#include <algorithm>
#include <map>
#include <tuple>

#include <cordon/base/format.hpp>
#include <cordon/chain/text.hpp>

namespace cordon::patterns {
namespace {

using NodeId = Movements::NodeId;

class Search {
public:
    Search(const Movements& moves, const World& world, const FanOutParams& params)
        : moves_{moves}, world_{world}, params_{params} {}

    std::vector<trace::Finding> run() const {
        std::vector<trace::Finding> found;
        for (NodeId id = 0; id < moves_.node_count(); ++id) {
            // Most addresses pay too few to look further.
            if (moves_.out(id).size() < params_.min_children ||
                world_.is_business(moves_.address(id)))
                continue;
            const std::vector<uint32_t> children = children_of(id);
            if (children.size() < params_.min_children) continue;
            std::size_t fresh = 0;
            for (const uint32_t row : children)
                if (!world_.seen_before(moves_.address(moves_.to(row)), moves_.row(row).at))
                    ++fresh;
            if (static_cast<double>(fresh) <
                params_.min_fresh * static_cast<double>(children.size()))
                continue;
            found.push_back(fan_out(id, children, fresh));
            if (auto merged = layering(id, children)) found.push_back(std::move(*merged));
        }
        return found;
    }

private:
    /// The first payment to each receiver whom nobody in the graph paid before, in the busiest
    /// window.
    std::vector<uint32_t> children_of(NodeId id) const {
        std::vector<uint32_t> rows;
        for (const uint32_t row : moves_.out(id))
            if (moves_.in(moves_.to(row)).front() == row &&
                !world_.is_business(moves_.address(moves_.to(row))))
                rows.push_back(row);
        const auto [begin, end] = busiest(moves_, rows, params_.window);
        return {rows.begin() + static_cast<std::ptrdiff_t>(begin),
                rows.begin() + static_cast<std::ptrdiff_t>(end)};
    }

    trace::Finding finding_of(std::string_view pattern, const std::vector<uint32_t>& rows) const {
        trace::Finding finding;
        finding.pattern = pattern;
        finding.chain = moves_.chain();
        for (const uint32_t row : rows) {
            add_to(finding.amounts, moves_.asset(row), moves_.row(row).amount);
            if (finding.txns.size() < kMaxNamed &&
                (finding.txns.empty() || finding.txns.back() != moves_.row(row).txn))
                finding.txns.push_back(moves_.row(row).txn);
        }
        return finding;
    }

    void name(trace::Finding& finding, const std::vector<uint32_t>& rows) const {
        for (const uint32_t row : rows) {
            if (finding.addresses.size() >= kMaxNamed) return;
            finding.addresses.push_back(moves_.address(moves_.to(row)));
        }
    }

    trace::Finding fan_out(NodeId id, const std::vector<uint32_t>& children,
                           std::size_t fresh) const {
        trace::Finding finding = finding_of("fan-out", children);
        finding.addresses.push_back(moves_.address(id));
        name(finding, children);
        std::map<Amount, std::size_t> by_amount;
        for (const uint32_t row : children) ++by_amount[moves_.row(row).amount];
        std::size_t equal = 0;
        for (const auto& [amount, count] : by_amount) equal = std::max(equal, count);
        finding.why = {format("receivers:{}", children.size()), format("fresh-addresses:{}", fresh),
                       format("equal-amounts:{}", equal)};
        // Many receivers make it surer; equal parts are how thieves and programs split.
        const auto count = static_cast<double>(children.size());
        finding.confidence = 0.5 + 0.2 * std::min(1.0, count / (4.0 * params_.min_children)) +
                             0.2 * static_cast<double>(equal) / count;
        finding.text = format("fan-out to {} addresses", children.size());
        return finding;
    }

    /// The address below the children that most of them lead to, the nearest of equals, then by
    /// address.
    std::optional<trace::Finding> layering(NodeId id, const std::vector<uint32_t>& children) const {
        struct Meeting {
            std::vector<uint32_t> children;
            uint32_t depth = 0;
        };
        std::map<NodeId, Meeting> meetings;
        for (const uint32_t row : children) {
            std::map<NodeId, uint32_t> depth{{moves_.to(row), 0}};
            std::vector<std::pair<NodeId, uint32_t>> queue{{moves_.to(row), row}};
            for (std::size_t next = 0; next < queue.size(); ++next) {
                const auto [from, since] = queue[next];
                const uint32_t deeper = depth[from] + 1;
                if (deeper > params_.max_depth || depth.size() > params_.max_visited) break;
                for (const uint32_t out : moves_.out(from)) {
                    const NodeId to = moves_.to(out);
                    if (out <= since || to == id || world_.is_business(moves_.address(to)) ||
                        !depth.emplace(to, deeper).second)
                        continue;
                    queue.emplace_back(to, out);
                    Meeting& meeting = meetings[to];
                    meeting.children.push_back(row);
                    meeting.depth = std::max(meeting.depth, deeper);
                }
            }
        }
        const std::pair<const NodeId, Meeting>* best = nullptr;
        const auto rank = [this](const auto& entry) {  // No two are equal.
            const auto& [seen, depth] = entry.second;
            return std::tuple{-static_cast<int64_t>(seen.size()), depth,
                              moves_.address(entry.first)};
        };
        for (const auto& entry : meetings)
            if (best == nullptr || rank(entry) < rank(*best)) best = &entry;
        if (best == nullptr || best->second.children.size() < params_.min_merged) return {};
        const double share = static_cast<double>(best->second.children.size()) /
                             static_cast<double>(children.size());
        if (share < params_.min_merged_share) return {};
        trace::Finding finding = finding_of("layering", best->second.children);
        finding.addresses = {moves_.address(id), moves_.address(best->first)};
        name(finding, best->second.children);
        finding.why = {format("parts:{}", children.size()),
                       format("merged:{}", best->second.children.size()),
                       format("movements-apart:{}", best->second.depth)};
        finding.confidence = 0.6 + 0.35 * share;
        finding.text = format("split over {} addresses, {} of them re-merged at {}",
                              children.size(), best->second.children.size(),
                              chain::display_address(moves_.chain(), moves_.address(best->first)));
        return finding;
    }

    const Movements& moves_;
    const World& world_;
    const FanOutParams& params_;
};

}  // namespace

std::pair<std::size_t, std::size_t> busiest(const Movements& moves, std::span<const uint32_t> rows,
                                            Seconds window) {
    std::pair<std::size_t, std::size_t> best{0, 0};
    for (std::size_t begin = 0, end = 0; end < rows.size();) {
        const auto& first = moves.row(rows[begin]).time;
        const auto& last = moves.row(rows[end]).time;
        if (first && last && *last - *first > window) {
            ++begin;
            continue;
        }
        ++end;
        if (end - begin > best.second - best.first) best = {begin, end};
    }
    return best;
}

std::vector<trace::Finding> fan_outs(const Movements& moves, const World& world,
                                     const FanOutParams& params) {
    return Search{moves, world, params}.run();
}

}  // namespace cordon::patterns
