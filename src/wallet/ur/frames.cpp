// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "frames.hpp"

#include <algorithm>
#include <istream>
#include <limits>
#include <ostream>

#include <cordon/base/format.hpp>

#include "qr.hpp"

namespace cordon::wallet {
namespace {

// ECMA-48: cursor home, erase below; the screen is not cleared, so that frames do not flicker.
constexpr std::string_view kHome = "\x1b[H", kErase = "\x1b[2J", kEraseBelow = "\x1b[J";
constexpr std::size_t kMaxLine = 8192;  // More than any QR code holds.

std::string upper(std::string text) {
    for (char& c : text)
        if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    return text;
}

/// The next line without its end, of which no more than kMaxLine is kept. False at the end.
bool next_line(std::istream& in, std::string& line) {
    line.clear();
    char c = 0;
    bool any = false;
    while (in.get(c)) {
        any = true;
        if (c == '\n') break;
        if (c != '\r' && line.size() <= kMaxLine) line += c;
    }
    return any;
}

}  // namespace

Status show(std::ostream& out, const Ur& ur, std::size_t longest_fragment,
            const std::function<bool(uint32_t number)>& wait) {
    CORDON_TRY(const UrEncoder encoder, UrEncoder::make(ur, longest_fragment));
    const bool animated = encoder.count() > 1;
    for (uint32_t number = 1;; ++number) {
        // Capitals: a QR code packs them tighter (BCR-2020-005).
        CORDON_TRY(const QrCode code, make_qr(upper(encoder.part(number))));
        if (animated) out << (number == 1 ? kErase : std::string_view{}) << kHome;
        out << qr_terminal(code);
        if (animated) out << format("frame {} of {}\n", number, encoder.count()) << kEraseBelow;
        if (!out.flush()) return fail(ErrorCode::kIo, "cannot write the frames");
        if (!animated || !wait(number) || number == std::numeric_limits<uint32_t>::max()) return {};
    }
}

Result<Ur> receive(std::istream& in, ReceiveStats& stats,
                   const std::function<void(const UrDecoder&)>& progress) {
    UrDecoder decoder;
    std::string line;
    while (!decoder.done() && next_line(in, line)) {
        ++stats.lines;
        std::string_view text = line;
        constexpr std::string_view kLabel = "QR-Code:";
        if (text.starts_with(kLabel)) text.remove_prefix(kLabel.size());
        if (const Status taken = decoder.receive(text); !taken) {
            const ErrorCode code = taken.error().code;
            // Contradictions come back at every later part, so they are the decoder's, not noise.
            if (code == ErrorCode::kConflict || code == ErrorCode::kCorrupt || decoder.broken())
                return fail(taken.error().in(format("line {}", stats.lines)));
            ++stats.skipped;
            continue;
        }
        if (progress) progress(decoder);
    }
    if (decoder.done()) return decoder.ur();
    if (in.bad()) return fail(ErrorCode::kIo, "cannot read the frames");
    return fail(ErrorCode::kTruncated,
                format("{} lines, {} of them no frames; {} of {} fragments are known", stats.lines,
                       stats.skipped, decoder.rank(), decoder.count()));
}

}  // namespace cordon::wallet
