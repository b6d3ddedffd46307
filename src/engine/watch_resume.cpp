// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "watch_run.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include <cordon/base/format.hpp>
#include <cordon/base/hex.hpp>
#include <cordon/crypto/hash.hpp>

namespace cordon::engine {
namespace {

/// Wallet sets are numbered by their order, and tables hold these numbers.
std::string settings_digest(const detect::WatchConfig& config) {
    crypto::Sha256 sum;
    const auto add = [&](std::string_view text) {
        sum.update({reinterpret_cast<const uint8_t*>(text.data()), text.size()});
        sum.update(std::array<uint8_t, 1>{0});
    };
    for (const WalletAddress& wallet : config.wallets) {
        add(to_string(wallet.chain));
        sum.update(wallet.address.payload());
        add(wallet.set);
    }
    for (const auto& [detector, parameters] : config.parameters)
        for (const auto& [name, value] : parameters) add(format("{} {} {}", detector, name, value));
    return to_hex(sum.finish());
}

}  // namespace

Status WatchRun::resume() {
    head_.settings = settings_digest(config_);
    if (!state_) return live_ ? open_live() : Status{};
    CORDON_TRY(const auto stored_name, store_->mark("sources"));
    if (stored_name && *stored_name != name_)
        return fail(ErrorCode::kConflict,
                    format("{}: belongs to a watch of other sources; give each watch its own "
                           "--state",
                           request_.state));
    if (!stored_name)
        CORDON_TRY(store_->change([&] { return store_->put_mark("sources", name_); }));
    CORDON_TRY(known_, store_->cursor(kStream));
    if (live_) return resume_live();
    auto head = state_->head();
    if (!head) {
        // Everything can be had anew from the stream: alerts up to the cursor are known.
        tell(format("{}; the watch begins at the first event again", head.error().message));
    } else if (*head && (*head)->settings != head_.settings) {
        tell(
            "wallets or parameters have changed since the checkpoint; the watch begins at the "
            "first event again");
    } else if (*head) {
        if (const Status loaded = state_->load(*watch_); !loaded) {
            if (loaded.error().code != ErrorCode::kConflict) return loaded;
            tell(loaded.error().message);
            make_watch();
            CORDON_TRY(open_desk());
        } else {
            head_ = **head;
            for (const auto& [chain, block] : head_.beginnings) knowledge_->begin(chain, block);
            CORDON_TRY(skip());
        }
    }
    return go_on();
}

/// Reads over what was taken before the checkpoint.
Status WatchRun::skip() {
    FeedEvent event;
    for (uint64_t i = 0; i < head_.events; ++i) {
        if (cancelled()) return fail(ErrorCode::kCancelled, "interrupted while going on");
        CORDON_TRY(const bool more, stream_->read(event));
        if (!more) return other_stream();
        // The next event may be no block: the cursor still names the last one.
        if (const auto* seen = std::get_if<SeenBlock>(&event)) place(seen->block);
    }
    return {};
}

tl::unexpected<Error> WatchRun::other_stream() const {
    return fail(ErrorCode::kConflict,
                format("{}: the sources are not those that this state was made with; begin "
                       "with another --state",
                       request_.state));
}

/// A live stream does not come again as it was: what is taken is told by blocks, not by a
/// count, and events are numbered on.
Status WatchRun::resume_live() {
    for (unsigned age = 0; age < WatchState::kKept; ++age) {
        auto head = state_->head(age);
        if (!head) {
            tell(format("{}; an older one is looked for", head.error().message));
            continue;
        }
        if (!*head) continue;
        const std::string settings = head_.settings;
        const Status loaded =
            (*head)->settings == settings
                ? load(age)
                : Status{fail(ErrorCode::kConflict,
                              "wallets or parameters have changed since the checkpoint: "
                              "detectors begin anew")};
        if (!loaded && loaded.error().code != ErrorCode::kConflict) return loaded;
        head_ = **head;
        head_.settings = settings;
        if (!loaded) {
            tell(loaded.error().message);
            CORDON_TRY(begin_anew());
        }
        break;
    }
    for (const auto& [chain, block] : head_.beginnings) knowledge_->begin(chain, block);
    holdings_ = head_.holdings;
    knowledge_->add_balances(holdings_);
    for (const auto& [chain, blocks] : head_.seen)
        if (!blocks.empty()) floor_[chain] = blocks.back().number;
    CORDON_TRY(add_unsettled());
    CORDON_TRY(open_live());
    CORDON_TRY(go_on());
    if (known_) done_.events = std::max(done_.events, known_->events);
    known_.reset();
    return {};
}

/// Behind what the checkpoint has seen, else behind what the ledger holds.
Status WatchRun::open_live() {
    std::map<ChainId, std::vector<feed::BlockRef>> stored;
    if (ledger_) {
        CORDON_TRY(stored, ledger_->seen());
    }
    return live_->open(head_, std::move(stored));
}

/// What was told behind the place at which the watch goes on.
Status WatchRun::add_unsettled() {
    CORDON_TRY(auto told, store_->since_event(head_.settled));
    std::erase_if(told, [&](const records::StoredAlert& stored) {
        const auto floor = floor_.find(stored.alert.chain);
        return stored.event <= head_.events && floor != floor_.end() &&
               stored.alert.block <= floor->second;
    });
    unsettled_.add(told);
    return {};
}

Status WatchRun::go_on() {
    done_.events = head_.events;
    done_.blocks = saved_blocks_ = head_.blocks;
    done_.txns = head_.txns;
    done_.transfers = head_.transfers;
    if (hooks_.resumed && (head_.events > 0 || known_))
        hooks_.resumed({head_.events, known_ ? known_->events : 0});
    return show_rest();
}

/// What was stored by the event at which an earlier watch died, and perhaps not printed.
Status WatchRun::show_rest() {
    CORDON_TRY(const auto mark, store_->mark(kShown));
    uint64_t shown = 0;
    if (mark) std::from_chars(mark->data(), mark->data() + mark->size(), shown);
    CORDON_TRY(auto rest, store_->since_event(shown));
    std::erase_if(rest, [](const auto& stored) { return !stored.suppressed_by.empty(); });
    return show(rest);
}

Status WatchRun::take_live(std::shared_ptr<const FeedEvent> event) {
    if (const auto* seen = std::get_if<SeenBlock>(event.get()); seen && ledger_)
        CORDON_TRY(ledger_->take(*seen));
    live_->note(*event, head_);
    const auto* back = std::get_if<Rewind>(event.get());
    const auto floor = back ? floor_.find(back->chain) : floor_.end();
    if (floor != floor_.end() && back->keep < floor->second) return go_back(*back);
    const Status taken = take(event);
    if (!taken && back && taken.error().code == ErrorCode::kLimit) return go_back(*back);
    return taken;
}

/// Blocks are gone that detection cannot take back: an older checkpoint is, where there is one.
Status WatchRun::go_back(const Rewind& back) {
    for (unsigned age = 1; state_ && age < WatchState::kKept; ++age) {
        auto head = state_->head(age);
        if (!head || !*head || (*head)->settings != head_.settings ||
            !is_before(**head, head_, back) || !load(age))
            continue;
        tell(
            format("{} was reorganised back to block {}: the watch goes back to block {}, "
                   "where it still can",
                   to_string(back.chain), back.keep, (*head)->seen[back.chain].back().number));
        head_ = *std::move(*head);
        for (const auto& [chain, blocks] : head_.seen)
            if (!blocks.empty()) floor_[chain] = blocks.back().number;
        CORDON_TRY(add_unsettled());
        return open_live();
    }
    CORDON_TRY(begin_anew());
    for (const auto& [chain, blocks] : head_.seen)
        if (!blocks.empty()) floor_[chain] = blocks.back().number;
    floor_[back.chain] = back.keep;
    CORDON_TRY(auto told, store_->since_event(0));
    std::erase_if(told, [&](const records::StoredAlert& stored) {
        return stored.alert.chain != back.chain || stored.alert.block <= back.keep;
    });
    unsettled_.add(told);
    return take(std::make_shared<FeedEvent>(
        FeedStatus{back.chain, FeedState::kGap, back.keep, feed::wall_clock(),
                   format("the chain was reorganised back to block {}, before every checkpoint: "
                          "detectors begin anew there, and have forgotten what they knew",
                          back.keep)}));
}

Status WatchRun::load(unsigned age) {
    make_watch();
    CORDON_TRY(open_desk());
    return state_->load(*watch_, age);
}

/// Detectors that remember nothing.
Status WatchRun::begin_anew() {
    make_watch();
    return open_desk();
}

/// A reorg in a replay goes below the checkpoint with which this run began: a run without a
/// break could take it back, so it must be as if there had been none. From the first event;
/// what is known is not told twice.
Status WatchRun::read_again() {
    tell("a reorg goes below the checkpoint: the watch begins at the first event again");
    SideRows rows;
    CORDON_TRY(auto sources, open_watch_sources(request_.sources, request_.chain, rows));
    stream_ = std::make_unique<MergedEvents>(std::move(sources));
    const std::string settings = head_.settings;
    head_ = {};
    head_.settings = settings;
    done_ = {};
    saved_blocks_ = 0;
    CORDON_TRY(known_, store_->cursor(kStream));
    return begin_anew();
}

}  // namespace cordon::engine
