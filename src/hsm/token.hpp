// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <cordon/vault/signer.hpp>

#include "module.hpp"

namespace cordon::hsm {

struct TokenKey {
    std::string label;
    crypto::PublicKey public_key;
    /// The token says that the private key cannot leave it, and never could (CKA_EXTRACTABLE,
    /// CKA_NEVER_EXTRACTABLE, CKA_SENSITIVE). It is the token's word.
    bool stays = false;
};

/// A token that is logged in to. Closed and logged out when it is gone. Confined to one thread.
class Token {
public:
    /// By the token's label. kNotFound, kDuplicate (two tokens of one label), kPermission (PIN).
    static Result<std::shared_ptr<Token>> open(std::shared_ptr<Module> module,
                                               const std::string& label, std::string_view pin);
    ~Token();
    Token(const Token&) = delete;
    Token& operator=(const Token&) = delete;

    const std::string& label() const noexcept { return label_; }
    /// Private keys of secp256k1 that have a public half, by label. Others are not seen.
    Result<std::vector<TokenKey>> keys() const;
    /// A new key that never leaves the token. kDuplicate: the label is taken.
    Result<TokenKey> generate(const std::string& label);

    /// A private data object: what only who has the PIN reads and writes. kNotFound.
    Result<Bytes> data(const std::string& label) const;
    /// kDuplicate: there is one; it is never replaced.
    Status store(const std::string& label, ByteView content);

    /// kNotFound, kDuplicate (two keys of one label). The signer keeps the token open.
    static Result<std::unique_ptr<vault::Signer>> signer(std::shared_ptr<Token> token,
                                                         const std::string& label);

private:
    friend class TokenSigner;
    using Handle = unsigned long;  // NOLINT(google-runtime-int)
    explicit Token(std::shared_ptr<Module> module) : module_{std::move(module)} {}

    struct Found {
        TokenKey key;
        Handle handle = 0;
    };
    Result<std::vector<Found>> find_keys() const;
    Result<Bytes> sign(Handle key, const Hash256& digest) const;

    std::shared_ptr<Module> module_;
    std::string label_;
    Handle session_ = 0;
    bool open_ = false, logged_in_ = false;
};

/// What a token answered, r and s: made low (SoftHSM and others give any; Ethereum and Bitcoin take
/// the low one), verified, with the parity that recovers the key. kCorrupt: it does not verify.
Result<vault::RecoverableSignature> normalized(ByteView r_and_s, const Hash256& digest,
                                               const crypto::PublicKey& key);

}  // namespace cordon::hsm
