// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <cstddef>
#include <iterator>
#include <memory>
#include <utility>
#include <vector>

#include "node.hpp"

namespace cordon::trace {

struct Found;

/// Goes over a list that gives its elements by value: what is kept of one must be copied.
/// Lifetime: the list.
template <typename List>
class TellingIterator {
public:
    using iterator_category = std::input_iterator_tag;
    using value_type = typename List::value_type;
    using difference_type = std::ptrdiff_t;
    using pointer = void;
    using reference = value_type;

    TellingIterator(const List& list, std::size_t place) noexcept : list_{&list}, place_{place} {}
    value_type operator*() const { return (*list_)[place_]; }
    TellingIterator& operator++() noexcept {
        ++place_;
        return *this;
    }
    TellingIterator operator++(int) noexcept { return {*list_, place_++}; }
    friend bool operator==(const TellingIterator&, const TellingIterator&) = default;

private:
    const List* list_;
    std::size_t place_;
};

/// The nodes or the endpoints of a trace. Those that a walk found are kept in numbers and told as a
/// T to whoever asks for one; others are kept as they are. Immutable, for any thread; a copy of
/// what a walk found costs nothing.
template <typename T>
class ToldList {
public:
    using value_type = T;

    ToldList() = default;
    /// These, in this order.
    ToldList(std::vector<T> all) : wholes_{std::move(all)} {}  // NOLINT(*-explicit-*)
    explicit ToldList(std::shared_ptr<const Found> found) noexcept : found_{std::move(found)} {}

    bool empty() const { return size() == 0; }
    std::size_t size() const;
    /// Cost: some 300 bytes, most of them zeros. REQUIRES: place < size(), and of front().
    T operator[](std::size_t place) const;
    T front() const { return (*this)[0]; }
    TellingIterator<ToldList> begin() const noexcept { return {*this, 0}; }
    TellingIterator<ToldList> end() const { return {*this, size()}; }
    std::vector<T> all() const { return {begin(), end()}; }
    /// The chains of the nodes, in order. Cost: none for what a walk found.
    std::vector<ChainId> chains() const
        requires std::same_as<T, Node>;
    /// The nodes that have a label, in order. Cost: theirs.
    std::vector<Node> labelled() const
        requires std::same_as<T, Node>;

private:
    std::shared_ptr<const Found> found_;  // The owners are the lists of one result.
    std::vector<T> wholes_;
};
using NodeList = ToldList<Node>;
using EndpointList = ToldList<Endpoint>;

}  // namespace cordon::trace
