// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "key_file.hpp"

#include <sodium.h>
#include <algorithm>
#include <array>

#include <cordon/base/check.hpp>
#include <cordon/base/format.hpp>

#include "secret.hpp"

namespace cordon::vault {
namespace {

constexpr std::string_view kMagic = "cordon key v1\n";
constexpr std::size_t kPasses = kMagic.size();
constexpr std::size_t kMemory = kPasses + 4;
constexpr std::size_t kSalt = kMemory + 4;
constexpr std::size_t kStream = kSalt + crypto_pwhash_SALTBYTES;
constexpr std::size_t kHeader = kStream + crypto_secretstream_xchacha20poly1305_HEADERBYTES;
constexpr std::size_t kTag = crypto_secretstream_xchacha20poly1305_ABYTES;
constexpr std::size_t kMinSeed = 16, kMaxSeed = 64;  // BIP-32.
constexpr std::size_t kRawKey = 32;
// More than libsodium's SENSITIVE (4 passes, 1 GiB) serves nobody, and would hang a small machine.
constexpr uint32_t kMaxPasses = 16, kMaxKibibytes = 1 << 20;
constexpr std::size_t kMaxFile = 256 << 10;  // Ten times a quorum of 256 people.

uint32_t number_at(ByteView bytes, std::size_t at) noexcept {
    uint32_t out = 0;
    for (std::size_t i = 4; i-- > 0;) out = out << 8 | bytes[at + i];
    return out;
}
void put_number(Bytes& out, uint32_t value) {
    for (unsigned i = 0; i < 4; ++i) out.push_back(static_cast<uint8_t>(value >> 8 * i));
}

Status check_secret(KeyForm form, std::size_t size) {
    const bool fits = form == KeyForm::kSeed ? size >= kMinSeed && size <= kMaxSeed
                                             : form == KeyForm::kRaw && size == kRawKey;
    if (fits) return {};
    return fail(ErrorCode::kInvalidParam, "a secret of a wrong form or length");
}

Status check_cost(const KdfCost& cost, ErrorCode code) {
    if (cost.passes >= crypto_pwhash_OPSLIMIT_MIN && cost.passes <= kMaxPasses &&
        cost.kibibytes >= crypto_pwhash_MEMLIMIT_MIN >> 10 && cost.kibibytes <= kMaxKibibytes)
        return {};
    return fail(code, format("argon2id with {} passes over {} KiB: beyond {} over {}", cost.passes,
                             cost.kibibytes, kMaxPasses, kMaxKibibytes));
}

Result<LockedBytes> derived(ByteView passphrase, const KdfCost& cost, ByteView salt) {
    LockedBytes key{crypto_secretstream_xchacha20poly1305_KEYBYTES};
    if (crypto_pwhash(key.bytes().data(), key.size(),
                      reinterpret_cast<const char*>(passphrase.data()), passphrase.size(),
                      salt.data(), cost.passes, std::size_t{cost.kibibytes} << 10,
                      crypto_pwhash_ALG_ARGON2ID13) != 0)
        return fail(ErrorCode::kUnavailable,
                    format("no {} MiB of memory for argon2id: close other programs or give it more "
                           "(ulimit -v), and do the same again",
                           cost.kibibytes >> 10));
    return key;
}

}  // namespace

Result<Bytes> seal_key_file(const KeyFile& key, ByteView passphrase, const KdfCost& cost) {
    CORDON_CHECK(sodium_init() >= 0);
    CORDON_TRY(check_secret(key.form, key.secret.size()));
    CORDON_TRY(check_key_facts(key.facts));
    CORDON_TRY(check_cost(cost, ErrorCode::kInvalidParam));
    const std::string facts = format_key_facts(key.facts);
    LockedBytes plain{2 + key.secret.size() + facts.size()};
    plain.bytes()[0] = static_cast<uint8_t>(key.form);
    plain.bytes()[1] = static_cast<uint8_t>(key.secret.size());
    const auto behind =
        std::copy(key.secret.view().begin(), key.secret.view().end(), plain.bytes().begin() + 2);
    std::copy(facts.begin(), facts.end(), behind);

    Bytes out(kMagic.begin(), kMagic.end());
    put_number(out, cost.passes);
    put_number(out, cost.kibibytes);
    out.resize(kHeader + plain.size() + kTag);
    if (out.size() > kMaxFile)
        return fail(ErrorCode::kLimit, format("a key file of more than {} bytes", kMaxFile));
    randombytes_buf(out.data() + kSalt, crypto_pwhash_SALTBYTES);
    CORDON_TRY(const LockedBytes wrap,
               derived(passphrase, cost, ByteView{out}.subspan(kSalt, crypto_pwhash_SALTBYTES)));
    crypto_secretstream_xchacha20poly1305_state state;
    crypto_secretstream_xchacha20poly1305_init_push(&state, out.data() + kStream,
                                                    wrap.view().data());
    crypto_secretstream_xchacha20poly1305_push(
        &state, out.data() + kHeader, nullptr, plain.view().data(), plain.size(), out.data(),
        kHeader, crypto_secretstream_xchacha20poly1305_TAG_FINAL);
    wipe(&state, sizeof state);
    return out;
}

Result<KdfCost> kdf_cost_of(ByteView bytes) {
    if (bytes.size() < kHeader + kTag + 2 || bytes.size() > kMaxFile ||
        !std::equal(kMagic.begin(), kMagic.end(), bytes.begin()))
        return fail(ErrorCode::kMalformed, "no key file of cordon-signer");
    const KdfCost cost{number_at(bytes, kPasses), number_at(bytes, kMemory)};
    CORDON_TRY(check_cost(cost, ErrorCode::kLimit));
    return cost;
}

Result<KeyFile> open_key_file(ByteView bytes, ByteView passphrase) {
    CORDON_CHECK(sodium_init() >= 0);
    CORDON_TRY(const KdfCost cost, kdf_cost_of(bytes));
    CORDON_TRY(const LockedBytes wrap,
               derived(passphrase, cost, bytes.subspan(kSalt, crypto_pwhash_SALTBYTES)));
    LockedBytes plain{bytes.size() - kHeader - kTag};
    crypto_secretstream_xchacha20poly1305_state state;
    unsigned char tag = 0;
    const bool fits = crypto_secretstream_xchacha20poly1305_init_pull(
                          &state, bytes.data() + kStream, wrap.view().data()) == 0 &&
                      crypto_secretstream_xchacha20poly1305_pull(
                          &state, plain.bytes().data(), nullptr, &tag, bytes.data() + kHeader,
                          bytes.size() - kHeader, bytes.data(), kHeader) == 0 &&
                      tag == crypto_secretstream_xchacha20poly1305_TAG_FINAL;
    wipe(&state, sizeof state);
    if (!fits)
        return fail(ErrorCode::kPermission,
                    "the passphrase is another one, or the key file was changed");
    const ByteView view = plain.view();
    KeyFile out;
    out.form = static_cast<KeyForm>(view[0]);
    const std::size_t size = view[1];
    if (view.size() < 2 + size || !check_secret(out.form, size))
        return fail(ErrorCode::kMalformed, "a key file with a secret of a wrong form or length");
    out.secret = LockedBytes{view.subspan(2, size)};
    const ByteView facts = view.subspan(2 + size);
    CORDON_TRY(out.facts,
               parse_key_facts({reinterpret_cast<const char*>(facts.data()), facts.size()}));
    return out;
}

}  // namespace cordon::vault
