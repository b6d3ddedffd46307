// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "shamir.hpp"

#include <sodium.h>
#include <algorithm>

#include <cordon/base/check.hpp>
#include <cordon/base/format.hpp>

#include "gf256.hpp"

namespace cordon::vault {
namespace {

// SLIP-39, "Shamir's secret sharing": where digest and secret stand, and how long the digest is.
constexpr uint8_t kDigestAt = 254, kSecretAt = 255;
constexpr std::size_t kDigest = 4;

/// The polynomials through these points, at x. The weights come of the numbers of shares, which
/// are not secret.
Secret<kMaxShared> interpolate(std::span<const ShamirShare> points, uint8_t x, std::size_t size) {
    Secret<kMaxShared> out;
    for (const ShamirShare& point : points) {
        uint8_t weight = 1;
        for (const ShamirShare& other : points)
            if (other.x != point.x)
                weight =
                    gf_multiply(weight, gf_multiply(x ^ other.x, gf_inverse(point.x ^ other.x)));
        for (std::size_t i = 0; i < size; ++i)
            out.bytes()[i] ^= gf_multiply(weight, point.y.bytes()[i]);
    }
    return out;
}

/// The first bytes of HMAC-SHA256 of the secret under the rest of the digest share.
Secret<kDigest> digest_of(ByteView secret, ByteView key) {
    Secret<crypto_auth_hmacsha256_BYTES> mac;
    crypto_auth_hmacsha256_state state;
    crypto_auth_hmacsha256_init(&state, key.data(), key.size());
    crypto_auth_hmacsha256_update(&state, secret.data(), secret.size());
    crypto_auth_hmacsha256_final(&state, mac.bytes().data());
    wipe(&state, sizeof state);
    Secret<kDigest> out;
    std::copy_n(mac.bytes().begin(), kDigest, out.bytes().begin());
    return out;
}

bool same(const uint8_t* a, const uint8_t* b, std::size_t size) noexcept {
    return sodium_memcmp(a, b, size) == 0;
}

bool fits(std::size_t size) noexcept {
    return size >= kMinShared && size <= kMaxShared && size % 2 == 0;
}

}  // namespace

void os_random(std::span<uint8_t> out) noexcept {
    CORDON_CHECK(sodium_init() >= 0);
    randombytes_buf(out.data(), out.size());
}

Result<std::vector<ShamirShare>> split_secret(ByteView secret, unsigned threshold, unsigned count,
                                              const Random& random) {
    const std::size_t size = secret.size();
    if (!fits(size))
        return fail(ErrorCode::kInvalidParam,
                    format("a secret of {} bytes; expected 16 to 32, even", size));
    if (threshold == 0 || threshold > count || count > kMaxShares || (threshold == 1 && count > 1))
        return fail(ErrorCode::kInvalidParam,
                    format("{} of {} shares: expected 1 of 1, or 2 to {} of at most {}", threshold,
                           count, kMaxShares, kMaxShares));
    std::vector<ShamirShare> shares(count);
    for (unsigned i = 0; i < count; ++i) shares[i].x = static_cast<uint8_t>(i);
    if (threshold == 1) {
        std::copy(secret.begin(), secret.end(), shares[0].y.bytes().begin());
        return shares;
    }
    // All but two points are random; the digest and the secret are the two others.
    const unsigned drawn = threshold - 2;
    std::vector<ShamirShare> points(shares.begin(), shares.begin() + drawn);
    for (ShamirShare& point : points) random(std::span{point.y.bytes()}.first(size));
    ShamirShare digest{kDigestAt, {}}, whole{kSecretAt, {}};
    random(std::span{digest.y.bytes()}.subspan(kDigest, size - kDigest));
    const Secret<kDigest> mac = digest_of(secret, digest.y.view().subspan(kDigest, size - kDigest));
    std::copy_n(mac.bytes().begin(), kDigest, digest.y.bytes().begin());
    std::copy(secret.begin(), secret.end(), whole.y.bytes().begin());
    points.push_back(digest);
    points.push_back(whole);
    for (unsigned i = 0; i < count; ++i)
        shares[i].y = i < drawn ? points[i].y : interpolate(points, shares[i].x, size);
    return shares;
}

Result<Secret<kMaxShared>> join_secret(std::span<const ShamirShare> shares, unsigned threshold,
                                       std::size_t size) {
    if (!fits(size) || threshold == 0 || threshold > kMaxShares)
        return fail(ErrorCode::kInvalidParam, "shares of a wrong size or threshold");
    for (std::size_t i = 0; i < shares.size(); ++i) {
        if (shares[i].x >= kMaxShares)
            return fail(ErrorCode::kInvalidParam, "the number of a share is 0 to 15");
        for (std::size_t other = 0; other < i; ++other)
            if (shares[i].x == shares[other].x)
                return fail(ErrorCode::kDuplicate, format("share {} twice", shares[i].x + 1));
    }
    if (shares.size() < threshold)
        return fail(ErrorCode::kTruncated,
                    format("{} shares, {} are needed", shares.size(), threshold));
    const auto enough = shares.first(threshold);
    for (const ShamirShare& more : shares.subspan(threshold)) {
        const Secret<kMaxShared> expected = interpolate(enough, more.x, size);
        if (!same(expected.bytes().data(), more.y.bytes().data(), size))
            return fail(ErrorCode::kChecksum, format("share {} does not belong to the others, or "
                                                     "one of them is wrong",
                                                     more.x + 1));
    }
    if (threshold == 1) return enough[0].y;
    Secret<kMaxShared> secret = interpolate(enough, kSecretAt, size);
    const Secret<kMaxShared> digest = interpolate(enough, kDigestAt, size);
    const Secret<kDigest> mac =
        digest_of(secret.view().first(size), digest.view().subspan(kDigest, size - kDigest));
    if (!same(mac.bytes().data(), digest.bytes().data(), kDigest))
        return fail(ErrorCode::kChecksum,
                    "these shares make no secret: one is wrong, or of another backup");
    return secret;
}

}  // namespace cordon::vault
