// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <iterator>
#include <memory>
#include <type_traits>

namespace cordon {

/// A std::vector that keeps its first `N` elements in itself, for lists that mostly are as short
/// and are made by the million. At most 2^32 - 1 elements.
template <typename T, std::size_t N>
class SmallVector {
    static_assert(std::is_trivially_copyable_v<T> && std::is_trivially_destructible_v<T>);

public:
    using value_type = T;
    using size_type = std::size_t;
    using iterator = T*;
    using const_iterator = const T*;

    SmallVector() noexcept {}  // NOLINT(*-use-equals-default): the room stays as it is.
    SmallVector(std::initializer_list<T> all) : SmallVector(all.begin(), all.end()) {}
    template <std::forward_iterator It>
    SmallVector(It first, It last) {
        reserve(static_cast<std::size_t>(std::distance(first, last)));
        for (; first != last; ++first) push_back(*first);
    }
    SmallVector(const SmallVector& other) : SmallVector(other.begin(), other.end()) {}
    SmallVector(SmallVector&& other) noexcept { take(other); }
    SmallVector& operator=(const SmallVector& other) {
        if (this != &other) *this = SmallVector{other};
        return *this;
    }
    SmallVector& operator=(SmallVector&& other) noexcept {
        if (this != &other) take(other);
        return *this;
    }
    ~SmallVector() = default;

    std::size_t size() const noexcept { return size_; }
    bool empty() const noexcept { return size_ == 0; }
    T* data() noexcept { return heap_ ? heap_.get() : reinterpret_cast<T*>(room_); }
    const T* data() const noexcept {
        return heap_ ? heap_.get() : reinterpret_cast<const T*>(room_);
    }
    T* begin() noexcept { return data(); }
    const T* begin() const noexcept { return data(); }
    T* end() noexcept { return data() + size_; }
    const T* end() const noexcept { return data() + size_; }
    auto rbegin() const noexcept { return std::reverse_iterator{end()}; }
    auto rend() const noexcept { return std::reverse_iterator{begin()}; }
    T& operator[](std::size_t i) noexcept { return data()[i]; }
    const T& operator[](std::size_t i) const noexcept { return data()[i]; }
    T& front() noexcept { return *data(); }
    const T& front() const noexcept { return *data(); }
    T& back() noexcept { return data()[size_ - 1]; }
    const T& back() const noexcept { return data()[size_ - 1]; }

    void clear() noexcept { size_ = 0; }
    void reserve(std::size_t wanted) {
        if (wanted <= capacity_) return;
        const std::size_t room = std::max<std::size_t>(wanted, std::size_t{capacity_} * 2);
        auto heap = std::make_unique_for_overwrite<T[]>(room);
        std::memcpy(static_cast<void*>(heap.get()), data(), size_ * sizeof(T));
        heap_ = std::move(heap);
        capacity_ = static_cast<uint32_t>(room);
    }
    void push_back(const T& value) {
        const T copy = value;  // It may lie in here.
        reserve(std::size_t{size_} + 1);
        std::memcpy(static_cast<void*>(data() + size_++), &copy, sizeof(T));
    }
    T* insert(const T* before, const T& value) {
        const auto at = before - begin();
        push_back(value);
        std::rotate(begin() + at, end() - 1, end());
        return begin() + at;
    }
    void pop_back() noexcept { --size_; }
    void erase(const T* first, const T* last) noexcept {
        const auto at = first - begin();
        std::copy(last, static_cast<const T*>(end()), begin() + at);
        size_ -= static_cast<uint32_t>(last - first);
    }

    friend bool operator==(const SmallVector& a, const SmallVector& b) {
        return std::equal(a.begin(), a.end(), b.begin(), b.end());
    }

private:
    void take(SmallVector& other) noexcept {
        heap_ = std::move(other.heap_);
        size_ = other.size_;
        capacity_ = other.capacity_;
        if (!heap_) std::memcpy(room_, other.room_, size_ * sizeof(T));
        other.size_ = 0;
        other.capacity_ = N;
    }

    uint32_t size_ = 0, capacity_ = N;
    std::unique_ptr<T[]> heap_;  // Null while room_ is enough.
    alignas(T) std::byte room_[N * sizeof(T)];
};

}  // namespace cordon
