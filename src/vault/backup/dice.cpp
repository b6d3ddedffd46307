// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "dice.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include <cordon/base/format.hpp>
#include <cordon/crypto/hash.hpp>

namespace cordon::vault {
namespace {

constexpr std::size_t kFaces = 6, kMaxRolls = 10'000;

/// 2.585 bits a roll. 99 rolls for 256 bits, as other signers ask for: 255.9 bits.
struct Enough {
    std::size_t size, rolls;
};
constexpr std::array kEnough{Enough{16, 50}, Enough{20, 62}, Enough{24, 75}, Enough{28, 87},
                             Enough{32, 99}};

// Fair dice pass the three checks together 999 times in 1,000 or more often.
constexpr double kChiSquare = 22.7;     // Of 5 degrees of freedom: passed by 1 in 2,600.
constexpr std::size_t kLongestRun = 8;  // One in 3,400 series of 99 rolls has such a run.
constexpr double kDeviations = 5.0;     // Of the matches at one distance; some fifty are looked at.

void look(const Bytes& faces, std::vector<std::string>& warnings) {
    const auto count = static_cast<double>(faces.size());
    std::array<std::size_t, kFaces> seen{};
    for (const uint8_t face : faces) ++seen[face];
    const double fair = count / kFaces;
    double chi = 0;
    for (const std::size_t times : seen) {
        const double off = static_cast<double>(times) - fair;
        chi += off * off / fair;
    }
    if (chi > kChiSquare) {
        const auto most = std::ranges::max_element(seen);
        warnings.push_back(format("the faces are not even: {} came {} times of {}",
                                  most - seen.begin() + 1, *most, faces.size()));
    }
    std::size_t run = 0, longest = 0;
    for (std::size_t i = 0; i < faces.size(); ++i) {
        run = i > 0 && faces[i] == faces[i - 1] ? run + 1 : 1;
        longest = std::max(longest, run);
    }
    if (longest >= kLongestRun) warnings.push_back(format("one face {} times in a row", longest));
    for (std::size_t lag = 1; lag <= faces.size() / 2; ++lag) {
        const auto pairs = static_cast<double>(faces.size() - lag);
        double matches = 0;
        for (std::size_t i = lag; i < faces.size(); ++i) matches += faces[i] == faces[i - lag];
        const double spread = std::sqrt(pairs * (kFaces - 1)) / kFaces;
        if (matches > pairs / kFaces + kDeviations * spread) {
            warnings.push_back(format("the rolls repeat after {}", lag));
            return;
        }
    }
}

}  // namespace

Result<DiceEntropy> entropy_of_dice(std::string_view rolls, std::size_t size, const Random& more) {
    const auto* enough = std::ranges::find(kEnough, size, &Enough::size);
    if (enough == kEnough.end())
        return fail(ErrorCode::kInvalidParam, "entropy has 16, 20, 24, 28 or 32 bytes");
    if (rolls.size() > kMaxRolls) return fail(ErrorCode::kLimit, "more than 10,000 rolls");
    constexpr std::size_t kMore = 32;
    Bytes digits, faces;
    digits.reserve(rolls.size() + kMore);
    faces.reserve(rolls.size());
    DiceEntropy out;
    out.size = size;
    const auto hide = [&] {
        wipe(digits.data(), digits.size());
        wipe(faces.data(), faces.size());
    };
    for (std::size_t i = 0; i < rolls.size(); ++i) {
        const char c = rolls[i];
        if (c == ' ' || c == '\t' || c == '\r' || c == '\n') continue;
        if (c < '1' || c > '6') {
            hide();
            return fail(ErrorCode::kMalformed, format("sign {} is no roll of 1 to 6", i + 1));
        }
        digits.push_back(static_cast<uint8_t>(c));
        faces.push_back(static_cast<uint8_t>(c - '1'));
    }
    if (faces.size() < enough->rolls) {
        const std::size_t have = faces.size();
        hide();
        return fail(ErrorCode::kTruncated,
                    format("{} rolls; {} bytes need {}", have, size, enough->rolls));
    }
    look(faces, out.warnings);
    if (more) {
        digits.resize(digits.size() + kMore);
        more(std::span{digits}.last(kMore));
    }
    Hash256 hash = crypto::sha256(digits);
    std::copy_n(hash.bytes.begin(), size, out.entropy.bytes().begin());
    wipe(&hash, sizeof hash);
    hide();
    return out;
}

}  // namespace cordon::vault
