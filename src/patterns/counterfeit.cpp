// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "counterfeit.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <cordon/trace/trace.hpp>

namespace cordon::patterns {
namespace {

/// Letters of other alphabets drawn like Latin ones, from the confusables of UTS #39: the part that
/// copies of ticker symbols use. Sequences of bytes in UTF-8.
constexpr std::array<std::pair<std::string_view, char>, 40> kLookAlike{{
    {"\u0410", 'a'}, {"\u0412", 'b'}, {"\u0415", 'e'}, {"\u041A", 'k'}, {"\u041C", 'm'},
    {"\u041D", 'h'}, {"\u041E", 'o'}, {"\u0420", 'p'}, {"\u0421", 'c'}, {"\u0422", 't'},
    {"\u0423", 'y'}, {"\u0425", 'x'}, {"\u0405", 's'}, {"\u0406", 'i'}, {"\u0408", 'j'},
    {"\u0430", 'a'}, {"\u0435", 'e'}, {"\u043E", 'o'}, {"\u0440", 'p'}, {"\u0441", 'c'},
    {"\u0442", 't'}, {"\u0443", 'y'}, {"\u0445", 'x'}, {"\u0455", 's'}, {"\u0456", 'i'},
    {"\u0391", 'a'}, {"\u0392", 'b'}, {"\u0395", 'e'}, {"\u0396", 'z'}, {"\u0397", 'h'},
    {"\u0399", 'i'}, {"\u039A", 'k'}, {"\u039C", 'm'}, {"\u039D", 'n'}, {"\u039F", 'o'},
    {"\u03A1", 'p'}, {"\u03A4", 't'}, {"\u03A5", 'y'}, {"\u03A7", 'x'}, {"\u0501", 'd'},
}};

/// Characters that are not seen at all.
constexpr std::array<std::string_view, 6> kUnseen{"\u200B", "\u200C", "\u200D",
                                                  "\u2060", "\uFEFF", "\u00AD"};

char fold(char c) noexcept {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    switch (c) {
        case '0': return 'o';
        case '1':
        case '|':
        case 'i': return 'l';
        case '5':
        case '$': return 's';
        case '7': return 't';
        case '8': return 'b';
        default: return c;
    }
}

/// What is left of a symbol when its marks are gone: "USDT.", "USD-T", "(USDT)".
bool is_mark(char c) noexcept {
    return static_cast<unsigned char>(c) < 0x80 &&
           !((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'));
}

std::string lower(std::string_view text) {
    std::string out{text};
    for (char& c : out)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return out;
}

/// Written out with the letters that a fold cannot tell apart: "l" stands for both i and l.
std::vector<std::string> readings(const std::string& folded) {
    constexpr std::size_t kMaxReadings = 16;  // Four doubtful letters; ticker symbols are short.
    std::vector<std::string> out{folded};
    for (std::size_t i = 0; i < folded.size(); ++i) {
        if (folded[i] != 'l') continue;
        const std::size_t count = out.size();
        if (count * 2 > kMaxReadings) break;
        for (std::size_t j = 0; j < count; ++j) {
            out.push_back(out[j]);
            out.back()[i] = 'i';
        }
    }
    return out;
}

}  // namespace

std::string skeleton(std::string_view symbol) {
    std::string out;
    if (symbol.substr(0, 1) == "$")
        symbol.remove_prefix(1);  // "$ABC" is how people write a ticker; inside it is an s.
    while (!symbol.empty()) {
        const auto starts = [&](std::string_view prefix) {
            return symbol.substr(0, prefix.size()) == prefix;
        };
        const auto unseen = std::find_if(kUnseen.begin(), kUnseen.end(), starts);
        const auto alike = std::find_if(kLookAlike.begin(), kLookAlike.end(),
                                        [&](const auto& e) { return starts(e.first); });
        if (unseen != kUnseen.end()) {
            symbol.remove_prefix(unseen->size());
        } else if (alike != kLookAlike.end()) {
            out.push_back(fold(alike->second));
            symbol.remove_prefix(alike->first.size());
        } else {
            const char c = fold(symbol.front());
            if (!is_mark(c)) out.push_back(c);
            symbol.remove_prefix(1);
        }
    }
    return out;
}

bool Counterfeit::is_worthless(ChainId chain, const Asset& asset,
                               const trace::Context& context) const {
    if (asset.is_native()) return false;
    const auto info = context.asset(chain, asset);
    if (!info || info->status == AssetStatus::kVerified) return false;
    if (info->status == AssetStatus::kCounterfeit) return true;
    const auto copies = [&](const std::string& symbol) {
        return !symbol.empty() &&
               (context.is_verified_symbol(chain, symbol) || symbol == lower(native_symbol(chain)));
    };
    if (copies(lower(info->symbol))) return true;
    const std::vector<std::string> seen = readings(skeleton(info->symbol));
    return std::any_of(seen.begin(), seen.end(), copies);
}

}  // namespace cordon::patterns
