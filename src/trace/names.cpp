// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <array>

#include <cordon/base/format.hpp>

#include "trace.hpp"

namespace cordon::trace {

std::string_view to_string(Policy policy) noexcept {
    switch (policy) {
        case Policy::kFifo: return "fifo";
        case Policy::kLifo: return "lifo";
        case Policy::kTiho: return "tiho";
        case Policy::kHaircut: return "haircut";
        case Policy::kPoison: return "poison";
    }
    return "fifo";
}

Result<Policy> parse_policy(std::string_view text) {
    for (const Policy policy :
         {Policy::kFifo, Policy::kLifo, Policy::kTiho, Policy::kHaircut, Policy::kPoison})
        if (text == to_string(policy)) return policy;
    return fail(ErrorCode::kMalformed,
                format("\"{}\" is not a taint policy; expected fifo, lifo, tiho, haircut or poison",
                       text.substr(0, 40)));
}

std::string_view to_string(Overspend overspend) noexcept {
    return overspend == Overspend::kClean ? "clean" : "inherit";
}

Result<Overspend> parse_overspend(std::string_view text) {
    if (text == "clean") return Overspend::kClean;
    if (text == "inherit") return Overspend::kInherit;
    return fail(
        ErrorCode::kMalformed,
        format("\"{}\" is not an overspend rule; expected clean or inherit", text.substr(0, 40)));
}

std::string_view to_string(Mode mode) noexcept {
    switch (mode) {
        case Mode::kTaint: return "taint";
        case Mode::kRanked: return "ranked";
        case Mode::kPaths: return "paths";
        case Mode::kFrontier: return "frontier";
    }
    return "taint";
}

Result<Mode> parse_mode(std::string_view text) {
    for (const Mode mode : {Mode::kTaint, Mode::kRanked, Mode::kPaths, Mode::kFrontier})
        if (text == to_string(mode)) return mode;
    return fail(ErrorCode::kMalformed,
                format("\"{}\" is not a mode; expected taint, ranked, paths or frontier",
                       text.substr(0, 40)));
}

std::string_view to_string(Direction direction) noexcept {
    return direction == Direction::kForward ? "forward" : "backward";
}

std::string_view to_string(Stop stop) noexcept {
    switch (stop) {
        case Stop::kNone: return "none";
        case Stop::kLabel: return "label";
        case Stop::kHighDegree: return "high-degree";
        case Stop::kUnspent: return "unspent";
        case Stop::kBelowLimit: return "below-limit";
        case Stop::kHops: return "hops";
        case Stop::kTime: return "time";
        case Stop::kBudget: return "budget";
        case Stop::kFee: return "fee";
        case Stop::kBurned: return "burned";
        case Stop::kUnknown: return "unknown";
        case Stop::kMixer: return "mixer";
    }
    return "none";
}

std::vector<Category> default_stop_categories() {
    return {Category::kBridge,   Category::kDefi,     Category::kDeposit,
            Category::kExchange, Category::kGambling, Category::kMixer,
            Category::kOther,    Category::kService,  Category::kSwap};
}

}  // namespace cordon::trace
