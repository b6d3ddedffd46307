// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include <botan/auto_rng.h>
#include <botan/ecdsa.h>
#include <botan/pubkey.h>
#include <sodium.h>

#include <cordon/base/base64.hpp>
#include <cordon/base/format.hpp>
#include <cordon/crypto/hash.hpp>

#include "statement.hpp"

/// People of the tests, with keys of each kind. What a FIDO2 authenticator and a browser put
/// together is built here from WebAuthn §6.1 and §5.8.1, apart from the code that checks it.
namespace cordon::wallet {

inline ByteView test_view(std::string_view text) {
    return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

struct FidoTouch {
    std::string rp = "cordon.example";
    uint8_t flags = 0x05;     // UP and UV.
    Bytes extensions = {};    // As they stand behind the counter.
    bool browser = false;     // With client data.
    std::string client = {};  // Instead of what a browser would write.
    std::string origin = "https://cordon.example";
};

class TestSigner {
public:
    explicit TestSigner(ApproverKey::Kind kind, uint8_t seed) {
        std::array<uint8_t, 32> bytes{};
        bytes.fill(seed);
        key_.kind = kind;
        if (kind != ApproverKey::Kind::kEd25519) key_.rp = "cordon.example";
        if (kind == ApproverKey::Kind::kFidoEs256) {
            const Botan::BigInt secret{bytes.data(), bytes.size()};
            p256_ = std::make_unique<Botan::ECDSA_PrivateKey>(rng_, Botan::EC_Group{"secp256r1"},
                                                              secret);
            const auto point = p256_->public_point().encode(Botan::PointGFp::UNCOMPRESSED);
            key_.key.assign(point.begin(), point.end());
        } else {
            key_.key.resize(32);
            crypto_sign_seed_keypair(key_.key.data(), ed25519_.data(), bytes.data());
        }
    }

    const ApproverKey& key() const { return key_; }

    SignedStatement sign(const Statement& statement, const FidoTouch& touch = {}) {
        return sign_text(statement.text(), touch);
    }
    SignedStatement sign_text(const std::string& text, const FidoTouch& touch = {}) {
        SignedStatement out{text, {}, {}, {}};
        if (key_.kind == ApproverKey::Kind::kEd25519) {
            out.signature = ed25519(test_view(text));
            return out;
        }
        const Hash256 party = crypto::sha256(test_view(touch.rp));
        out.authenticator_data.assign(party.bytes.begin(), party.bytes.end());
        out.authenticator_data.push_back(touch.flags);
        out.authenticator_data.insert(out.authenticator_data.end(), {0, 0, 0, 7});
        out.authenticator_data.insert(out.authenticator_data.end(), touch.extensions.begin(),
                                      touch.extensions.end());
        const Hash256 challenge = crypto::sha256(test_view(text));
        Hash256 client_hash = challenge;
        if (touch.browser) {
            std::string encoded = to_base64(challenge);
            encoded.pop_back();  // 32 bytes have one sign of padding.
            for (char& c : encoded) c = c == '+' ? '-' : c == '/' ? '_' : c;
            out.client_data = touch.client.empty()
                                  ? format(R"({{"type":"webauthn.get","challenge":"{}",)"
                                           R"("origin":"{}","crossOrigin":false}})",
                                           encoded, touch.origin)
                                  : touch.client;
            client_hash = crypto::sha256(test_view(out.client_data));
        }
        Bytes message = out.authenticator_data;
        message.insert(message.end(), client_hash.bytes.begin(), client_hash.bytes.end());
        out.signature = p256_ ? es256(message) : ed25519(message);
        return out;
    }

private:
    Bytes ed25519(ByteView message) const {
        Bytes out(64);
        crypto_sign_detached(out.data(), nullptr, message.data(), message.size(), ed25519_.data());
        return out;
    }
    Bytes es256(ByteView message) {
        Botan::PK_Signer signer{*p256_, rng_, "EMSA1(SHA-256)", Botan::DER_SEQUENCE};
        const auto bytes = signer.sign_message(message.data(), message.size(), rng_);
        return {bytes.begin(), bytes.end()};
    }

    ApproverKey key_;
    Botan::AutoSeeded_RNG rng_;
    std::array<uint8_t, 64> ed25519_{};
    std::unique_ptr<Botan::ECDSA_PrivateKey> p256_;
};

}  // namespace cordon::wallet
