// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
// The low-level SHA-256 of OpenSSL costs a fifth of the one-shot SHA256() on a txn of 400 bytes:
// that one fetches the algorithm from a provider on each call. The macro asks for the interface
// of 1.1, where it is not deprecated.
#define OPENSSL_API_COMPAT 10100

#include "hash.hpp"

#include <memory>

#include <botan/hash.h>
#include <openssl/ripemd.h>
#include <openssl/sha.h>

#include <cordon/base/check.hpp>

namespace cordon::crypto {
namespace {

static_assert(sizeof(SHA256_CTX) == 112 && alignof(SHA256_CTX) <= 8);

SHA256_CTX* context(std::array<std::byte, 112>& state) noexcept {
    return reinterpret_cast<SHA256_CTX*>(state.data());
}

}  // namespace

Hash256 sha256(ByteView bytes) noexcept {
    SHA256_CTX state;
    Hash256 out;
    SHA256_Init(&state);
    SHA256_Update(&state, bytes.data(), bytes.size());
    SHA256_Final(out.bytes.data(), &state);
    return out;
}

Hash256 sha256d(ByteView bytes) noexcept { return sha256(sha256(bytes)); }

Hash160 ripemd160(ByteView bytes) noexcept {
    RIPEMD160_CTX state;
    Hash160 out;
    RIPEMD160_Init(&state);
    RIPEMD160_Update(&state, bytes.data(), bytes.size());
    RIPEMD160_Final(out.data(), &state);
    return out;
}

Hash160 hash160(ByteView bytes) noexcept { return ripemd160(sha256(bytes)); }

Hash256 keccak256(ByteView bytes) { return keccak256_of({bytes}); }

Hash256 keccak256_of(std::initializer_list<ByteView> parts) {
    // Creating the object costs more than hashing an address with it.
    thread_local const std::unique_ptr<Botan::HashFunction> keccak =
        Botan::HashFunction::create("Keccak-1600(256)");
    CORDON_CHECK(keccak != nullptr);
    Hash256 out;
    for (const ByteView part : parts) keccak->update(part.data(), part.size());
    keccak->final(out.bytes.data());
    return out;
}

Sha256::Sha256() noexcept { SHA256_Init(context(state_)); }

void Sha256::update(ByteView bytes) noexcept {
    SHA256_Update(context(state_), bytes.data(), bytes.size());
}

Hash256 Sha256::finish() noexcept {
    Hash256 out;
    SHA256_Final(out.bytes.data(), context(state_));
    SHA256_Init(context(state_));
    return out;
}

Hash256 Sha256::finish_double() noexcept { return sha256(finish()); }

}  // namespace cordon::crypto
