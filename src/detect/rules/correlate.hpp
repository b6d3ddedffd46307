// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "../keyed.hpp"
#include "checker.hpp"

/// Several events together: what rules with `correlate` remember. All of it lies in tables whose
/// keys begin with a digest of the rule: bounded over all rules, undone with a reorg, and still
/// right when the rule file changes around it.
namespace cordon::detect {

enum class CorrelateKind : uint8_t {
    kCount,
    kDistinct,
    kSum,
    kQuantile,
    kSequence,
    kJoin,
    kAbsence,
};
inline constexpr std::size_t kCorrelateKinds = 7;
std::string_view to_string(CorrelateKind kind) noexcept;
std::optional<CorrelateKind> parse_correlate_kind(std::string_view text) noexcept;

/// Compiled: what to count, over what, when to raise.
struct Correlate {
    CorrelateKind kind{};
    std::chrono::milliseconds window{};
    Get of;
    Type of_type = Type::kNumber;
    uint64_t share = 0;  ///< Of a quantile, in millionths.
    Test having;
};

/// Events of one group that are told apart; beyond them the two nearest in time count as one that
/// came with the later: counts and sums stay exact, an event may leave the window a little late.
inline constexpr std::size_t kWindowEvents = 64;
/// Different values of one group that are told apart: "distinct" says no more than this.
inline constexpr std::size_t kWindowValues = 256;
/// The longest window: a quarter of a year. State beyond it would be evicted before it is used.
inline constexpr std::chrono::hours kMaxWindow{24 * 90};
inline constexpr std::size_t kMaxSteps = 8;

/// 128 bits of a SHA-256 over rule and group: nobody can make two groups one.
struct GroupKey {
    std::array<uint64_t, 2> hash{};
    friend auto operator<=>(const GroupKey&, const GroupKey&) = default;
};
/// Nothing when a value of the group is missing: such events belong to no group.
std::optional<GroupKey> group_key(uint64_t rule, std::span<const Get> by, RuleEvent& event);

/// One event, or several that are near each other.
struct Counted {
    int64_t time = 0;  ///< Of the last.
    uint64_t count = 0;
    uint64_t value = 0;  ///< Hash of the value (distinct); the step (join).
    Amount sum;
    Hash256 txn;  ///< Of the last.
};
struct GroupWindow {
    std::vector<Counted> events;  ///< By rising time.
    int64_t silent_until = 0;     ///< Raised already in this window.
};
Status save_state(StateSink& sink, const GroupWindow& window);
Status load_state(StateSource& source, GroupWindow& window);

/// The furthest that a sequence got: for each step the latest way that led to it.
struct GroupSequence {
    struct Way {
        int64_t start = 0;
        std::vector<Hash256> txns;  ///< One a step.
    };
    std::vector<Way> ways;
};
Status save_state(StateSink& sink, const GroupSequence& sequence);
Status load_state(StateSource& source, GroupSequence& sequence);

/// Quantiles of amounts of any size with a relative error below 1 % (DDSketch with linearly
/// interpolated buckets, VLDB 2019): 64 buckets for each doubling.
class AmountSketch {
public:
    void add(const Amount& value);
    void merge(const AmountSketch& other);
    uint64_t count() const noexcept { return total_; }
    /// The middle of the bucket in which this share (millionths) of all lies.
    Amount quantile(uint64_t share) const noexcept;

    friend Status save_state(StateSink& sink, const AmountSketch& sketch);
    friend Status load_state(StateSource& source, AmountSketch& sketch);

private:
    struct Bucket {
        uint32_t index = 0;
        uint32_t count = 0;
    };
    void add(uint32_t index, uint32_t count);
    std::vector<Bucket> buckets_;  // Sorted; at most kMaxBuckets.
    uint64_t total_ = 0;
};
/// Of a window in four panes: between three quarters of it and all of it is remembered.
struct GroupQuantile {
    static constexpr int64_t kPanes = 4;
    int64_t pane = 0;  ///< Number of the newest.
    std::array<AmountSketch, kPanes> panes;
    int64_t silent_until = 0;
};
Status save_state(StateSink& sink, const GroupQuantile& quantile);
Status load_state(StateSource& source, GroupQuantile& quantile);

/// An event that waits for what must follow it; as it will be told when that does not come.
struct GroupWaiting {
    uint64_t rule = 0;  ///< Its digest.
    int64_t until = 0;
    ChainId chain;
    Hash256 txn;
    Address subject;
    std::vector<Address> related;
    std::optional<Cents> usd;
    std::string reason;
};
Status save_state(StateSink& sink, const GroupWaiting& waiting);
Status load_state(StateSource& source, GroupWaiting& waiting);

}  // namespace cordon::detect

template <>
struct std::hash<cordon::detect::GroupKey> {
    std::size_t operator()(const cordon::detect::GroupKey& key) const noexcept {
        return key.hash[0];
    }
};

namespace cordon::detect {

/// What a correlation says of an event.
struct Correlated {
    std::vector<Hash256> txns;  ///< Evidence, oldest first.
};

class Correlations {
public:
    explicit Correlations(uint64_t groups)
        : windows_{groups}, sequences_{groups}, quantiles_{groups}, waiting_{groups} {}

    /// Takes the event in. Something when the rule is to be raised now; sets value and events of
    /// the event in any case. REQUIRES: not kAbsence. Pending txns are taken as any others: the
    /// watch undoes them.
    std::optional<Correlated> on_event(const Correlate& correlate, const GroupKey& key,
                                       std::size_t step, std::size_t steps, RuleEvent& event);
    /// An absence begins, unless one is waiting, or ends.
    void wait(const GroupKey& key, GroupWaiting waiting, UnixMillis now);
    void end_waiting(const GroupKey& key) { waiting_.erase(key); }
    /// Those of a chain whose time is over, in the order of their keys; each once.
    std::vector<GroupWaiting> overdue(ChainId chain, UnixMillis now);

    std::vector<Table*> tables() { return {&windows_, &sequences_, &quantiles_, &waiting_}; }

private:
    std::optional<Correlated> on_window(const Correlate& correlate, const GroupKey& key,
                                        RuleEvent& event);
    std::optional<Correlated> on_quantile(const Correlate& correlate, const GroupKey& key,
                                          RuleEvent& event);
    std::optional<Correlated> on_sequence(const Correlate& correlate, const GroupKey& key,
                                          std::size_t step, std::size_t steps, RuleEvent& event);
    std::optional<Correlated> on_join(const Correlate& correlate, const GroupKey& key,
                                      std::size_t step, std::size_t steps, RuleEvent& event);

    Keyed<GroupKey, GroupWindow> windows_;
    Keyed<GroupKey, GroupSequence> sequences_;
    Keyed<GroupKey, GroupQuantile> quantiles_;
    Keyed<GroupKey, GroupWaiting> waiting_;
};

}  // namespace cordon::detect
