// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "note.hpp"

#include <algorithm>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include <cordon/base/base64.hpp>
#include <cordon/base/check.hpp>
#include <cordon/base/format.hpp>
#include <cordon/base/hex.hpp>
#include <cordon/crypto/hash.hpp>

namespace cordon::tlog {
namespace {

constexpr std::string_view kSecretPrefix = "PRIVATE+KEY+";
constexpr std::string_view kSignaturePrefix = "\u2014 ";  // An em dash and a blank.
constexpr std::size_t kMaxNote = 1U << 20;
constexpr std::size_t kMaxSignatures = 100;
constexpr std::size_t kSignatureSize = 64;
constexpr std::size_t kTimeSize = 8;

ByteView view(std::string_view text) noexcept {
    return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

struct Free {
    void operator()(EVP_PKEY* key) const noexcept { EVP_PKEY_free(key); }
    void operator()(EVP_MD_CTX* context) const noexcept { EVP_MD_CTX_free(context); }
};
using Key = std::unique_ptr<EVP_PKEY, Free>;
using Context = std::unique_ptr<EVP_MD_CTX, Free>;

bool is_name(std::string_view name) noexcept {
    return !name.empty() && std::none_of(name.begin(), name.end(), [](char c) {
        return static_cast<unsigned char>(c) <= ' ' || c == '+' || c == 0x7f;
    });
}

bool verify(const std::array<uint8_t, 32>& key, ByteView message, ByteView signature) noexcept {
    const Key pkey{EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, key.data(), key.size())};
    const Context context{EVP_MD_CTX_new()};
    return pkey && context &&
           EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, pkey.get()) == 1 &&
           EVP_DigestVerify(context.get(), signature.data(), signature.size(), message.data(),
                            message.size()) == 1;
}

/// What a witness signs (C2SP tlog-cosignature).
std::string cosigned(std::string_view text, uint64_t seconds) {
    return format("cosignature/v1\ntime {}\n{}", seconds, text);
}

uint32_t big_endian_32(ByteView bytes) noexcept {
    return static_cast<uint32_t>(bytes[0]) << 24 | static_cast<uint32_t>(bytes[1]) << 16 |
           static_cast<uint32_t>(bytes[2]) << 8 | bytes[3];
}

void put_big_endian(Bytes& out, uint64_t value, std::size_t size) {
    for (std::size_t i = size; i-- > 0;) out.push_back(static_cast<uint8_t>(value >> (8 * i)));
}

/// "NAME+ID+BASE64" in its parts.
struct KeyText {
    std::string_view name;
    PublicKey::Kind kind{};
    uint32_t id = 0;
    Bytes bytes;
};

Result<KeyText> parse_key_text(std::string_view text) {
    KeyText key;
    const std::size_t plus = text.find('+');
    const std::size_t second = plus == std::string_view::npos ? plus : text.find('+', plus + 1);
    if (second == std::string_view::npos)
        return fail(ErrorCode::kMalformed, "key: expected NAME+ID+BASE64");
    key.name = text.substr(0, plus);
    if (!is_name(key.name))
        return fail(ErrorCode::kMalformed, "key: its name must not be empty or hold blanks");
    std::array<uint8_t, 4> id{};
    CORDON_TRY(parse_hex_into(text.substr(plus + 1, second - plus - 1), id));
    key.id = big_endian_32(id);
    CORDON_TRY(Bytes bytes, parse_base64(text.substr(second + 1)));
    if (bytes.size() != 33 || (bytes[0] != 1 && bytes[0] != 4))
        return fail(ErrorCode::kMalformed, "key: expected an Ed25519 key of a log or a witness");
    key.kind = static_cast<PublicKey::Kind>(bytes[0]);
    key.bytes.assign(bytes.begin() + 1, bytes.end());
    OPENSSL_cleanse(bytes.data(), bytes.size());
    return key;
}

Result<uint64_t> parse_size(std::string_view text) {
    const bool is_plain =
        !text.empty() && text.size() < 20 && (text[0] != '0' || text == "0") &&
        std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
    if (!is_plain)
        return fail(ErrorCode::kMalformed, "checkpoint: line 2: expected a size in digits");
    uint64_t size = 0;
    for (const char c : text) size = size * 10 + static_cast<uint64_t>(c - '0');
    return size;
}

}  // namespace

uint32_t PublicKey::id() const noexcept {
    crypto::Sha256 hash;
    const std::array<uint8_t, 2> middle{'\n', static_cast<uint8_t>(kind)};
    hash.update(view(name));
    hash.update(middle);
    hash.update(key);
    return big_endian_32(hash.finish().bytes);
}

std::string PublicKey::text() const {
    Bytes bytes{static_cast<uint8_t>(kind)};
    bytes.insert(bytes.end(), key.begin(), key.end());
    return format("{}+{:08x}+{}", name, id(), to_base64(bytes));
}

Result<PublicKey> parse_public_key(std::string_view text) {
    CORDON_TRY(const KeyText parts, parse_key_text(text));
    PublicKey key;
    key.name = parts.name;
    key.kind = parts.kind;
    std::copy(parts.bytes.begin(), parts.bytes.end(), key.key.begin());
    if (key.id() != parts.id)
        return fail(ErrorCode::kChecksum,
                    format("key of {}: its id is {:08x}, not {:08x}; copy it whole", key.name,
                           key.id(), parts.id));
    return key;
}

SigningKey::SigningKey(PublicKey key, std::span<const uint8_t> seed) noexcept
    : public_key_{std::move(key)} {
    std::copy(seed.begin(), seed.end(), seed_.begin());
    const Key pkey{
        EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, seed_.data(), seed_.size())};
    std::size_t size = public_key_.key.size();
    CORDON_CHECK(pkey&& EVP_PKEY_get_raw_public_key(pkey.get(), public_key_.key.data(), &size) ==
                 1);
}

SigningKey::SigningKey(SigningKey&& other) noexcept
    : public_key_{other.public_key_}, seed_{other.seed_} {
    OPENSSL_cleanse(other.seed_.data(), other.seed_.size());
}

SigningKey::~SigningKey() { OPENSSL_cleanse(seed_.data(), seed_.size()); }

Result<SigningKey> SigningKey::generate(std::string name, PublicKey::Kind kind) {
    if (!is_name(name))
        return fail(ErrorCode::kInvalidParam,
                    format("name of a key \"{}\": must not be empty or hold blanks or +", name));
    std::array<uint8_t, 32> seed{};
    if (RAND_priv_bytes(seed.data(), static_cast<int>(seed.size())) != 1)
        return fail(ErrorCode::kUnavailable, "the system gives no random bytes; try again");
    SigningKey key{{std::move(name), kind, {}}, seed};
    OPENSSL_cleanse(seed.data(), seed.size());
    return key;
}

Result<SigningKey> SigningKey::parse(std::string_view text) {
    if (!text.starts_with(kSecretPrefix))
        return fail(ErrorCode::kMalformed, "signing key: expected PRIVATE+KEY+NAME+ID+BASE64");
    CORDON_TRY(KeyText parts, parse_key_text(text.substr(kSecretPrefix.size())));
    SigningKey key{{std::string{parts.name}, parts.kind, {}}, parts.bytes};
    OPENSSL_cleanse(parts.bytes.data(), parts.bytes.size());
    if (key.public_key_.id() != parts.id)
        return fail(ErrorCode::kChecksum, "signing key: damaged, its id does not fit");
    return key;
}

std::string SigningKey::secret_text() const {
    Bytes bytes{static_cast<uint8_t>(public_key_.kind)};
    bytes.insert(bytes.end(), seed_.begin(), seed_.end());
    std::string text = format("{}{}+{:08x}+{}", kSecretPrefix, public_key_.name, public_key_.id(),
                              to_base64(bytes));
    OPENSSL_cleanse(bytes.data(), bytes.size());
    return text;
}

std::array<uint8_t, 64> SigningKey::sign(ByteView message) const {
    const Key pkey{
        EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, seed_.data(), seed_.size())};
    const Context context{EVP_MD_CTX_new()};
    std::array<uint8_t, kSignatureSize> signature{};
    std::size_t size = signature.size();
    CORDON_CHECK(pkey&& context&& EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr,
                                                     pkey.get()) == 1 &&
                 EVP_DigestSign(context.get(), signature.data(), &size, message.data(),
                                message.size()) == 1 &&
                 size == signature.size());
    return signature;
}

std::string SignedNote::format() const {
    std::string out = text + "\n";
    for (const NoteSignature& signature : signatures) {
        Bytes bytes;
        put_big_endian(bytes, signature.id, 4);
        bytes.insert(bytes.end(), signature.bytes.begin(), signature.bytes.end());
        out += cordon::format("{}{} {}\n", kSignaturePrefix, signature.name, to_base64(bytes));
    }
    return out;
}

Result<SignedNote> parse_note(std::string_view text) {
    if (text.size() > kMaxNote) return fail(ErrorCode::kLimit, "note: more than 1 MiB");
    const std::size_t split = text.rfind("\n\n");
    if (split == std::string_view::npos || text.back() != '\n')
        return fail(ErrorCode::kMalformed,
                    "note: expected text, an empty line, and signatures that end in a newline");
    SignedNote note;
    note.text = text.substr(0, split + 1);
    std::string_view rest = text.substr(split + 2);
    while (!rest.empty()) {
        const std::size_t end = rest.find('\n');
        std::string_view line = rest.substr(0, end);
        rest.remove_prefix(end + 1);
        const std::size_t number = note.signatures.size() + 1;
        if (number > kMaxSignatures)
            return fail(ErrorCode::kLimit, format("note: more than {} signatures", kMaxSignatures));
        const auto bad = [&](std::string_view why) {
            return fail(ErrorCode::kMalformed, format("note: signature {}: {}", number, why));
        };
        if (!line.starts_with(kSignaturePrefix)) return bad("expected \"\u2014 NAME BASE64\"");
        line.remove_prefix(kSignaturePrefix.size());
        const std::size_t blank = line.find(' ');
        if (blank == std::string_view::npos || !is_name(line.substr(0, blank)))
            return bad("expected a name and a signature");
        const Result<Bytes> bytes = parse_base64(line.substr(blank + 1));
        if (!bytes || bytes->size() < 5) return bad("expected base64 of a key id and a signature");
        NoteSignature signature;
        signature.name = line.substr(0, blank);
        signature.id = big_endian_32(*bytes);
        signature.bytes.assign(bytes->begin() + 4, bytes->end());
        note.signatures.push_back(std::move(signature));
    }
    if (note.signatures.empty()) return fail(ErrorCode::kMalformed, "note: nobody signed it");
    return note;
}

void sign_note(SignedNote& note, const SigningKey& key, std::optional<UnixMillis> time) {
    const PublicKey& who = key.public_key();
    NoteSignature signature{who.name, who.id(), {}};
    std::string message = note.text;
    if (who.kind == PublicKey::Kind::kWitness) {
        const auto seconds = static_cast<uint64_t>(to_unix_seconds(time.value_or(UnixMillis{})));
        put_big_endian(signature.bytes, seconds, kTimeSize);
        message = cosigned(note.text, seconds);
    }
    const std::array<uint8_t, kSignatureSize> bytes = key.sign(view(message));
    signature.bytes.insert(signature.bytes.end(), bytes.begin(), bytes.end());
    note.signatures.push_back(std::move(signature));
}

bool is_signed_by(const SignedNote& note, const PublicKey& key, UnixMillis* time) {
    const uint32_t id = key.id();
    for (const NoteSignature& signature : note.signatures) {
        if (signature.name != key.name || signature.id != id) continue;
        if (key.kind == PublicKey::Kind::kLog) {
            if (signature.bytes.size() == kSignatureSize &&
                verify(key.key, view(note.text), signature.bytes))
                return true;
            continue;
        }
        if (signature.bytes.size() != kTimeSize + kSignatureSize) continue;
        uint64_t seconds = 0;
        for (std::size_t i = 0; i < kTimeSize; ++i) seconds = seconds << 8 | signature.bytes[i];
        constexpr uint64_t kLatest = 253'402'300'799;  // The end of the year 9999.
        if (seconds > kLatest) continue;
        if (!verify(key.key, view(cosigned(note.text, seconds)),
                    ByteView{signature.bytes}.subspan(kTimeSize)))
            continue;
        if (time) *time = from_unix_seconds(static_cast<int64_t>(seconds));
        return true;
    }
    return false;
}

std::string Checkpoint::text() const {
    std::string out = format("{}\n{}\n{}\n", origin, size, to_base64(root));
    for (const std::string& line : extensions) out += line + "\n";
    return out;
}

Result<Checkpoint> parse_checkpoint(std::string_view text) {
    std::vector<std::string_view> lines;
    for (std::string_view rest = text; !rest.empty();) {
        const std::size_t end = rest.find('\n');
        if (end == std::string_view::npos)
            return fail(ErrorCode::kTruncated, "checkpoint: its last line does not end");
        lines.push_back(rest.substr(0, end));
        rest.remove_prefix(end + 1);
    }
    if (lines.size() < 3 || lines[0].empty())
        return fail(ErrorCode::kMalformed,
                    "checkpoint: expected origin, size and root on a line each");
    Checkpoint checkpoint;
    checkpoint.origin = lines[0];
    CORDON_TRY(checkpoint.size, parse_size(lines[1]));
    const Result<Bytes> root = parse_base64(lines[2]);
    if (!root || root->size() != checkpoint.root.bytes.size())
        return fail(ErrorCode::kMalformed, "checkpoint: line 3: expected 32 bytes in base64");
    std::copy(root->begin(), root->end(), checkpoint.root.bytes.begin());
    for (std::size_t i = 3; i < lines.size(); ++i) {
        if (lines[i].empty())
            return fail(ErrorCode::kMalformed, format("checkpoint: line {}: is empty", i + 1));
        checkpoint.extensions.emplace_back(lines[i]);
    }
    return checkpoint;
}

}  // namespace cordon::tlog
