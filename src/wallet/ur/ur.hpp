// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "fountain.hpp"

/// Uniform resources: typed bytes as text for QR codes, "ur:TYPE/…" or many "ur:TYPE/N-M/…"
/// (BCR-2020-005; docs/formats/ur.md). Nothing here proves who sent something: CRC-32 is against
/// noise. What must not be changed on the way is signed.
namespace cordon::wallet {

struct Ur {
    std::string type;  ///< Small letters, digits, hyphens; 1 to 40 of them.
    Bytes cbor;
    friend bool operator==(const Ur&, const Ur&) = default;
};

constexpr std::string_view kUrBytes = "bytes";
constexpr std::string_view kUrPsbt = "crypto-psbt";  ///< What most wallets read of a PSBT today.
constexpr std::string_view kUrBundle = "x-cordon-bundle";

/// A byte string of CBOR under this type: what all the types above are. kInvalidParam: no type.
Result<Ur> make_ur(std::string_view type, ByteView content);
/// The type that fits: of a PSBT by its magic, of a bundle by its beginning, else "bytes".
std::string_view ur_type_of(ByteView content) noexcept;
/// The content of the byte string. kUnsupported: CBOR that is something else.
Result<Bytes> content_of(const Ur& ur);

/// In one part. kMalformed, kChecksum, kTruncated. Capital letters are as good.
std::string format_ur(const Ur& ur);
Result<Ur> parse_ur(std::string_view text);

/// Bytes of the message in a part: a QR code of 77 modules, which cameras read at 3 pixels each.
constexpr std::size_t kUrFragment = 250;

class UrEncoder {
public:
    /// Failures of FountainEncoder::make.
    static Result<UrEncoder> make(const Ur& ur, std::size_t longest_fragment = kUrFragment);

    /// Parts that are enough where none is lost; 1: there is no other part.
    std::size_t count() const noexcept { return fountain_.count(); }
    /// From 1, without end.
    std::string part(uint32_t number) const;

private:
    UrEncoder(Ur ur, FountainEncoder fountain)
        : ur_{std::move(ur)}, fountain_{std::move(fountain)} {}

    Ur ur_;
    FountainEncoder fountain_;
};

class UrDecoder {
public:
    /// Of text that is no part of a UR, or damaged: kMalformed, kChecksum, kTruncated, kTrailing,
    /// kLimit; the decoder stays as it was, the part counts as lost. Else as
    /// FountainDecoder::receive; another type is kConflict, too.
    Status receive(std::string_view text);

    bool done() const noexcept { return ur_.has_value(); }
    /// REQUIRES: done().
    const Ur& ur() const noexcept { return *ur_; }
    /// Nothing more is taken: parts contradicted each other, or made up another message.
    bool broken() const noexcept { return fountain_.broken(); }
    std::size_t count() const noexcept { return fountain_.count(); }
    std::size_t rank() const noexcept { return fountain_.rank(); }

private:
    std::string type_;
    FountainDecoder fountain_;
    std::optional<Ur> ur_;
};

}  // namespace cordon::wallet
