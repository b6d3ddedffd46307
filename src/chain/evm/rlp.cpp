// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "rlp.hpp"

#include <cordon/base/format.hpp>

namespace cordon::chain {
namespace {

constexpr uint8_t kString = 0x80;
constexpr uint8_t kList = 0xc0;
constexpr std::size_t kShort = 55;  // The longest content whose length fits the prefix byte.

tl::unexpected<Error> stop(ErrorCode code, std::size_t offset, std::string_view why) {
    return fail(code, format("RLP, offset {}: {}", offset, why));
}

/// The item at the begin of `bytes`, which stand at `offset`; of a list, without its items.
Result<RlpItem> head(ByteView bytes, std::size_t offset) {
    if (bytes.empty())
        return stop(ErrorCode::kTruncated, offset, "expected an item, found the end");
    RlpItem item;
    item.offset = offset;
    const uint8_t prefix = bytes[0];
    if (prefix < kString) {
        item.bytes = bytes.first(1);
        item.size = 1;
        return item;
    }
    item.is_list = prefix >= kList;
    std::size_t at = 1;
    uint64_t length = prefix - (item.is_list ? kList : kString);
    if (length > kShort) {
        const std::size_t digits = length - kShort;  // 1..8 bytes of length.
        if (digits > bytes.size() - at)
            return stop(ErrorCode::kTruncated, offset + at, "the length is cut");
        if (bytes[at] == 0)
            return stop(ErrorCode::kMalformed, offset + at, "the length has a leading zero");
        length = 0;
        for (std::size_t i = 0; i < digits; ++i) length = length << 8 | bytes[at + i];
        if (length <= kShort)
            return stop(ErrorCode::kMalformed, offset + at,
                        format("length {} must be in the short form", length));
        at += digits;
    }
    if (length > bytes.size() - at)
        return stop(ErrorCode::kTruncated, offset + at,
                    format("expected {} bytes of content, found {}", length, bytes.size() - at));
    item.bytes = bytes.subspan(at, static_cast<std::size_t>(length));
    item.size = at + item.bytes.size();
    if (!item.is_list && length == 1 && item.bytes[0] < kString)
        return stop(ErrorCode::kMalformed, offset + at,
                    "a single byte below 0x80 must stand for itself");
    return item;
}

/// Fills in the items of a list, and theirs. `count`: of items so far.
Status fill(RlpItem& list, std::size_t depth, std::size_t& count) {
    RlpReader reader = items_of(list);
    while (!reader.done()) {
        const std::size_t offset = list.offset + list.size - list.bytes.size() + reader.at();
        if (++count > kMaxRlpItems)
            return stop(ErrorCode::kLimit, offset, format("more than {} items", kMaxRlpItems));
        if (depth == kMaxRlpDepth)
            return stop(ErrorCode::kLimit, offset,
                        format("lists nested more than {} deep", kMaxRlpDepth));
        CORDON_TRY(RlpItem item, reader.next());
        if (item.is_list) CORDON_TRY(fill(item, depth + 1, count));
        list.items.push_back(std::move(item));
    }
    return {};
}

void append_prefix(Bytes& out, std::size_t length, uint8_t base) {
    if (length <= kShort) {
        out.push_back(static_cast<uint8_t>(base + length));
        return;
    }
    Bytes digits;
    for (std::size_t rest = length; rest != 0; rest >>= 8)
        digits.push_back(static_cast<uint8_t>(rest));
    out.push_back(static_cast<uint8_t>(base + kShort + digits.size()));
    out.insert(out.end(), digits.rbegin(), digits.rend());
}

}  // namespace

Result<RlpItem> RlpReader::next() {
    CORDON_TRY(RlpItem item, head(bytes_.subspan(at_), offset_ + at_));
    at_ += item.size;
    return item;
}

RlpReader items_of(const RlpItem& list) {
    return RlpReader{list.bytes, list.offset + list.size - list.bytes.size()};
}

Result<RlpItem> parse_rlp(ByteView bytes) {
    CORDON_TRY(RlpItem item, head(bytes, 0));
    std::size_t count = 1;
    if (item.is_list) CORDON_TRY(fill(item, 0, count));
    if (item.size != bytes.size())
        return stop(ErrorCode::kTrailing, item.size,
                    format("{} bytes follow the item", bytes.size() - item.size));
    return item;
}

Bytes encode_rlp(const RlpItem& item) {
    Bytes out;
    if (!item.is_list) {
        append_rlp(out, item.bytes);
        return out;
    }
    Bytes content;
    for (const RlpItem& child : item.items) {
        const Bytes encoded = encode_rlp(child);
        content.insert(content.end(), encoded.begin(), encoded.end());
    }
    append_rlp_list(out, content);
    return out;
}

void append_rlp(Bytes& out, ByteView text) {
    if (text.size() != 1 || text[0] >= kString) append_prefix(out, text.size(), kString);
    out.insert(out.end(), text.begin(), text.end());
}

void append_rlp(Bytes& out, const Amount& number) {
    const auto digits = number.to_big_endian();
    const std::size_t size = (number.bit_width() + 7) / 8;
    append_rlp(out, ByteView{digits}.last(size));
}

void append_rlp_list_prefix(Bytes& out, std::size_t size) { append_prefix(out, size, kList); }

void append_rlp_list(Bytes& out, ByteView items) {
    append_rlp_list_prefix(out, items.size());
    out.insert(out.end(), items.begin(), items.end());
}

Result<Amount> rlp_number(const RlpItem& item) {
    if (item.is_list)
        return fail(ErrorCode::kMalformed,
                    format("RLP, offset {}: expected a number, found a list", item.offset));
    if (!item.bytes.empty() && item.bytes[0] == 0)
        return fail(ErrorCode::kMalformed,
                    format("RLP, offset {}: the number has a leading zero", item.offset));
    return Amount::from_big_endian(item.bytes);
}

}  // namespace cordon::chain
