// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "log.hpp"

#include <array>

#include <cordon/base/format.hpp>

#include <cordon/base/crc32c.hpp>
#include "coding.hpp"

namespace cordon::ledger {
namespace {

constexpr uint32_t kFrameMagic = 0x524E4443;  // "CDNR"

/// The offset goes into the header's checksum, so that a record which stands at another place does
/// not pass.
uint32_t header_crc(ByteView header, uint64_t offset) noexcept {
    std::array<uint8_t, 8> place;
    std::memcpy(place.data(), &offset, sizeof offset);
    return crc32c(header.first(12), crc32c(place));
}

struct Frame {
    enum class State { kGood, kBadHeader, kShort, kBadPayload } state;
    ByteView payload;
};

Frame look(ByteView bytes, uint64_t at) noexcept {
    const ByteView rest = bytes.subspan(at);
    if (rest.size() < kFrameHeader || load<uint32_t>(rest.data()) != kFrameMagic ||
        load<uint32_t>(rest.data() + 12) != header_crc(rest, at))
        return {Frame::State::kBadHeader, {}};
    const uint32_t size = load<uint32_t>(rest.data() + 4);
    if (size > kMaxRecord || size > rest.size() - kFrameHeader) return {Frame::State::kShort, {}};
    const ByteView payload = rest.subspan(kFrameHeader, size);
    const bool good = crc32c(payload) == load<uint32_t>(rest.data() + 8);
    return {good ? Frame::State::kGood : Frame::State::kBadPayload, payload};
}

tl::unexpected<Error> corrupt(const std::string& name, uint64_t offset, const std::string& what) {
    return fail(ErrorCode::kCorrupt,
                format("{}: offset {}: {}; restore this ledger from a copy or ingest it anew", name,
                       offset, what));
}

/// The flipped bit of a frame header, if one flip explains it: the magic and the length then make
/// sense again.
std::optional<uint64_t> flip_in_header(ByteView rest, uint64_t at) noexcept {
    if (rest.size() < kFrameHeader) return std::nullopt;
    std::array<uint8_t, kFrameHeader> header;
    std::memcpy(header.data(), rest.data(), kFrameHeader);
    for (std::size_t bit = 0; bit < kFrameHeader * 8; ++bit) {
        header[bit / 8] ^= static_cast<uint8_t>(1u << (bit % 8));
        if (load<uint32_t>(header.data()) == kFrameMagic &&
            load<uint32_t>(header.data() + 12) == header_crc(header, at))
            return bit;
        header[bit / 8] ^= static_cast<uint8_t>(1u << (bit % 8));
    }
    return std::nullopt;
}

/// True when a whole record stands anywhere behind `from`: the writer never begins one before the
/// last is on disk.
bool has_record_behind(ByteView bytes, uint64_t from) noexcept {
    for (uint64_t at = from; at + kFrameHeader <= bytes.size(); ++at)
        if (bytes[at] == (kFrameMagic & 0xFF) && look(bytes, at).state == Frame::State::kGood)
            return true;
    return false;
}

}  // namespace

Result<LogContent> read_log(ByteView bytes, const std::string& name) {
    if (bytes.size() < kLogMagic.size() ||
        !std::equal(kLogMagic.begin(), kLogMagic.end(), bytes.begin()))
        return corrupt(name, 0, "expected the first bytes of a ledger log");
    LogContent content;
    content.end = kLogMagic.size();
    while (content.end < bytes.size()) {
        const Frame frame = look(bytes, content.end);
        if (frame.state == Frame::State::kGood) {
            content.records.push_back(frame.payload);
            content.end += kFrameHeader + frame.payload.size();
            continue;
        }
        const ByteView rest = bytes.subspan(content.end);
        if (frame.state == Frame::State::kBadHeader) {
            if (const auto bit = flip_in_header(rest, content.end))
                return corrupt(name, content.end + *bit / 8,
                               format("bit {} of a record header is flipped", *bit % 8));
        } else if (frame.state == Frame::State::kBadPayload) {
            if (const auto bit = flipped_bit(frame.payload.size(), load<uint32_t>(rest.data() + 8),
                                             crc32c(frame.payload)))
                return corrupt(name, content.end + kFrameHeader + *bit / 8,
                               format("bit {} of a record is flipped", *bit % 8));
        }
        if (has_record_behind(bytes, content.end + 1))
            return corrupt(name, content.end,
                           "a record fails its checksum, and whole records follow it");
        break;
    }
    return content;
}

Result<LogWriter> LogWriter::create(Disk& disk, const std::string& path) {
    CORDON_TRY(auto file, disk.create(path));
    CORDON_TRY(file->write(kLogMagic));
    CORDON_TRY(file->sync());
    return LogWriter{path, std::move(file), kLogMagic.size()};
}

Result<LogWriter> LogWriter::resume(Disk& disk, const std::string& path, uint64_t end) {
    CORDON_TRY(auto file, disk.extend(path, end));
    // Without this, bytes of the torn record could come back after a power cut, behind a new
    // record.
    CORDON_TRY(file->sync());
    return LogWriter{path, std::move(file), end};
}

Status LogWriter::append(std::span<uint8_t> frame) {
    if (broken_)
        return fail(
            ErrorCode::kIo,
            format("{}: an earlier write failed and could not be undone; open the ledger anew",
                   path_));
    const std::size_t size = frame.size() - kFrameHeader;
    if (size > kMaxRecord)
        return fail(
            ErrorCode::kLimit,
            format("a batch of {} MB is more than the log takes ({} MB); append fewer blocks at "
                   "once",
                   size >> 20, kMaxRecord >> 20));
    const auto put = [frame](std::size_t at, uint32_t value) {
        std::memcpy(frame.data() + at, &value, sizeof value);
    };
    put(0, kFrameMagic);
    put(4, static_cast<uint32_t>(size));
    put(8, crc32c(frame.subspan(kFrameHeader)));
    put(12, header_crc(frame, end_));

    Status status = file_->write(frame);
    if (status) status = file_->sync();
    if (!status) {
        broken_ = !file_->truncate(end_) || !file_->sync();
        return status;
    }
    end_ += frame.size();
    return {};
}

}  // namespace cordon::ledger
