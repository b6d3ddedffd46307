// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>
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

}  // namespace cordon::detect
