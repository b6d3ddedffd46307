// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <cordon/records/store.hpp>

namespace cordon::engine {

/// All label texts in one piece of memory, searched from end to end: some gigabytes a second, so
/// that even a million labels are a few milliseconds, and any part of a text is found. Immutable;
/// any thread. Memory: the texts and 52 bytes a label.
class LabelSearch {
public:
    /// Reads all labels, the first kMost when there are more. Errors: those of the store.
    static Result<LabelSearch> make(const records::Store& store);

    struct Hit {
        std::optional<ChainId> chain;
        Address address;
        Category category{};
        std::string_view text;  ///< Lifetime: this object.
    };
    /// Whose text or entity has `part` in it, A-Z without case: those that begin with it first,
    /// then by text, chain and address. At most `most`.
    std::vector<Hit> find(std::string_view part, std::size_t most) const;
    bool cut() const noexcept { return cut_; }

    static constexpr std::size_t kMost = 2'000'000;

private:
    struct Row {
        uint64_t begin = 0;  // In texts_ and folded_.
        uint32_t size = 0;
        std::optional<ChainId> chain;
        Address address;
        Category category{};
    };
    std::string texts_;   // One after the other, each with a line end.
    std::string folded_;  // The same in lower case.
    std::vector<Row> rows_;
    bool cut_ = false;
};

}  // namespace cordon::engine
