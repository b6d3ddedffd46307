// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "qr.hpp"

#include <qrencode.h>
#include <zbar.h>
#include <algorithm>
#include <memory>

#include <cordon/base/format.hpp>

#include "picture.hpp"

namespace cordon::engine {
namespace {

constexpr std::size_t kQuiet = 4;
constexpr std::size_t kMaxFile = std::size_t{16} << 20;
// Byte mode of version 40-M (ISO/IEC 18004, table 7).
constexpr std::size_t kMaxText = 2331;

/// Dark within the code; everything around it is light.
bool dark_at(const QrCode& code, std::size_t x, std::size_t y) {
    return x >= kQuiet && y >= kQuiet && x < kQuiet + code.width && y < kQuiet + code.width &&
           code.dark(x - kQuiet, y - kQuiet);
}

}  // namespace

Result<QrCode> make_qr(std::string_view text) {
    if (text.empty()) return fail(ErrorCode::kInvalidParam, "nothing to show as a QR code");
    if (text.size() > kMaxText)
        return fail(ErrorCode::kLimit, format("{} bytes: a QR code holds {}; show a hash instead",
                                              text.size(), kMaxText));
    const std::unique_ptr<QRcode, decltype(&QRcode_free)> code{
        QRcode_encodeData(static_cast<int>(text.size()),
                          reinterpret_cast<const unsigned char*>(text.data()), 0, QR_ECLEVEL_M),
        QRcode_free};
    if (!code) return fail(ErrorCode::kLimit, "libqrencode cannot hold the text");
    QrCode out;
    out.width = static_cast<std::size_t>(code->width);
    for (std::size_t i = 0; i < out.width * out.width; ++i)
        out.modules.push_back((code->data[i] & 1U) != 0);
    return out;
}

std::string qr_terminal(const QrCode& code) {
    const std::size_t side = code.width + 2 * kQuiet;
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
    const std::size_t side = code.width + 2 * kQuiet;
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

Result<std::vector<std::string>> read_qr(const InputFile& image) {
    CORDON_TRY(const auto source, image.open());
    CORDON_TRY(const auto bytes, read_all(*source, kMaxFile));
    const auto picture = read_picture(bytes);
    if (!picture) return fail(picture.error().in(image.name));

    zbar::ImageScanner scanner;
    scanner.set_config(zbar::ZBAR_NONE, zbar::ZBAR_CFG_ENABLE, 0);
    scanner.set_config(zbar::ZBAR_QRCODE, zbar::ZBAR_CFG_ENABLE, 1);
    zbar::Image view{static_cast<unsigned>(picture->width), static_cast<unsigned>(picture->height),
                     "Y800", picture->pixels.data(), picture->pixels.size()};
    if (scanner.scan(view) < 0) return fail(ErrorCode::kMalformed, image.name + ": zbar failed");
    std::vector<std::string> texts;
    for (auto at = view.symbol_begin(); at != view.symbol_end(); ++at) {
        std::string text = at->get_data();
        if (std::find(texts.begin(), texts.end(), text) == texts.end())
            texts.push_back(std::move(text));
    }
    view.set_data(nullptr, 0);
    if (texts.empty())
        return fail(ErrorCode::kNotFound,
                    image.name + ": no QR code found; three pixels a module are enough, two often");
    return texts;
}

}  // namespace cordon::engine
