// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "sealed_text.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include <sodium.h>

#include <cordon/base/base64.hpp>
#include <cordon/base/format.hpp>

namespace cordon::engine {
namespace {

constexpr std::size_t kHeader = crypto_secretstream_xchacha20poly1305_HEADERBYTES;
constexpr std::size_t kExtra = crypto_secretstream_xchacha20poly1305_ABYTES;
// A backup is sealed once and guessed at for years: libsodium's "moderate". Others are read up to
// its "sensitive", so that no file can take the machine's memory.
constexpr unsigned long long kOps = crypto_pwhash_OPSLIMIT_MODERATE;
constexpr std::size_t kMemory = crypto_pwhash_MEMLIMIT_MODERATE;
constexpr unsigned long long kMaxOps = crypto_pwhash_OPSLIMIT_SENSITIVE;
constexpr std::size_t kMaxMemory = crypto_pwhash_MEMLIMIT_SENSITIVE;

const uint8_t* data_of(std::string_view text) noexcept {
    return reinterpret_cast<const uint8_t*>(text.data());
}

/// The key of a passphrase, wiped when it goes.
class Key {
public:
    static Result<std::unique_ptr<Key>> derive(std::string_view passphrase, ByteView salt,
                                               unsigned long long ops, std::size_t memory) {
        auto key = std::make_unique<Key>();
        if (crypto_pwhash(key->bytes.data(), key->bytes.size(), passphrase.data(),
                          passphrase.size(), salt.data(), ops, memory,
                          crypto_pwhash_ALG_ARGON2ID13) != 0)
            return fail(ErrorCode::kLimit,
                        format("argon2id needs {} bytes of memory, which are not there", memory));
        return key;
    }
    Key() = default;
    Key(const Key&) = delete;
    Key& operator=(const Key&) = delete;
    ~Key() { sodium_memzero(bytes.data(), bytes.size()); }

    std::array<uint8_t, crypto_secretstream_xchacha20poly1305_KEYBYTES> bytes{};
};

template <typename Number>
bool take(std::string_view& rest, char end, Number& out) {
    const std::size_t at = rest.find(end);
    if (at == std::string_view::npos) return false;
    const auto [last, error] = std::from_chars(rest.data(), rest.data() + at, out);
    if (error != std::errc{} || last != rest.data() + at) return false;
    rest.remove_prefix(at + 1);
    return true;
}

bool skip(std::string_view& rest, std::string_view what) {
    if (!rest.starts_with(what)) return false;
    rest.remove_prefix(what.size());
    return true;
}

}  // namespace

Result<std::string> seal_text(std::string_view first_line, ByteView content,
                              std::string_view passphrase) {
    if (sodium_init() < 0) return fail(ErrorCode::kUnavailable, "libsodium has no random source");
    std::array<uint8_t, crypto_pwhash_SALTBYTES> salt{};
    randombytes_buf(salt.data(), salt.size());
    CORDON_TRY(const auto key, Key::derive(passphrase, salt, kOps, kMemory));
    Bytes sealed(kHeader + content.size() + kExtra);
    crypto_secretstream_xchacha20poly1305_state state;
    crypto_secretstream_xchacha20poly1305_init_push(&state, sealed.data(), key->bytes.data());
    crypto_secretstream_xchacha20poly1305_push(
        &state, sealed.data() + kHeader, nullptr, content.data(), content.size(),
        data_of(first_line), first_line.size(), crypto_secretstream_xchacha20poly1305_TAG_FINAL);
    sodium_memzero(&state, sizeof state);
    return format("{}\nargon2id: {} {} {}\nsealed: {}\n", first_line, kOps, kMemory,
                  to_base64(salt), to_base64(sealed));
}

Result<Bytes> unseal_text(std::string_view first_line, std::string_view text,
                          std::string_view passphrase) {
    if (sodium_init() < 0) return fail(ErrorCode::kUnavailable, "libsodium does not start");
    std::string_view rest = text;
    unsigned long long ops = 0;
    std::size_t memory = 0;
    const auto malformed = [&] {
        return fail(ErrorCode::kMalformed,
                    format("expected \"{}\", a line \"argon2id: OPS MEMORY SALT\" and a line "
                           "\"sealed: BASE64\"",
                           first_line));
    };
    if (!skip(rest, first_line) || !skip(rest, "\nargon2id: ") || !take(rest, ' ', ops) ||
        !take(rest, ' ', memory))
        return malformed();
    const std::size_t end = rest.find('\n');
    if (end == std::string_view::npos) return malformed();
    const Result<Bytes> salt = parse_base64(rest.substr(0, end));
    rest.remove_prefix(end + 1);
    if (!salt || salt->size() != crypto_pwhash_SALTBYTES || !skip(rest, "sealed: ") ||
        !rest.ends_with('\n'))
        return malformed();
    rest.remove_suffix(1);
    const Result<Bytes> sealed = parse_base64(rest);
    if (!sealed || sealed->size() < kHeader + kExtra) return malformed();
    if (ops < 1 || ops > kMaxOps || memory < crypto_pwhash_MEMLIMIT_MIN || memory > kMaxMemory)
        return fail(ErrorCode::kLimit, "argon2id costs out of bounds");
    CORDON_TRY(const auto key, Key::derive(passphrase, *salt, ops, memory));
    Bytes content(sealed->size() - kHeader - kExtra);
    crypto_secretstream_xchacha20poly1305_state state;
    uint8_t tag = 0;
    const bool good = crypto_secretstream_xchacha20poly1305_init_pull(&state, sealed->data(),
                                                                      key->bytes.data()) == 0 &&
                      crypto_secretstream_xchacha20poly1305_pull(
                          &state, content.data(), nullptr, &tag, sealed->data() + kHeader,
                          sealed->size() - kHeader, data_of(first_line), first_line.size()) == 0 &&
                      tag == crypto_secretstream_xchacha20poly1305_TAG_FINAL;
    sodium_memzero(&state, sizeof state);
    if (!good)
        return fail(ErrorCode::kPermission, "the passphrase is another one, or it was changed");
    return content;
}

}  // namespace cordon::engine
