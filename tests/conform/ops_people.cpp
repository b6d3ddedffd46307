// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <cordon/base/format.hpp>
#include <cordon/crypto/ed25519.hpp>
#include <cordon/crypto/p256.hpp>

#include "ops.hpp"

/// Signatures of people: statements.
namespace cordon::conform {
namespace {

template <typename Array>
Result<Array> array_field(const json::object& request, std::string_view name) {
    CORDON_TRY(const Bytes bytes, hex_field(request, name));
    Array out{};
    if (bytes.size() != out.size())
        return fail(ErrorCode::kMalformed, format("{}: expected {} bytes", name, out.size()));
    std::copy(bytes.begin(), bytes.end(), out.begin());
    return out;
}

}  // namespace

Result<json::value> op_ed25519(const json::object& request) {
    CORDON_TRY(const auto key, array_field<crypto::Ed25519Key>(request, "key"));
    CORDON_TRY(const Bytes message, hex_field(request, "message"));
    CORDON_TRY(const auto signature, array_field<crypto::Ed25519Signature>(request, "signature"));
    return json::value(crypto::verify_ed25519(signature, message, key));
}

Result<json::value> op_p256(const json::object& request) {
    CORDON_TRY(const auto key, array_field<crypto::P256Key>(request, "key"));
    using Digest = std::array<uint8_t, 32>;
    CORDON_TRY(const auto digest, array_field<Digest>(request, "hash"));
    CORDON_TRY(const Bytes signature, hex_field(request, "signature"));
    return json::value(crypto::verify_p256(signature, Hash256{digest}, key));
}

}  // namespace cordon::conform
