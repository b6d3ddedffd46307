// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "disk.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "format.hpp"

namespace cordon {
namespace {

/// Owns a file descriptor.
class Fd {
public:
    explicit Fd(int fd) noexcept : fd_{fd} {}
    Fd(Fd&& other) noexcept : fd_{std::exchange(other.fd_, -1)} {}
    Fd& operator=(Fd&&) = delete;
    ~Fd() {
        if (fd_ >= 0) ::close(fd_);
    }
    int get() const noexcept { return fd_; }
    int release() noexcept { return std::exchange(fd_, -1); }

private:
    int fd_;
};

int open_retry(const std::string& path, int flags) noexcept {
    int fd = -1;
    do fd = ::open(path.c_str(), flags | O_CLOEXEC, 0644);
    while (fd < 0 && errno == EINTR);
    return fd;
}

class SystemOutFile final : public OutFile {
public:
    SystemOutFile(std::string path, Fd fd) : path_{std::move(path)}, fd_{std::move(fd)} {}

    Status write(ByteView bytes) override {
        while (!bytes.empty()) {
            const ssize_t n = ::write(fd_.get(), bytes.data(), bytes.size());
            if (n < 0 && errno == EINTR) continue;
            if (n < 0) return fail(system_error(errno, path_, "write"));
            bytes = bytes.subspan(static_cast<std::size_t>(n));
        }
        return {};
    }
    Status sync() override {
        if (::fdatasync(fd_.get()) != 0) return fail(system_error(errno, path_, "flush to disk"));
        return {};
    }
    Status truncate(uint64_t size) override {
        if (::ftruncate(fd_.get(), static_cast<off_t>(size)) != 0)
            return fail(system_error(errno, path_, "cut"));
        if (::lseek(fd_.get(), static_cast<off_t>(size), SEEK_SET) < 0)
            return fail(system_error(errno, path_, "seek in"));
        return {};
    }

private:
    std::string path_;
    Fd fd_;
};

class SystemDisk final : public Disk {
public:
    Result<std::unique_ptr<OutFile>> create(const std::string& path) override {
        Fd fd{open_retry(path, O_WRONLY | O_CREAT | O_TRUNC)};
        if (fd.get() < 0) return fail(system_error(errno, path, "create"));
        return std::make_unique<SystemOutFile>(path, std::move(fd));
    }
    Result<std::unique_ptr<OutFile>> extend(const std::string& path, uint64_t size) override {
        Fd fd{open_retry(path, O_WRONLY)};
        if (fd.get() < 0) return fail(system_error(errno, path, "open for writing"));
        auto file = std::make_unique<SystemOutFile>(path, std::move(fd));
        CORDON_TRY(file->truncate(size));
        return file;
    }
    Status rename(const std::string& from, const std::string& to) override {
        if (::rename(from.c_str(), to.c_str()) != 0)
            return fail(system_error(errno, from, "rename"));
        return {};
    }
    Status remove(const std::string& path) override {
        if (::unlink(path.c_str()) != 0) return fail(system_error(errno, path, "remove"));
        return {};
    }
    Status make_directory(const std::string& path) override {
        std::error_code error;
        std::filesystem::create_directories(path, error);
        if (error) return fail(system_error(error.value(), path, "create directory"));
        return {};
    }
    Status sync_directory(const std::string& path) override {
        const Fd fd{open_retry(path, O_RDONLY | O_DIRECTORY)};
        if (fd.get() < 0) return fail(system_error(errno, path, "open"));
        if (::fsync(fd.get()) != 0) return fail(system_error(errno, path, "flush to disk"));
        return {};
    }
};

}  // namespace

Disk& system_disk() noexcept {
    static SystemDisk disk;
    return disk;
}

Error system_error(int error, const std::string& path, const char* verb) {
    const ErrorCode code =
        error == ENOSPC || error == EDQUOT || error == EFBIG  ? ErrorCode::kNoSpace
        : error == EACCES || error == EPERM || error == EROFS ? ErrorCode::kPermission
        : error == ENOENT                                     ? ErrorCode::kNotFound
                                                              : ErrorCode::kIo;
    const char* next = code == ErrorCode::kNoSpace
                           ? "; free some space and repeat, nothing was lost"
                       : code == ErrorCode::kPermission ? "; check owner and mode of the directory"
                                                        : "";
    return Error{code, format("{}: cannot {}: {}{}", path, verb,
                              std::generic_category().message(error), next)};
}

Result<Bytes> read_file(const std::string& path, bool durable) {
    const Fd fd{open_retry(path, O_RDONLY)};
    if (fd.get() < 0) return fail(system_error(errno, path, "open"));
    struct stat status{};
    if (::fstat(fd.get(), &status) != 0) return fail(system_error(errno, path, "read"));
    if (!S_ISREG(status.st_mode))
        return fail(ErrorCode::kIo, format("{}: expected a regular file", path));
    Bytes bytes(static_cast<std::size_t>(status.st_size));
    std::size_t got = 0;
    while (got < bytes.size()) {
        const ssize_t n = ::read(fd.get(), bytes.data() + got, bytes.size() - got);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return fail(system_error(errno, path, "read"));
        if (n == 0) break;
        got += static_cast<std::size_t>(n);
    }
    bytes.resize(got);
    // EROFS and EINVAL: the medium cannot be written, so nothing on it can be lost either.
    if (durable && ::fdatasync(fd.get()) != 0 && errno != EROFS && errno != EINVAL)
        return fail(system_error(errno, path, "flush to disk"));
    return bytes;
}

Result<std::vector<std::string>> list_directory(const std::string& path) {
    std::error_code error;
    std::vector<std::string> names;
    std::filesystem::directory_iterator it{path, error};
    for (; !error && it != std::filesystem::directory_iterator{}; it.increment(error))
        names.push_back(it->path().filename().string());
    if (error) return fail(system_error(error.value(), path, "list"));
    std::sort(names.begin(), names.end());
    return names;
}

Result<MappedFile> MappedFile::open(const std::string& path) {
    const Fd fd{open_retry(path, O_RDONLY)};
    if (fd.get() < 0) return fail(system_error(errno, path, "open"));
    struct stat status{};
    if (::fstat(fd.get(), &status) != 0) return fail(system_error(errno, path, "read"));
    MappedFile file;
    file.size_ = static_cast<std::size_t>(status.st_size);
    if (file.size_ == 0) return file;
    void* at = ::mmap(nullptr, file.size_, PROT_READ, MAP_SHARED, fd.get(), 0);
    if (at == MAP_FAILED) {
        file.size_ = 0;
        return fail(system_error(errno, path, "map"));
    }
    file.data_ = static_cast<const uint8_t*>(at);
    return file;
}

MappedFile::MappedFile(MappedFile&& other) noexcept
    : data_{std::exchange(other.data_, nullptr)}, size_{std::exchange(other.size_, 0)} {}

MappedFile& MappedFile::operator=(MappedFile&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    return *this;
}

MappedFile::~MappedFile() {
    if (data_ != nullptr) ::munmap(const_cast<uint8_t*>(data_), size_);
}

Result<WriterLock> WriterLock::take(const std::string& path) {
    Fd fd{open_retry(path, O_RDWR | O_CREAT)};
    if (fd.get() < 0) return fail(system_error(errno, path, "open"));
    if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK) return fail(system_error(errno, path, "lock"));
        char holder[32] = {};
        const ssize_t n = ::pread(fd.get(), holder, sizeof holder - 1, 0);
        const std::string pid{
            holder,
            n > 0 ? static_cast<std::size_t>(std::find(holder, holder + n, '\n') - holder) : 0};
        return fail(ErrorCode::kLocked,
                    format("{}: process {} is writing here; wait for it or stop it, then repeat",
                           path, pid.empty() ? "unknown" : pid));
    }
    const std::string pid = format("{}\n", ::getpid());
    if (::ftruncate(fd.get(), 0) != 0 || ::pwrite(fd.get(), pid.data(), pid.size(), 0) < 0)
        return fail(system_error(errno, path, "write"));
    return WriterLock{fd.release()};
}

WriterLock::WriterLock(WriterLock&& other) noexcept : fd_{std::exchange(other.fd_, -1)} {}

WriterLock::~WriterLock() {
    if (fd_ >= 0) ::close(fd_);
}

}  // namespace cordon
