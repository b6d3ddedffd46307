// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <cordon/base/bytes.hpp>
#include <cordon/base/result.hpp>
#include <cordon/base/time.hpp>

/// Checkpoints: what a log says about itself, signed (C2SP signed-note, tlog-checkpoint,
/// tlog-cosignature). The keys are the log's and its witnesses' own: they sign statements about the
/// log and nothing else, and guard no money.
namespace cordon::tlog {

/// Who signs: a name without blanks and plus signs, and an Ed25519 public key (RFC 8032).
struct PublicKey {
    enum class Kind : uint8_t {
        kLog = 1,      ///< Signs the note's text.
        kWitness = 4,  ///< Signs "cosignature/v1", a time, and the text.
    };
    std::string name;
    Kind kind = Kind::kLog;
    std::array<uint8_t, 32> key{};
    /// The first four bytes of SHA-256(name || "\n" || kind || key).
    uint32_t id() const noexcept;
    /// "NAME+ID+BASE64": a verifier key as C2SP writes it.
    std::string text() const;
    friend bool operator==(const PublicKey&, const PublicKey&) = default;
};
/// kMalformed says what is wrong; kChecksum: the id is not that of name and key.
Result<PublicKey> parse_public_key(std::string_view text);

/// A key that signs. Its secret is wiped from memory when it goes.
class SigningKey {
public:
    /// From the system's random source.
    static Result<SigningKey> generate(std::string name, PublicKey::Kind kind);
    /// "PRIVATE+KEY+NAME+ID+BASE64".
    static Result<SigningKey> parse(std::string_view text);
    SigningKey(SigningKey&& other) noexcept;
    SigningKey& operator=(SigningKey&&) = delete;
    ~SigningKey();

    const PublicKey& public_key() const noexcept { return public_key_; }
    std::array<uint8_t, 64> sign(ByteView message) const;
    /// As parse() takes it. For a key file alone.
    std::string secret_text() const;

private:
    SigningKey(PublicKey key, std::span<const uint8_t> seed) noexcept;
    PublicKey public_key_;
    std::array<uint8_t, 32> seed_{};
};

/// A line below a note: who signed, what was put there.
struct NoteSignature {
    std::string name;
    uint32_t id = 0;
    Bytes bytes;  ///< Without the id: 64 for a log, 8 (time) + 64 for a witness.
};

struct SignedNote {
    std::string text;  ///< With its last newline.
    std::vector<NoteSignature> signatures;
    std::string format() const;
};
/// kMalformed, with the line. At most 1 MiB and 100 signatures.
Result<SignedNote> parse_note(std::string_view text);

/// Appends the key's signature. `time` is that of a witness.
void sign_note(SignedNote& note, const SigningKey& key, std::optional<UnixMillis> time = {});
/// True when this key signed the note; for a witness also when (`time`, if asked).
bool is_signed_by(const SignedNote& note, const PublicKey& key, UnixMillis* time = nullptr);

/// The state of a log.
struct Checkpoint {
    std::string origin;  ///< Which log.
    uint64_t size = 0;
    Hash256 root;
    std::vector<std::string> extensions;  ///< Further lines, as they are.
    std::string text() const;
    friend bool operator==(const Checkpoint&, const Checkpoint&) = default;
};
Result<Checkpoint> parse_checkpoint(std::string_view text);

}  // namespace cordon::tlog
