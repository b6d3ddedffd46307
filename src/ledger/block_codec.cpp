// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "block_codec.hpp"

namespace cordon::ledger {
namespace {

// Bits of the byte before a block header.
constexpr uint8_t kHasTime = 4;  // Below it: BlockNumKind.
constexpr uint8_t kHasParent = 8;

void put_time(Bytes& out, UnixMillis time) {
    put_varint(out, zigzag(time.time_since_epoch().count()));
}
UnixMillis take_time(Decoder& in) {
    return UnixMillis{std::chrono::milliseconds{unzigzag(in.varint())}};
}

/// The flags of a header; its number and time go into `header`.
uint8_t take_start(Decoder& in, BlockHeader& header) {
    header.number = in.varint();
    const uint8_t bits = in.u8();
    if ((bits & 3) > static_cast<unsigned>(BlockNumKind::kSequence) || bits >= 2 * kHasParent)
        in.fail();
    header.number_kind = static_cast<BlockNumKind>(bits & 3);
    if ((bits & kHasTime) != 0) header.time = take_time(in);
    return bits;
}

}  // namespace

void put_header(Bytes& out, const BlockHeader& header) {
    put_varint(out, header.number);
    out.push_back(static_cast<uint8_t>(static_cast<unsigned>(header.number_kind) |
                                       (header.time ? kHasTime : 0u) |
                                       (header.parent ? kHasParent : 0u)));
    if (header.time) put_time(out, *header.time);
    put_bytes(out, header.hash);
    if (header.parent) put_bytes(out, *header.parent);
}

std::optional<UnixMillis> take_header_time(Decoder& in) {
    BlockHeader header;
    take_start(in, header);
    return header.time;
}

BlockHeader take_header(Decoder& in) {
    BlockHeader header;
    const uint8_t bits = take_start(in, header);
    header.hash = in.hash();
    if ((bits & kHasParent) != 0) header.parent = in.hash();
    return header;
}

void put_address(Bytes& out, const Address& address) {
    out.push_back(static_cast<uint8_t>(address.kind()));
    out.push_back(static_cast<uint8_t>(address.payload().size()));
    put_bytes(out, address.payload());
}

bool is_payload_size(AddressKind kind, std::size_t size) noexcept {
    if (const auto fixed = payload_size(kind)) return size == *fixed;
    if (kind == AddressKind::kNone) return size == 0;
    return kind <= AddressKind::kScript && size >= 3 && size <= Address::kMaxSize;
}

Address take_address(Decoder& in) {
    const uint8_t kind_byte = in.u8();
    const std::size_t size = in.u8();
    const auto kind = static_cast<AddressKind>(kind_byte);
    if (kind_byte > static_cast<uint8_t>(AddressKind::kScript) || !is_payload_size(kind, size))
        in.fail();
    const ByteView payload = in.bytes(size);
    return in.ok() ? Address{kind, payload} : Address{};
}

}  // namespace cordon::ledger
