// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "list_builder.hpp"

/// A GraphSense tag, as a TagPack and a table of tags write it. Private to the room.
namespace cordon::chain {

struct Tag {
    std::string_view address, label, currency, category, abuse, actor, confidence, lastmod, uri;
    std::string_view source;  ///< Label::source: who publishes the tag.
    std::vector<std::string_view> concepts = {};
};

/// Reports one tag to the builder. The error is that of ListBuilder::bad.
Status add_tag(ListBuilder& builder, uint64_t line, const Tag& tag);

}  // namespace cordon::chain
