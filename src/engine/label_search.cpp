// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "label_search.hpp"

#include <algorithm>
#include <cstring>
#include <tuple>

namespace cordon::engine {
namespace {

char fold(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

}  // namespace

Result<LabelSearch> LabelSearch::make(const records::Store& store) {
    LabelSearch search;
    CORDON_TRY(store.each_label([&](const Label& label) -> bool {
        if (search.rows_.size() == kMost) {
            search.cut_ = true;
            return false;
        }
        std::string text = label.text;
        if (!label.entity.empty() && label.entity != label.text) text += " · " + label.entity;
        std::replace(text.begin(), text.end(), '\n', ' ');
        search.rows_.push_back({search.texts_.size(), static_cast<uint32_t>(text.size()),
                                label.chain, label.address, label.category});
        search.texts_ += text;
        search.texts_ += '\n';
        return true;
    }));
    search.folded_.resize(search.texts_.size());
    std::transform(search.texts_.begin(), search.texts_.end(), search.folded_.begin(), fold);
    return search;
}

std::vector<LabelSearch::Hit> LabelSearch::find(std::string_view part, std::size_t most) const {
    std::string wanted{part};
    std::transform(wanted.begin(), wanted.end(), wanted.begin(), fold);
    if (wanted.empty() || wanted.find('\n') != std::string::npos) return {};
    struct Found {
        bool inside = false;
        std::string_view text;
        const Row* row = nullptr;
        auto key() const { return std::tie(inside, text, row->chain, row->address); }
    };
    // A common word is in every second label: the first so many are enough to choose from.
    constexpr std::size_t kMostCompared = 10'000;
    std::vector<Found> found;
    for (std::size_t at = 0; at < folded_.size() && found.size() < kMostCompared;) {
        const void* hit =
            memmem(folded_.data() + at, folded_.size() - at, wanted.data(), wanted.size());
        if (hit == nullptr) break;
        const auto place = static_cast<uint64_t>(static_cast<const char*>(hit) - folded_.data());
        const auto row =
            std::prev(std::upper_bound(rows_.begin(), rows_.end(), place,
                                       [](uint64_t p, const Row& r) { return p < r.begin; }));
        found.push_back(
            {place != row->begin, std::string_view{texts_}.substr(row->begin, row->size), &*row});
        at = row->begin + row->size + 1;
    }
    const std::size_t count = std::min(most, found.size());
    std::partial_sort(found.begin(), found.begin() + static_cast<std::ptrdiff_t>(count),
                      found.end(),
                      [](const Found& a, const Found& b) { return a.key() < b.key(); });
    std::vector<Hit> hits;
    for (std::size_t i = 0; i < count; ++i)
        hits.push_back(
            {found[i].row->chain, found[i].row->address, found[i].row->category, found[i].text});
    return hits;
}

}  // namespace cordon::engine
