// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "approver_key.hpp"

#include <algorithm>
#include <charconv>
#include <vector>

#include <sodium.h>

#include <cordon/base/base64.hpp>
#include <cordon/base/format.hpp>
#include <cordon/base/private_file.hpp>
#include <cordon/base/unicode.hpp>

namespace cordon::engine {
namespace {

constexpr std::string_view kFirstLine = "cordon approver key v1";
constexpr std::size_t kMaxFile = 4096;  // A key file has some 300 bytes.
constexpr std::size_t kMaxName = 128;   // As in statements.
constexpr std::size_t kSeed = crypto_sign_SEEDBYTES;
static_assert(crypto_sign_SECRETKEYBYTES == 64 && kSeed == 32);

// libsodium's "interactive" costs: an approver waits for it at each statement. Others are read up
// to what its "sensitive" asks for, so that no file can take the machine's memory.
constexpr unsigned long long kOps = crypto_pwhash_OPSLIMIT_INTERACTIVE;
constexpr std::size_t kMemory = crypto_pwhash_MEMLIMIT_INTERACTIVE;
constexpr unsigned long long kMaxOps = crypto_pwhash_OPSLIMIT_SENSITIVE;
constexpr std::size_t kMaxMemory = crypto_pwhash_MEMLIMIT_SENSITIVE;

constexpr std::size_t kHeader = crypto_secretstream_xchacha20poly1305_HEADERBYTES;
constexpr std::size_t kExtra = crypto_secretstream_xchacha20poly1305_ABYTES;
using SealKey = std::array<uint8_t, crypto_secretstream_xchacha20poly1305_KEYBYTES>;
using Salt = std::array<uint8_t, crypto_pwhash_SALTBYTES>;
using Seed = std::array<uint8_t, kSeed>;

/// Wiped when it goes out of scope.
template <typename Array>
struct Wiped {
    Array bytes{};
    Wiped() noexcept = default;
    Wiped(const Wiped&) = delete;
    Wiped& operator=(const Wiped&) = delete;
    ~Wiped() { sodium_memzero(bytes.data(), bytes.size()); }
};

const uint8_t* bytes_of(std::string_view text) noexcept {
    return reinterpret_cast<const uint8_t*>(text.data());
}

Status derive(SealKey& key, std::string_view passphrase, const Salt& salt, unsigned long long ops,
              std::size_t memory) {
    if (crypto_pwhash(key.data(), key.size(), passphrase.data(), passphrase.size(), salt.data(),
                      ops, memory, crypto_pwhash_ALG_ARGON2ID13) != 0)
        return fail(ErrorCode::kLimit, format("approver key: argon2id needs {} bytes of memory, "
                                              "which are not there",
                                              memory));
    return {};
}

/// Name and public key go with the secret: they cannot be exchanged.
Bytes seal(const Seed& seed, const SealKey& key, std::string_view with) {
    Bytes out(kHeader + kSeed + kExtra);
    crypto_secretstream_xchacha20poly1305_state state;
    crypto_secretstream_xchacha20poly1305_init_push(&state, out.data(), key.data());
    crypto_secretstream_xchacha20poly1305_push(&state, out.data() + kHeader, nullptr, seed.data(),
                                               seed.size(), bytes_of(with), with.size(),
                                               crypto_secretstream_xchacha20poly1305_TAG_FINAL);
    sodium_memzero(&state, sizeof state);
    return out;
}

bool unseal(Seed& seed, ByteView sealed, const SealKey& key, std::string_view with) {
    if (sealed.size() != kHeader + kSeed + kExtra) return false;
    crypto_secretstream_xchacha20poly1305_state state;
    uint8_t tag = 0;
    const bool good =
        crypto_secretstream_xchacha20poly1305_init_pull(&state, sealed.data(), key.data()) == 0 &&
        crypto_secretstream_xchacha20poly1305_pull(&state, seed.data(), nullptr, &tag,
                                                   sealed.data() + kHeader, kSeed + kExtra,
                                                   bytes_of(with), with.size()) == 0 &&
        tag == crypto_secretstream_xchacha20poly1305_TAG_FINAL;
    sodium_memzero(&state, sizeof state);
    return good;
}

tl::unexpected<Error> malformed(std::string_view what) {
    return fail(ErrorCode::kMalformed, format("approver key: {}", what));
}

/// The value of "NAME: VALUE" at the beginning of `rest`, which goes on behind it.
Result<std::string_view> take(std::string_view& rest, std::string_view name) {
    const std::size_t end = rest.find('\n');
    const std::string_view line = rest.substr(0, end);
    if (end == std::string_view::npos || !line.starts_with(name) ||
        line.substr(name.size(), 2) != ": ")
        return malformed(format("expected a line \"{}: …\"", name));
    rest.remove_prefix(end + 1);
    return line.substr(name.size() + 2);
}

template <typename Number>
bool parse_number(std::string_view text, Number& out) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
    return error == std::errc{} && end == text.data() + text.size();
}

struct Cost {
    unsigned long long ops = 0;
    std::size_t memory = 0;
    Salt salt{};
};
/// "OPS MEMORY SALT".
Result<Cost> parse_cost(std::string_view text) {
    Cost cost;
    const std::size_t first = text.find(' ');
    const std::size_t second = first == std::string_view::npos ? first : text.find(' ', first + 1);
    if (second == std::string_view::npos || !parse_number(text.substr(0, first), cost.ops) ||
        !parse_number(text.substr(first + 1, second - first - 1), cost.memory))
        return malformed("expected \"argon2id: OPS MEMORY SALT\"");
    if (cost.ops < 1 || cost.ops > kMaxOps || cost.memory < crypto_pwhash_MEMLIMIT_MIN ||
        cost.memory > kMaxMemory)
        return fail(ErrorCode::kLimit, "approver key: argon2id costs out of bounds");
    const Result<Bytes> salt = parse_base64(text.substr(second + 1));
    if (!salt || salt->size() != cost.salt.size()) return malformed("the salt is no 16 bytes");
    std::copy(salt->begin(), salt->end(), cost.salt.begin());
    return cost;
}

}  // namespace

ApproverSigner::ApproverSigner(std::string name, const Seed& seed) : name_{std::move(name)} {
    key_.key.resize(crypto_sign_PUBLICKEYBYTES);
    crypto_sign_seed_keypair(key_.key.data(), secret_.data(), seed.data());
}
ApproverSigner::ApproverSigner(ApproverSigner&& other) noexcept
    : name_{std::move(other.name_)}, key_{std::move(other.key_)}, secret_{other.secret_} {
    sodium_memzero(other.secret_.data(), other.secret_.size());
}
ApproverSigner::~ApproverSigner() { sodium_memzero(secret_.data(), secret_.size()); }

Result<ApproverSigner> ApproverSigner::generate(std::string name) {
    if (sodium_init() < 0) return fail(ErrorCode::kUnavailable, "libsodium has no random source");
    if (name.empty() || name.size() > kMaxName || !is_plain_line(name))
        return malformed("the name must be a line of 1 to 128 bytes that is what it looks like");
    Wiped<Seed> seed;
    randombytes_buf(seed.bytes.data(), seed.bytes.size());
    return ApproverSigner{std::move(name), seed.bytes};
}

Result<std::string> ApproverSigner::file_text(std::string_view passphrase) const {
    std::string text = format("{}\nname: {}\npublic: {}\n", kFirstLine, name_, key_.text());
    Wiped<Seed> seed;
    std::copy_n(secret_.begin(), kSeed, seed.bytes.begin());
    if (passphrase.empty()) return text + format("secret: {}\n", to_base64(seed.bytes));
    Salt salt{};
    randombytes_buf(salt.data(), salt.size());
    Wiped<SealKey> key;
    CORDON_TRY(derive(key.bytes, passphrase, salt, kOps, kMemory));
    const Bytes sealed = seal(seed.bytes, key.bytes, text);
    return text + format("argon2id: {} {} {}\nsealed: {}\n", kOps, kMemory, to_base64(salt),
                         to_base64(sealed));
}

bool is_sealed_key(std::string_view text) noexcept {
    return text.find("\nargon2id: ") != std::string_view::npos;
}

Result<ApproverSigner> ApproverSigner::parse(std::string_view text, std::string_view passphrase) {
    if (sodium_init() < 0) return fail(ErrorCode::kUnavailable, "libsodium does not start");
    if (text.size() > kMaxFile)
        return fail(ErrorCode::kLimit, format("approver key: more than {} bytes", kMaxFile));
    std::string_view rest = text;
    const std::string head = format("{}\n", kFirstLine);
    if (!rest.starts_with(head)) return malformed(format("expected \"{}\"", kFirstLine));
    rest.remove_prefix(head.size());
    CORDON_TRY(const std::string_view name, take(rest, "name"));
    if (name.empty() || name.size() > kMaxName || !is_plain_line(name))
        return malformed("it has no name that a statement could have");
    CORDON_TRY(const std::string_view told, take(rest, "public"));
    CORDON_TRY(const wallet::ApproverKey key, wallet::parse_approver_key(told));
    const std::string_view with = text.substr(0, text.size() - rest.size());

    Wiped<Seed> seed;
    if (is_sealed_key(text)) {
        CORDON_TRY(const std::string_view cost_text, take(rest, "argon2id"));
        CORDON_TRY(const Cost cost, parse_cost(cost_text));
        CORDON_TRY(const std::string_view sealed_text, take(rest, "sealed"));
        CORDON_TRY(const Bytes sealed, parse_base64(sealed_text));
        if (passphrase.empty())
            return fail(ErrorCode::kPermission, "approver key: it needs its passphrase");
        Wiped<SealKey> opened;
        CORDON_TRY(derive(opened.bytes, passphrase, cost.salt, cost.ops, cost.memory));
        if (!unseal(seed.bytes, sealed, opened.bytes, with))
            return fail(ErrorCode::kPermission,
                        "approver key: the passphrase is another one, or the file was changed");
    } else {
        CORDON_TRY(const std::string_view secret, take(rest, "secret"));
        CORDON_TRY(Bytes bytes, parse_base64(secret));
        const bool fits = bytes.size() == kSeed;
        if (fits) std::copy(bytes.begin(), bytes.end(), seed.bytes.begin());
        sodium_memzero(bytes.data(), bytes.size());
        if (!fits) return malformed("its secret is no 32 bytes");
    }
    if (!rest.empty()) return malformed("something follows the key");
    ApproverSigner signer{std::string{name}, seed.bytes};
    if (signer.key_ != key)
        return fail(ErrorCode::kChecksum, "approver key: public and secret key are no pair");
    return signer;
}

Result<wallet::SignedStatement> ApproverSigner::sign(const wallet::Statement& statement) const {
    wallet::SignedStatement out;
    out.text = statement.text();
    CORDON_TRY(const wallet::Statement read, wallet::parse_statement(out.text));
    if (read != statement || read.by != name_)
        return fail(ErrorCode::kMalformed,
                    format("statement: this key signs for \"{}\" alone, and what it signs must "
                           "read back as what it is",
                           name_));
    out.signature.resize(crypto_sign_BYTES);
    crypto_sign_detached(out.signature.data(), nullptr, bytes_of(out.text), out.text.size(),
                         secret_.data());
    CORDON_TRY(wallet::verify_signed(out, key_));  // No fault of the machine leaves as a signature.
    return out;
}

Status write_approver_key(const std::string& path, const ApproverSigner& signer,
                          std::string_view passphrase) {
    CORDON_TRY(std::string text, signer.file_text(passphrase));
    const Status written = write_private_file(path, text);
    sodium_memzero(text.data(), text.size());
    return written;
}

Result<std::string> read_approver_key(const std::string& path) {
    CORDON_TRY(Bytes bytes, read_private_file(path));
    std::string text{bytes.begin(), bytes.end()};
    sodium_memzero(bytes.data(), bytes.size());
    return text;
}

}  // namespace cordon::engine
