// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "bridge_messages.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <string_view>

#include <cordon/base/format.hpp>
#include <cordon/base/hex.hpp>

namespace cordon::patterns {
namespace {

/// Bytes that are taken from the front.
class Front {
public:
    explicit Front(ByteView bytes) : bytes_{bytes} {}

    bool empty() const { return bytes_.empty(); }
    ByteView rest() const { return bytes_; }
    Result<ByteView> take(uint64_t size) {
        if (size > bytes_.size())
            return fail(
                ErrorCode::kTruncated,
                format("message: expected {} bytes more, {} are left", size, bytes_.size()));
        const ByteView taken = bytes_.first(static_cast<std::size_t>(size));
        bytes_ = bytes_.subspan(taken.size());
        return taken;
    }
    Result<uint64_t> little_endian(std::size_t size) {
        CORDON_TRY(const ByteView bytes, take(size));
        uint64_t value = 0;
        for (std::size_t i = size; i-- > 0;) value = value << 8 | bytes[i];
        return value;
    }
    /// Base-128 varint (protocol buffers), at most 64 bits.
    Result<uint64_t> varint() {
        uint64_t value = 0;
        for (unsigned shift = 0; shift < 64; shift += 7) {
            CORDON_TRY(const ByteView byte, take(1));
            value |= uint64_t{byte[0] & 0x7FU} << shift;
            if ((byte[0] & 0x80) == 0) return value;
        }
        return fail(ErrorCode::kMalformed, "message: a number of more than 64 bits");
    }
    /// Length, then bytes, as Poly (NEO) and Bitcoin write it.
    Result<ByteView> sized() {
        CORDON_TRY(uint64_t size, little_endian(1));
        if (size >= 0xFD) {
            CORDON_TRY(size, little_endian(std::size_t{2} << (size - 0xFD)));
        }
        return take(size);
    }

private:
    ByteView bytes_;
};

/// Fields of a protocol buffer that has numbers and bytes only.
struct Fields {
    std::map<uint64_t, uint64_t> numbers;
    std::map<uint64_t, ByteView> bytes;
};
Result<Fields> parse_fields(ByteView message) {
    Fields fields;
    for (Front front{message}; !front.empty();) {
        CORDON_TRY(const uint64_t tag, front.varint());
        bool fresh = false;
        if ((tag & 7) == 0) {
            CORDON_TRY(const uint64_t number, front.varint());
            fresh = fields.numbers.emplace(tag >> 3, number).second;
        } else if ((tag & 7) == 2) {
            CORDON_TRY(const uint64_t size, front.varint());
            CORDON_TRY(const ByteView bytes, front.take(size));
            fresh = fields.bytes.emplace(tag >> 3, bytes).second;
        }
        if (!fresh)
            return fail(ErrorCode::kMalformed,
                        format("message: field {} is of an unknown kind or comes twice", tag >> 3));
    }
    return fields;
}

Result<Address> address_of(ByteView bytes) {
    if (bytes.size() != 20)
        return fail(ErrorCode::kMalformed,
                    format("message: expected an address of 20 bytes, found {}", bytes.size()));
    return Address{AddressKind::kEvm, bytes};
}

/// Which field holds what.
struct CelerFields {
    uint64_t sender, receiver, token, amount, from_chain, id;
};

Result<CelerMessage> parse_celer(ByteView bytes, const CelerFields& at) {
    CORDON_TRY(const Fields fields, parse_fields(bytes));
    const auto field = [&](uint64_t number) {
        const auto found = fields.bytes.find(number);
        return found == fields.bytes.end() ? ByteView{} : found->second;
    };
    CelerMessage message;
    CORDON_TRY(message.sender, address_of(field(at.sender)));
    CORDON_TRY(message.receiver, address_of(field(at.receiver)));
    CORDON_TRY(message.token, address_of(field(at.token)));
    CORDON_TRY(message.amount, Amount::from_big_endian(field(at.amount)));
    const ByteView id = field(at.id);
    if (id.size() != message.id.bytes.size())
        return fail(ErrorCode::kMalformed, "message: expected an id of 32 bytes");
    std::copy(id.begin(), id.end(), message.id.bytes.begin());
    if (const auto chain = fields.numbers.find(at.from_chain);
        chain != fields.numbers.end() && chain->second != 0)
        message.from_chain = ChainId{ChainFamily::kEvm, chain->second};
    return message;
}

// From the deployments of Poly Network; other chains are not EVM, or not known to us.
constexpr std::array<std::pair<uint64_t, uint64_t>, 5> kPolyChains{
    {{2, 1}, {6, 56}, {7, 128}, {12, 66}, {17, 137}}};

}  // namespace

Result<CelerMessage> parse_celer_relay(ByteView bytes) {
    return parse_celer(bytes, {1, 2, 3, 4, 5, 7});
}
Result<CelerMessage> parse_celer_mint(ByteView bytes) {
    return parse_celer(bytes, {4, 2, 1, 3, 5, 6});
}

Result<PolyMessage> parse_poly_message(ByteView bytes) {
    Front front{bytes};
    PolyMessage message;
    CORDON_TRY(const ByteView txn_id, front.sized());
    message.txn_id.assign(txn_id.begin(), txn_id.end());
    CORDON_TRY(front.sized());           // Id of the message.
    CORDON_TRY(front.sized());           // Contract that sends it.
    CORDON_TRY(front.little_endian(8));  // Chain that gets it.
    CORDON_TRY(front.sized());           // Contract that gets it.
    CORDON_TRY(const ByteView method, front.sized());
    constexpr std::string_view kUnlock = "unlock";
    if (!std::equal(method.begin(), method.end(), kUnlock.begin(), kUnlock.end()))
        return fail(ErrorCode::kUnsupported, "message: no \"unlock\"");
    CORDON_TRY(const ByteView arguments, front.sized());
    Front inner{arguments};
    CORDON_TRY(const ByteView asset, inner.sized());
    CORDON_TRY(message.asset, address_of(asset));
    CORDON_TRY(const ByteView receiver, inner.sized());
    CORDON_TRY(message.receiver, address_of(receiver));
    CORDON_TRY(const ByteView amount, inner.take(32));
    std::array<uint8_t, 32> reversed{};
    std::reverse_copy(amount.begin(), amount.end(), reversed.begin());
    CORDON_TRY(message.amount, Amount::from_big_endian(reversed));
    return message;
}

Result<PolyMessage> parse_poly_proof(ByteView bytes) {
    Front proof{bytes};
    CORDON_TRY(const ByteView leaf, proof.sized());
    Front front{leaf};
    CORDON_TRY(front.sized());  // The txn of Poly's own chain.
    CORDON_TRY(const uint64_t from_chain, front.little_endian(8));
    CORDON_TRY(PolyMessage message, parse_poly_message(front.rest()));
    message.from_chain = from_chain;
    return message;
}

std::string poly_key(uint64_t from_chain, ByteView txn_id) {
    return format("poly:{}:0x{}", from_chain, to_hex(txn_id));
}

std::optional<ChainId> poly_chain(const Amount& number) {
    for (const auto& [poly, eip155] : kPolyChains)
        if (number == Amount{poly}) return ChainId{ChainFamily::kEvm, eip155};
    return std::nullopt;
}

std::optional<uint64_t> poly_number(ChainId chain) {
    for (const auto& [poly, eip155] : kPolyChains)
        if (chain == ChainId{ChainFamily::kEvm, eip155}) return poly;
    return std::nullopt;
}

}  // namespace cordon::patterns
