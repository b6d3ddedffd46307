// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <utility>

namespace cordon {

/// A std::optional for what most objects of a large list lack: a pointer where there is nothing, a
/// piece of the heap where there is something. Copies copy the value.
template <typename T>
class Rare {
public:
    Rare() noexcept = default;
    Rare(std::nullopt_t) noexcept {}                                  // NOLINT(*-explicit-*)
    Rare(T value) : value_{std::make_unique<T>(std::move(value))} {}  // NOLINT(*-explicit-*)
    Rare(std::optional<T> value)                                      // NOLINT(*-explicit-*)
        : value_{value ? std::make_unique<T>(*std::move(value)) : nullptr} {}
    Rare(const Rare& other) : value_{other ? std::make_unique<T>(*other) : nullptr} {}
    Rare(Rare&& other) noexcept = default;
    Rare& operator=(const Rare& other) { return *this = Rare{other}; }
    Rare& operator=(Rare&& other) noexcept = default;
    ~Rare() = default;

    bool has_value() const noexcept { return value_ != nullptr; }
    explicit operator bool() const noexcept { return has_value(); }
    /// REQUIRES: has_value(), and of ->.
    const T& operator*() const noexcept { return *value_; }
    T& operator*() noexcept { return *value_; }
    const T* operator->() const noexcept { return value_.get(); }
    T* operator->() noexcept { return value_.get(); }
    T value_or(T other) const { return value_ ? *value_ : std::move(other); }
    void reset() noexcept { value_.reset(); }

    operator std::optional<T>() const {  // NOLINT(*-explicit-*)
        return value_ ? std::optional<T>{*value_} : std::nullopt;
    }
    friend bool operator==(const Rare& a, const Rare& b) {
        return a && b ? *a == *b : a.has_value() == b.has_value();
    }
    friend bool operator==(const Rare& a, const std::optional<T>& b) {
        return a && b ? *a == *b : a.has_value() == b.has_value();
    }
    friend bool operator==(const Rare& a, const T& b) { return a && *a == b; }

private:
    std::unique_ptr<T> value_;
};

}  // namespace cordon
