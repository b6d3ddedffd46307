// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <deque>
#include <functional>
#include <limits>
#include <memory>
#include <type_traits>
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
/// Apart from the slots, each bucket has a head of one cache line. One byte of it for each slot
/// says whether it is used and seven bits of its key's hash (in a spare bucket: which of its
/// buckets it is from, and four bits): they tell nearly always which slot to look at, if any. It
/// also knows when each was written, so that giving one up looks at no other slot.
///
/// Values of more than 128 bytes lie on the heap: a table is never full, and a slot that nobody
/// uses should cost little.
///
/// `Share`: so many buckets have one spare. With 8, a table of some 10,000 entries may find both
/// full at 60 % load, and then doubles; with 4 only beyond.
///
/// Cost: a head and a slot; twice that where the bucket is full. The first write of an entry in a
/// step copies its value.
/// Confined to one thread.
template <typename Key, typename Value, std::size_t Share = 8>
class Keyed final : public Table {
public:
    /// `capacity` is rounded up to a power of two of at least 8; the spare buckets come on top.
    explicit Keyed(uint64_t capacity)
        : max_buckets_{std::bit_ceil(std::max<uint64_t>(capacity, kWays)) / kWays} {
        clear();
    }

    /// Says that a key will be asked for: memory is slow, and need not be waited for. Once long
    /// before, then with expect_slot() when the first answer has come.
    void expect(const Key& key) const noexcept { fetch(&heads_[mix(key) & (buckets_ - 1)]); }
    void expect_slot(const Key& key) const noexcept {
        const uint64_t hash = mix(key);
        const std::size_t home = hash & (buckets_ - 1);
        const uint64_t tags = heads_[home].tags;
        if (const uint64_t equal = equal_to(tag_of(hash), tags); equal != 0) {
            fetch_slot(&slots_[home * kWays + first_of(equal)]);
        } else if (!is_full(tags)) {
            fetch_slot(&slots_[home * kWays + used_of(tags)]);
        } else {
            // In the spare bucket, or about to take somebody's place: most likely this one's.
            fetch(&heads_[spare_of(home)]);
            const auto& when = heads_[home].when;
            const auto oldest = std::min_element(when.begin(), when.end()) - when.begin();
            fetch_slot(&slots_[home * kWays + static_cast<std::size_t>(oldest)]);
        }
    }

    /// The value, or nullptr. Valid until the next call that is not const.
    const Value* find(const Key& key) const noexcept {
        const std::size_t slot = slot_of(key, mix(key));
        return slot != kNone ? &value_of(slot) : nullptr;
    }

    /// The value to be changed, made when missing. `now` says when it was last used. Valid until
    /// the next call that is not const.
    Value& at(const Key& key, UnixMillis now) {
        const uint64_t hash = mix(key);
        const std::size_t slot = slot_of(key, hash);
        return slot != kNone ? changed(slot, now) : value_of(insert(key, hash, seconds_of(now)));
    }
    /// The same where it is there already; nullptr where it is not.
    Value* change(const Key& key, UnixMillis now) {
        const std::size_t slot = slot_of(key, mix(key));
        return slot != kNone ? &changed(slot, now) : nullptr;
    }
    /// The same where it is missing; nullptr, and nothing is changed, where it is there already.
    Value* add(const Key& key, UnixMillis now) {
        const uint64_t hash = mix(key);
        if (slot_of(key, hash) != kNone) return nullptr;
        return &value_of(insert(key, hash, seconds_of(now)));
    }

    /// Does nothing when it is not there.
    void erase(const Key& key) {
        const uint64_t hash = mix(key);
        if (const std::size_t slot = slot_of(key, hash); slot != kNone) {
            remember(slot);
            remove(slot, hash & (buckets_ - 1));
        }
    }

    /// Every key, in rising order. Cost: sorts.
    std::vector<Key> keys() const {
        std::vector<Key> all;
        all.reserve(size_);
        for (std::size_t bucket = 0; bucket < heads_.size(); ++bucket)
            for (std::size_t way = 0; way < used_of(heads_[bucket].tags); ++way)
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
            value_of(found) = std::move(old->value);
            when_of(found) = old->when;
            set_step(found, 0);
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
            const std::size_t slot = slot_of(key, mix(key));
            CORDON_TRY(save_state(sink, key));
            CORDON_TRY(save_state(sink, heads_[slot / kWays].when[slot % kWays]));
            CORDON_TRY(save_state(sink, value_of(slot)));
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
            CORDON_TRY(load_state(source, value_of(insert(key, mix(key), when))));
        }
        evictions_ = evictions;
        return {};
    }

    uint64_t size() const noexcept override { return size_; }
    uint64_t evictions() const noexcept override { return evictions_; }
    uint64_t bytes() const noexcept override {
        const uint64_t apart = kIsApart ? size_ * sizeof(Value) : 0;
        return heads_.size() * sizeof(Head) + slots_.size() * sizeof(Slot) + apart;
    }

private:
    static constexpr std::size_t kWays = 8;
    static constexpr std::size_t kMostRecycled = 1U << 16;  // Bytes kept of a step that is gone.
    static constexpr std::size_t kNone = ~std::size_t{0};
    static constexpr uint64_t kOnes = 0x0101010101010101U, kUsed = 0x8080808080808080U;
    static constexpr bool kIsApart = sizeof(Value) > 128;
    static constexpr uint32_t kStepBits = 24;
    struct alignas(64) Head {
        uint64_t tags = 0;                                   // One byte a slot; 0: free.
        std::array<uint8_t, kWays * kStepBits / 8> steps{};  // The step that remembered it.
        std::array<uint32_t, kWays> when{};                  // Unix seconds of the last write.
        uint32_t step(std::size_t way) const noexcept {
            uint32_t step = 0;
            std::memcpy(&step, &steps[way * 3], 3);
            return step;
        }
    };
    static_assert(sizeof(Head) == 64 && kWays <= 8 && Share <= 8);
    struct Slot {
        Key key{};
        std::conditional_t<kIsApart, std::unique_ptr<Value>, Value> value{};
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
    /// In the spare bucket: three of them say which bucket it is from.
    static uint64_t spare_tag_of(uint64_t hash, std::size_t home) noexcept {
        return (hash >> 60) | home_bits(home);
    }
    static uint64_t home_bits(std::size_t home) noexcept { return ((home % Share) << 4) | 0x80U; }
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
    std::size_t spare_of(std::size_t home) const noexcept { return buckets_ + home / Share; }
    static void fetch_slot(const Slot* slot) noexcept {
        fetch(slot);
        fetch(reinterpret_cast<const char*>(slot + 1) - 1);
    }
    static uint32_t seconds_of(UnixMillis now) noexcept {
        return static_cast<uint32_t>(
            std::clamp<int64_t>(to_unix_seconds(now), 0, std::numeric_limits<uint32_t>::max()));
    }
    const Value& value_of(std::size_t slot) const noexcept {
        if constexpr (kIsApart)
            return *slots_[slot].value;
        else
            return slots_[slot].value;
    }
    Value& value_of(std::size_t slot) noexcept {
        return const_cast<Value&>(std::as_const(*this).value_of(slot));
    }
    uint32_t& when_of(std::size_t slot) noexcept { return heads_[slot / kWays].when[slot % kWays]; }
    uint32_t step_of(std::size_t slot) const noexcept {
        return heads_[slot / kWays].step(slot % kWays);
    }
    void set_step(std::size_t slot, uint32_t step) noexcept {
        std::memcpy(&heads_[slot / kWays].steps[slot % kWays * 3], &step, 3);
    }
    Value& changed(std::size_t slot, UnixMillis now) {
        remember(slot);
        uint32_t& when = when_of(slot);
        when = std::max(when, seconds_of(now));
        return value_of(slot);
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
        const uint64_t tags = heads_[home].tags;
        const std::size_t slot = slot_in(home, tags, tag_of(hash), key);
        // Only a full bucket has something in its spare one.
        if (slot != kNone || !is_full(tags)) return slot;
        const std::size_t spare = spare_of(home);
        return slot_in(spare, heads_[spare].tags, spare_tag_of(hash, home), key);
    }

    void next_step() noexcept {
        if (++step_ >> kStepBits == 0) return;
        step_ = 1;
        for (Head& head : heads_) head.steps = {};
    }

    void remember(std::size_t slot, bool evicted = false) {
        if (steps_.empty()) return;
        if (step_of(slot) == step_ && !evicted) return;
        // Where it is remembered already, only the count of evictions is missing.
        steps_.back().push_back({slots_[slot].key, true, evicted, when_of(slot), value_of(slot)});
        set_step(slot, step_);
    }

    std::size_t insert(const Key& key, uint64_t hash, uint32_t when) {
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
        when_of(slot) = when;
        set_step(slot, step_);
        if (!steps_.empty()) steps_.back().push_back({key, false, false, 0, Value{}});
        return slot;
    }
    bool has_room(std::size_t home) const noexcept {
        return !is_full(heads_[home].tags) || !is_full(heads_[spare_of(home)].tags);
    }
    /// Gives a free slot to a key that has none; kNone when there is none.
    std::size_t take(const Key& key, uint64_t hash) {
        const std::size_t slot = place(hash);
        if (slot == kNone) return slot;
        slots_[slot].key = key;
        if constexpr (kIsApart) slots_[slot].value = std::make_unique<Value>();
        return slot;
    }
    std::size_t place(uint64_t hash) noexcept {
        const std::size_t home = hash & (buckets_ - 1);
        std::size_t bucket = home;
        uint64_t tag = tag_of(hash);
        if (is_full(heads_[home].tags)) {
            bucket = spare_of(home);
            tag = spare_tag_of(hash, home);
            if (is_full(heads_[bucket].tags)) return kNone;
        }
        const std::size_t way = used_of(heads_[bucket].tags);
        heads_[bucket].tags |= tag << (8 * way);
        ++size_;
        return bucket * kWays + way;
    }
    /// Gives up the oldest entry that is at home in a full bucket whose spare one is full too.
    void give_up(std::size_t home) {
        std::size_t oldest = home * kWays;
        const auto look = [&](std::size_t at) {
            const uint32_t when = when_of(at), least = when_of(oldest);
            if (when < least || (when == least && slots_[at].key < slots_[oldest].key)) oldest = at;
        };
        for (std::size_t way = 1; way < kWays; ++way) look(home * kWays + way);
        const std::size_t spare = spare_of(home);
        for (std::size_t way = 0; way < kWays; ++way)
            if (is_from(spare * kWays + way, home)) look(spare * kWays + way);
        remember(oldest, true);
        remove(oldest, home);
        ++evictions_;
    }
    /// Whether a used slot of a spare bucket is of this one.
    bool is_from(std::size_t slot, std::size_t home) const noexcept {
        constexpr uint64_t kBits = 0xF0;
        return (tag_at(slot) & kBits) == home_bits(home);
    }
    void remove(std::size_t slot, std::size_t home) {
        const std::size_t bucket = slot / kWays, spare = spare_of(home);
        --size_;
        if (bucket == home && is_full(heads_[home].tags))
            for (std::size_t way = 0; way < used_of(heads_[spare].tags); ++way)
                if (is_from(spare * kWays + way, home)) {
                    // There is room at home now.
                    const uint64_t tag = tag_of(mix(slots_[spare * kWays + way].key));
                    move(spare * kWays + way, slot, tag);
                    return take_out(spare * kWays + way);
                }
        take_out(slot);
    }
    static uint64_t byte_of(std::size_t slot) noexcept {
        return uint64_t{0xFF} << (8 * (slot % kWays));
    }
    uint64_t tag_at(std::size_t slot) const noexcept {
        return (heads_[slot / kWays].tags >> (8 * (slot % kWays))) & 0xFFU;
    }
    void move(std::size_t from, std::size_t to, uint64_t tag) {
        slots_[to] = std::move(slots_[from]);
        when_of(to) = when_of(from);
        set_step(to, step_of(from));
        uint64_t& tags = heads_[to / kWays].tags;
        tags = (tags & ~byte_of(to)) | (tag << (8 * (to % kWays)));
    }
    /// The last used slot of the bucket takes the place.
    void take_out(std::size_t slot) {
        uint64_t& tags = heads_[slot / kWays].tags;
        const std::size_t last = slot / kWays * kWays + used_of(tags) - 1;
        if (last != slot) move(last, slot, tag_at(last));
        slots_[last] = Slot{};
        tags &= ~byte_of(last);
    }
    void clear() {
        buckets_ = std::min<uint64_t>(max_buckets_, 2);
        make();
        size_ = 0;
    }
    /// Empty slots of all buckets.
    void make() {
        const std::size_t all = buckets_ + spares_for(buckets_);
        heads_ = Heads(all);
        slots_ = Slots(all * kWays);
    }
    static uint64_t spares_for(uint64_t buckets) noexcept { return (buckets + Share - 1) / Share; }
    void grow() {
        const Heads heads = std::move(heads_);
        Slots slots = std::move(slots_);
        buckets_ *= 2;
        size_ = 0;
        make();
        // An entry stays at home or goes to the twin of it, which has another spare bucket or the
        // same: none can overflow.
        for (std::size_t i = 0; i < slots.size(); ++i) {
            const Head& head = heads[i / kWays];
            if (i % kWays >= used_of(head.tags)) continue;
            const std::size_t slot = place(mix(slots[i].key));
            slots_[slot] = std::move(slots[i]);
            when_of(slot) = head.when[i % kWays];
            set_step(slot, head.step(i % kWays));
        }
    }
    static uint64_t undone_evictions(const std::vector<Old>& olds) noexcept {
        return static_cast<uint64_t>(
            std::count_if(olds.begin(), olds.end(), [](const Old& old) { return old.evicted; }));
    }

    using Heads = std::vector<Head, Pages<Head>>;
    using Slots = std::vector<Slot, Pages<Slot>>;

    uint64_t max_buckets_;
    // A power of two; one spare bucket for every Share of them comes after.
    uint64_t buckets_ = 0;
    Heads heads_;
    Slots slots_;
    uint64_t size_ = 0;
    uint64_t evictions_ = 0;
    uint32_t step_ = 1;  // 0 is never current.
    std::deque<std::vector<Old>> steps_;
    std::vector<Old> recycled_;  // Empty: memory of a forgotten step.
};

}  // namespace cordon::detect
