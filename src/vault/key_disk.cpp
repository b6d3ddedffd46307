// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <cerrno>
#include <filesystem>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cordon/base/disk.hpp>
#include <cordon/base/format.hpp>

#include "key_file.hpp"

namespace cordon::vault {
namespace {

constexpr off_t kMostRead = 1 << 20;  // open_key_file() is stricter.

Status write_all(int fd, ByteView bytes, const std::string& path) {
    while (!bytes.empty()) {
        const ssize_t n = ::write(fd, bytes.data(), bytes.size());
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return fail(system_error(errno, path, "write"));
        bytes = bytes.subspan(static_cast<std::size_t>(n));
    }
    if (::fsync(fd) != 0) return fail(system_error(errno, path, "sync"));
    return {};
}

/// Written aside, so that no half key file ever has the name.
Status write_aside(const std::string& aside, ByteView sealed) {
    const int fd =
        ::open(aside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0 && errno == EEXIST)
        return fail(
            ErrorCode::kDuplicate,
            format("{}: left from a write that was broken off; look at it, then remove it", aside));
    if (fd < 0) return fail(system_error(errno, aside, "create"));
    Status status = write_all(fd, sealed, aside);
    if (::close(fd) != 0 && status) status = fail(system_error(errno, aside, "close"));
    if (!status) ::unlink(aside.c_str());
    return status;
}

Status sync_folder(const std::string& path) {
    const std::string folder = std::filesystem::path{path}.parent_path().string();
    return system_disk().sync_directory(folder.empty() ? "." : folder);
}

}  // namespace

Status create_key_file(const std::string& path, ByteView sealed) {
    const std::string aside = path + ".new";
    CORDON_TRY(write_aside(aside, sealed));
    // link() fails where rename() would replace.
    const int linked = ::link(aside.c_str(), path.c_str());
    const int error = errno;
    ::unlink(aside.c_str());
    if (linked != 0 && error == EEXIST)
        return fail(ErrorCode::kDuplicate,
                    format("{}: is there already; a key is never overwritten", path));
    if (linked != 0) return fail(system_error(error, path, "create"));
    return sync_folder(path);
}

Status replace_key_file(const std::string& path, ByteView sealed) {
    const std::string aside = path + ".new";
    CORDON_TRY(write_aside(aside, sealed));
    if (::rename(aside.c_str(), path.c_str()) != 0) {
        const int error = errno;
        ::unlink(aside.c_str());
        return fail(system_error(error, path, "replace"));
    }
    return sync_folder(path);
}

Result<Bytes> read_key_file(const std::string& path) {
    struct stat status{};
    if (::stat(path.c_str(), &status) != 0) return fail(system_error(errno, path, "read"));
    if (!S_ISREG(status.st_mode) || status.st_size > kMostRead)
        return fail(ErrorCode::kMalformed, format("{}: no key file", path));
    if (status.st_mode & 077)
        return fail(ErrorCode::kPermission,
                    format("{}: others may read or write this key: chmod 600 it, and ask whether "
                           "somebody has",
                           path));
    return read_file(path);
}

}  // namespace cordon::vault
