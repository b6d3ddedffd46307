// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "key_file.hpp"

#include <cerrno>

#include <fcntl.h>
#include <openssl/crypto.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cordon/base/disk.hpp>
#include <cordon/base/format.hpp>

namespace cordon::tlog {
namespace {

std::string_view first_line(ByteView bytes) noexcept {
    const std::string_view text{reinterpret_cast<const char*>(bytes.data()), bytes.size()};
    return text.substr(0, text.find('\n'));
}

}  // namespace

Status write_key_file(const std::string& path, const SigningKey& key) {
    const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0 && errno == EEXIST)
        return fail(ErrorCode::kDuplicate,
                    format("{}: is there already; a key is never overwritten", path));
    if (fd < 0) return fail(system_error(errno, path, "create"));
    std::string text = key.secret_text() + "\n";
    std::size_t written = 0;
    int error = 0;
    while (written < text.size() && error == 0) {
        const ssize_t n = ::write(fd, text.data() + written, text.size() - written);
        if (n >= 0) {
            written += static_cast<std::size_t>(n);
        } else if (errno != EINTR) {
            error = errno;
        }
    }
    OPENSSL_cleanse(text.data(), text.size());
    if (error == 0 && ::fsync(fd) != 0) error = errno;
    if (::close(fd) != 0 && error == 0) error = errno;
    if (error != 0) return fail(system_error(error, path, "write"));
    return {};
}

Result<SigningKey> read_key_file(const std::string& path) {
    struct stat status{};
    if (::stat(path.c_str(), &status) != 0) return fail(system_error(errno, path, "read"));
    if (status.st_mode & 077)
        return fail(ErrorCode::kPermission,
                    format("{}: others may read or write this key: chmod 600 it, and ask whether "
                           "somebody has",
                           path));
    CORDON_TRY(Bytes bytes, read_file(path));
    Result<SigningKey> key = SigningKey::parse(first_line(bytes));
    OPENSSL_cleanse(bytes.data(), bytes.size());
    if (!key) return fail(key.error().in(path));
    return key;
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
