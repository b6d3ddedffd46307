// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "waiting_alerts.hpp"

#include <algorithm>
#include <sstream>
#include <unordered_map>

#include <cordon/base/format.hpp>
#include <cordon/base/hex.hpp>
#include <cordon/chain/text.hpp>

namespace cordon::engine {
namespace {

/// Of the store's marks: "waits CHAIN TXN".
constexpr std::string_view kMark = "waits ";
/// As much of a txn's inputs is kept: another one that spends none of them is told by time alone.
constexpr std::size_t kMostInputs = 64;
constexpr std::string_view kNone = "-";

std::string mark_name(ChainId chain, const Hash256& txn) {
    return format("{}{} {}", kMark, to_string(chain), chain::format_hash(chain, txn));
}

bool is_raised(std::span<const Alert> raised, const std::string& id) {
    return std::any_of(raised.begin(), raised.end(),
                       [&](const Alert& alert) { return alert.id == id; });
}

/// What a block did, as far as it ends the waiting of others.
struct Done {
    struct Sent {
        Hash256 txn;
        uint64_t nonce = 0;
    };
    std::unordered_map<Hash256, bool> mined;         // Whether it failed.
    std::multimap<Address, Sent> sent;               // By sender.
    std::unordered_map<OutPoint, Hash256> spent_by;  // Looked up only.
};

Done done_by(const SeenBlock& seen) {
    Done done;
    for (const TxnActivity& txn : seen.activity.txns) {
        done.mined.emplace(txn.hash, txn.succeeded == false);
        if (txn.nonce) done.sent.emplace(txn.from, Done::Sent{txn.hash, *txn.nonce});
    }
    for (const AccountTxn& txn : seen.block.account_txns) done.mined.emplace(txn.hash, false);
    for (const UtxoTxn& txn : seen.block.utxo_txns) {
        done.mined.emplace(txn.txid, false);
        for (const TxIn& input : txn.inputs) done.spent_by.emplace(input.prevout, txn.txid);
    }
    return done;
}

}  // namespace

std::string WaitingAlerts::text_of(ChainId chain, const Waiting& waiting) {
    std::string inputs, ids;
    for (const OutPoint& input : waiting.inputs)
        inputs += format("{}{}:{}", inputs.empty() ? "" : ",", to_hex(input.txid), input.index);
    for (const std::string& id : waiting.ids) ids += (ids.empty() ? "" : ",") + id;
    return format(
        "{} {} {} {} {}", waiting.seen.time_since_epoch().count(),
        waiting.sender.empty() ? std::string{kNone} : chain::format_address(chain, waiting.sender),
        waiting.nonce ? format("{}", *waiting.nonce) : std::string{kNone},
        inputs.empty() ? std::string{kNone} : inputs, ids);
}

bool WaitingAlerts::parse(std::string_view text, ChainId chain, Waiting& out) {
    std::istringstream words{std::string{text}};
    int64_t seen = 0;
    std::string sender, nonce, inputs, ids, each;
    if (!(words >> seen >> sender >> nonce >> inputs >> ids)) return false;
    out.seen = UnixMillis{std::chrono::milliseconds{seen}};
    if (sender != kNone) {
        auto address = chain::parse_address(chain, sender);
        if (!address) return false;
        out.sender = *std::move(address);
    }
    if (nonce != kNone && !(std::istringstream{nonce} >> out.nonce.emplace())) return false;
    std::istringstream list{inputs == kNone ? std::string{} : inputs};
    while (std::getline(list, each, ',')) {
        OutPoint input;
        const std::size_t colon = each.find(':');
        if (colon == each.npos || !decode_hex(each.substr(0, colon), input.txid.bytes))
            return false;
        std::istringstream number{each.substr(colon + 1)};
        if (!(number >> input.index)) return false;
        out.inputs.push_back(input);
    }
    list = std::istringstream{ids};
    while (std::getline(list, each, ',')) out.ids.push_back(each);
    return !out.ids.empty();
}

Status WaitingAlerts::load() {
    all_.clear();
    ended_.clear();
    CORDON_TRY(const auto marks, store_->marks(kMark));
    for (const auto& [name, value] : marks) {
        std::istringstream words{name.substr(kMark.size())};
        std::string chain_text, hash_text;
        words >> chain_text >> hash_text;
        const auto chain = parse_chain(chain_text);
        const auto txn =
            chain ? chain::parse_hash(*chain, hash_text) : Result<Hash256>{fail(chain.error())};
        Waiting waiting;
        if (!txn || !parse(value, *chain, waiting))
            return fail(ErrorCode::kCorrupt,
                        format("mark \"{}\" of the alerts: \"{}\" is not one", name, value));
        all_.emplace(Key{*chain, *txn}, std::move(waiting));
    }
    return {};
}

Result<std::vector<Alert>> WaitingAlerts::take(const FeedEvent& event,
                                               std::span<const Alert> raised) {
    std::vector<Alert> gone;
    if (const auto* pending = std::get_if<PendingTxn>(&event)) {
        if (!raised.empty()) CORDON_TRY(add(*pending, raised, gone));
    } else if (const auto* seen = std::get_if<SeenBlock>(&event); seen && !all_.empty()) {
        look_at(*seen, raised, gone);
    }
    std::vector<Alert> told;
    for (Alert& alert : gone) {
        CORDON_TRY(const auto stored, store_->alert(alert.id));
        if (stored && stored->alert.state == AlertState::kPending) told.push_back(std::move(alert));
    }
    return told;
}

Status WaitingAlerts::add(const PendingTxn& pending, std::span<const Alert> raised,
                          std::vector<Alert>& gone) {
    const Key key{pending.chain, pending.utxo ? pending.utxo->txid : pending.activity.hash};
    const auto [at, fresh] = all_.try_emplace(key);
    Waiting& waiting = at->second;
    if (fresh) {
        waiting.seen = pending.seen;
        waiting.sender = pending.utxo ? Address{} : pending.activity.from;
        waiting.nonce = pending.activity.nonce;
        if (pending.utxo)
            for (const TxIn& input : pending.utxo->inputs)
                if (waiting.inputs.size() < kMostInputs) waiting.inputs.push_back(input.prevout);
    }
    const std::size_t before = waiting.ids.size();
    for (const Alert& alert : raised)
        if (std::find(waiting.ids.begin(), waiting.ids.end(), alert.id) == waiting.ids.end())
            waiting.ids.push_back(alert.id);
    if (waiting.ids.size() == before) return {};  // A node tells it again.
    CORDON_TRY(store_->change([&] {
        return store_->put_mark(mark_name(key.first, key.second), text_of(key.first, waiting));
    }));
    if (all_.size() <= kMost) return {};
    const auto oldest = std::min_element(
        all_.begin(), all_.end(),
        [](const auto& a, const auto& b) { return a.second.seen < b.second.seen; });
    end(oldest, pending.seen,
        format("More than {} txns with alerts wait; this one is no longer followed.", kMost), gone);
    return {};
}

void WaitingAlerts::look_at(const SeenBlock& seen, std::span<const Alert> raised,
                            std::vector<Alert>& gone) {
    const ChainId chain = seen.block.chain;
    const BlockNum number = seen.block.header.number;
    const UnixMillis now = seen.block.header.time.value_or(UnixMillis{});
    const Seconds longest = is_utxo(chain) ? kBitcoin : kEvm;
    const Done done = done_by(seen);
    const auto why_over = [&](const Hash256& txn, const Waiting& waiting) -> std::string {
        if (const auto mined = done.mined.find(txn); mined != done.mined.end())
            return mined->second
                       ? format("Its txn failed in block {}.", number)
                       : format("Its txn is in block {} and does not do it there.", number);
        if (waiting.nonce && !waiting.sender.empty()) {
            const auto [first, last] = done.sent.equal_range(waiting.sender);
            for (auto at = first; at != last; ++at) {
                if (at->second.nonce == *waiting.nonce)
                    return format("Its txn was replaced by {} in block {} (nonce {}).",
                                  chain::format_hash(chain, at->second.txn), number,
                                  *waiting.nonce);
                if (at->second.nonce > *waiting.nonce)
                    return format("Another txn has taken its nonce {}.", *waiting.nonce);
            }
        }
        for (const OutPoint& input : waiting.inputs)
            if (const auto other = done.spent_by.find(input); other != done.spent_by.end())
                return format("Its txn was replaced by {} in block {}, which spends the same.",
                              chain::format_hash(chain, other->second), number);
        if (now - waiting.seen > longest)
            return format("No block took its txn in within {} hours: nodes let go of such.",
                          std::chrono::duration_cast<std::chrono::hours>(longest).count());
        return {};
    };
    for (auto at = all_.lower_bound({chain, Hash256{}});
         at != all_.end() && at->first.first == chain;) {
        const auto next = std::next(at);
        std::erase_if(at->second.ids, [&](const std::string& id) { return is_raised(raised, id); });
        if (const std::string why = why_over(at->first.second, at->second); !why.empty())
            end(at, now, why, gone);
        at = next;
    }
}

void WaitingAlerts::end(All::iterator at, UnixMillis time, const std::string& why,
                        std::vector<Alert>& gone) {
    for (const std::string& id : at->second.ids) {
        Alert alert;
        alert.id = id;
        alert.state = AlertState::kRetracted;
        alert.time = time;
        alert.reason = why;
        gone.push_back(std::move(alert));
    }
    ended_.push_back(at->first);
    all_.erase(at);
}

Status WaitingAlerts::forget() {
    if (ended_.empty()) return {};
    CORDON_TRY(store_->change(
        [&]() -> Status {
            for (const Key& key : ended_)
                CORDON_TRY(store_->put_mark(mark_name(key.first, key.second), ""));
            return {};
        },
        records::AlertStore::Durability::kProcess));
    ended_.clear();
    return {};
}

}  // namespace cordon::engine
