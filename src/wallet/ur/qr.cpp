// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "qr.hpp"

#include <qrcodegen.hpp>
#include <stdexcept>

#include <cordon/base/format.hpp>

namespace cordon::wallet {
namespace {

// Version 40-M, byte and alphanumeric mode (ISO/IEC 18004, table 7).
constexpr std::size_t kMaxBytes = 2331, kMaxLetters = 3391;
constexpr std::string_view kLetters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";

/// Dark within the code; everything around it is light.
bool dark_at(const QrCode& code, std::size_t x, std::size_t y) {
    return x >= kQrQuiet && y >= kQrQuiet && x < kQrQuiet + code.width &&
           y < kQrQuiet + code.width && code.dark(x - kQrQuiet, y - kQrQuiet);
}

std::size_t side_of(const QrCode& code) { return code.width + 2 * kQrQuiet; }

}  // namespace

Result<QrCode> make_qr(std::string_view text) {
    if (text.empty()) return fail(ErrorCode::kInvalidParam, "nothing to show as a QR code");
    const bool letters = text.find_first_not_of(kLetters) == std::string_view::npos;
    const std::size_t most = letters ? kMaxLetters : kMaxBytes;
    if (text.size() > most)
        return fail(ErrorCode::kLimit,
                    format("{} bytes: a QR code holds {}; show a hash instead", text.size(), most));
    using qrcodegen::QrSegment;
    try {
        const QrSegment segment = letters ? QrSegment::makeAlphanumeric(std::string{text}.c_str())
                                          : QrSegment::makeBytes({text.begin(), text.end()});
        const auto code =
            qrcodegen::QrCode::encodeSegments({segment}, qrcodegen::QrCode::Ecc::MEDIUM);
        QrCode out;
        out.width = static_cast<std::size_t>(code.getSize());
        for (int y = 0; y < code.getSize(); ++y)
            for (int x = 0; x < code.getSize(); ++x) out.modules.push_back(code.getModule(x, y));
        return out;
    } catch (const std::length_error&) {
        return fail(ErrorCode::kLimit, "a QR code cannot hold the text");
    }
}

std::string qr_terminal(const QrCode& code) {
    const std::size_t side = side_of(code);
    std::string out;
    for (std::size_t y = 0; y < side; y += 2) {
        for (std::size_t x = 0; x < side; ++x) {
            const bool upper = !dark_at(code, x, y);
            const bool lower = y + 1 < side && !dark_at(code, x, y + 1);
            out += upper ? (lower ? "█" : "▀") : (lower ? "▄" : " ");
        }
        out += '\n';
    }
    return out;
}

std::string qr_svg(const QrCode& code) {
    const std::size_t side = side_of(code);
    std::string out = format(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0} {0}\" "
        "shape-rendering=\"crispEdges\"><rect width=\"{0}\" height=\"{0}\" fill=\"#fff\"/><path "
        "d=\"",
        side);
    for (std::size_t y = 0; y < side; ++y)
        for (std::size_t x = 0; x < side; ++x)
            if (dark_at(code, x, y)) out += format("M{} {}h1v1h-1z", x, y);
    return out + "\"/></svg>\n";
}

QrPicture qr_picture(const QrCode& code, std::size_t pixels) {
    QrPicture out{side_of(code) * pixels, {}};
    out.pixels.reserve(out.side * out.side);
    for (std::size_t y = 0; y < out.side; ++y)
        for (std::size_t x = 0; x < out.side; ++x)
            out.pixels.push_back(dark_at(code, x / pixels, y / pixels) ? 0 : 255);
    return out;
}

}  // namespace cordon::wallet
