// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <concepts>
#include <cstdint>
#include <cstring>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <cordon/base/bytes.hpp>
#include <cordon/base/check.hpp>
#include <cordon/base/result.hpp>
#include <cordon/base/time.hpp>

/// What detectors remember. All of it lies in tables that are bounded, can be undone event by event
/// (a reorg), and saved and loaded (a restart): a detector keeps no other state.
namespace cordon::detect {

/// Where a checkpoint goes, and where it comes from.
class StateSink {
public:
    virtual ~StateSink() = default;
    virtual Status write(ByteView bytes) = 0;
};
class StateSource {
public:
    virtual ~StateSource() = default;
    /// Fills `bytes`; kTruncated when there is less.
    virtual Status read(std::span<uint8_t> bytes) = 0;
};

// --- How a value is saved. Trivially copyable values as they lie in memory (checkpoints do not
// leave the machine); others give save_state(StateSink&, const T&) and load_state(StateSource&, T&)
// beside their type.

template <typename T>
concept PlainState = std::is_trivially_copyable_v<T>;

template <PlainState T>
Status save_state(StateSink& sink, const T& value) {
    return sink.write({reinterpret_cast<const uint8_t*>(&value), sizeof value});
}
template <PlainState T>
Status load_state(StateSource& source, T& value) {
    return source.read({reinterpret_cast<uint8_t*>(&value), sizeof value});
}

/// Lists and texts of at most this many elements: a damaged checkpoint must not eat the memory.
inline constexpr uint64_t kMaxSavedItems = uint64_t{1} << 28;

template <typename T>
Status save_state(StateSink& sink, const std::vector<T>& values) {
    CORDON_TRY(save_state(sink, uint64_t{values.size()}));
    for (const T& value : values) CORDON_TRY(save_state(sink, value));
    return {};
}
template <typename T>
Status load_state(StateSource& source, std::vector<T>& values) {
    uint64_t size = 0;
    CORDON_TRY(load_state(source, size));
    if (size > kMaxSavedItems) return fail(ErrorCode::kCorrupt, "checkpoint: a list is too long");
    values.clear();
    for (uint64_t i = 0; i < size; ++i) {
        T value{};
        CORDON_TRY(load_state(source, value));
        values.push_back(std::move(value));
    }
    return {};
}
Status save_state(StateSink& sink, const std::string& text);
Status load_state(StateSource& source, std::string& text);

/// One table, as the watch sees it.
class Table {
public:
    virtual ~Table() = default;
    /// A new event begins: what changes from now on is one step.
    virtual void begin_step() = 0;
    /// Takes the last step back, exactly. REQUIRES: there is one.
    virtual void undo_step() = 0;
    /// The oldest step can no longer be taken back.
    virtual void forget_step() = 0;
    virtual Status save(StateSink& sink) const = 0;
    /// Replaces all contents; the steps are forgotten. On an Error the contents are undefined.
    virtual Status load(StateSource& source) = 0;
    virtual uint64_t size() const noexcept = 0;
    virtual uint64_t evictions() const noexcept = 0;  ///< Since the start: entries lost for room.
    virtual uint64_t bytes() const noexcept = 0;      ///< Of its slots; not what values own apart.
};

/// A bounded map from Key to Value that can be undone.
///
/// Slots lie in buckets of eight; what a full bucket has no room for lies in a spare one that eight
/// buckets share (at 60 % load one entry in fifty). A full table gives up the entry that was
/// written longest ago of those whose bucket it is, and counts it (evictions). Until then it grows
/// by doubling up to `capacity` entries. What is given up depends on contents alone, not on where
/// they lie, so that equal events give equal tables. Key: hashable, ordered, plain. Value:
/// copyable, saved as above.
///
/// Cost: one bucket to look at, 8 keys; a second one where the first is full. The first write of an
/// entry in a step copies its value.
/// Confined to one thread.
template <typename Key, typename Value>
class Keyed final : public Table {
public:
    /// `capacity` is rounded up to a power of two of at least 8; the spare buckets come on top.
    explicit Keyed(uint64_t capacity)
        : max_buckets_{std::bit_ceil(std::max<uint64_t>(capacity, kWays)) / kWays} {
        clear();
    }

    /// Says that a key will be asked for soon: memory is slow, and need not be waited for.
    void expect(const Key& key) const noexcept {
        const auto* bucket = reinterpret_cast<const char*>(&buckets_[home_of(key)]);
        constexpr std::size_t kLine = 64;
        for (std::size_t at = 0; at < sizeof(Bucket) && at < kExpected * kLine; at += kLine)
            __builtin_prefetch(bucket + at);
    }

    /// The value, or nullptr. Valid until the next call that is not const.
    const Value* find(const Key& key) const noexcept {
        const Slot* slot = slot_of(key);
        return slot ? &slot->value : nullptr;
    }

    /// The value to be changed, made when missing. `now` says when it was last used. Valid until
    /// the next call that is not const.
    Value& at(const Key& key, UnixMillis now) {
        const auto when = static_cast<uint32_t>(
            std::clamp<int64_t>(to_unix_seconds(now), 0, std::numeric_limits<uint32_t>::max()));
        if (Slot* slot = slot_of(key)) {
            remember(*slot);
            slot->when = std::max(slot->when, when);
            return slot->value;
        }
        return insert(key, when).value;
    }

    /// Does nothing when it is not there.
    void erase(const Key& key) {
        if (Slot* slot = slot_of(key)) {
            remember(*slot);
            remove(*slot);
        }
    }

    /// Every key, in rising order. Cost: sorts.
    std::vector<Key> keys() const {
        std::vector<Key> all;
        all.reserve(size_);
        for (const auto* buckets : {&buckets_, &spares_})
            for (const Bucket& bucket : *buckets)
                for (const Slot& slot : bucket)
                    if (slot.used()) all.push_back(slot.key);
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
            Slot* slot = slot_of(old->key);
            if (!old->had) {
                if (slot) remove(*slot);
                continue;
            }
            if (!slot) slot = &put_back(old->key);
            slot->value = std::move(old->value);
            slot->when = old->when;
            slot->step = 0;
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
            const Slot* slot = slot_of(key);
            CORDON_TRY(save_state(sink, key));
            CORDON_TRY(save_state(sink, slot->when));
            CORDON_TRY(save_state(sink, slot->value));
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
            CORDON_TRY(load_state(source, insert(key, when).value));
        }
        evictions_ = evictions;
        return {};
    }

    uint64_t size() const noexcept override { return size_; }
    uint64_t evictions() const noexcept override { return evictions_; }
    uint64_t bytes() const noexcept override {
        return (buckets_.size() + spares_.size()) * sizeof(Bucket);
    }

private:
    static constexpr std::size_t kWays = 8;
    static constexpr std::size_t kShare = 8;                // Buckets with one spare.
    static constexpr std::size_t kMostRecycled = 1U << 16;  // Bytes kept of a step that is gone.
    static constexpr std::size_t kExpected = 4;  // Cache lines: of larger values only the first.
    static constexpr uint32_t kFree = ~0U;
    struct Slot {
        Key key{};
        uint32_t when = 0;      // Unix seconds of the last write.
        uint32_t step = kFree;  // The step that remembered it; kFree: nothing is here.
        Value value{};
        bool used() const noexcept { return step != kFree; }
    };
    using Bucket = std::array<Slot, kWays>;
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
    std::size_t home_of(const Key& key) const noexcept { return mix(key) & (buckets_.size() - 1); }
    const Slot* slot_of(const Key& key) const noexcept {
        const std::size_t home = home_of(key);
        for (const Bucket* bucket : {&buckets_[home], &spares_[home / kShare]})
            for (const Slot& slot : *bucket) {
                // Used slots come first, and only a full bucket has something in its spare one.
                if (!slot.used()) return nullptr;
                if (slot.key == key) return &slot;
            }
        return nullptr;
    }
    Slot* slot_of(const Key& key) noexcept {
        return const_cast<Slot*>(std::as_const(*this).slot_of(key));
    }

    void next_step() noexcept { step_ = step_ + 1 == kFree ? 1 : step_ + 1; }

    void remember(Slot& slot, bool evicted = false) {
        if (steps_.empty()) return;
        if (slot.step == step_ && !evicted) return;
        if (slot.step == step_) {  // Remembered already: only the count of evictions is missing.
            steps_.back().push_back({slot.key, true, true, slot.when, slot.value});
            return;
        }
        steps_.back().push_back({slot.key, true, evicted, slot.when, slot.value});
        slot.step = step_;
    }

    Slot& insert(const Key& key, uint32_t when) {
        // Beyond three quarters buckets overflow often: double. A single full bucket in a table
        // that is not even a quarter full is somebody's doing, and does not double it.
        while (buckets_.size() < max_buckets_ &&
               (size_ * 4 >= buckets_.size() * kWays * 3 ||
                (size_ * 4 >= buckets_.size() * kWays && !free_for(home_of(key)))))
            grow();
        Slot* slot = free_for(home_of(key));
        if (!slot) slot = give_up(home_of(key));
        slot->key = key;
        slot->when = when;
        slot->step = step_;
        ++size_;
        if (!steps_.empty()) steps_.back().push_back({key, false, false, 0, Value{}});
        return *slot;
    }
    /// For undo: room is there, since what took it has just been removed.
    Slot& put_back(const Key& key) {
        Slot* slot = free_for(home_of(key));
        CORDON_CHECK(slot != nullptr);
        slot->key = key;
        slot->step = 0;
        ++size_;
        return *slot;
    }
    static Slot* free_in(Bucket& bucket) noexcept {
        for (Slot& slot : bucket)
            if (!slot.used()) return &slot;
        return nullptr;
    }
    Slot* free_for(std::size_t home) noexcept {
        Slot* slot = free_in(buckets_[home]);
        return slot ? slot : free_in(spares_[home / kShare]);
    }
    /// Gives up the oldest entry that is at home in a full bucket, and says where room is then.
    Slot* give_up(std::size_t home) {
        Slot* oldest = nullptr;
        const auto look = [&](Slot& slot) {
            if (!oldest || std::tie(slot.when, slot.key) < std::tie(oldest->when, oldest->key))
                oldest = &slot;
        };
        for (Slot& slot : buckets_[home])
            if (slot.used()) look(slot);
        for (Slot& slot : spares_[home / kShare])
            if (slot.used() && home_of(slot.key) == home) look(slot);
        remember(*oldest, true);
        remove(*oldest);
        ++evictions_;
        return free_for(home);
    }
    void remove(Slot& slot) {
        const std::size_t home = home_of(slot.key);
        Bucket& bucket = buckets_[home];
        Bucket& spare = spares_[home / kShare];
        if (bucket.back().used() && &slot >= bucket.data() && &slot < bucket.data() + kWays)
            for (Slot& elsewhere : spare)
                if (elsewhere.used() && home_of(elsewhere.key) == home) {
                    slot = std::move(elsewhere);  // There is room at home now.
                    take_out(elsewhere, spare);
                    --size_;
                    return;
                }
        take_out(slot, &slot >= spare.data() && &slot < spare.data() + kWays ? spare : bucket);
        --size_;
    }
    /// Used slots of a bucket come first: the last one takes the place.
    static void take_out(Slot& slot, Bucket& bucket) {
        Slot* last = &bucket.back();
        while (!last->used() && last != &slot) --last;
        if (last != &slot) slot = std::move(*last);
        *last = Slot{};
    }
    void clear() {
        const uint64_t count = std::min<uint64_t>(max_buckets_, 2);
        buckets_.assign(count, Bucket{});
        spares_.assign(spares_for(count), Bucket{});
        size_ = 0;
    }
    static uint64_t spares_for(uint64_t buckets) noexcept {
        return (buckets + kShare - 1) / kShare;
    }
    void grow() {
        std::vector<Bucket> spares = std::exchange(spares_, {});
        std::vector<Bucket> old = std::exchange(buckets_, {});
        buckets_.resize(old.size() * 2);
        spares_.resize(spares_for(buckets_.size()));
        // An entry stays at home or goes to the twin of it, which has another spare bucket or the
        // same: none can overflow.
        for (std::vector<Bucket>* buckets : {&old, &spares})
            for (Bucket& bucket : *buckets)
                for (Slot& slot : bucket)
                    if (slot.used()) *free_for(home_of(slot.key)) = std::move(slot);
    }
    static uint64_t undone_evictions(const std::vector<Old>& olds) noexcept {
        return static_cast<uint64_t>(
            std::count_if(olds.begin(), olds.end(), [](const Old& old) { return old.evicted; }));
    }

    uint64_t max_buckets_;
    std::vector<Bucket> buckets_;  // A power of two.
    std::vector<Bucket> spares_;   // One for every kShare of them.
    uint64_t size_ = 0;
    uint64_t evictions_ = 0;
    uint32_t step_ = 1;  // 0 is never current.
    std::deque<std::vector<Old>> steps_;
    std::vector<Old> recycled_;  // Empty: memory of a forgotten step.
};

}  // namespace cordon::detect
