// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "byte_source.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "byte_source_codec.hpp"
#include "format.hpp"

namespace cordon {
namespace {

namespace fs = std::filesystem;

std::string system_text(int error) { return std::generic_category().message(error); }

Error system_error(const std::string& name, std::string_view doing, int error) {
    const ErrorCode code = error == ENOENT || error == ENOTDIR ? ErrorCode::kNotFound
                           : error == EACCES || error == EPERM ? ErrorCode::kPermission
                                                               : ErrorCode::kIo;
    return {code, format("{}: cannot {}: {}", name, doing, system_text(error))};
}

/// Reading a device never ends or blocks for ever; pipes are what `<(command)` gives, so they are
/// welcome.
Status check_kind(const std::string& path, mode_t mode) {
    std::string_view what;
    if (S_ISREG(mode) || S_ISFIFO(mode)) return {};
    if (S_ISDIR(mode))
        what = "a directory";
    else if (S_ISSOCK(mode))
        what = "a socket";
    else
        what = "a device";
    return fail(ErrorCode::kIo, format("{}: this is {}, expected a file", path, what));
}

class FileSource final : public ByteSource {
public:
    FileSource(std::string name, int fd, bool owned)
        : name_{std::move(name)}, fd_{fd}, owned_{owned} {}
    FileSource(const FileSource&) = delete;
    FileSource& operator=(const FileSource&) = delete;
    ~FileSource() override {
        if (owned_) ::close(fd_);
    }

    Result<std::size_t> read(std::span<uint8_t> out) override {
        std::size_t done = 0;
        while (done < out.size()) {
            const ssize_t got = ::read(fd_, out.data() + done, out.size() - done);
            if (got == 0) break;
            if (got < 0) {
                if (errno == EINTR) continue;
                return fail(
                    system_error(name_, format("read at byte {}", consumed_ + done), errno));
            }
            done += static_cast<std::size_t>(got);
        }
        consumed_ += done;
        return done;
    }
    Result<uint64_t> skip(uint64_t count) override {
        struct stat info{};
        const off_t at = ::lseek(fd_, 0, SEEK_CUR);  // Fails on a pipe, which must be read.
        if (at < 0 || ::fstat(fd_, &info) != 0 || !S_ISREG(info.st_mode))
            return ByteSource::skip(count);
        // Behind the end lseek would go as well: what is there now counts, as for read().
        const auto left = static_cast<uint64_t>(std::max<off_t>(info.st_size - at, 0));
        const uint64_t part = std::min(count, left);
        if (::lseek(fd_, static_cast<off_t>(part), SEEK_CUR) < 0)
            return fail(system_error(name_, format("seek from byte {}", consumed_), errno));
        consumed_ += part;
        return part;
    }
    uint64_t consumed() const noexcept override { return consumed_; }

private:
    std::string name_;
    int fd_;
    bool owned_;
    uint64_t consumed_ = 0;
};

class MemorySource final : public ByteSource {
public:
    explicit MemorySource(std::span<const uint8_t> bytes) : bytes_{bytes} {}
    Result<std::size_t> read(std::span<uint8_t> out) override {
        const std::size_t count = std::min(out.size(), bytes_.size() - at_);
        std::copy_n(bytes_.begin() + static_cast<std::ptrdiff_t>(at_), count, out.begin());
        at_ += count;
        return count;
    }
    uint64_t consumed() const noexcept override { return at_; }

private:
    std::span<const uint8_t> bytes_;
    std::size_t at_ = 0;
};

Result<std::unique_ptr<ByteSource>> open_path(const std::string& path) {
    const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) return fail(system_error(path, "open", errno));
    auto source = std::make_unique<FileSource>(path, fd, true);
    struct stat info{};
    if (::fstat(fd, &info) != 0) return fail(system_error(path, "look at", errno));
    CORDON_TRY(
        check_kind(path, info.st_mode));  // It may have been replaced since input_file() looked.
    return unpack(std::move(source), path);
}

InputFile standard_input() {
    // One process has one standard input, whoever describes it.
    static std::atomic_flag taken;
    return {"-", 0, []() -> Result<std::unique_ptr<ByteSource>> {
                if (taken.test_and_set())
                    return fail(ErrorCode::kUnavailable,
                                "-: standard input can be read only once; give a file instead");
                return unpack(std::make_unique<FileSource>("-", STDIN_FILENO, false), "-");
            }};
}

}  // namespace

Result<uint64_t> ByteSource::skip(uint64_t count) {
    std::vector<uint8_t> waste(
        static_cast<std::size_t>(std::min<uint64_t>(count, uint64_t{64} << 10)));
    uint64_t done = 0;
    while (done < count) {
        const auto part = static_cast<std::size_t>(std::min<uint64_t>(count - done, waste.size()));
        CORDON_TRY(const std::size_t got, read(std::span{waste}.first(part)));
        if (got == 0) break;
        done += got;
    }
    return done;
}

Result<InputFile> input_file(const std::string& path) {
    if (path == "-") return standard_input();
    if (path.empty() || path.find('\0') != std::string::npos)
        return fail(ErrorCode::kNotFound,
                    "expected the path of a file, found an empty or impossible one");
    struct stat info{};
    if (::stat(path.c_str(), &info) != 0) return fail(system_error(path, "open", errno));
    CORDON_TRY(check_kind(path, info.st_mode));
    if (::access(path.c_str(), R_OK) != 0) return fail(system_error(path, "open", errno));
    return InputFile{path, static_cast<uint64_t>(std::max<off_t>(info.st_size, 0)),
                     [path] { return open_path(path); }};
}

Result<std::vector<InputFile>> input_files(const std::string& directory) {
    struct stat info{};
    if (::stat(directory.c_str(), &info) != 0) return fail(system_error(directory, "open", errno));
    if (!S_ISDIR(info.st_mode))
        return fail(ErrorCode::kIo, format("{}: this is not a directory, expected one", directory));
    std::error_code error;
    std::vector<std::string> paths;
    // Links to directories are not followed: they can lead in a circle.
    for (fs::recursive_directory_iterator it{directory, error}, end; !error && it != end;
         it.increment(error)) {
        std::error_code ignored;
        if (it->is_regular_file(ignored)) paths.push_back(it->path().string());
    }
    if (error) return fail(system_error(directory, "list", error.value()));
    std::sort(paths.begin(), paths.end());
    std::vector<InputFile> files;
    files.reserve(paths.size());
    for (const std::string& path : paths) {
        CORDON_TRY(auto file, input_file(path));
        files.push_back(std::move(file));
    }
    return files;
}

InputFile memory_file(std::string name, std::span<const uint8_t> bytes) {
    return {std::move(name), bytes.size(), [bytes]() -> Result<std::unique_ptr<ByteSource>> {
                return std::make_unique<MemorySource>(bytes);
            }};
}

Result<std::vector<uint8_t>> read_all(ByteSource& source, std::size_t limit) {
    std::vector<uint8_t> all;
    // One byte more than allowed is asked for, to know whether there is more.
    std::size_t chunk = std::size_t{64} << 10;
    while (true) {
        const std::size_t had = all.size();
        const std::size_t room = limit - had + (limit < SIZE_MAX ? 1 : 0);
        all.resize(had + std::min(chunk, room));
        CORDON_TRY(const std::size_t got, source.read(std::span{all}.subspan(had)));
        all.resize(had + got);
        if (all.size() > limit)
            return fail(ErrorCode::kLimit, format("the input has more than {} bytes", limit));
        if (got == 0 || had + got == SIZE_MAX) return all;
        chunk = std::max(chunk, all.size() / 2);
    }
}

}  // namespace cordon
