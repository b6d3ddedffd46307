// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "byte_source_codec.hpp"

#include <bzlib.h>
#include <lzma.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <limits>
#include <optional>
#include <string_view>

#include "bytes.hpp"
#include "check.hpp"
#include "format.hpp"

namespace cordon {
namespace {

/// What one call of a decoder did.
struct Step {
    std::size_t used = 0;
    std::size_t made = 0;
    bool frame_end = false;
};

/// One compression format. `start` begins a frame, `step` unpacks until input or room for output is
/// used up or the frame ends. An Error has no place yet: the stream adds it.
class Decoder {
public:
    virtual ~Decoder() = default;
    virtual Status start() = 0;
    virtual Result<Step> step(ByteView in, std::span<uint8_t> out) = 0;
};

Error damaged(std::string_view why) { return {ErrorCode::kMalformed, std::string{why}}; }

unsigned clamp_size(std::size_t size) noexcept {
    return static_cast<unsigned>(std::min<std::size_t>(size, std::numeric_limits<int>::max()));
}

class GzipDecoder final : public Decoder {
public:
    ~GzipDecoder() override {
        if (open_) inflateEnd(&stream_);
    }
    Status start() override {
        if (open_) {
            CORDON_CHECK(inflateReset(&stream_) == Z_OK);
            return {};
        }
        // 15 bits of window and 16 for "gzip header, not zlib".
        if (inflateInit2(&stream_, 15 + 16) != Z_OK)
            return fail(ErrorCode::kLimit, "not enough memory to unpack gzip");
        open_ = true;
        return {};
    }
    Result<Step> step(ByteView in, std::span<uint8_t> out) override {
        stream_.next_in =
            const_cast<Bytef*>(in.data());  // zlib's interface lacks the const; it does not write.
        stream_.avail_in = clamp_size(in.size());
        stream_.next_out = out.data();
        stream_.avail_out = clamp_size(out.size());
        const unsigned in_before = stream_.avail_in;
        const unsigned out_before = stream_.avail_out;
        const int code = inflate(&stream_, Z_NO_FLUSH);
        const Step step{in_before - stream_.avail_in, out_before - stream_.avail_out,
                        code == Z_STREAM_END};
        // Z_BUF_ERROR only says that this call could not get further.
        if (code != Z_OK && code != Z_STREAM_END && code != Z_BUF_ERROR)
            return fail(damaged(stream_.msg != nullptr ? stream_.msg : "unknown error"));
        return step;
    }

private:
    z_stream stream_{};
    bool open_ = false;
};

class ZstdDecoder final : public Decoder {
public:
    ~ZstdDecoder() override { ZSTD_freeDCtx(context_); }
    Status start() override {
        if (context_ == nullptr) context_ = ZSTD_createDCtx();
        if (context_ == nullptr) return fail(ErrorCode::kLimit, "not enough memory to unpack zstd");
        ZSTD_DCtx_reset(context_, ZSTD_reset_session_only);
        ZSTD_DCtx_setParameter(context_, ZSTD_d_windowLogMax, std::bit_width(kMaxWindow) - 1);
        return {};
    }
    Result<Step> step(ByteView in, std::span<uint8_t> out) override {
        ZSTD_inBuffer input{in.data(), in.size(), 0};
        ZSTD_outBuffer output{out.data(), out.size(), 0};
        const std::size_t code = ZSTD_decompressStream(context_, &output, &input);
        if (ZSTD_isError(code) != 0) {
            const std::string_view text = ZSTD_getErrorName(code);
            if (text.find("too much memory") != std::string_view::npos)
                return fail(
                    ErrorCode::kLimit,
                    format("it asks for a window of more than {} MiB; pack it without --long",
                           kMaxWindow >> 20));
            return fail(damaged(text));
        }
        return Step{input.pos, output.pos, code == 0};
    }

private:
    ZSTD_DCtx* context_ = nullptr;
};

class XzDecoder final : public Decoder {
public:
    ~XzDecoder() override { lzma_end(&stream_); }
    Status start() override {
        if (lzma_stream_decoder(&stream_, kMaxWindow, 0) != LZMA_OK)
            return fail(ErrorCode::kLimit, "not enough memory to unpack xz");
        return {};
    }
    Result<Step> step(ByteView in, std::span<uint8_t> out) override {
        stream_.next_in = in.data();
        stream_.avail_in = in.size();
        stream_.next_out = out.data();
        stream_.avail_out = out.size();
        const lzma_ret code = lzma_code(&stream_, LZMA_RUN);
        const Step step{in.size() - stream_.avail_in, out.size() - stream_.avail_out,
                        code == LZMA_STREAM_END};
        switch (code) {
            case LZMA_OK:
            case LZMA_BUF_ERROR:
            case LZMA_STREAM_END: return step;
            case LZMA_MEM_ERROR:
            case LZMA_MEMLIMIT_ERROR:
                return fail(
                    ErrorCode::kLimit,
                    format("it asks for more than {} MiB of memory; pack it with xz -9 or less",
                           kMaxWindow >> 20));
            case LZMA_FORMAT_ERROR: return fail(damaged("not the xz format"));
            case LZMA_OPTIONS_ERROR: return fail(damaged("unknown compression options"));
            default: return fail(damaged("data or checksum does not match"));
        }
    }

private:
    lzma_stream stream_ = LZMA_STREAM_INIT;
};

class Bzip2Decoder final : public Decoder {
public:
    ~Bzip2Decoder() override {
        if (open_) BZ2_bzDecompressEnd(&stream_);
    }
    Status start() override {
        if (open_) BZ2_bzDecompressEnd(&stream_);
        stream_ = {};
        open_ = BZ2_bzDecompressInit(&stream_, 0, 0) == BZ_OK;
        if (!open_) return fail(ErrorCode::kLimit, "not enough memory to unpack bzip2");
        return {};
    }
    Result<Step> step(ByteView in, std::span<uint8_t> out) override {
        // bzip2's interface lacks the const; it does not write.
        stream_.next_in = const_cast<char*>(reinterpret_cast<const char*>(in.data()));
        stream_.avail_in = clamp_size(in.size());
        stream_.next_out = reinterpret_cast<char*>(out.data());
        stream_.avail_out = clamp_size(out.size());
        const unsigned in_before = stream_.avail_in;
        const unsigned out_before = stream_.avail_out;
        const int code = BZ2_bzDecompress(&stream_);
        const Step step{in_before - stream_.avail_in, out_before - stream_.avail_out,
                        code == BZ_STREAM_END};
        if (code == BZ_MEM_ERROR) return fail(ErrorCode::kLimit, "not enough memory");
        if (code != BZ_OK && code != BZ_STREAM_END)
            return fail(damaged("data or checksum does not match"));
        return step;
    }

private:
    bz_stream stream_{};
    bool open_ = false;
};

enum class Packing : uint8_t { kNone, kGzip, kZstd, kXz, kBzip2, kZip, k7z };

constexpr std::string_view name_of(Packing packing) noexcept {
    switch (packing) {
        case Packing::kGzip: return "gzip";
        case Packing::kZstd: return "zstd";
        case Packing::kXz: return "xz";
        case Packing::kBzip2: return "bzip2";
        case Packing::kZip: return "zip";
        case Packing::k7z: return "7z";
        case Packing::kNone: break;
    }
    return "plain";
}

constexpr std::size_t kHead = 10;  // The longest magic: bzip2's, with that of its first block.

/// True when `head` starts with the magic, or ends inside it after at least `enough` bytes: a file
/// cut that early is better called truncated than taken for text.
bool starts(ByteView head, std::string_view magic, std::size_t enough) noexcept {
    const std::size_t count = std::min(head.size(), magic.size());
    return count >= enough && std::memcmp(head.data(), magic.data(), count) == 0;
}

Packing packing_of(ByteView head) noexcept {
    if (starts(head, "\x1f\x8b\x08", 2)) return Packing::kGzip;
    if (starts(head, "\x28\xb5\x2f\xfd", 4)) return Packing::kZstd;
    // A zstd "skippable frame" (RFC 8878 §3.1.2) may come first.
    if (head.size() >= 4 && (head[0] & 0xf0) == 0x50 && starts(head.subspan(1), "\x2a\x4d\x18", 3))
        return Packing::kZstd;
    if (starts(head, std::string_view{"\xfd\x37\x7a\x58\x5a\x00", 6}, 4)) return Packing::kXz;
    if (starts(head, "BZh", 3) && head.size() >= 4 && head[3] >= '1' && head[3] <= '9') {
        const ByteView rest = head.subspan(4);
        if (starts(rest, "\x31\x41\x59\x26\x53\x59", 0) ||
            starts(rest, "\x17\x72\x45\x38\x50\x90", 0))
            return Packing::kBzip2;
    }
    if (starts(head, "PK\x03\x04", 4)) return Packing::kZip;
    if (starts(head, "7z\xbc\xaf\x27\x1c", 6)) return Packing::k7z;
    return Packing::kNone;
}

std::unique_ptr<Decoder> make_decoder(Packing packing) {
    switch (packing) {
        case Packing::kGzip: return std::make_unique<GzipDecoder>();
        case Packing::kZstd: return std::make_unique<ZstdDecoder>();
        case Packing::kXz: return std::make_unique<XzDecoder>();
        case Packing::kBzip2: return std::make_unique<Bzip2Decoder>();
        default: return nullptr;
    }
}

/// A raw source with a look at its next bytes.
class Lookahead {
public:
    explicit Lookahead(std::unique_ptr<ByteSource> raw)
        : raw_{std::move(raw)}, buffer_(std::size_t{64} << 10) {}

    /// Makes at least `count` bytes visible unless the input ends before.
    Status want(std::size_t count) {
        if (end_ - begin_ >= count) return {};
        std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
        end_ -= begin_;
        begin_ = 0;
        while (end_ < count) {
            CORDON_TRY(const std::size_t got, raw_->read(std::span{buffer_}.subspan(end_)));
            if (got == 0) break;
            end_ += got;
        }
        return {};
    }
    ByteView view() const noexcept { return {buffer_.data() + begin_, end_ - begin_}; }
    void skip(std::size_t count) noexcept {
        begin_ += count;
        offset_ += count;
    }
    Result<std::size_t> read_past_buffer(std::span<uint8_t> out) {
        CORDON_TRY(const std::size_t got, raw_->read(out));
        offset_ += got;
        return got;
    }
    Result<uint64_t> skip_past_buffer(uint64_t count) {
        CORDON_TRY(const uint64_t done, raw_->skip(count));
        offset_ += done;
        return done;
    }
    uint64_t offset() const noexcept { return offset_; }

private:
    std::unique_ptr<ByteSource> raw_;
    std::vector<uint8_t> buffer_;
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
    uint64_t offset_ = 0;  // Bytes handed on.
};

class PlainSource final : public ByteSource {
public:
    explicit PlainSource(Lookahead in) : in_{std::move(in)} {}
    Result<std::size_t> read(std::span<uint8_t> out) override {
        const ByteView head = in_.view();
        if (head.empty()) return in_.read_past_buffer(out);
        const std::size_t count = std::min(head.size(), out.size());
        std::copy_n(head.begin(), count, out.begin());
        in_.skip(count);
        if (count == out.size()) return count;
        CORDON_TRY(const std::size_t more, in_.read_past_buffer(out.subspan(count)));
        return count + more;
    }
    Result<uint64_t> skip(uint64_t count) override {
        const std::size_t buffered = in_.view().size();
        if (count <= buffered) {
            in_.skip(static_cast<std::size_t>(count));
            return count;
        }
        in_.skip(buffered);
        CORDON_TRY(const uint64_t more, in_.skip_past_buffer(count - buffered));
        return buffered + more;
    }
    uint64_t consumed() const noexcept override { return in_.offset(); }

private:
    Lookahead in_;
};

class PackedSource final : public ByteSource {
public:
    PackedSource(Lookahead in, Packing packing, std::string name)
        : in_{std::move(in)},
          packing_{packing},
          name_{std::move(name)},
          decoder_{make_decoder(packing)} {}

    Result<std::size_t> read(std::span<uint8_t> out) override {
        if (failed_) return fail(*failed_);
        auto count = fill(out);
        if (!count) failed_ = count.error();
        return count;
    }
    uint64_t consumed() const noexcept override { return in_.offset(); }

private:
    Error here(Error error) const {
        return {error.code, format("{}: {} stream, packed byte {}: {}", name_, name_of(packing_),
                                   in_.offset(), error.message)};
    }

    Result<std::size_t> fill(std::span<uint8_t> out) {
        std::size_t made = 0;
        while (made < out.size()) {
            if (!in_frame_) {
                CORDON_TRY(const bool more, next_frame());
                if (!more) break;
            }
            CORDON_TRY(in_.want(1));
            const bool at_end = in_.view().empty();
            const auto step = decoder_->step(in_.view(), out.subspan(made));
            if (!step) return fail(here(step.error()));
            in_.skip(step->used);
            made += step->made;
            in_frame_ = !step->frame_end;
            if (in_frame_ && at_end && step->made == 0)
                return fail(here({ErrorCode::kTruncated,
                                  "the file ends inside the packed data; it is not complete"}));
            if (in_frame_ && !at_end && step->used == 0 && step->made == 0)
                return fail(here(damaged("the data makes no progress")));
        }
        return made;
    }

    /// Begins the frame that follows; false at the end of the file.
    Result<bool> next_frame() {
        CORDON_TRY(in_.want(kHead));
        // Stream padding, in groups of four zero bytes, belongs to the xz format (xz-file-format
        // §2.2).
        while (packing_ == Packing::kXz && !first_ &&
               starts(in_.view(), std::string_view{"\0\0\0\0", 4}, 4)) {
            in_.skip(4);
            CORDON_TRY(in_.want(kHead));
        }
        const ByteView head = in_.view();
        if (head.empty()) return false;
        if (packing_of(head.first(std::min(head.size(), kHead))) != packing_)
            return fail(here({ErrorCode::kTrailing,
                              format("expected the end of the file or another {} frame, found "
                                     "other bytes",
                                     name_of(packing_))}));
        if (const auto status = decoder_->start(); !status) return fail(here(status.error()));
        in_frame_ = true;
        first_ = false;
        return true;
    }

    Lookahead in_;
    Packing packing_;
    std::string name_;
    std::unique_ptr<Decoder> decoder_;
    bool in_frame_ = false;
    bool first_ = true;
    std::optional<Error> failed_;  // An error is final: what follows it means nothing.
};

}  // namespace

Result<std::unique_ptr<ByteSource>> unpack(std::unique_ptr<ByteSource> raw, std::string name) {
    Lookahead in{std::move(raw)};
    CORDON_TRY(in.want(kHead));
    const ByteView head = in.view();
    const Packing packing = packing_of(head.first(std::min(head.size(), kHead)));
    if (packing == Packing::kZip || packing == Packing::k7z)
        return fail(ErrorCode::kUnsupported,
                    format("{}: this is a {} archive; unpack it first, or pack the file itself "
                           "with gzip, zstd, xz or bzip2",
                           name, name_of(packing)));
    if (packing == Packing::kNone) return std::make_unique<PlainSource>(std::move(in));
    return std::make_unique<PackedSource>(std::move(in), packing, std::move(name));
}

}  // namespace cordon
