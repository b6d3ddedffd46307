// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "search_flags.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include <cordon/base/format.hpp>

#include "trace_flags.hpp"

namespace cordon::cli {
namespace {

using trace::Mode;

/// A name that goes into every row of a watch list.
constexpr std::size_t kMaxCaseName = 200;

/// Flags that only some modes know; all others are for all.
struct Only {
    std::string_view flag;
    std::array<bool, 4> modes;  // By Mode: taint, ranked, paths, frontier.
};
constexpr std::array kOnly{
    Only{"policy", {true, false, false, true}},     Only{"overspend", {true, false, false, true}},
    Only{"direction", {true, false, false, false}}, Only{"hops", {true, false, true, true}},
    Only{"min-amount", {true, false, true, true}},  Only{"min-usd", {true, false, true, true}},
    Only{"to", {false, false, true, false}},        Only{"count", {false, false, true, false}},
    Only{"case", {false, false, false, true}},      Only{"epsilon", {false, true, false, false}},
    Only{"phi", {false, true, false, false}},
};

/// A bound of the ranking; what it may be, rank() says.
Result<double> share(const Args& args, std::string_view flag, double fallback) {
    if (!args.has(flag)) return fallback;
    const std::string text = args.get(flag);
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || !(value > 0 && value < 1))
        return fail(ErrorCode::kInvalidParam,
                    format("--{}: expected a number between 0 and 1, found \"{}\"", flag, text));
    return value;
}

Status check_mode(const Args& args, Mode mode) {
    for (const Only& only : kOnly)
        if (args.has(only.flag) && !only.modes[static_cast<std::size_t>(mode)])
            return fail(ErrorCode::kInvalidParam,
                        format("--{} does not go with --mode {}", only.flag, to_string(mode)));
    return {};
}

}  // namespace

std::vector<Flag> search_flags() {
    static const std::string count = std::to_string(trace::PathParams{}.count);
    static const std::string epsilon = format("{}", trace::RankParams{}.epsilon);
    static const std::string phi = format("{}", trace::RankParams{}.phi);
    std::vector<Flag> flags = trace_flags();
    flags.push_back(
        {"mode", "taint|ranked|paths|frontier",
         "Follow the money, rank who belongs together, find paths to --to, or list what "
         "can still move",
         "taint"});
    flags.push_back({"to", "X[,X]", "Where the paths end, written as --seed (mode paths)"});
    flags.push_back({"count", "N", "How many paths, the widest first (mode paths)", count});
    flags.push_back({"epsilon", "E",
                     "Visit an address while more than E of the mass waits there (mode ranked)",
                     epsilon});
    flags.push_back(
        {"phi", "P",
         "End the community where less than P of its score lies around it (mode ranked)", phi});
    flags.push_back({"case", "NAME", "Name of the theft in the watch list (mode frontier)"});
    return flags;
}

Result<engine::TheftRequest> search_request(const Args& args) {
    engine::TheftRequest request;
    request.ledger = args.get("ledger");
    request.seeds = args.get("seed");
    CORDON_TRY(request.mode, trace::parse_mode(args.get("mode")));
    CORDON_TRY(check_mode(args, request.mode));
    CORDON_TRY(request.params, trace_params(args));

    const trace::Params& params = request.params;
    request.rank.since = request.paths.since = params.since;
    request.rank.until = request.paths.until = params.until;
    request.rank.stop = request.paths.stop = params.stop;
    request.rank.service_degree = request.paths.service_degree = params.service_degree;
    request.rank.max_nodes = request.paths.max_nodes = params.max_nodes;
    request.rank.max_edges = request.paths.max_edges = params.max_edges;
    request.rank.min_confidence = request.paths.min_confidence = params.min_confidence;
    request.paths.min_amount = params.min_amount;
    request.paths.min_usd = params.min_usd;
    if (args.has("hops")) request.paths.max_hops = params.max_hops;

    CORDON_TRY(request.rank.epsilon, share(args, "epsilon", request.rank.epsilon));
    CORDON_TRY(request.rank.phi, share(args, "phi", request.rank.phi));

    request.targets = args.get("to");
    if (request.mode == Mode::kPaths && request.targets.empty())
        return fail(ErrorCode::kInvalidParam,
                    "--to is missing: an ADDRESS, TXID or TXID:VOUT where the paths end");
    if (args.has("count")) {
        const std::string text = args.get("count");
        const auto [end, error] =
            std::from_chars(text.data(), text.data() + text.size(), request.paths.count);
        if (error != std::errc{} || end != text.data() + text.size() || request.paths.count == 0)
            return fail(ErrorCode::kInvalidParam,
                        format("--count: expected a whole number from 1, found \"{}\"", text));
    }
    request.frontier.case_name = args.get("case");
    if (request.frontier.case_name.size() > kMaxCaseName)
        return fail(ErrorCode::kInvalidParam,
                    format("--case: the name has more than {} bytes", kMaxCaseName));
    return request;
}

}  // namespace cordon::cli
