// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <vector>

#include <cordon/base/bytes.hpp>
#include <cordon/base/result.hpp>

#include "mixing.hpp"

/// A message in parts without end, of which any that are enough restore it (BCR-2024-001): a camera
/// that loses frames only takes longer.
namespace cordon::wallet {

/// Ten minutes of frames at the usual size and speed; more goes by file.
constexpr std::size_t kMaxUrMessage = std::size_t{1} << 20;
/// Bounds the decoder's memory: a bit for each pair of fragments, 2 MiB, beside the message.
constexpr std::size_t kMaxFragments = 4096;

struct FountainPart {
    uint32_t number = 0;    ///< From 1; beyond `count` the parts are mixed.
    std::size_t count = 0;  ///< Fragments of the message.
    std::size_t size = 0;   ///< Bytes of the message.
    uint32_t checksum = 0;  ///< Its CRC-32.
    Bytes data;
    friend bool operator==(const FountainPart&, const FountainPart&) = default;
};
/// A CBOR array of five. kMalformed, kTruncated, kTrailing; kLimit beyond the bounds above.
Bytes format_part(const FountainPart& part);
Result<FountainPart> parse_part(ByteView cbor);

/// The least number of fragments not longer than `longest`, or than ten bytes where that is less:
/// their length. REQUIRES: nothing is 0.
std::size_t fragment_length(std::size_t message, std::size_t longest,
                            std::size_t shortest = 10) noexcept;
/// Equal fragments, the last one filled up with zeros.
std::vector<Bytes> fragments_of(ByteView message, std::size_t length);

class FountainEncoder {
public:
    /// kInvalidParam: an empty message, or fragments of no length. kLimit: too long a message, or
    /// too many fragments.
    static Result<FountainEncoder> make(ByteView message, std::size_t longest_fragment);

    std::size_t count() const noexcept { return fragments_.size(); }
    FountainPart part(uint32_t number) const;

private:
    FountainEncoder(ByteView message, std::size_t length);

    std::size_t size_;
    uint32_t checksum_;
    std::vector<Bytes> fragments_;
    Mixing mixing_;
};

/// Solves for the fragments as parts come: in any order, doubled, with gaps. Each part is an
/// equation over GF(2); kept in echelon form, so that memory is bounded by the message, the message
/// is there as soon as it is determined at all, and a part that contradicts others is noticed.
class FountainDecoder {
public:
    /// kConflict: a part of another message; it was not taken, and the decoder stays as it was.
    /// kCorrupt: parts of this message contradict each other: nothing more is taken. kChecksum: the
    /// parts agree on a message that is not the one they name. kMalformed: a length that cannot be.
    Status receive(const FountainPart& part);

    bool broken() const noexcept { return broken_.has_value(); }
    bool done() const noexcept { return message_.has_value(); }
    /// REQUIRES: done().
    const Bytes& message() const noexcept { return *message_; }
    /// How many fragments there are, and how many are determined. 0 before the first part.
    std::size_t count() const noexcept { return count_; }
    std::size_t rank() const noexcept { return rank_; }

private:
    struct Row {
        std::vector<uint64_t> who;  // A bit a fragment; empty: no row with this leading bit yet.
        Bytes sum;                  // Of those fragments.
    };

    Status begin(const FountainPart& part);
    Status finish();

    std::size_t count_ = 0, size_ = 0, length_ = 0, rank_ = 0;
    uint32_t checksum_ = 0;
    std::optional<Error> broken_;
    std::optional<Mixing> mixing_;
    std::vector<Row> rows_;  // By leading bit.
    std::optional<Bytes> message_;
};

}  // namespace cordon::wallet
