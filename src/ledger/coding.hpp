// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>

#include <cordon/base/bytes.hpp>
#include <cordon/base/fetch.hpp>

namespace cordon::ledger {

static_assert(std::endian::native == std::endian::little,
              "the ledger's files are little-endian and are mapped as they are");

/// Any fixed-width integer at any address.
template <typename T>
T load(const uint8_t* at) noexcept {
    T value;
    std::memcpy(&value, at, sizeof value);
    return value;
}

template <typename T>
void put_fixed(Bytes& out, T value) {
    const std::size_t at = out.size();
    out.resize(at + sizeof value);
    std::memcpy(out.data() + at, &value, sizeof value);
}

inline void put_bytes(Bytes& out, ByteView bytes) {
    out.insert(out.end(), bytes.begin(), bytes.end());
}

/// LEB128: seven bits a byte, low ones first, the top bit says that more follow.
inline void put_varint(Bytes& out, uint64_t value) {
    while (value >= 0x80) {
        out.push_back(static_cast<uint8_t>(value | 0x80));
        value >>= 7;
    }
    out.push_back(static_cast<uint8_t>(value));
}

/// Small for small numbers of either sign.
constexpr uint64_t zigzag(int64_t value) noexcept {
    return (static_cast<uint64_t>(value) << 1) ^ static_cast<uint64_t>(value >> 63);
}
constexpr int64_t unzigzag(uint64_t value) noexcept {
    return static_cast<int64_t>(value >> 1) ^ -static_cast<int64_t>(value & 1);
}

/// Takes values off the front of bytes that may be anything. The first failure sticks: from then on
/// every value is zero, so a caller reads a whole record and asks ok() once; only loops must ask on
/// the way.
class Decoder {
public:
    explicit Decoder(ByteView bytes) noexcept
        : at_{bytes.data()}, begin_{bytes.data()}, end_{bytes.data() + bytes.size()} {}

    bool ok() const noexcept { return ok_; }
    std::size_t offset() const noexcept { return static_cast<std::size_t>(at_ - begin_); }
    std::size_t left() const noexcept { return static_cast<std::size_t>(end_ - at_); }
    void fail() noexcept {
        ok_ = false;
        at_ = end_;
    }

    uint8_t u8() noexcept { return fixed<uint8_t>(); }
    uint32_t u32() noexcept { return fixed<uint32_t>(); }
    uint64_t u64() noexcept { return fixed<uint64_t>(); }

    uint64_t varint() noexcept {
        uint64_t value = 0;
        for (unsigned shift = 0; shift < 64; shift += 7) {
            if (at_ == end_) break;
            const uint8_t byte = *at_++;
            if (shift == 63 && byte > 1) break;
            value |= static_cast<uint64_t>(byte & 0x7F) << shift;
            if (byte < 0x80) return value;
        }
        fail();
        return 0;
    }
    /// A varint that must fit 32 bits.
    uint32_t varint32() noexcept {
        const uint64_t value = varint();
        if (value <= UINT32_MAX) return static_cast<uint32_t>(value);
        fail();
        return 0;
    }
    /// A number of things of which each takes at least `least` bytes, so that nobody allocates by a
    /// lying count.
    std::size_t count(std::size_t least) noexcept {
        const uint64_t value = varint();
        if (value <= left() / least) return static_cast<std::size_t>(value);
        fail();
        return 0;
    }
    /// Empty after a failure.
    ByteView bytes(std::size_t size) noexcept {
        if (size > left()) {
            fail();
            return {};
        }
        const ByteView view{at_, size};
        at_ += size;
        return view;
    }
    Hash256 hash() noexcept {
        Hash256 value;
        if (const ByteView view = bytes(value.bytes.size()); !view.empty())
            std::memcpy(value.bytes.data(), view.data(), view.size());
        return value;
    }

private:
    template <typename T>
    T fixed() noexcept {
        const ByteView view = bytes(sizeof(T));
        return view.empty() ? T{} : load<T>(view.data());
    }

    const uint8_t* at_;
    const uint8_t* begin_;
    const uint8_t* end_;
    bool ok_ = true;
};

}  // namespace cordon::ledger
