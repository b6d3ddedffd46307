// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "watch_live.hpp"

#include <algorithm>

#include <cordon/base/format.hpp>

namespace cordon::engine {
namespace {

// As deep as a feed finds back over, and detection takes back (ChainFeedOptions, WatchOptions).
constexpr std::size_t kSeenBlocks = 256;

}  // namespace

Status LiveStream::open(const CheckpointHead& place,
                        std::map<ChainId, std::vector<feed::BlockRef>> stored) {
    feed_.reset();  // Its threads end first: a node must not be asked by two.
    options_.seen = std::move(stored);
    for (const auto& [chain, blocks] : place.seen) options_.seen.insert_or_assign(chain, blocks);
    options_.tails = place.tails;
    CORDON_TRY(feed_, feed::open_live(sources_, options_));
    const auto chains = feed_->chains();
    for (const auto& [chain, blocks] : place.seen)
        if (std::none_of(chains.begin(), chains.end(),
                         [&](const feed::FollowedChain& each) { return each.chain == chain; }))
            return fail(ErrorCode::kConflict,
                        format("this state has watched chain {}, and no SOURCE is of it; give each "
                               "watch its own --state",
                               to_string(chain)));
    return {};
}

Result<std::vector<feed::Holding>> LiveStream::balances(
    ChainId chain, BlockNum at, std::span<const feed::Holding> holdings) const {
    for (const std::string& source : sources_) {
        if (!feed::is_evm(source)) continue;
        auto answers = feed::ask_balances(source, at, holdings, options_);
        if (answers || answers.error().code != ErrorCode::kWrongChain) return answers;
    }
    return fail(ErrorCode::kUnsupported,
                format("no source of {} can be asked for balances", to_string(chain)));
}

void LiveStream::note(const FeedEvent& event, CheckpointHead& place) const {
    const auto from = feed_->last_from();
    if (from && feed::is_tail(sources_[*from])) {
        feed::TailPlace& tail = place.tails[sources_[*from]];
        if (++tail.events == 1) tail.first = feed::digest(event);
        return;
    }
    if (const auto* seen = std::get_if<SeenBlock>(&event)) {
        auto& blocks = place.seen[seen->block.chain];
        blocks.push_back({seen->block.header.number, seen->block.header.hash});
        if (blocks.size() > kSeenBlocks) blocks.erase(blocks.begin());
    } else if (const auto* back = std::get_if<Rewind>(&event)) {
        std::erase_if(place.seen[back->chain],
                      [&](const feed::BlockRef& each) { return each.number > back->keep; });
    }
}

bool is_before(const CheckpointHead& checkpoint, const CheckpointHead& now, const Rewind& back) {
    const auto mine = checkpoint.seen.find(back.chain);
    const auto theirs = now.seen.find(back.chain);
    if (mine == checkpoint.seen.end() || theirs == now.seen.end() || mine->second.empty())
        return false;
    const feed::BlockRef& last = mine->second.back();
    return last.number <= back.keep &&
           std::find(theirs->second.begin(), theirs->second.end(), last) != theirs->second.end();
}

void Unsettled::add(const std::vector<records::StoredAlert>& told) {
    for (const records::StoredAlert& stored : told)
        if (stored.alert.state == AlertState::kRaised && stored.alert.block_hash != Hash256{})
            alerts_.insert_or_assign(stored.alert.id, stored.alert);
}

std::vector<Alert> Unsettled::settle(const FeedEvent& event, std::span<const Alert> raised) {
    if (alerts_.empty()) return {};
    for (const Alert& alert : raised) alerts_.erase(alert.id);
    std::vector<Alert> gone;
    const auto retract = [&](const Alert& alert) {
        gone.push_back(alert);
        gone.back().state = AlertState::kRetracted;
    };
    if (const auto* seen = std::get_if<SeenBlock>(&event)) {
        const BlockHeader& header = seen->block.header;
        std::erase_if(alerts_, [&](const auto& entry) {
            const Alert& alert = entry.second;
            if (alert.chain != seen->block.chain || alert.block > header.number) return false;
            // A block that was passed over is behind us, too: what it said may well be true.
            if (alert.block == header.number && alert.block_hash != header.hash) retract(alert);
            return true;
        });
    } else if (const auto* status = std::get_if<FeedStatus>(&event);
               status && status->state == FeedState::kCaughtUp) {
        std::erase_if(alerts_, [&](const auto& entry) {
            const Alert& alert = entry.second;
            if (alert.chain != status->chain || alert.block <= status->block) return false;
            retract(alert);  // The chain has become shorter.
            return true;
        });
    }
    return gone;
}

}  // namespace cordon::engine
