// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <vector>

#include <cordon/base/amount.hpp>
#include <cordon/base/bytes.hpp>
#include <cordon/base/result.hpp>

/// Recursive Length Prefix, the serialisation of Ethereum (Yellow Paper, appendix B).
namespace cordon::chain {

/// A string of bytes or a list of items. Lifetime: `bytes` looks into what was parsed or is to be
/// encoded.
struct RlpItem {
    bool is_list = false;
    ByteView bytes;              ///< The content of a string; of a list, its encoded items.
    std::size_t offset = 0;      ///< Where the item's prefix stands, for messages.
    std::size_t size = 0;        ///< Bytes of the prefix and the content.
    std::vector<RlpItem> items;  ///< Of a list.
};

/// The deepest real structure (a block with access lists) has 6 levels.
inline constexpr std::size_t kMaxRlpDepth = 32;
/// A block of 36 M gas has below 100,000 items; an item takes up to 70 times the bytes that it is
/// read from.
inline constexpr std::size_t kMaxRlpItems = std::size_t{1} << 20;

/// Exactly one item, in its one canonical form: shortest length, single bytes below 0x80 as
/// themselves. kTruncated, kTrailing, kMalformed (not canonical), kLimit (depth, items); each with
/// the offset.
Result<RlpItem> parse_rlp(ByteView bytes);

/// Reads the items of a list one after the other, each in its canonical form, without making room
/// for them: of a list, `bytes` is what another reader reads, and `items` stays empty.
class RlpReader {
public:
    /// `items`: what follows a list's prefix, or the bytes of a single item. `offset`: where they
    /// stand, for messages.
    explicit RlpReader(ByteView items, std::size_t offset = 0) : bytes_{items}, offset_{offset} {}

    bool done() const noexcept { return at_ == bytes_.size(); }
    /// How many bytes were read.
    std::size_t at() const noexcept { return at_; }
    /// kTruncated, kMalformed.
    Result<RlpItem> next();

private:
    ByteView bytes_;
    std::size_t offset_;
    std::size_t at_ = 0;
};
/// A reader of the items of a list. REQUIRES: item.is_list.
RlpReader items_of(const RlpItem& list);

/// The item as parse_rlp() reads it: `bytes` of strings, `items` of lists. REQUIRES: at most
/// kMaxRlpDepth levels.
Bytes encode_rlp(const RlpItem& item);

/// Appends one string.
void append_rlp(Bytes& out, ByteView text);
/// Appends a number: big-endian without leading zeros, zero as the empty string.
void append_rlp(Bytes& out, const Amount& number);
/// Appends the prefix of a list whose items take `size` bytes.
void append_rlp_list_prefix(Bytes& out, std::size_t size);
/// Appends the list whose items are already encoded in `items`.
void append_rlp_list(Bytes& out, ByteView items);

/// The item as a number. kMalformed for a list or a leading zero, kOverflow above 2^256.
Result<Amount> rlp_number(const RlpItem& item);

}  // namespace cordon::chain
