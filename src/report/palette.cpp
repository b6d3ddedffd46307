// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "palette.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include <cordon/base/format.hpp>

namespace cordon::report {
namespace {

struct Rgb {
    double r, g, b;
};

std::string hex(const Rgb& c) {
    const auto part = [](double v) {
        return static_cast<int>(std::lround(std::clamp(v, 0.0, 255.0)));
    };
    return format("#{:02x}{:02x}{:02x}", part(c.r), part(c.g), part(c.b));
}

Rgb mix(const Rgb& a, const Rgb& b, double t) {
    return {a.r + (b.r - a.r) * t, a.g + (b.g - a.g) * t, a.b + (b.b - a.b) * t};
}

/// Steel blue, amber, vermilion: lightness and hue both change, so the ramp survives red-green
/// blindness and grey print.
constexpr std::array<Rgb, 3> kLightRamp{{{86, 126, 168}, {214, 148, 28}, {208, 52, 24}}};
constexpr std::array<Rgb, 3> kDarkRamp{{{96, 134, 176}, {226, 164, 60}, {244, 82, 48}}};

}  // namespace

Sign sign_of(Category category) noexcept {
    switch (category) {
        case Category::kExchange:
        case Category::kDeposit: return Sign::kExchange;
        case Category::kBridge: return Sign::kBridge;
        case Category::kMixer: return Sign::kMixer;
        case Category::kSwap:
        case Category::kDefi: return Sign::kSwap;
        case Category::kGambling: return Sign::kGambling;
        case Category::kTheft:
        case Category::kScam:
        case Category::kRansomware:
        case Category::kSanctioned: return Sign::kCrime;
        default: return Sign::kService;
    }
}

std::string_view sign_name(Sign sign) noexcept {
    switch (sign) {
        case Sign::kExchange: return "exchange";
        case Sign::kBridge: return "bridge";
        case Sign::kMixer: return "mixer";
        case Sign::kSwap: return "swap, DeFi";
        case Sign::kGambling: return "gambling";
        case Sign::kService: return "other service";
        case Sign::kCrime: return "theft, scam, sanctioned";
    }
    return "";
}

std::string_view sign_class(Sign sign) noexcept {
    static constexpr std::array<std::string_view, kSignCount> kClass{"s-ex", "s-br", "s-mx", "s-sw",
                                                                     "s-ga", "s-sv", "s-cr"};
    return kClass[static_cast<std::size_t>(sign)];
}

std::string sign_icon(Sign sign, double x, double y, double size) {
    // Drawn on a grid of 12; the shape fills, the detail is cut out in the colour of the ground.
    std::string body;
    switch (sign) {
        case Sign::kExchange:  // A square with two arrows.
            body =
                "<rect class='f' x='.5' y='.5' width='11' height='11' rx='2'/>"
                "<path class='d' d='M2.5 4.4H8.6M7 2.7 8.9 4.4 7 6.1M9.5 7.7H3.4M5 6 3.1 7.7 5 "
                "9.4'/>";
            break;
        case Sign::kBridge:  // An arch between two piers.
            body =
                "<path class='f' d='M.4 10.6V5.2C2.6 1 9.4 1 11.6 5.2V10.6H9.4C9.4 5.4 2.6 5.4 2.6 "
                "10.6Z'/>";
            break;
        case Sign::kMixer:  // A disc with a whirl.
            body =
                "<circle class='f' cx='6' cy='6' r='5.7'/>"
                "<path class='d' d='M6 6.2C6.5 5 4.6 4.6 4.2 6 3.8 8 6.6 9 8 7.4 9.6 5.4 8 2.8 5.4 "
                "2.9'/>";
            break;
        case Sign::kSwap:  // A diamond.
            body =
                "<path class='f' d='M6 .1 11.9 6 6 11.9.1 6Z'/><path class='d' d='M3.9 6H8.1M6 "
                "3.9V8.1'/>";
            break;
        case Sign::kGambling:  // A die.
            body =
                "<rect class='f' x='.6' y='.6' width='10.8' height='10.8' rx='2.6'/>"
                "<g class='p'><circle cx='3.6' cy='3.6' r='1.1'/><circle cx='6' cy='6' r='1.1'/>"
                "<circle cx='8.4' cy='8.4' r='1.1'/></g>";
            break;
        case Sign::kService:  // A hexagon.
            body = "<path class='f' d='M3 .8H9L12 6 9 11.2H3L0 6Z'/>";
            break;
        case Sign::kCrime:  // A warning triangle.
            body =
                "<path class='f' d='M6 .4 11.9 11.2H.1Z'/><path class='d' d='M6 4.2V7.2M6 "
                "8.8V9.6'/>";
            break;
    }
    std::replace(body.begin(), body.end(), '\'', '"');
    return format(
        "<g class=\"icon {}\" transform=\"translate({:.1f} {:.1f}) scale({:.3f})\">{}</g>",
        sign_class(sign), x, y, size / 12, body);
}

int taint_step(double share) noexcept {
    if (!(share > 0)) return 0;
    return static_cast<int>(std::lround(std::min(1.0, share) * (kTaintSteps - 1)));
}

std::string palette_css(bool dark) {
    std::string css = dark
                          ? "--bg:#0d1117;--ink:#e6e9ee;--soft:#a3adba;--line:#2b3441;--ribbon:.46;"
                            "--ex:#3ecf9a;--br:#56b8f5;--mx:#c58bfb;--sw:#a5abff;--ga:#f57fc0;--sv:"
                            "#aab6c6;--cr:#ff8f7a;"
                          : "--bg:#ffffff;--ink:#16202c;--soft:#55606e;--line:#d8dee6;--ribbon:.40;"
                            "--ex:#0b7a55;--br:#0f6aa6;--mx:#7d30b3;--sw:#4449bd;--ga:#ab1f68;--sv:"
                            "#4f5b6a;--cr:#ad241b;";
    const std::array<Rgb, 3>& ramp = dark ? kDarkRamp : kLightRamp;
    for (int i = 0; i < kTaintSteps; ++i) {
        const double t = static_cast<double>(i) / (kTaintSteps - 1) * 2;
        const Rgb c = t < 1 ? mix(ramp[0], ramp[1], t) : mix(ramp[1], ramp[2], t - 1);
        css += format("--t{}:{};", i, hex(c));
    }
    return css;
}

}  // namespace cordon::report
