// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "tail.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <cstring>

#include <cordon/base/format.hpp>
#include <cordon/net/http.hpp>

namespace cordon::feed {
namespace {

// The longest line waited for: a block with traces as one event.
constexpr std::size_t kMaxLine = std::size_t{256} << 20;
constexpr std::size_t kPiece = std::size_t{64} << 10;

class TailSource final : public ByteSource {
public:
    TailSource(std::string path, TailOptions options)
        : path_{std::move(path)}, options_{std::move(options)} {}
    ~TailSource() override { close_file(); }
    TailSource(const TailSource&) = delete;
    TailSource& operator=(const TailSource&) = delete;

    Result<std::size_t> read(std::span<uint8_t> out) override {
        while (whole_ == 0) {
            CORDON_TRY(const bool more, fill());
            if (more) continue;
            CORDON_TRY(const bool rotated, at_end());
            if (!rotated && !net::wait_for(options_.poll, options_.cancel)) return std::size_t{0};
        }
        const std::size_t count = std::min(out.size(), whole_);
        std::copy_n(lines_.begin(), count, out.begin());
        lines_.erase(0, count);
        whole_ -= count;
        return count;
    }
    uint64_t consumed() const noexcept override { return consumed_; }

private:
    tl::unexpected<Error> refuse(std::string_view doing) const {
        return fail(ErrorCode::kIo, format("{}: {}: {}", path_, doing, std::strerror(errno)));
    }
    void close_file() {
        if (file_ >= 0) ::close(file_);
        file_ = -1;
        offset_ = 0;
    }
    /// Takes what has come. False: nothing new.
    Result<bool> fill() {
        if (file_ < 0) {
            file_ = ::open(path_.c_str(), O_RDONLY | O_CLOEXEC);
            if (file_ < 0 && errno == ENOENT) return false;
            if (file_ < 0) return refuse("opening");
        }
        const std::size_t before = lines_.size();
        if (before >= kMaxLine)
            return fail(ErrorCode::kLimit,
                        format("{}: a line of more than {} bytes", path_, kMaxLine));
        lines_.resize(before + kPiece);
        const ssize_t count = ::read(file_, lines_.data() + before, kPiece);
        lines_.resize(before + static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
        if (count < 0) return errno == EINTR ? Result<bool>{true} : refuse("reading");
        offset_ += static_cast<uint64_t>(count);
        consumed_ += static_cast<uint64_t>(count);
        const std::size_t end = lines_.rfind('\n');
        if (end != lines_.npos) whole_ = end + 1;
        return count > 0;
    }
    /// At the end of what there is. True when another file stands under the name now.
    Result<bool> at_end() {
        struct stat open{};
        struct stat named{};
        if (file_ < 0) return false;
        if (::fstat(file_, &open) != 0) return refuse("looking at it");
        if (static_cast<uint64_t>(open.st_size) < offset_)
            return fail(ErrorCode::kConflict,
                        format("{}: became shorter while it was read; append to it, or put a new "
                               "file in its place",
                               path_));
        if (::stat(path_.c_str(), &named) != 0) return false;
        if (named.st_dev == open.st_dev && named.st_ino == open.st_ino) return false;
        if (!lines_.empty())
            return fail(ErrorCode::kTruncated,
                        format("{}: was replaced in the middle of a line", path_));
        close_file();
        return true;
    }

    std::string path_;
    TailOptions options_;
    int file_ = -1;
    uint64_t offset_ = 0;    // In the file.
    uint64_t consumed_ = 0;  // Of all files under the name.
    std::string lines_;      // Not given yet.
    std::size_t whole_ = 0;  // Bytes of lines_ up to the end of its last whole line.
};

}  // namespace

InputFile tail_file(std::string path, TailOptions options) {
    return {path, 0, [path, options]() -> Result<std::unique_ptr<ByteSource>> {
                return std::make_unique<TailSource>(path, options);
            }};
}

}  // namespace cordon::feed
