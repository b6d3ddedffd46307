// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "chain_feed.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include <cordon/base/check.hpp>
#include <cordon/base/format.hpp>
#include <cordon/chain/text.hpp>
#include <cordon/net/http.hpp>

namespace cordon::feed {

UnixMillis wall_clock() { return std::chrono::floor<Millis>(std::chrono::system_clock::now()); }

ChainFeed::ChainFeed(std::vector<std::unique_ptr<Node>> nodes, ChainFeedOptions options)
    : options_{std::move(options)}, txns_{options_.max_reorg} {
    for (auto& node : nodes) endpoints_.push_back({.node = std::move(node)});
}

Result<std::unique_ptr<ChainFeed>> ChainFeed::open(std::vector<std::unique_ptr<Node>> nodes,
                                                   ChainFeedOptions options) {
    CORDON_CHECK(!nodes.empty());
    std::optional<ChainId> chain = options.chain;
    std::unique_ptr<ChainFeed> feed{new ChainFeed{std::move(nodes), std::move(options)}};
    std::optional<Error> silent;
    for (Endpoint& endpoint : feed->endpoints_) {
        const auto is = endpoint.node->chain();
        if (!is) {
            if (is.error().code == ErrorCode::kCancelled) return fail(is.error());
            if (!silent) silent = is.error();
            continue;
        }
        if (chain && *is != *chain)
            return fail(ErrorCode::kWrongChain,
                        format("{} is of chain {}, expected {}", endpoint.node->name(),
                               to_string(*is), to_string(*chain)));
        chain = *is;
        endpoint.known = true;
    }
    if (!chain) return fail(silent->in("no endpoint answers"));
    feed->chain_ = *chain;
    const auto& seen = feed->options_.seen;
    if (const auto of = seen.find(*chain); of != seen.end())
        feed->seen_.assign(of->second.begin(), of->second.end());
    feed->next_ = feed->options_.from;
    if (!feed->seen_.empty()) feed->next_ = feed->seen_.back().number + 1;
    return feed;
}

std::vector<std::string> ChainFeed::warnings() const {
    std::vector<std::string> all;
    for (const Endpoint& endpoint : endpoints_)
        for (std::string& text : endpoint.node->warnings()) all.push_back(std::move(text));
    return all;
}

Result<bool> ChainFeed::read(FeedEvent& event) {
    while (out_.empty()) {
        if (options_.cancel && options_.cancel->load(std::memory_order_relaxed)) return false;
        const Status done = step();
        if (!done && done.error().code == ErrorCode::kCancelled) return false;
        if (!done) failed(done.error());
    }
    event = std::move(out_.front());
    out_.pop_front();
    return true;
}

void ChainFeed::say(FeedState state, BlockNum block, std::string text) {
    out_.emplace_back(FeedStatus{chain_, state, block, options_.clock(), std::move(text)});
}

Status ChainFeed::know(Endpoint& endpoint) {
    if (endpoint.known) return {};
    CORDON_TRY(const ChainId is, endpoint.node->chain());
    if (is != chain_) {
        const std::string text = format("{} is of chain {}, expected {}", endpoint.node->name(),
                                        to_string(is), to_string(chain_));
        if (!endpoint.foreign) say(FeedState::kDisagree, metrics_.block, text);
        endpoint.foreign = true;
        return fail(ErrorCode::kWrongChain, text);
    }
    endpoint.foreign = false;
    endpoint.known = true;
    return {};
}

Status ChainFeed::step() {
    CORDON_TRY(know(endpoints_[current_]));
    if (!tip_) {
        answered_ = false;
        CORDON_TRY(ask_head());
    }
    if (!out_.empty()) return {};
    if (ahead_.empty() && *next_ > tip_->number) {
        CORDON_TRY(idle());
        return {};
    }
    return next_block();
}

Status ChainFeed::ask_head() {
    CORDON_TRY(const BlockHeader head, node().head());
    failed_in_row_ = 0;
    answered_ = true;
    if (down_) {
        down_ = false;
        say(FeedState::kCaughtUp, head.number, format("{} answers again", node().name()));
    }
    tip_ = head;
    metrics_.tip = head.number;
    if (!next_) next_ = head.number;
    judge_lag();
    if (seen_.empty() || head.number > seen_.back().number) return {};
    // Not higher than what was given: the same chain (perhaps an endpoint that lags), or another.
    const auto same = std::find_if(seen_.begin(), seen_.end(), [&](const BlockRef& each) {
        return each.number == head.number;
    });
    if (same != seen_.end() && same->hash != head.hash) return rewind();
    return {};
}

Status ChainFeed::next_block() {
    if (ahead_.empty()) {
        const BlockNum left = tip_->number - *next_ + 1;
        auto blocks = node().range(
            *next_, static_cast<unsigned>(std::min<BlockNum>(left, std::max(1U, options_.batch))));
        // The tip may have moved down, and a node that is gone must not look like a missing block.
        if (!blocks || blocks->empty()) tip_.reset();
        if (!blocks) {
            ++block_failures_;
            if (block_failures_ < options_.block_tries * endpoints_.size())
                return fail(blocks.error());
            pass_over(blocks.error());
            return {};
        }
        if (blocks->empty()) {
            CORDON_TRY(ask_head());
            if (!out_.empty() || *next_ > tip_->number) return {};
            tip_.reset();
            ++block_failures_;
            const Error none{ErrorCode::kNotFound,
                             format("{} does not have block {}", node().name(), *next_)};
            if (block_failures_ < options_.block_tries * endpoints_.size()) return fail(none);
            pass_over(none);
            return {};
        }
        for (NodeBlock& each : *blocks) ahead_.push_back(std::move(each));
    }
    NodeBlock block = std::move(ahead_.front());
    ahead_.pop_front();
    const BlockHeader& header = block.seen.block.header;
    if (header.number != *next_) {
        ahead_.clear();
        return fail(ErrorCode::kMalformed, format("{} gave block {} when asked for {}",
                                                  node().name(), header.number, *next_));
    }
    const bool follows = !seen_.empty() && seen_.back().number + 1 == header.number;
    if (follows && header.parent && *header.parent != seen_.back().hash) {
        ahead_.clear();
        tip_.reset();
        return rewind();
    }
    give(std::move(block));
    return {};
}

void ChainFeed::give(NodeBlock block) {
    const BlockHeader& header = block.seen.block.header;
    block_failures_ = 0;
    seen_.push_back({header.number, header.hash});
    if (seen_.size() > options_.max_reorg) seen_.pop_front();
    next_ = header.number + 1;
    ++metrics_.blocks;
    metrics_.block = header.number;
    const BlockNum number = header.number;
    txns_.add(block.seen);
    out_.emplace_back(std::move(block.seen));
    for (std::string& text : block.missing)
        say(FeedState::kGap, number, format("block {}: {}", number, text));
    judge_lag();
}

void ChainFeed::give(std::vector<PendingTxn> pending) {
    for (PendingTxn& txn : pending) {
        if (txns_.hold(txn)) continue;
        ++metrics_.pending;
        out_.emplace_back(std::move(txn));
    }
}

/// What was given is no longer what the node has: back to the last block that both know.
Status ChainFeed::rewind() {
    std::deque<BlockRef> left = seen_;
    std::optional<BlockNum> keep;
    while (!left.empty()) {
        CORDON_TRY(const auto here, node().header_at(left.back().number));
        if (here && here->hash == left.back().hash) {
            keep = left.back().number;
            break;
        }
        if (left.size() == 1 && seen_.back().number - left.back().number < options_.max_reorg &&
            left.back().number > 0) {
            // Deeper than what we know: the node may still have the lost branch.
            CORDON_TRY(const auto parent, node().parent_of(left.back().hash));
            if (parent) left.push_front({left.back().number - 1, *parent});
        }
        left.pop_back();
    }
    const BlockNum oldest = seen_.front().number;
    if (!keep) {
        keep = oldest == 0 ? 0 : oldest - 1;
        say(FeedState::kGap, oldest,
            format("the chain was reorganised below block {}, further than is known here: what "
                   "was seen before that may be wrong, start again from a checkpoint before it",
                   oldest));
    }
    ++metrics_.rewinds;
    out_.emplace_back(Rewind{chain_, *keep});
    seen_ = std::move(left);
    forget_above(*keep);
    return {};
}

void ChainFeed::forget_above(BlockNum keep) {
    while (!seen_.empty() && seen_.back().number > keep) seen_.pop_back();
    std::vector<PendingTxn> again = txns_.rewind(keep);
    std::move(again.begin(), again.end(), std::back_inserter(again_));
    ahead_.clear();
    next_ = keep + 1;
    block_failures_ = 0;
    if (compared_ && *compared_ > keep) compared_ = keep;
}

void ChainFeed::pass_over(const Error& error) {
    ++metrics_.gaps;
    say(FeedState::kGap, *next_,
        format("block {} could not be had and was passed over: {}. What happened in it was not "
               "looked at",
               *next_, error.message));
    next_ = *next_ + 1;
    block_failures_ = 0;
    ahead_.clear();
}

void ChainFeed::judge_lag() {
    if (!tip_ || !next_) return;
    const BlockNum lag = tip_->number + 1 > *next_ ? tip_->number + 1 - *next_ : 0;
    const UnixMillis now = options_.clock();
    const Millis age = tip_->time ? now - *tip_->time : Millis{0};
    const bool stale = options_.stale > Millis{0} && age > options_.stale;
    if (!behind_ && (lag > options_.behind || stale)) {
        behind_ = true;
        say(FeedState::kBehind, *next_,
            stale ? format("the tip of {}, block {}, is {} s old: the node or the chain stands "
                           "still",
                           node().name(), tip_->number, age.count() / 1000)
                  : format("{} blocks behind the tip {} of {}", lag, tip_->number, node().name()));
    } else if (lag == 0 && !stale && (behind_ || !told_caught_up_)) {
        behind_ = false;
        told_caught_up_ = true;
        say(FeedState::kCaughtUp, tip_->number,
            format("at the tip, block {}, of {}", tip_->number, node().name()));
    }
}

Status ChainFeed::idle() {
    give(std::exchange(again_, {}));
    cross_check();
    if (!out_.empty()) return {};
    answered_ = false;
    std::vector<PendingTxn> pending;
    CORDON_TRY(node().wait(options_.poll, pending));
    tip_.reset();  // Asked again.
    give(std::move(pending));
    Endpoint& endpoint = endpoints_[current_];
    if (const uint64_t dropped = node().dropped(); dropped > endpoint.dropped) {
        say(FeedState::kDropped, metrics_.block,
            format("{} pending txns of {} were not taken: more than could be read",
                   dropped - endpoint.dropped, node().name()));
        endpoint.dropped = dropped;
    }
    return {};
}

/// One other endpoint is asked for a block that we gave. An endpoint that alone sees another chain
/// is cut off, attacked or wrong, and so may be the one that we follow.
void ChainFeed::cross_check() {
    if (endpoints_.size() < 2 || seen_.size() <= options_.check_depth) return;
    const BlockRef ours = seen_[seen_.size() - 1 - options_.check_depth];
    if (compared_ && *compared_ >= ours.number) return;
    compared_ = ours.number;
    do checked_ = (checked_ + 1) % endpoints_.size();
    while (checked_ == current_);
    Endpoint& other = endpoints_[checked_];
    if (other.foreign || !know(other)) return;
    const auto theirs = other.node->header_at(ours.number);
    if (!theirs) {
        other.known = false;
        ++metrics_.failures;
        return;
    }
    if (!*theirs) return;  // It lags.
    const bool differs = (*theirs)->hash != ours.hash;
    if (differs && !other.differs)
        say(FeedState::kDisagree, ours.number,
            format("block {} is {} at {} and {} at {}: one of them is on another chain or cut off "
                   "from it; do not trust either until a third agrees",
                   ours.number, chain::format_hash(chain_, ours.hash), node().name(),
                   chain::format_hash(chain_, (*theirs)->hash), other.node->name()));
    if (!differs && other.differs)
        say(FeedState::kCaughtUp, ours.number,
            format("{} and {} agree again", node().name(), other.node->name()));
    other.differs = differs;
}

void ChainFeed::failed(const Error& error) {
    ++metrics_.failures;
    ++failed_in_row_;
    tip_.reset();
    ahead_.clear();
    // An endpoint that knows its tip and not a block is not down: the block may yet come.
    const bool answered = std::exchange(answered_, false);
    endpoints_[current_].known = answered;
    const std::size_t before = current_;
    for (std::size_t i = 0; i < endpoints_.size(); ++i) {
        current_ = (current_ + 1) % endpoints_.size();
        if (!endpoints_[current_].foreign) break;
    }
    if (current_ != before) ++metrics_.failovers;
    const auto rounds = static_cast<unsigned>(failed_in_row_ / endpoints_.size());
    // The first time at once: servers close connections that are old or idle.
    if (!answered && rounds == 0) return;
    if (!answered && rounds > 1 && !down_) {
        down_ = true;
        say(FeedState::kUnavailable, metrics_.block,
            format("no endpoint answers: {}. Nothing is seen until one does", error.message));
    }
    const unsigned doubled = std::min(answered ? block_failures_ : rounds, 16U);
    (void)net::wait_for(std::min(options_.retry * (1U << doubled) / 2, options_.max_retry),
                        options_.cancel);
}

}  // namespace cordon::feed
