// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <cordon/base/byte_source.hpp>
#include <cordon/base/result.hpp>

/// QR codes: a payload or a hash over to another device, and back from a picture. Joins libqrencode
/// and zbar; nothing here knows what the text means.
namespace cordon::engine {

struct QrCode {
    std::size_t width = 0;      ///< Modules a side, without the quiet zone.
    std::vector<bool> modules;  ///< Row by row; true is dark.
    bool dark(std::size_t x, std::size_t y) const { return modules[y * width + x]; }
};

/// Error correction M; bytes as they are. kLimit beyond what one code holds (2,331 bytes).
Result<QrCode> make_qr(std::string_view text);

/// Two modules a character, light ones drawn: for dark terminals, as qrencode does it. With the
/// quiet zone of four modules that ISO/IEC 18004 asks for.
std::string qr_terminal(const QrCode& code);

/// A picture of black squares on white.
std::string qr_svg(const QrCode& code);

/// The texts of the QR codes in a PNG or JPEG, each once, in the order of the picture. kNotFound
/// when there is none; kLimit beyond 16 MiB or 24 million pixels; kMalformed for what is no
/// picture.
Result<std::vector<std::string>> read_qr(const InputFile& image);

}  // namespace cordon::engine
