// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "join_filter.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

#include "join_facts.hpp"
#include "join_rules.hpp"

namespace cordon::patterns {
namespace {

/// Raise it with every change of a rule or parameter: clusters made under another are made anew.
constexpr uint32_t kVersion = 1;

class ShapeFilter final : public ledger::JoinFilter {
public:
    bool is_join(const ledger::TxnShape& shape) const override {
        // The smallest join has three signers, three equal outputs and two changes.
        if (shape.values.size() < 5 || shape.senders.size() < 3) return false;
        if (shape.values.size() <= kSmall && !has_equal(shape.values)) return false;
        std::array<std::byte, 8 * 1024> stack;
        std::pmr::monotonic_buffer_resource memory{stack.data(), stack.size()};
        return join_of(facts_of(shape, kParams, &memory), kParams).has_value();
    }
    uint32_t identity() const noexcept override { return kVersion; }

private:
    static constexpr std::size_t kSmall = 16;  // Up to here all pairs are sooner compared.
    static constexpr JoinParams kParams{};

    static bool has_equal(std::span<const uint64_t> values) noexcept {
        for (std::size_t a = 1; a < values.size(); ++a)
            for (std::size_t b = 0; b < a; ++b)
                if (values[a] == values[b]) return true;
        return false;
    }
};

}  // namespace

const ledger::JoinFilter& join_filter() noexcept {
    static const ShapeFilter kFilter;
    return kFilter;
}

}  // namespace cordon::patterns
