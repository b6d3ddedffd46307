// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "label_conflict.hpp"

#include <algorithm>

#include <cordon/base/format.hpp>

namespace cordon::trace {
namespace {

bool is_alnum(char c) {
    // Bytes above ASCII belong to a word: names are not all English.
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (static_cast<unsigned char>(c) & 0x80) != 0;
}

/// The first word of who holds the address, in small letters.
std::string holder(const Label& label) {
    const std::string_view name = label.entity.empty() ? label.text : label.entity;
    const auto first = std::find_if(name.begin(), name.end(), is_alnum);
    const auto last = std::find_if_not(first, name.end(), is_alnum);
    std::string word{first, last};
    for (char& c : word)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return word;
}

/// One that serves others and has a name of its own, so that a different name is a different one.
bool is_named_service(const Label& label, std::span<const Category> stop) {
    return label.category != Category::kOther &&
           std::find(stop.begin(), stop.end(), label.category) != stop.end();
}

std::string said(const Label& label) {
    return format("{} \"{}\" ({}, {:.2f})", to_string(label.category), label.text, label.source,
                  label.confidence);
}

}  // namespace

std::optional<std::string> label_conflict(std::span<const Label> labels,
                                          std::span<const Category> stop) {
    const auto stops = [&](const Label& label) {
        return std::find(stop.begin(), stop.end(), label.category) != stop.end();
    };
    for (std::size_t i = 1; i < labels.size(); ++i) {
        const Label& first = labels.front();
        const Label& other = labels[i];
        if (stops(first) != stops(other)) return format("{} against {}", said(first), said(other));
    }
    const Label* service = nullptr;
    for (const Label& label : labels) {
        if (!is_named_service(label, stop)) continue;
        if (service == nullptr)
            service = &label;
        else if (holder(*service) != holder(label))
            return format("{} against {}", said(*service), said(label));
    }
    return std::nullopt;
}

}  // namespace cordon::trace
