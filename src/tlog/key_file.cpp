// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "key_file.hpp"

#include <filesystem>

#include <openssl/crypto.h>

#include <cordon/base/disk.hpp>
#include <cordon/base/format.hpp>
#include <cordon/base/private_file.hpp>

namespace cordon::tlog {
namespace {

std::string_view first_line(ByteView bytes) noexcept {
    const std::string_view text{reinterpret_cast<const char*>(bytes.data()), bytes.size()};
    return text.substr(0, text.find('\n'));
}

}  // namespace

Status write_key_file(const std::string& path, const SigningKey& key) {
    std::string text = key.secret_text() + "\n";
    const Status written = write_private_file(path, text);
    OPENSSL_cleanse(text.data(), text.size());
    return written;
}

Result<SigningKey> read_key_file(const std::string& path) {
    CORDON_TRY(Bytes bytes, read_private_file(path));
    Result<SigningKey> key = SigningKey::parse(first_line(bytes));
    OPENSSL_cleanse(bytes.data(), bytes.size());
    if (!key) return fail(key.error().in(path));
    return key;
}

Result<SigningKey> open_log_key(const std::string& path, const std::string& log_directory,
                                const std::string& name) {
    Result<SigningKey> key = read_key_file(path);
    if (key || key.error().code != ErrorCode::kNotFound) return key;
    std::error_code ignored;
    if (std::filesystem::exists(log_directory, ignored))
        return fail(ErrorCode::kNotFound,
                    format("{}: is missing; take it from a backup: another key would make another "
                           "log",
                           path));
    CORDON_TRY(const SigningKey made, SigningKey::generate(name, PublicKey::Kind::kLog));
    CORDON_TRY(write_key_file(path, made));
    return read_key_file(path);
}

Result<PublicKey> public_key_of(const std::string& text_or_path) {
    if (Result<PublicKey> key = parse_public_key(text_or_path)) return key;
    const Result<Bytes> bytes = read_file(text_or_path);
    if (!bytes)
        return fail(ErrorCode::kMalformed,
                    format("public key \"{}\": neither NAME+ID+BASE64 nor a file that can be read",
                           text_or_path.substr(0, 90)));
    Result<PublicKey> key = parse_public_key(first_line(*bytes));
    if (!key) return fail(key.error().in(text_or_path));
    return key;
}

}  // namespace cordon::tlog
