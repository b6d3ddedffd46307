// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "fountain.hpp"

#include <algorithm>
#include <limits>

#include <cordon/base/check.hpp>
#include <cordon/base/format.hpp>

#include "bytewords.hpp"
#include "cbor.hpp"

namespace cordon::wallet {
namespace {

constexpr std::size_t kFields = 5, kWordBits = 64;

void add(Bytes& sum, const Bytes& other) noexcept {
    for (std::size_t i = 0; i < sum.size(); ++i) sum[i] ^= other[i];
}

bool has(const std::vector<uint64_t>& bits, std::size_t at) noexcept {
    return (bits[at / kWordBits] >> (at % kWordBits) & 1U) != 0;
}

Result<uint32_t> word32(CborReader& reader) {
    CORDON_TRY(const uint64_t value, reader.head(CborType::kUnsigned));
    if (value > std::numeric_limits<uint32_t>::max())
        return fail(ErrorCode::kMalformed, "a number beyond 32 bits in a part");
    return static_cast<uint32_t>(value);
}

}  // namespace

Bytes format_part(const FountainPart& part) {
    Bytes out;
    append_cbor_head(out, CborType::kArray, kFields);
    for (const uint64_t field : {uint64_t{part.number}, uint64_t{part.count}, uint64_t{part.size},
                                 uint64_t{part.checksum}})
        append_cbor_head(out, CborType::kUnsigned, field);
    append_cbor_bytes(out, part.data);
    return out;
}

Result<FountainPart> parse_part(ByteView cbor) {
    CborReader reader{cbor};
    CORDON_TRY(const uint64_t fields, reader.head(CborType::kArray));
    if (fields != kFields) return fail(ErrorCode::kMalformed, "a part has five fields");
    FountainPart out;
    CORDON_TRY(out.number, word32(reader));
    CORDON_TRY(out.count, word32(reader));
    CORDON_TRY(out.size, word32(reader));
    CORDON_TRY(out.checksum, word32(reader));
    CORDON_TRY(const ByteView data, reader.byte_string());
    CORDON_TRY(reader.end());
    if (out.count == 0 || out.size == 0 || data.empty())
        return fail(ErrorCode::kMalformed, "a part of nothing");
    if (out.count > kMaxFragments || out.size > kMaxUrMessage)
        return fail(ErrorCode::kLimit, format("{} fragments, {} bytes; at most {} and {}",
                                              out.count, out.size, kMaxFragments, kMaxUrMessage));
    out.data.assign(data.begin(), data.end());
    return out;
}

std::size_t fragment_length(std::size_t message, std::size_t longest,
                            std::size_t shortest) noexcept {
    const std::size_t most = std::max<std::size_t>(message / shortest, 1);
    const std::size_t count = std::min(most, (message + longest - 1) / longest);
    return (message + count - 1) / count;
}

std::vector<Bytes> fragments_of(ByteView message, std::size_t length) {
    std::vector<Bytes> out;
    for (std::size_t at = 0; at < message.size(); at += length) {
        const ByteView piece = message.subspan(at, std::min(length, message.size() - at));
        out.emplace_back(piece.begin(), piece.end()).resize(length, 0);
    }
    return out;
}

Result<FountainEncoder> FountainEncoder::make(ByteView message, std::size_t longest_fragment) {
    if (message.empty() || longest_fragment == 0)
        return fail(ErrorCode::kInvalidParam, "nothing to send, or in fragments of nothing");
    if (message.size() > kMaxUrMessage)
        return fail(ErrorCode::kLimit, format("{} bytes; {} go as frames, more goes by file",
                                              message.size(), kMaxUrMessage));
    const std::size_t length = fragment_length(message.size(), longest_fragment);
    if ((message.size() + length - 1) / length > kMaxFragments)
        return fail(ErrorCode::kLimit, format("more than {} fragments: make them longer than {}",
                                              kMaxFragments, length));
    return FountainEncoder{message, length};
}

FountainEncoder::FountainEncoder(ByteView message, std::size_t length)
    : size_{message.size()},
      checksum_{crc32(message)},
      fragments_{fragments_of(message, length)},
      mixing_{fragments_.size(), checksum_} {}

FountainPart FountainEncoder::part(uint32_t number) const {
    FountainPart out{number, fragments_.size(), size_, checksum_, Bytes(fragments_[0].size(), 0)};
    for (const uint32_t fragment : mixing_.fragments(number)) add(out.data, fragments_[fragment]);
    return out;
}

Status FountainDecoder::begin(const FountainPart& part) {
    const std::size_t length = part.data.size();
    if (part.count == 0 || part.count > kMaxFragments || part.size > kMaxUrMessage ||
        length * part.count < part.size || length * (part.count - 1) >= part.size)
        return fail(ErrorCode::kMalformed, format("{} fragments of {} bytes are no message of {}",
                                                  part.count, length, part.size));
    count_ = part.count;
    size_ = part.size;
    length_ = length;
    checksum_ = part.checksum;
    rows_.resize(count_);
    mixing_.emplace(count_, checksum_);
    return {};
}

Status FountainDecoder::receive(const FountainPart& part) {
    if (broken_) return fail(*broken_);
    if (count_ == 0) {
        CORDON_TRY(begin(part));
    }
    if (part.count != count_ || part.size != size_ || part.checksum != checksum_ ||
        part.data.size() != length_)
        return fail(ErrorCode::kConflict, "a frame of another message");

    Row row{std::vector<uint64_t>((count_ + kWordBits - 1) / kWordBits, 0), part.data};
    for (const uint32_t fragment : mixing_->fragments(part.number))
        row.who[fragment / kWordBits] |= uint64_t{1} << (fragment % kWordBits);
    for (std::size_t at = 0; at < count_; ++at) {
        if (!has(row.who, at)) continue;
        Row& known = rows_[at];
        if (known.who.empty()) {
            known = std::move(row);
            ++rank_;
            return rank_ == count_ ? finish() : Status{};
        }
        for (std::size_t i = 0; i < row.who.size(); ++i) row.who[i] ^= known.who[i];
        add(row.sum, known.sum);
    }
    // Nothing new: what the others say of this part must be what it says itself.
    if (std::ranges::all_of(row.sum, [](uint8_t byte) { return byte == 0; })) return {};
    broken_ = Error{ErrorCode::kCorrupt,
                    "frames contradict each other: somebody mixed in a changed one; begin anew"};
    return fail(*broken_);
}

Status FountainDecoder::finish() {
    for (std::size_t at = count_; at-- > 0;)
        for (std::size_t other = at + 1; other < count_; ++other)
            if (has(rows_[at].who, other)) {
                add(rows_[at].sum, rows_[other].sum);
                rows_[at].who[other / kWordBits] &= ~(uint64_t{1} << (other % kWordBits));
            }
    Bytes message;
    message.reserve(count_ * length_);
    for (const Row& row : rows_) message.insert(message.end(), row.sum.begin(), row.sum.end());
    const ByteView padding = ByteView{message}.subspan(size_);
    const bool padded = std::ranges::all_of(padding, [](uint8_t byte) { return byte == 0; });
    message.resize(size_);
    if (!padded || crc32(message) != checksum_) {
        broken_ = Error{ErrorCode::kChecksum,
                        "the frames make up another message than the one they name; begin anew"};
        return fail(*broken_);
    }
    message_ = std::move(message);
    return {};
}

}  // namespace cordon::wallet
