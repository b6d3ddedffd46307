// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "block_order.hpp"

#include <algorithm>
#include <map>
#include <unordered_map>

#include <cordon/base/amount.hpp>
#include <cordon/base/format.hpp>

#include "../text.hpp"
#include "header.hpp"

namespace cordon::chain {
namespace {

constexpr uint32_t kNone = UINT32_MAX;
constexpr std::size_t kNamedBlocks = 20;  // So many hashes a warning names; the rest it counts.

/// A chain of linked blocks whose root's parent is not in the input; one branch of it.
struct Fragment {
    std::vector<uint32_t> blocks;  ///< From the root to the best tip.
    Amount work;
    BlockNum first = 0;
    BlockNumKind kind = BlockNumKind::kHeight;
    BlockNum last() const noexcept { return first + blocks.size() - 1; }
};

/// "a, b and 3 more".
std::string name_blocks(std::span<const BlockEntry> entries, std::span<const uint32_t> blocks) {
    std::string out;
    for (std::size_t i = 0; i < std::min(blocks.size(), kNamedBlocks); ++i)
        out += (i == 0 ? "" : ", ") + format_hash(kBitcoin, entries[blocks[i]].hash);
    if (blocks.size() > kNamedBlocks) out += format(" and {} more", blocks.size() - kNamedBlocks);
    return out;
}

class Orderer {
public:
    Orderer(std::span<const BlockEntry> entries, ChainId chain)
        : entries_{entries}, chain_{chain} {}

    BlockOrder run() {
        link();
        std::vector<Fragment> fragments = take_best_branches();
        std::vector<Fragment> placed;
        for (Fragment& fragment : fragments) anchor(fragment);
        place_known(fragments, placed);
        place_estimated(fragments, placed);
        emit(placed, fragments);
        warn();
        return std::move(out_);
    }

private:
    /// Finds parents and children; a block seen before is a duplicate.
    void link() {
        std::unordered_map<Hash256, uint32_t> by_hash;  // Looked up only, never walked.
        by_hash.reserve(entries_.size());
        for (uint32_t i = 0; i < entries_.size(); ++i)
            if (by_hash.emplace(entries_[i].hash, i).second)
                unique_.push_back(i);
            else
                duplicates_.push_back(i);
        parent_.assign(entries_.size(), kNone);
        children_.assign(entries_.size(), {});
        for (const uint32_t block : unique_) {
            const auto found = by_hash.find(entries_[block].parent);
            if (found == by_hash.end() || found->second == block) continue;
            parent_[block] = found->second;
            children_[found->second].push_back(block);
        }
    }

    /// Sums work from each root upwards and follows the heaviest tip back.
    std::vector<Fragment> take_best_branches() {
        std::vector<Fragment> out;
        std::vector<Amount> work(entries_.size());
        fragment_.assign(entries_.size(), 0);
        depth_.assign(entries_.size(), 0);
        for (const uint32_t root : unique_) {
            if (parent_[root] != kNone) continue;
            uint32_t best = root;
            std::vector<uint32_t> all;
            std::vector<uint32_t> open{root};
            while (!open.empty()) {
                const uint32_t block = open.back();
                open.pop_back();
                all.push_back(block);
                const bool is_root = parent_[block] == kNone;
                fragment_[block] = static_cast<uint32_t>(out.size());
                depth_[block] = is_root ? 0 : depth_[parent_[block]] + 1;
                const Amount below = is_root ? Amount{} : work[parent_[block]];
                work[block] =
                    checked_add(below, work_of_bits(entries_[block].bits)).value_or(Amount::max());
                if (work[block] > work[best] ||
                    (work[block] == work[best] && block < best && block != root))
                    best = block;
                open.insert(open.end(), children_[block].begin(), children_[block].end());
            }
            Fragment fragment;
            fragment.work = work[best];
            for (uint32_t block = best; block != kNone; block = parent_[block])
                fragment.blocks.push_back(block);
            std::reverse(fragment.blocks.begin(), fragment.blocks.end());
            note_losers(std::move(all), fragment.blocks);
            out.push_back(std::move(fragment));
        }
        return out;
    }

    void note_losers(std::vector<uint32_t> all, std::vector<uint32_t> winners) {
        std::sort(all.begin(), all.end());
        std::sort(winners.begin(), winners.end());
        std::set_difference(all.begin(), all.end(), winners.begin(), winners.end(),
                            std::back_inserter(losers_));
    }

    /// The height of a fragment's root, where something says it.
    void anchor(Fragment& fragment) {
        const BlockEntry& root = entries_[fragment.blocks.front()];
        if (root.parent == Hash256{}) return;  // Block 0.
        if (network_by_genesis(root.parent) != nullptr) {
            fragment.first = 1;
            return;
        }
        std::map<BlockNum, std::size_t> votes;
        for (std::size_t depth = 0; depth < fragment.blocks.size(); ++depth) {
            const std::optional<uint32_t> height = entries_[fragment.blocks[depth]].height;
            if (height && *height >= depth) ++votes[*height - depth];
        }
        const auto most =
            std::max_element(votes.begin(), votes.end(),
                             [](const auto& a, const auto& b) { return a.second < b.second; });
        if (most == votes.end()) {
            fragment.kind = BlockNumKind::kEstimated;
            fragment.first = estimate_height(chain_, root.time);
            return;
        }
        fragment.first = most->first;
        if (votes.size() > 1)
            out_.warnings.push_back(
                format("block {} and those after it: their coinbases disagree about the height; "
                       "{} has the most votes",
                       format_hash(kBitcoin, root.hash), most->first));
    }

    /// More work first, so that what comes later and overlaps is what loses.
    void place_known(const std::vector<Fragment>& fragments, std::vector<Fragment>& placed) {
        std::vector<const Fragment*> known;
        for (const Fragment& fragment : fragments)
            if (fragment.kind == BlockNumKind::kHeight) known.push_back(&fragment);
        std::sort(known.begin(), known.end(), [](const Fragment* a, const Fragment* b) {
            return a->work != b->work ? a->work > b->work
                                      : a < b;  // Both lie in one vector: equal ones as they came.
        });
        // First height to last. Fragments that touch without being linked cannot be of one chain,
        // either.
        std::map<BlockNum, BlockNum> covered;
        for (const Fragment* fragment : known) {
            const auto after = covered.upper_bound(fragment->last() + 1);
            if (after != covered.begin() && std::prev(after)->second + 1 >= fragment->first) {
                losers_.insert(losers_.end(), fragment->blocks.begin(), fragment->blocks.end());
                continue;
            }
            covered.emplace(fragment->first, fragment->last());
            placed.push_back(*fragment);
        }
        by_number(placed);
    }

    /// Oldest first, each as near to its estimate as the blocks already placed allow, never right
    /// beside another: a neighbour in number would be taken for its parent.
    void place_estimated(const std::vector<Fragment>& fragments, std::vector<Fragment>& placed) {
        std::vector<const Fragment*> guessed;
        for (const Fragment& fragment : fragments)
            if (fragment.kind == BlockNumKind::kEstimated) guessed.push_back(&fragment);
        std::sort(guessed.begin(), guessed.end(), [&](const Fragment* a, const Fragment* b) {
            const uint32_t time_a = entries_[a->blocks.front()].time;
            const uint32_t time_b = entries_[b->blocks.front()].time;
            return time_a != time_b ? time_a < time_b : a < b;
        });
        std::vector<Fragment> out;
        std::size_t next = 0;  // The first of `placed` that is not yet in `out`.
        for (const Fragment* guess : guessed) {
            Fragment fragment = *guess;
            for (;;) {
                if (!out.empty() && fragment.first < out.back().last() + 2)
                    fragment.first = out.back().last() + 2;
                if (next == placed.size() || fragment.last() + 1 < placed[next].first) break;
                out.push_back(placed[next++]);
            }
            estimated_ += fragment.blocks.size();
            out.push_back(std::move(fragment));
        }
        out.insert(out.end(), placed.begin() + static_cast<std::ptrdiff_t>(next), placed.end());
        placed = std::move(out);
    }

    static void by_number(std::vector<Fragment>& fragments) {
        std::sort(fragments.begin(), fragments.end(),
                  [](const Fragment& a, const Fragment& b) { return a.first < b.first; });
    }

    void emit(const std::vector<Fragment>& placed, const std::vector<Fragment>& fragments) {
        for (const Fragment& fragment : placed)
            for (std::size_t depth = 0; depth < fragment.blocks.size(); ++depth)
                out_.blocks.push_back(
                    {fragment.blocks[depth], fragment.first + depth, fragment.kind});
        std::sort(losers_.begin(), losers_.end());
        for (const uint32_t block : losers_) {
            const Fragment& fragment = fragments[fragment_[block]];
            out_.others.push_back({block, fragment.first + depth_[block], fragment.kind});
        }
    }

    void warn() {
        if (!losers_.empty())
            out_.warnings.push_back(
                format("{} blocks left out, because a branch with more work (or seen first) has "
                       "their place: {}",
                       losers_.size(), name_blocks(entries_, losers_)));
        if (!duplicates_.empty())
            out_.warnings.push_back(format("{} blocks occur more than once and count once: {}",
                                           duplicates_.size(), name_blocks(entries_, duplicates_)));
        if (estimated_ > 0)
            out_.warnings.push_back(
                format("{} blocks do not say their height (before BIP-34): it is estimated from "
                       "their time",
                       estimated_));
    }

    std::span<const BlockEntry> entries_;
    ChainId chain_;
    std::vector<uint32_t> unique_;
    std::vector<uint32_t> duplicates_;
    std::vector<uint32_t> losers_;
    std::vector<uint32_t> parent_;
    std::vector<std::vector<uint32_t>> children_;
    std::vector<uint32_t> fragment_;  // By entry, like the next.
    std::vector<uint32_t> depth_;     // Above the root of its fragment.
    std::size_t estimated_ = 0;
    BlockOrder out_;
};

}  // namespace

BlockOrder order_blocks(std::span<const BlockEntry> entries, ChainId chain) {
    return Orderer{entries, chain}.run();
}

}  // namespace cordon::chain
