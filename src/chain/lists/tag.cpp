// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "tag.hpp"

#include <cordon/base/format.hpp>

namespace cordon::chain {
namespace {

void append(std::string& detail, std::string_view name, std::string_view value) {
    if (value.empty()) return;
    if (!detail.empty()) detail += "; ";
    detail += format("{} {}", name, value.substr(0, kMaxListText));
}

Result<Label> label_of(const ListBuilder& builder, const Tag& tag, const Placed& placed) {
    Label label;
    label.chain = placed.chain;
    label.address = placed.address;
    CORDON_TRY(label.text, list_text(tag.label, "label"));
    CORDON_TRY(label.source, list_text(tag.source, "source"));
    std::vector<std::string_view> words{tag.abuse, tag.category};
    words.insert(words.end(), tag.concepts.begin(), tag.concepts.end());
    label.category = builder.words().category_of(words);
    // Who says nothing about his evidence has the least.
    const std::string_view kind = tag.confidence.empty() ? "unknown" : tag.confidence;
    const auto confidence = builder.words().confidence_of(kind);
    if (!confidence)
        return fail(
            ErrorCode::kMalformed,
            format("field confidence: \"{}\" is none of TagPack's kinds", kind.substr(0, 40)));
    label.confidence = *confidence;
    label.entity = tag.actor.substr(0, kMaxListText);
    append(label.detail, "category", tag.category);
    append(label.detail, "abuse", tag.abuse);
    for (const std::string_view each : tag.concepts) append(label.detail, "concept", each);
    append(label.detail, "from", tag.uri);
    if (!tag.lastmod.empty()) {
        CORDON_TRY(label.as_of, parse_lastmod(tag.lastmod));
    }
    return label;
}

}  // namespace

Status add_tag(ListBuilder& builder, uint64_t line, const Tag& tag) {
    if (tag.currency.empty())
        return builder.bad(line, {ErrorCode::kMalformed,
                                  "field currency: expected a currency or "
                                  "network, found neither"});
    const auto placed = place_in(tag.currency, tag.address);
    if (!placed) return builder.bad(line, placed.error().in("field address"));
    if (!*placed) {
        builder.unsupported(tag.currency);
        return {};
    }
    Result<Label> label = label_of(builder, tag, **placed);
    if (!label) return builder.bad(line, label.error());
    return builder.take(*std::move(label));
}

}  // namespace cordon::chain
