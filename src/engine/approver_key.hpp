// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <string>
#include <string_view>

#include <cordon/wallet/statement.hpp>

/// The key of an approver who has no FIDO2 authenticator, in a file (docs/formats/approver-key.md).
/// It signs statements and nothing else: no money moves by it alone, and it lies with a person, not
/// with the gate (docs/user/approving.md).
namespace cordon::engine {

/// Ed25519. Its secret is wiped from memory when it goes.
class ApproverSigner {
public:
    /// From the system's random source. kMalformed: no name that a statement could have.
    static Result<ApproverSigner> generate(std::string name);
    /// The text of a key file. kPermission: a passphrase is needed, or it is the wrong one.
    /// kMalformed, kChecksum (public and secret key do not belong together), kLimit.
    static Result<ApproverSigner> parse(std::string_view text, std::string_view passphrase);
    /// As parse() takes it, sealed when there is a passphrase (argon2id and secretstream of
    /// libsodium; some 0.2 s and 64 MiB).
    Result<std::string> file_text(std::string_view passphrase) const;

    ApproverSigner(ApproverSigner&& other) noexcept;
    ApproverSigner& operator=(ApproverSigner&&) = delete;
    ~ApproverSigner();

    const std::string& name() const noexcept { return name_; }
    const wallet::ApproverKey& key() const noexcept { return key_; }
    /// kMalformed when the statement is none that parse_statement() takes, or not by this name.
    Result<wallet::SignedStatement> sign(const wallet::Statement& statement) const;

private:
    ApproverSigner(std::string name, const std::array<uint8_t, 32>& seed);
    std::string name_;
    wallet::ApproverKey key_;
    std::array<uint8_t, 64> secret_{};  // Seed and public key, as libsodium has it.
};

/// Whether the text says that it is sealed, so that somebody must be asked.
bool is_sealed_key(std::string_view text) noexcept;

/// A new file that only its owner can read (0600). kDuplicate: a key is never overwritten.
Status write_approver_key(const std::string& path, const ApproverSigner& signer,
                          std::string_view passphrase);
/// The text of the file; the caller wipes it. kPermission when others may read or write it.
Result<std::string> read_approver_key(const std::string& path);

}  // namespace cordon::engine
