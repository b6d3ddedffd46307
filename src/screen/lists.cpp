// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "lists.hpp"

#include <algorithm>
#include <tuple>

#include <cordon/base/format.hpp>

namespace cordon::screen {
namespace {

/// A total order, so that the order of files and rows never shows.
bool before(const Label& a, const Label& b) {
    if (a.address != b.address) return a.address < b.address;
    if (a.confidence != b.confidence) return a.confidence > b.confidence;
    return std::tie(a.source, a.text, a.category, a.chain, a.list, a.detail, a.entity, a.as_of) <
           std::tie(b.source, b.text, b.category, b.chain, b.list, b.detail, b.entity, b.as_of);
}

bool is_on(const Label& label, ChainId chain) { return !label.chain || *label.chain == chain; }

std::string with_detail(std::string why, const Label& label) {
    if (!label.detail.empty()) why += ": " + label.detail;
    return why;
}

Match match_of(const Label& label, std::string why) {
    return {.list = label.list.empty() ? label.source : label.list,
            .entry = label.text,
            .category = label.category,
            .score = label.confidence,
            .why = with_detail(std::move(why), label)};
}

}  // namespace

std::vector<Address> same_key(const Address& address) {
    switch (address.kind()) {
        case AddressKind::kEvm: return {{AddressKind::kTron, address.payload()}};
        case AddressKind::kTron: return {{AddressKind::kEvm, address.payload()}};
        case AddressKind::kP2pkh: return {{AddressKind::kP2wpkh, address.payload()}};
        case AddressKind::kP2wpkh: return {{AddressKind::kP2pkh, address.payload()}};
        default: return {};
    }
}

std::shared_ptr<const Lists> Lists::make(std::vector<ListUsed> lists, std::vector<Label> labels,
                                         uint64_t known) {
    std::shared_ptr<Lists> out{new Lists};  // Shared by all who screen while it is replaced.
    std::sort(labels.begin(), labels.end(), before);
    labels.erase(std::unique(labels.begin(), labels.end()), labels.end());
    std::sort(lists.begin(), lists.end(), [](const ListUsed& a, const ListUsed& b) {
        return std::tie(a.name, a.sha256) < std::tie(b.name, b.sha256);
    });
    out->lists_ = std::move(lists);
    out->known_ = std::max<uint64_t>(known, labels.size());
    out->labels_ = std::move(labels);
    return out;
}

bool is_too_old(const std::optional<UnixMillis>& as_of, UnixMillis now,
                std::chrono::milliseconds max_age) noexcept {
    // A publisher writes the day of his own time zone, and a clock may be slow.
    constexpr std::chrono::hours kMostAhead{48};
    return !as_of || now - *as_of > max_age || *as_of - now > kMostAhead;
}

std::span<const Label> Lists::of(const Address& address) const {
    const auto first = std::lower_bound(
        labels_.begin(), labels_.end(), address,
        [](const Label& label, const Address& wanted) { return label.address < wanted; });
    auto last = first;
    while (last != labels_.end() && last->address == address) ++last;
    return {first, last};
}

std::vector<Match> Lists::matches(ChainId chain, const Address& address) const {
    std::vector<Match> out;
    for (const Label& label : of(address)) {
        if (is_on(label, chain)) {
            out.push_back(match_of(label, "the address itself is on it"));
        } else if (label.chain->family == chain.family) {
            out.push_back(match_of(label, format("named on {}, this is {}", to_string(*label.chain),
                                                 to_string(chain))));
            out.back().score *= kOtherChainScore;
        }
    }
    for (const Address& other : same_key(address))
        for (const Label& label : of(other))
            out.push_back(match_of(label, "another form of its key is on it"));
    std::stable_sort(out.begin(), out.end(),
                     [](const Match& a, const Match& b) { return a.score > b.score; });
    out.erase(std::unique(out.begin(), out.end()), out.end());
    return out;
}

std::vector<Label> Lists::labels(ChainId chain, const Address& address) const {
    std::vector<Label> out;
    for (const Label& label : of(address))
        if (is_on(label, chain)) out.push_back(label);
    return out;
}

std::vector<ListUsed> Lists::used(const Settings& settings, UnixMillis now) const {
    std::vector<ListUsed> out = lists_;
    for (ListUsed& list : out) {
        const auto limit = settings.required.find(list.name);
        const auto max_age =
            limit == settings.required.end() ? settings.max_age : std::optional{limit->second};
        list.stale = max_age && is_too_old(list.as_of, now, *max_age);
    }
    for (const auto& [name, max_age] : settings.required)
        if (std::none_of(out.begin(), out.end(),
                         [&](const ListUsed& list) { return list.name == name; }))
            out.push_back({.name = name, .sha256 = {}, .as_of = {}, .entries = 0, .stale = true});
    std::stable_sort(out.begin(), out.end(),
                     [](const ListUsed& a, const ListUsed& b) { return a.name < b.name; });
    return out;
}

}  // namespace cordon::screen
