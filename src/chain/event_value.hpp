// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <vector>

#include <cordon/base/amount.hpp>
#include <cordon/base/bytes.hpp>
#include <cordon/base/format.hpp>
#include <cordon/base/time.hpp>
#include <cordon/model/address.hpp>
#include <cordon/model/asset.hpp>
#include <cordon/model/chain_id.hpp>

#include "json_cursor.hpp"

/// Values as events: writes them (docs/formats/events.md). Numbers may be strings of digits.
namespace cordon::chain::event {

Result<uint64_t> whole(JsonCursor& value, uint64_t max = UINT64_MAX);
Result<uint32_t> small(JsonCursor& value);
Result<Amount> amount(JsonCursor& value);
Result<UnixMillis> time(JsonCursor& value);
/// Finite and not negative.
Result<double> dollars(JsonCursor& value);
Result<std::string> text(JsonCursor& value);
Result<Bytes> bytes(JsonCursor& value);
/// 32 bytes of an EVM chain: a topic, a slot, a word.
Result<Hash256> word32(JsonCursor& value);
Result<Asset> asset(JsonCursor& value);
/// Empty for an empty text.
Result<Address> address(ChainId chain, JsonCursor& value);
Result<Hash256> hash(ChainId chain, JsonCursor& value);

/// Words that stand for enumerators, by their place.
template <typename Enum, typename Name>
Result<Enum> word(JsonCursor& value, Enum last, Name name) {
    CORDON_TRY(const std::string_view found, value.string());
    std::string known;
    for (uint8_t i = 0; i <= static_cast<uint8_t>(last); ++i) {
        const auto each = static_cast<Enum>(i);
        if (name(each) == found) return each;
        known += format("{}{}", i == 0 ? "" : ", ", name(each));
    }
    return fail(ErrorCode::kMalformed,
                format("expected one of {}, found \"{}\"", known, found.substr(0, 40)));
}

/// The members that have one of the names, the first `needed` of which must be there.
Status members(JsonCursor& object, std::span<const std::string_view> names, std::size_t needed,
               JsonVisit<std::size_t, JsonCursor&> visit);

/// The items of a list, each as `read` gives it.
template <typename Item, typename Read>
Status each(JsonCursor& list, std::vector<Item>& out, Read read) {
    return list.items([&](JsonCursor& item) -> Status {
        CORDON_TRY(Item made, read(item));
        out.push_back(std::move(made));
        return {};
    });
}

}  // namespace cordon::chain::event
