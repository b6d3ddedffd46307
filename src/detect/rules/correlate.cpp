// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "correlate.hpp"

#include <algorithm>

#include <cordon/crypto/hash.hpp>

namespace cordon::detect {
namespace {

constexpr std::array<std::string_view, kCorrelateKinds> kKinds{
    "count", "distinct", "sum", "quantile", "sequence", "join", "absence"};
/// As many as a person looks at; the newest.
constexpr std::size_t kEvidence = 32;

int64_t millis(UnixMillis time) noexcept { return time.time_since_epoch().count(); }

void append(Bytes& out, const Value& value) {
    out.push_back(static_cast<uint8_t>(value.index()));
    const auto raw = [&](ByteView bytes) {
        const uint64_t size = bytes.size();  // "ab" and "c" are not "a" and "bc".
        for (unsigned i = 0; i < 8; ++i) out.push_back(static_cast<uint8_t>(size >> (8 * i)));
        out.insert(out.end(), bytes.begin(), bytes.end());
    };
    const auto text = [&](std::string_view view) {
        raw({reinterpret_cast<const uint8_t*>(view.data()), view.size()});
    };
    std::visit(
        [&](const auto& v) {
            using T = std::decay_t<decltype(v)>;
            if constexpr (std::is_same_v<T, bool>)
                out.push_back(v ? 1 : 0);
            else if constexpr (std::is_same_v<T, Amount>)
                raw(v.to_big_endian());
            else if constexpr (std::is_same_v<T, Address>) {
                out.push_back(static_cast<uint8_t>(v.kind()));
                raw(v.payload());
            } else if constexpr (std::is_same_v<T, Hash256>)
                raw(v.bytes);
            else if constexpr (std::is_same_v<T, std::string_view>)
                text(v);
            else if constexpr (std::is_same_v<T, std::span<const std::string>>)
                for (const std::string& one : v) text(one);
        },
        value);
}

GroupKey key_of(const Bytes& bytes) {
    const Hash256 hash = crypto::sha256(bytes);
    GroupKey key;
    std::memcpy(key.hash.data(), hash.bytes.data(), sizeof key.hash);
    return key;
}

/// Leaves only what is within the window that ends with the newest event.
void prune(std::vector<Counted>& events, int64_t now, int64_t window) {
    std::erase_if(events, [&](const Counted& one) { return one.time <= now - window; });
}

void insert(std::vector<Counted>& events, const Counted& one) {
    const auto at =
        std::upper_bound(events.begin(), events.end(), one.time,
                         [](int64_t time, const Counted& other) { return time < other.time; });
    events.insert(at, one);
}

Amount saturated(const Amount& a, const Amount& b) {
    return checked_add(a, b).value_or(Amount::max());
}

/// Makes the two that are nearest in time one.
void merge_nearest(std::vector<Counted>& events) {
    std::size_t best = 0;
    for (std::size_t i = 1; i + 1 < events.size(); ++i)
        if (events[i + 1].time - events[i].time < events[best + 1].time - events[best].time)
            best = i;
    events[best + 1].count += events[best].count;
    events[best + 1].sum = saturated(events[best + 1].sum, events[best].sum);
    events.erase(events.begin() + static_cast<std::ptrdiff_t>(best));
}

std::vector<Hash256> evidence(const std::vector<Counted>& events) {
    std::vector<Hash256> txns;
    const std::size_t from = events.size() - std::min(events.size(), kEvidence);
    for (std::size_t i = from; i < events.size(); ++i)
        if (events[i].txn != Hash256{}) txns.push_back(events[i].txn);
    return txns;
}

Hash256 txn_of(const RuleEvent& event) {
    if (event.txn) return event.txn->hash;
    if (event.alert && !event.alert->txns.empty()) return event.alert->txns.front();
    return {};
}

}  // namespace

std::string_view to_string(CorrelateKind kind) noexcept {
    return kKinds[static_cast<std::size_t>(kind)];
}

std::optional<CorrelateKind> parse_correlate_kind(std::string_view text) noexcept {
    const auto* found = std::find(kKinds.begin(), kKinds.end(), text);
    if (found == kKinds.end()) return std::nullopt;
    return static_cast<CorrelateKind>(found - kKinds.begin());
}

std::optional<GroupKey> group_key(uint64_t rule, std::span<const Get> by, RuleEvent& event) {
    Bytes bytes;
    for (unsigned i = 0; i < 8; ++i) bytes.push_back(static_cast<uint8_t>(rule >> (8 * i)));
    for (const Get& get : by) {
        const Value value = get(event);
        if (std::holds_alternative<std::monostate>(value)) return std::nullopt;
        append(bytes, value);
    }
    return key_of(bytes);
}

std::optional<Correlated> Correlations::on_event(const Correlate& correlate, const GroupKey& key,
                                                 std::size_t step, std::size_t steps,
                                                 RuleEvent& event) {
    switch (correlate.kind) {
        case CorrelateKind::kSequence: return on_sequence(correlate, key, step, steps, event);
        case CorrelateKind::kJoin: return on_join(correlate, key, step, steps, event);
        case CorrelateKind::kQuantile: return on_quantile(correlate, key, event);
        default: return on_window(correlate, key, event);
    }
}

std::optional<Correlated> Correlations::on_window(const Correlate& correlate, const GroupKey& key,
                                                  RuleEvent& event) {
    Counted one{millis(event.time), 1, 0, {}, txn_of(event)};
    if (correlate.of) {
        const Value of = correlate.of(event);
        if (std::holds_alternative<std::monostate>(of)) return std::nullopt;
        if (correlate.kind == CorrelateKind::kSum) {
            one.sum = std::get<Amount>(of);
        } else {
            Bytes bytes;
            append(bytes, of);
            one.value = key_of(bytes).hash[0];
        }
    }
    GroupWindow& group = windows_.at(key, event.time);
    const int64_t newest =
        group.events.empty() ? one.time : std::max(one.time, group.events.back().time);
    prune(group.events, newest, correlate.window.count());
    if (correlate.kind == CorrelateKind::kDistinct) {
        // The same value again: its last time counts.
        std::erase_if(group.events, [&](const Counted& other) {
            if (other.value != one.value) return false;
            one.count += other.count;
            one.time = std::max(one.time, other.time);
            return true;
        });
        if (group.events.size() == kWindowValues) group.events.erase(group.events.begin());
    } else if (group.events.size() == kWindowEvents) {
        merge_nearest(group.events);
    }
    // A late event of another chain that fell out of the window already is not counted.
    if (one.time > newest - correlate.window.count()) insert(group.events, one);

    Amount value;
    event.events = 0;
    for (const Counted& other : group.events) {
        event.events += other.count;
        value = correlate.kind == CorrelateKind::kSum        ? saturated(value, other.sum)
                : correlate.kind == CorrelateKind::kDistinct ? value + Amount{1U}
                                                             : value + Amount{other.count};
    }
    event.value = value;
    if (newest < group.silent_until || !correlate.having(event)) return std::nullopt;
    group.silent_until = newest + correlate.window.count();
    return Correlated{evidence(group.events)};
}

std::optional<Correlated> Correlations::on_quantile(const Correlate& correlate, const GroupKey& key,
                                                    RuleEvent& event) {
    const Value of = correlate.of(event);
    const Amount* amount = std::get_if<Amount>(&of);
    if (!amount) return std::nullopt;
    GroupQuantile& group = quantiles_.at(key, event.time);
    const int64_t width = std::max<int64_t>(1, correlate.window.count() / GroupQuantile::kPanes);
    const int64_t pane = std::max(millis(event.time) / width, group.pane);
    const auto at = [](int64_t number) {
        return static_cast<std::size_t>(number % GroupQuantile::kPanes);
    };
    for (int64_t n = std::max(group.pane + 1, pane - GroupQuantile::kPanes + 1); n <= pane; ++n)
        group.panes[at(n)] = {};
    group.pane = pane;
    // Of what came before: an event that is compared with itself would always fit.
    AmountSketch all;
    for (const AmountSketch& one : group.panes) all.merge(one);
    event.events = all.count();
    event.value = all.count() > 0 ? Value{all.quantile(correlate.share)} : Value{};
    group.panes[at(pane)].add(*amount);
    const int64_t now = millis(event.time);
    if (now < group.silent_until || !correlate.having(event)) return std::nullopt;
    group.silent_until = now + width;
    return Correlated{};
}

std::optional<Correlated> Correlations::on_sequence(const Correlate& correlate, const GroupKey& key,
                                                    std::size_t step, std::size_t steps,
                                                    RuleEvent& event) {
    const int64_t now = millis(event.time);
    const auto alive = [&](const GroupSequence::Way& way) {
        return !way.txns.empty() && now - way.start <= correlate.window.count() && now >= way.start;
    };
    if (step > 0) {
        const GroupSequence* there = sequences_.find(key);
        if (!there || there->ways.size() < step || !alive(there->ways[step - 1]))
            return std::nullopt;
    }
    GroupSequence& group = sequences_.at(key, event.time);
    group.ways.resize(steps);
    GroupSequence::Way way{now, {}};
    if (step > 0) way = group.ways[step - 1];
    way.txns.push_back(txn_of(event));
    event.events = step + 1;
    event.value = Amount{uint64_t{step + 1}};
    if (step + 1 == steps) {
        sequences_.erase(key);
        return Correlated{std::move(way.txns)};
    }
    group.ways[step] = std::move(way);
    return std::nullopt;
}

std::optional<Correlated> Correlations::on_join(const Correlate& correlate, const GroupKey& key,
                                                std::size_t step, std::size_t steps,
                                                RuleEvent& event) {
    GroupWindow& group = windows_.at(key, event.time);
    Counted one{millis(event.time), 1, step, {}, txn_of(event)};
    const int64_t newest =
        group.events.empty() ? one.time : std::max(one.time, group.events.back().time);
    prune(group.events, newest, correlate.window.count());
    std::erase_if(group.events, [&](const Counted& other) {
        if (other.value != one.value) return false;
        one.count += other.count;
        return true;
    });
    insert(group.events, one);
    event.events = group.events.size();
    event.value = Amount{uint64_t{group.events.size()}};
    if (group.events.size() < steps) return std::nullopt;
    Correlated found{evidence(group.events)};
    windows_.erase(key);
    return found;
}

void Correlations::wait(const GroupKey& key, GroupWaiting waiting, UnixMillis now) {
    if (waiting_.find(key)) return;  // The first one's time counts.
    waiting_.at(key, now) = std::move(waiting);
}

std::vector<GroupWaiting> Correlations::overdue(ChainId chain, UnixMillis now) {
    std::vector<GroupWaiting> all;
    if (waiting_.size() == 0) return all;
    for (const GroupKey& key : waiting_.keys()) {
        const GroupWaiting* one = waiting_.find(key);
        if (one->chain != chain || millis(now) < one->until) continue;
        all.push_back(*one);
        waiting_.erase(key);
    }
    return all;
}

}  // namespace cordon::detect
