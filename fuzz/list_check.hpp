// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include <cordon/base/check.hpp>
#include <cordon/chain/label_lists.hpp>

/// What holds for every published list that a reader takes, strict or with bad rows left out.
template <typename Read>
int check_list(const uint8_t* data, std::size_t size, const Read& read) {
    const cordon::InputFile file = cordon::memory_file("fuzz", {data, size});
    cordon::chain::ListOptions options{.chain = cordon::kEthereum};
    const auto strict = read(file, options);
    options.skip_bad = true;
    const auto list = read(file, options);
    if (strict) CORDON_CHECK(list && strict->bad == 0 && list->labels == strict->labels);
    if (!list) return 0;
    uint64_t rows = list->taken + list->bad;
    for (const auto& [currency, count] : list->unsupported) rows += count;
    CORDON_CHECK(rows == list->rows && list->labels.size() <= list->taken);
    for (const cordon::Label& label : list->labels)
        CORDON_CHECK(!label.text.empty() && !label.source.empty() && !label.address.empty() &&
                     label.confidence >= 0 && label.confidence <= 1);
    return 0;
}
