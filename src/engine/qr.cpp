// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "qr.hpp"

#include <zbar.h>
#include <algorithm>

#include "picture.hpp"

namespace cordon::engine {
namespace {

constexpr std::size_t kMaxFile = std::size_t{16} << 20;

}  // namespace

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
