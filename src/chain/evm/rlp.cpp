// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "rlp.hpp"

#include <cordon/base/format.hpp>

namespace cordon::chain {
namespace {

constexpr uint8_t kString = 0x80;
constexpr uint8_t kList = 0xc0;
constexpr std::size_t kShort = 55;  // The longest content whose length fits the prefix byte.

class Parser {
public:
    explicit Parser(ByteView bytes) : bytes_{bytes} {}

    /// The item at `at_`, which must end at or before `end`.
    Result<RlpItem> item(std::size_t end, std::size_t depth) {
        if (++count_ > kMaxRlpItems)
            return stop(ErrorCode::kLimit, format("more than {} items", kMaxRlpItems));
        if (depth > kMaxRlpDepth)
            return stop(ErrorCode::kLimit, format("lists nested more than {} deep", kMaxRlpDepth));
        RlpItem item;
        item.offset = at_;
        if (at_ >= end) return stop(ErrorCode::kTruncated, "expected an item, found the end");
        const uint8_t prefix = bytes_[at_];
        if (prefix < kString) {
            item.bytes = bytes_.subspan(at_++, 1);
            return item;
        }
        item.is_list = prefix >= kList;
        ++at_;
        CORDON_TRY(const std::size_t length,
                   content_length(prefix - (item.is_list ? kList : kString), end));
        if (length > end - at_)
            return stop(ErrorCode::kTruncated,
                        format("expected {} bytes of content, found {}", length, end - at_));
        item.bytes = bytes_.subspan(at_, length);
        if (!item.is_list) {
            if (length == 1 && item.bytes[0] < kString)
                return stop(ErrorCode::kMalformed,
                            "a single byte below 0x80 must stand for itself");
            at_ += length;
            return item;
        }
        const std::size_t list_end = at_ + length;
        while (at_ < list_end) {
            CORDON_TRY(auto child, this->item(list_end, depth + 1));
            item.items.push_back(std::move(child));
        }
        return item;
    }

    tl::unexpected<Error> stop(ErrorCode code, std::string_view why) const {
        return fail(code, format("RLP, offset {}: {}", at_, why));
    }
    std::size_t at() const noexcept { return at_; }

private:
    Result<std::size_t> content_length(std::size_t code, std::size_t end) {
        if (code <= kShort) return code;
        const std::size_t size = code - kShort;  // 1..8 bytes of length.
        if (size > end - at_) return stop(ErrorCode::kTruncated, "the length is cut");
        if (bytes_[at_] == 0) return stop(ErrorCode::kMalformed, "the length has a leading zero");
        uint64_t length = 0;
        for (std::size_t i = 0; i < size; ++i) length = length << 8 | bytes_[at_ + i];
        if (length <= kShort)
            return stop(ErrorCode::kMalformed,
                        format("length {} must be in the short form", length));
        at_ += size;
        return static_cast<std::size_t>(length);
    }

    ByteView bytes_;
    std::size_t at_ = 0;
    std::size_t count_ = 0;
};

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

Result<RlpItem> parse_rlp(ByteView bytes) {
    Parser parser{bytes};
    CORDON_TRY(auto item, parser.item(bytes.size(), 0));
    if (parser.at() != bytes.size())
        return parser.stop(ErrorCode::kTrailing,
                           format("{} bytes follow the item", bytes.size() - parser.at()));
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

void append_rlp_list(Bytes& out, ByteView items) {
    append_prefix(out, items.size(), kList);
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
