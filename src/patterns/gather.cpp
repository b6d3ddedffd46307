// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "gather.hpp"

#include <algorithm>
#include <map>

#include <cordon/base/format.hpp>

#include "fan_out.hpp"

namespace cordon::patterns {
namespace {

using NodeId = Movements::NodeId;

/// Addresses and txns of the rows, up to what is named; sums of all.
trace::Finding finding_of(std::string_view pattern, const Movements& moves, NodeId id,
                          std::span<const uint32_t> rows, bool senders) {
    trace::Finding finding;
    finding.pattern = pattern;
    finding.chain = moves.chain();
    finding.addresses.push_back(moves.address(id));
    for (const uint32_t row : rows) {
        const Movements::Row& move = moves.row(row);
        add_to(finding.amounts, moves.asset(row), move.amount);
        if (finding.addresses.size() < kMaxNamed)
            finding.addresses.push_back(moves.address(senders ? moves.from(row) : moves.to(row)));
        if (finding.txns.size() < kMaxNamed &&
            (finding.txns.empty() || finding.txns.back() != move.txn))
            finding.txns.push_back(move.txn);
    }
    return finding;
}

/// One row for each different other end, the first.
std::vector<uint32_t> first_rows(const Movements& moves, std::span<const uint32_t> rows,
                                 bool senders) {
    std::vector<std::pair<NodeId, uint32_t>> ends;
    for (const uint32_t row : rows)
        ends.emplace_back(senders ? moves.from(row) : moves.to(row), row);
    std::sort(ends.begin(), ends.end());
    ends.erase(std::unique(ends.begin(), ends.end(),
                           [](const auto& a, const auto& b) { return a.first == b.first; }),
               ends.end());
    std::vector<uint32_t> firsts;
    for (const auto& [end, row] : ends) firsts.push_back(row);
    std::sort(firsts.begin(), firsts.end());
    return firsts;
}

/// What a node got in the asset of `row`, or sent where nothing shows what it got, went to the
/// receiver of `row` by so large a part.
bool hands_over(const Movements& moves, uint32_t row, double min_pass) {
    const NodeId sender = moves.from(row);
    const uint32_t asset = moves.row(row).asset;
    Amount got, sent, handed;
    for (const uint32_t in : moves.in(sender))
        if (moves.row(in).asset == asset) got += moves.row(in).amount;
    for (const uint32_t out : moves.out(sender)) {
        if (moves.row(out).asset != asset) continue;
        sent += moves.row(out).amount;
        if (moves.to(out) == moves.to(row)) handed += moves.row(out).amount;
    }
    return ratio(handed, std::max(got, sent)) >= min_pass;
}

}  // namespace

std::vector<trace::Finding> consolidations(const Movements& moves, const World& world,
                                           const ConsolidationParams& params) {
    std::vector<trace::Finding> found;
    for (NodeId id = 0; id < moves.node_count(); ++id) {
        if (moves.in(id).size() < params.min_senders || world.is_business(moves.address(id)))
            continue;
        std::vector<uint32_t> rows = first_rows(moves, moves.in(id), true);
        std::erase_if(rows, [&](uint32_t row) {
            return world.is_business(moves.address(moves.from(row))) ||
                   !hands_over(moves, row, params.min_pass);
        });
        const auto [begin, end] = busiest(moves, rows, params.window);
        const std::span<const uint32_t> senders{rows.data() + begin, end - begin};
        if (senders.size() < params.min_senders) continue;
        // Whoever pays a shop hands over what he has there too: one owner shows in who paid them.
        std::map<NodeId, std::size_t> sources;
        for (const uint32_t row : senders)
            for (const uint32_t in : first_rows(moves, moves.in(moves.from(row)), true))
                if (moves.from(in) != id) ++sources[moves.from(in)];
        std::size_t common = 0;
        for (const auto& [source, count] : sources) common = std::max(common, count);
        const double share = static_cast<double>(common) / static_cast<double>(senders.size());
        if (share < params.min_common) continue;
        trace::Finding finding = finding_of("consolidation", moves, id, senders, true);
        finding.why = {format("senders:{}", senders.size()), format("with-one-source:{}", common)};
        finding.confidence = 0.5 + 0.4 * share;
        finding.text = format("{} addresses gathered into one", senders.size());
        found.push_back(std::move(finding));
    }
    return found;
}

std::vector<trace::Finding> payout_batches(const Movements& moves, const World& world,
                                           const PayoutBatchParams& params) {
    std::vector<trace::Finding> found;
    for (NodeId id = 0; id < moves.node_count(); ++id) {
        if (moves.out(id).size() < params.min_receivers) continue;
        const std::vector<uint32_t> firsts = first_rows(moves, moves.out(id), false);
        const auto [begin, end] = busiest(moves, firsts, params.window);
        const std::span<const uint32_t> rows{firsts.data() + begin, end - begin};
        if (rows.size() < params.min_receivers) continue;
        std::size_t known = 0;
        std::map<std::pair<uint32_t, Amount>, std::size_t> prices;
        bool one_txn = true;
        for (const uint32_t row : rows) {
            const Movements::Row& move = moves.row(row);
            const NodeId to = moves.to(row);
            if (moves.in(to).front() < row || world.seen_before(moves.address(to), move.at))
                ++known;
            ++prices[{move.asset, move.amount}];
            one_txn = one_txn && move.at == moves.row(rows.front()).at;
        }
        std::vector<std::size_t> counts;
        for (const auto& [price, count] : prices)
            if (count > 1) counts.push_back(count);
        std::sort(counts.rbegin(), counts.rend());
        counts.resize(std::min<std::size_t>(counts.size(), params.max_prices));
        std::size_t priced = 0;
        for (const std::size_t count : counts) priced += count;
        const auto share = [&](std::size_t part) {
            return static_cast<double>(part) / static_cast<double>(rows.size());
        };
        if (share(known) < params.min_known || (!one_txn && share(priced) < params.min_equal))
            continue;
        trace::Finding finding = finding_of("payout-batch", moves, id, rows, false);
        finding.why = {format("receivers:{}", rows.size()), format("known-before:{}", known),
                       format("in-like-amounts:{}", priced)};
        if (one_txn) finding.why.emplace_back("one-txn");
        finding.confidence = 0.5 + 0.2 * share(known) + 0.1 * share(priced) + (one_txn ? 0.1 : 0);
        finding.text = format("payout to {} addresses at one time", rows.size());
        found.push_back(std::move(finding));
    }
    return found;
}

}  // namespace cordon::patterns
