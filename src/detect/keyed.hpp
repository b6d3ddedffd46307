// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>
#include <deque>
#include <functional>
#include <limits>
#include <tuple>
#include <utility>
#include <vector>

#include "pages.hpp"
#include "state.hpp"

namespace cordon::detect {

/// A bounded map from Key to Value that can be undone.
///
/// Slots lie in buckets of eight; what a full bucket has no room for lies in a spare one that eight
/// buckets share (at 60 % load one entry in fifty). A full table gives up the entry that was
/// written longest ago of those whose bucket it is, and counts it (evictions). Until then it grows
/// by doubling up to `capacity` entries. What is given up depends on contents alone, not on where
/// they lie, so that equal events give equal tables. Key: hashable, ordered, plain. Value:
/// copyable, saved as above.
///
/// Apart from the slots, one byte of each says whether it is used and seven bits of its key's hash:
/// eight of them are one word, and tell nearly always which slot to look at, if any.
///
/// Cost: a word and one slot; twice that where the bucket is full. The first write of an entry in a
/// step copies its value.
/// Confined to one thread.
template <typename Key, typename Value>
class Keyed final : public Table {
public:
    /// `capacity` is rounded up to a power of two of at least 8; the spare buckets come on top.
    explicit Keyed(uint64_t capacity)
        : max_buckets_{std::bit_ceil(std::max<uint64_t>(capacity, kWays)) / kWays} {
        clear();
    }

    /// Says that a key will be asked for: memory is slow, and need not be waited for. Once long
    /// before, then with expect_slot() when the first answer has come.
    void expect(const Key& key) const noexcept { fetch(&tags_[mix(key) & (buckets_ - 1)]); }
    void expect_slot(const Key& key) const noexcept {
        const uint64_t hash = mix(key);
        const std::size_t home = hash & (buckets_ - 1);
        const uint64_t tags = tags_[home];
        if (const uint64_t equal = equal_to(tag_of(hash), tags); equal != 0) {
            fetch_slot(&slots_[home * kWays + first_of(equal)]);
        } else if (!is_full(tags)) {
            fetch_slot(&slots_[home * kWays + used_of(tags)]);
        } else {
            // In the spare bucket, or about to take somebody's place.
            fetch(&tags_[spare_of(home)]);
            for (const std::size_t bucket : {home, spare_of(home)})
                for (std::size_t way = 0; way < kWays; ++way) fetch(&slots_[bucket * kWays + way]);
        }
    }

    /// The value, or nullptr. Valid until the next call that is not const.
    const Value* find(const Key& key) const noexcept {
        const std::size_t slot = slot_of(key, mix(key));
        return slot != kNone ? &slots_[slot].value : nullptr;
    }

    /// The value to be changed, made when missing. `now` says when it was last used. Valid until
    /// the next call that is not const.
    Value& at(const Key& key, UnixMillis now) {
        const auto when = static_cast<uint32_t>(
            std::clamp<int64_t>(to_unix_seconds(now), 0, std::numeric_limits<uint32_t>::max()));
        const uint64_t hash = mix(key);
        if (const std::size_t found = slot_of(key, hash); found != kNone) {
            Slot& slot = slots_[found];
            remember(slot);
            slot.when = std::max(slot.when, when);
            return slot.value;
        }
        return insert(key, hash, when).value;
    }

    /// Does nothing when it is not there.
    void erase(const Key& key) {
        const uint64_t hash = mix(key);
        if (const std::size_t slot = slot_of(key, hash); slot != kNone) {
            remember(slots_[slot]);
            remove(slot, hash & (buckets_ - 1));
        }
    }

    /// Every key, in rising order. Cost: sorts.
    std::vector<Key> keys() const {
        std::vector<Key> all;
        all.reserve(size_);
        for (std::size_t bucket = 0; bucket < tags_.size(); ++bucket)
            for (std::size_t way = 0; way < used_of(tags_[bucket]); ++way)
                all.push_back(slots_[bucket * kWays + way].key);
        std::sort(all.begin(), all.end());
        return all;
    }

    void begin_step() override {
        steps_.push_back(std::move(recycled_));
        recycled_ = {};
        next_step();
    }
    void undo_step() override {
        CORDON_CHECK(!steps_.empty());
        std::vector<Old> olds = std::move(steps_.back());
        steps_.pop_back();
        for (auto old = olds.rbegin(); old != olds.rend(); ++old) {
            const uint64_t hash = mix(old->key);
            std::size_t found = slot_of(old->key, hash);
            if (!old->had) {
                if (found != kNone) remove(found, hash & (buckets_ - 1));
                continue;
            }
            // Room is there, since what took it has just been removed.
            if (found == kNone) found = take(old->key, hash);
            CORDON_CHECK(found != kNone);
            Slot& slot = slots_[found];
            slot.value = std::move(old->value);
            slot.when = old->when;
            slot.step = 0;
        }
        evictions_ -= undone_evictions(olds);
        next_step();  // What the step before wrote must be remembered anew.
    }
    void forget_step() override {
        CORDON_CHECK(!steps_.empty());
        recycled_ = std::move(steps_.front());
        recycled_.clear();
        if (recycled_.capacity() * sizeof(Old) > kMostRecycled) recycled_ = {};
        steps_.pop_front();
    }

    Status save(StateSink& sink) const override {
        CORDON_TRY(save_state(sink, size_));
        CORDON_TRY(save_state(sink, evictions_));
        for (const Key& key : keys()) {
            const Slot& slot = slots_[slot_of(key, mix(key))];
            CORDON_TRY(save_state(sink, key));
            CORDON_TRY(save_state(sink, slot.when));
            CORDON_TRY(save_state(sink, slot.value));
        }
        return {};
    }
    Status load(StateSource& source) override {
        uint64_t size = 0;
        uint64_t evictions = 0;
        CORDON_TRY(load_state(source, size));
        CORDON_TRY(load_state(source, evictions));
        if (size > (max_buckets_ + spares_for(max_buckets_)) * kWays)
            return fail(ErrorCode::kCorrupt, "checkpoint: a table holds more than its capacity");
        clear();
        steps_.clear();
        for (uint64_t i = 0; i < size; ++i) {
            Key key{};
            uint32_t when = 0;
            CORDON_TRY(load_state(source, key));
            CORDON_TRY(load_state(source, when));
            CORDON_TRY(load_state(source, insert(key, mix(key), when).value));
        }
        evictions_ = evictions;
        return {};
    }

    uint64_t size() const noexcept override { return size_; }
    uint64_t evictions() const noexcept override { return evictions_; }
    uint64_t bytes() const noexcept override {
        return tags_.size() * sizeof(uint64_t) + slots_.size() * sizeof(Slot);
    }

private:
    static constexpr std::size_t kWays = 8;
    static constexpr std::size_t kShare = 8;                // Buckets with one spare.
    static constexpr std::size_t kMostRecycled = 1U << 16;  // Bytes kept of a step that is gone.
    static constexpr std::size_t kNone = ~std::size_t{0};
    static constexpr uint64_t kOnes = 0x0101010101010101U, kUsed = 0x8080808080808080U;
    struct Slot {
        Key key{};
        uint32_t when = 0;  // Unix seconds of the last write.
        uint32_t step = 0;  // The step that remembered it.
        Value value{};
    };
    struct Old {
        Key key{};
        bool had = false;
        bool evicted = false;
        uint32_t when = 0;
        Value value{};
    };

    static uint64_t mix(const Key& key) noexcept {
        uint64_t hash = std::hash<Key>{}(key);
        hash = (hash ^ (hash >> 32)) * 0xD6E8FEB86659FD93ULL;  // Murmur-like finish.
        return hash ^ (hash >> 32);
    }
    /// The bits that no bucket's number has; the highest says that the slot is used.
    static uint64_t tag_of(uint64_t hash) noexcept { return (hash >> 57) | 0x80U; }
    /// The highest bit of each byte that is the tag. A byte above one that is it may be taken for
    /// it too: keys are compared in any case.
    static uint64_t equal_to(uint64_t tag, uint64_t tags) noexcept {
        const uint64_t differs = tags ^ (tag * kOnes);
        return (differs - kOnes) & ~differs & kUsed;
    }
    static std::size_t first_of(uint64_t bytes) noexcept {
        return static_cast<std::size_t>(std::countr_zero(bytes)) / 8;
    }
    /// Used slots come first.
    static std::size_t used_of(uint64_t tags) noexcept {
        return kWays - static_cast<std::size_t>(std::countl_zero(tags)) / 8;
    }
    static bool is_full(uint64_t tags) noexcept { return (tags >> 63) != 0; }
    std::size_t spare_of(std::size_t home) const noexcept { return buckets_ + home / kShare; }
    static void fetch_slot(const Slot* slot) noexcept {
        constexpr std::size_t kLine = 64;
        const auto* from = reinterpret_cast<const char*>(slot);
        fetch(from);
        if constexpr (kLine % sizeof(Slot) != 0) fetch(from + kLine);
    }

    std::size_t slot_in(std::size_t bucket, uint64_t tags, uint64_t tag,
                        const Key& key) const noexcept {
        for (uint64_t equal = equal_to(tag, tags); equal != 0; equal &= equal - 1) {
            const std::size_t slot = bucket * kWays + first_of(equal);
            if (slots_[slot].key == key) return slot;
        }
        return kNone;
    }
    std::size_t slot_of(const Key& key, uint64_t hash) const noexcept {
        const std::size_t home = hash & (buckets_ - 1);
        const uint64_t tags = tags_[home], tag = tag_of(hash);
        const std::size_t slot = slot_in(home, tags, tag, key);
        // Only a full bucket has something in its spare one.
        if (slot != kNone || !is_full(tags)) return slot;
        const std::size_t spare = spare_of(home);
        return slot_in(spare, tags_[spare], tag, key);
    }

    void next_step() noexcept {
        if (++step_ == 0) step_ = 1;
    }

    void remember(Slot& slot, bool evicted = false) {
        if (steps_.empty()) return;
        if (slot.step == step_ && !evicted) return;
        // Where it is remembered already, only the count of evictions is missing.
        steps_.back().push_back({slot.key, true, evicted, slot.when, slot.value});
        slot.step = step_;
    }

    Slot& insert(const Key& key, uint64_t hash, uint32_t when) {
        // Beyond three quarters buckets overflow often: double. A single full bucket in a table
        // that is not even a quarter full is somebody's doing, and does not double it.
        while (buckets_ < max_buckets_ &&
               (size_ * 4 >= buckets_ * kWays * 3 ||
                (size_ * 4 >= buckets_ * kWays && !has_room(hash & (buckets_ - 1)))))
            grow();
        std::size_t slot = take(key, hash);
        if (slot == kNone) {
            give_up(hash & (buckets_ - 1));
            slot = take(key, hash);
        }
        slots_[slot].when = when;
        slots_[slot].step = step_;
        if (!steps_.empty()) steps_.back().push_back({key, false, false, 0, Value{}});
        return slots_[slot];
    }
    bool has_room(std::size_t home) const noexcept {
        return !is_full(tags_[home]) || !is_full(tags_[spare_of(home)]);
    }
    /// Gives a free slot to a key that has none; kNone when there is none.
    std::size_t take(const Key& key, uint64_t hash) noexcept {
        std::size_t bucket = hash & (buckets_ - 1);
        if (is_full(tags_[bucket])) bucket = spare_of(bucket);
        if (is_full(tags_[bucket])) return kNone;
        const std::size_t way = used_of(tags_[bucket]);
        tags_[bucket] |= tag_of(hash) << (8 * way);
        ++size_;
        const std::size_t slot = bucket * kWays + way;
        slots_[slot].key = key;
        return slot;
    }
    /// Gives up the oldest entry that is at home in a full bucket whose spare one is full too.
    void give_up(std::size_t home) {
        std::size_t oldest = home * kWays;
        const auto look = [&](std::size_t at) {
            const Slot &slot = slots_[at], &old = slots_[oldest];
            if (std::tie(slot.when, slot.key) < std::tie(old.when, old.key)) oldest = at;
        };
        for (std::size_t way = 1; way < kWays; ++way) look(home * kWays + way);
        const std::size_t spare = spare_of(home);
        for (std::size_t way = 0; way < kWays; ++way)
            if (is_at_home(spare * kWays + way, home)) look(spare * kWays + way);
        remember(slots_[oldest], true);
        remove(oldest, home);
        ++evictions_;
    }
    bool is_at_home(std::size_t slot, std::size_t home) const noexcept {
        return (mix(slots_[slot].key) & (buckets_ - 1)) == home;
    }
    void remove(std::size_t slot, std::size_t home) {
        const std::size_t bucket = slot / kWays, spare = spare_of(home);
        --size_;
        if (bucket == home && is_full(tags_[home]))
            for (std::size_t way = 0; way < used_of(tags_[spare]); ++way)
                if (is_at_home(spare * kWays + way, home)) {
                    move(spare * kWays + way, slot);  // There is room at home now.
                    return take_out(spare * kWays + way);
                }
        take_out(slot);
    }
    static uint64_t byte_of(std::size_t slot) noexcept {
        return uint64_t{0xFF} << (8 * (slot % kWays));
    }
    void move(std::size_t from, std::size_t to) {
        slots_[to] = std::move(slots_[from]);
        const uint64_t tag = (tags_[from / kWays] >> (8 * (from % kWays))) & 0xFFU;
        uint64_t& tags = tags_[to / kWays];
        tags = (tags & ~byte_of(to)) | (tag << (8 * (to % kWays)));
    }
    /// The last used slot of the bucket takes the place.
    void take_out(std::size_t slot) {
        const std::size_t bucket = slot / kWays;
        const std::size_t last = bucket * kWays + used_of(tags_[bucket]) - 1;
        if (last != slot) move(last, slot);
        slots_[last] = Slot{};
        tags_[bucket] &= ~byte_of(last);
    }
    void clear() {
        buckets_ = std::min<uint64_t>(max_buckets_, 2);
        make();
        size_ = 0;
    }
    /// Empty slots of all buckets.
    void make() {
        const std::size_t all = buckets_ + spares_for(buckets_);
        tags_ = Tags(all);
        slots_ = Slots(all * kWays);
    }
    static uint64_t spares_for(uint64_t buckets) noexcept {
        return (buckets + kShare - 1) / kShare;
    }
    void grow() {
        const Tags tags = std::move(tags_);
        Slots slots = std::move(slots_);
        buckets_ *= 2;
        size_ = 0;
        make();
        // An entry stays at home or goes to the twin of it, which has another spare bucket or the
        // same: none can overflow.
        for (std::size_t bucket = 0; bucket < tags.size(); ++bucket)
            for (std::size_t way = 0; way < used_of(tags[bucket]); ++way) {
                Slot& slot = slots[bucket * kWays + way];
                slots_[take(slot.key, mix(slot.key))] = std::move(slot);
            }
    }
    static uint64_t undone_evictions(const std::vector<Old>& olds) noexcept {
        return static_cast<uint64_t>(
            std::count_if(olds.begin(), olds.end(), [](const Old& old) { return old.evicted; }));
    }

    using Tags = std::vector<uint64_t, Pages<uint64_t>>;
    using Slots = std::vector<Slot, Pages<Slot>>;

    uint64_t max_buckets_;
    uint64_t buckets_ =
        0;       // A power of two; one spare bucket for every kShare of them comes after.
    Tags tags_;  // Of each bucket one byte a slot; 0: free.
    Slots slots_;
    uint64_t size_ = 0;
    uint64_t evictions_ = 0;
    uint32_t step_ = 1;  // 0 is never current.
    std::deque<std::vector<Old>> steps_;
    std::vector<Old> recycled_;  // Empty: memory of a forgotten step.
};

}  // namespace cordon::detect
