// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <cordon/base/result.hpp>

/// Draws QR codes (ISO/IEC 18004), over Nayuki's generator. They are read by engine/qr.hpp.
namespace cordon::wallet {

struct QrCode {
    std::size_t width = 0;      ///< Modules a side, without the quiet zone.
    std::vector<bool> modules;  ///< Row by row; true is dark.
    bool dark(std::size_t x, std::size_t y) const { return modules[y * width + x]; }
};

/// Light modules around a code that readers need.
constexpr std::size_t kQrQuiet = 4;

/// Error correction M or better; text of capitals, digits and " $%*+-./:" is packed tighter, else
/// bytes as they are. kLimit beyond what one code holds (2,331 bytes, 3,391 of those letters).
Result<QrCode> make_qr(std::string_view text);

/// Two modules a character, light ones drawn: for dark terminals, as qrencode does it. With the
/// quiet zone.
std::string qr_terminal(const QrCode& code);

/// A picture of black squares on white.
std::string qr_svg(const QrCode& code);

/// A grey picture, a byte a pixel, `pixels` a module, with the quiet zone.
struct QrPicture {
    std::size_t side = 0;
    std::vector<uint8_t> pixels;
};
QrPicture qr_picture(const QrCode& code, std::size_t pixels);

}  // namespace cordon::wallet
