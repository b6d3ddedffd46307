// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "private_file.hpp"

#include <cerrno>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "disk.hpp"
#include "format.hpp"

namespace cordon {

Status write_private_file(const std::string& path, std::string_view text) {
    const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0 && errno == EEXIST)
        return fail(ErrorCode::kDuplicate,
                    format("{}: is there already; a key is never overwritten", path));
    if (fd < 0) return fail(system_error(errno, path, "create"));
    int error = 0;
    while (!text.empty() && error == 0) {
        const ssize_t n = ::write(fd, text.data(), text.size());
        if (n >= 0) {
            text.remove_prefix(static_cast<std::size_t>(n));
        } else if (errno != EINTR) {
            error = errno;
        }
    }
    if (error == 0 && ::fsync(fd) != 0) error = errno;
    if (::close(fd) != 0 && error == 0) error = errno;
    if (error != 0) return fail(system_error(error, path, "write"));
    return {};
}

Result<Bytes> read_private_file(const std::string& path) {
    struct stat status{};
    if (::stat(path.c_str(), &status) != 0) return fail(system_error(errno, path, "read"));
    if (status.st_mode & 077)
        return fail(ErrorCode::kPermission,
                    format("{}: others may read or write this key: chmod 600 it, and ask whether "
                           "somebody has",
                           path));
    return read_file(path);
}

}  // namespace cordon
