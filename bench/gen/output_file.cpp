// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "output_file.hpp"

#include <cerrno>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

#include <cordon/base/format.hpp>

namespace cordon::gen {
namespace {

constexpr std::size_t kBuffer = std::size_t{4} << 20;

Status write_at(const std::string& path, int file, ByteView bytes, uint64_t offset) {
    while (!bytes.empty()) {
        const ssize_t got = ::pwrite(file, bytes.data(), bytes.size(), static_cast<off_t>(offset));
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return fail(system_error(path, "cannot be written"));
        bytes = bytes.subspan(static_cast<std::size_t>(got));
        offset += static_cast<uint64_t>(got);
    }
    return {};
}

}  // namespace

Error system_error(const std::string& path, const char* what) {
    const int number = errno;
    const ErrorCode code = number == ENOSPC || number == EDQUOT  ? ErrorCode::kNoSpace
                           : number == EACCES || number == EPERM ? ErrorCode::kPermission
                           : number == ENOENT                    ? ErrorCode::kNotFound
                                                                 : ErrorCode::kIo;
    return {code, format("{} {}: {}", path, what, std::strerror(number))};
}

Result<OutputFile> OutputFile::create(const std::string& path) {
    const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (file < 0) return fail(system_error(path, "cannot be created"));
    return OutputFile{path, file};
}

OutputFile::OutputFile(std::string path, int file) : path_{std::move(path)}, file_{file} {
    buffer_.reserve(kBuffer);
}

OutputFile::OutputFile(OutputFile&& other) noexcept
    : path_{std::move(other.path_)},
      file_{std::exchange(other.file_, -1)},
      written_{other.written_},
      buffer_{std::move(other.buffer_)} {}

OutputFile& OutputFile::operator=(OutputFile&& other) noexcept {
    std::swap(path_, other.path_);
    std::swap(file_, other.file_);
    std::swap(written_, other.written_);
    std::swap(buffer_, other.buffer_);
    return *this;
}

OutputFile::~OutputFile() {
    if (file_ >= 0) ::close(file_);
}

Status OutputFile::write(ByteView bytes) {
    if (buffer_.size() + bytes.size() > kBuffer) CORDON_TRY(flush());
    if (bytes.size() > kBuffer) {
        CORDON_TRY(write_at(path_, file_, bytes, written_));
        written_ += bytes.size();
        return {};
    }
    buffer_.insert(buffer_.end(), bytes.begin(), bytes.end());
    return {};
}

Status OutputFile::write(std::string_view text) {
    return write(ByteView{reinterpret_cast<const uint8_t*>(text.data()), text.size()});
}

Status OutputFile::patch(uint64_t offset, ByteView bytes) {
    CORDON_TRY(flush());
    return write_at(path_, file_, bytes, offset);
}

Status OutputFile::close() {
    CORDON_TRY(flush());
    if (::close(std::exchange(file_, -1)) != 0)
        return fail(system_error(path_, "cannot be written"));
    return {};
}

Status OutputFile::flush() {
    CORDON_TRY(write_at(path_, file_, buffer_, written_));
    written_ += buffer_.size();
    buffer_.clear();
    return {};
}

}  // namespace cordon::gen
