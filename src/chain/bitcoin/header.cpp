// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "header.hpp"

#include <cstring>

#include <cordon/crypto/hash.hpp>

#include "cursor.hpp"

namespace cordon::chain {

Result<HeaderView> parse_header(ByteView bytes) {
    Cursor cursor{bytes};
    HeaderView out;
    out.version = static_cast<int32_t>(cursor.u32("the version of a block"));
    out.parent = cursor.hash("the hash of the parent block");
    out.merkle_root = cursor.hash("the merkle root");
    out.time = cursor.u32("the time of a block");
    out.bits = cursor.u32("the target of a block");
    out.nonce = cursor.u32("the nonce of a block");
    if (!cursor.ok()) return fail(cursor.error());
    out.hash = crypto::sha256d(bytes.first(kHeaderSize));
    return out;
}

std::optional<Amount> target_of_bits(uint32_t bits) noexcept {
    const unsigned size = bits >> 24;
    const uint32_t mantissa = bits & 0x7fffff;
    if (mantissa == 0 || (bits & 0x800000) != 0) return std::nullopt;
    if (size > 34 || (size > 33 && mantissa > 0xff) || (size > 32 && mantissa > 0xffff))
        return std::nullopt;
    std::array<uint64_t, 4> limbs{};
    if (size <= 3) {
        limbs[0] = mantissa >> 8 * (3 - size);
    } else {
        const unsigned shift = 8 * (size - 3);
        limbs[shift / 64] = static_cast<uint64_t>(mantissa) << shift % 64;
        if (shift % 64 > 41 && shift / 64 < 3)
            limbs[shift / 64 + 1] = mantissa >> (64 - shift % 64);
    }
    const Amount target = Amount::from_limbs(limbs);
    if (target.is_zero()) return std::nullopt;
    return target;
}

Amount work_of_bits(uint32_t bits) {
    const std::optional<Amount> target = target_of_bits(bits);
    if (!target) return {};
    // 2^256 does not fit: (2^256 - (t + 1)) / (t + 1) + 1 is the same.
    const Amount divisor = *target + Amount{1U};
    return mul_div(Amount::max() - *target, Amount{1U}, divisor) + Amount{1U};
}

bool meets_target(const Hash256& hash, uint32_t bits) noexcept {
    const std::optional<Amount> target = target_of_bits(bits);
    if (!target) return false;
    std::array<uint64_t, 4> limbs;
    std::memcpy(limbs.data(), hash.bytes.data(), sizeof limbs);
    return Amount::from_limbs(limbs) <= *target;
}

}  // namespace cordon::chain
