// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "private_key.hpp"

#include <secp256k1.h>
#include <algorithm>

#include <cordon/base/check.hpp>
#include <cordon/base/format.hpp>
#include <cordon/chain/bitcoin/base58.hpp>
#include <cordon/crypto/hmac.hpp>

namespace cordon::vault {
namespace {

constexpr uint32_t kPrivateMain = 0x0488ade4, kPrivateTest = 0x04358394;  // BIP-32.
constexpr std::size_t kMinSeed = 16, kMaxSeed = 64, kTextSize = 78;
constexpr std::string_view kMasterKey = "Bitcoin seed";

/// Made once: computing a public key needs the tables of a context of one's own.
const secp256k1_context* context() noexcept {
    static const secp256k1_context* const made = secp256k1_context_create(SECP256K1_CONTEXT_NONE);
    return made;
}

/// The public version of a private one.
uint32_t public_version(uint32_t version) noexcept {
    const chain::ExtKeyVersion* mine = chain::find_ext_key_version(version);
    std::string name{mine->prefix};
    name.replace(1, 3, "pub");
    for (const uint32_t candidate :
         {0x0488b21eU, 0x043587cfU, 0x049d7cb2U, 0x04b24746U, 0x0295b43fU, 0x02aa7ed3U, 0x044a5262U,
          0x045f1cf6U, 0x024289efU, 0x02575483U})
        if (chain::find_ext_key_version(candidate)->prefix == name) return candidate;
    return 0;
}

uint32_t big_endian(ByteView bytes) noexcept {
    uint32_t value = 0;
    for (const uint8_t byte : bytes.first(4)) value = value << 8 | byte;
    return value;
}
void put_big_endian(uint8_t* out, uint32_t value) noexcept {
    for (int i = 0; i < 4; ++i) out[i] = static_cast<uint8_t>(value >> (24 - 8 * i));
}

std::array<uint8_t, 33> point_of(const Secret<32>& secret) noexcept {
    secp256k1_pubkey point;
    CORDON_CHECK(secp256k1_ec_pubkey_create(context(), &point, secret.bytes().data()) == 1);
    std::array<uint8_t, 33> out{};
    std::size_t size = out.size();
    secp256k1_ec_pubkey_serialize(context(), out.data(), &size, &point, SECP256K1_EC_COMPRESSED);
    return out;
}

Secret<64> hmac(ByteView key, ByteView message) noexcept {
    Secret<64> out;
    out.bytes() = crypto::hmac_sha512(key, message);
    return out;
}

}  // namespace

Result<PrivateKey> PrivateKey::from_seed(ByteView seed, ChainId network) {
    if (seed.size() < kMinSeed || seed.size() > kMaxSeed)
        return fail(ErrorCode::kInvalidParam, format("a seed of {} bytes; expected {} to {}",
                                                     seed.size(), kMinSeed, kMaxSeed));
    const Secret<64> hash =
        hmac({reinterpret_cast<const uint8_t*>(kMasterKey.data()), kMasterKey.size()}, seed);
    PrivateKey out;
    out.version_ = network == kBitcoin ? kPrivateMain : kPrivateTest;
    std::copy_n(hash.bytes().begin(), 32, out.secret_.bytes().begin());
    std::copy_n(hash.bytes().begin() + 32, 32, out.chain_code_.bytes().begin());
    if (secp256k1_ec_seckey_verify(context(), out.secret_.bytes().data()) != 1)
        return fail(ErrorCode::kMalformed, "this seed gives no key");
    return out;
}

Result<PrivateKey> PrivateKey::parse(std::string_view text) {
    Result<Bytes> bytes = chain::parse_base58check(text);
    if (!bytes) return fail(bytes.error().code, "not the text of an extended key");
    Secret<kTextSize> held;  // Wipes what the codec made.
    const bool whole = bytes->size() == kTextSize;
    if (whole) std::copy_n(bytes->begin(), kTextSize, held.bytes().begin());
    wipe(bytes->data(), bytes->size());
    if (!whole) return fail(ErrorCode::kMalformed, "an extended key of a wrong length");
    const ByteView view = held.view();
    const chain::ExtKeyVersion* version = chain::find_ext_key_version(big_endian(view));
    if (version == nullptr)
        return fail(ErrorCode::kMalformed, "an extended key of an unknown version");
    if (!version->secret) return fail(ErrorCode::kUnsupported, "a public key, not a private one");
    PrivateKey out;
    out.version_ = version->version;
    out.depth_ = view[4];
    std::copy_n(view.begin() + 5, 4, out.parent_.begin());
    out.child_ = big_endian(view.subspan(9));
    std::copy_n(view.begin() + 13, 32, out.chain_code_.bytes().begin());
    std::copy_n(view.begin() + 46, 32, out.secret_.bytes().begin());
    if (view[45] != 0 || secp256k1_ec_seckey_verify(context(), out.secret_.bytes().data()) != 1)
        return fail(ErrorCode::kMalformed, "an extended key that holds no private key");
    if (out.depth_ == 0 && (out.child_ != 0 || out.parent_ != chain::Fingerprint32{}))
        return fail(ErrorCode::kMalformed, "an extended key without steps that names a parent");
    return out;
}

Result<PrivateKey> PrivateKey::child(uint32_t step) const {
    if (depth_ == chain::kMaxPath) return fail(ErrorCode::kLimit, "more than 255 steps");
    const std::array<uint8_t, 33> point = point_of(secret_);
    Secret<37> message;
    if (step >= chain::kHardened) {
        std::copy_n(secret_.bytes().begin(), 32, message.bytes().begin() + 1);
    } else {
        std::copy(point.begin(), point.end(), message.bytes().begin());
    }
    put_big_endian(message.bytes().data() + 33, step);
    const Secret<64> hash = hmac(chain_code_.view(), message.view());
    PrivateKey out{*this};
    std::copy_n(hash.bytes().begin() + 32, 32, out.chain_code_.bytes().begin());
    if (secp256k1_ec_seckey_tweak_add(context(), out.secret_.bytes().data(), hash.bytes().data()) !=
        1)
        return fail(ErrorCode::kMalformed, "this step leads to no key");
    out.depth_ = static_cast<uint8_t>(depth_ + 1);
    out.parent_ = chain::fingerprint_of(*crypto::PublicKey::parse(point));
    out.child_ = step;
    return out;
}

Result<PrivateKey> PrivateKey::at(const std::vector<uint32_t>& path) const {
    PrivateKey out{*this};
    for (const uint32_t step : path) {
        CORDON_TRY(out, out.child(step));
    }
    return out;
}

chain::ExtKey PrivateKey::public_key() const {
    chain::ExtKey out{public_version(version_),
                      depth_,
                      parent_,
                      child_,
                      {},
                      *crypto::PublicKey::parse(point_of(secret_))};
    out.chain_code.bytes = chain_code_.bytes();
    return out;
}

std::string PrivateKey::secret_text() const {
    Secret<kTextSize> held;
    uint8_t* at = held.bytes().data();
    put_big_endian(at, version_);
    at[4] = depth_;
    std::copy(parent_.begin(), parent_.end(), at + 5);
    put_big_endian(at + 9, child_);
    std::copy(chain_code_.bytes().begin(), chain_code_.bytes().end(), at + 13);
    std::copy(secret_.bytes().begin(), secret_.bytes().end(), at + 46);
    return chain::format_base58check(held.view());
}

}  // namespace cordon::vault
