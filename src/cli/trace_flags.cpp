// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "trace_flags.hpp"

#include <charconv>
#include <cmath>

#include <cordon/base/format.hpp>

namespace cordon::cli {
namespace {

Error in_flag(std::string_view flag, const Error& error) {
    return {ErrorCode::kInvalidParam, format("--{}: {}", flag, error.message)};
}

template <typename T>
Result<T> number(const Args& args, std::string_view flag, T fallback) {
    if (!args.has(flag)) return fallback;
    const std::string text = args.get(flag);
    T value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size())
        return fail(
            ErrorCode::kInvalidParam,
            format("--{}: expected a {}number up to {}, found \"{}\"", flag,
                   std::is_integral_v<T> ? "whole " : "", std::numeric_limits<T>::max(), text));
    return value;
}

Result<std::optional<UnixMillis>> moment(const Args& args, std::string_view flag) {
    if (!args.has(flag)) return std::optional<UnixMillis>{};
    const auto time = parse_time(args.get(flag));
    if (!time) return fail(in_flag(flag, time.error()));
    return std::optional{*time};
}

Result<std::vector<Category>> stop_categories(const std::string& text) {
    if (text.empty() || text == "services") return trace::default_stop_categories();
    std::vector<Category> categories;
    if (text == "none") return categories;
    std::string_view rest = text;
    for (;;) {
        const std::size_t comma = rest.find(',');
        const auto category = parse_category(rest.substr(0, comma));
        if (!category) return fail(in_flag("stop", category.error()));
        categories.push_back(*category);
        if (comma == std::string_view::npos) return categories;
        rest.remove_prefix(comma + 1);
    }
}

}  // namespace

std::vector<Flag> trace_flags() {
    static const std::string policy{to_string(trace::Params{}.policy)};
    static const std::string overspend{to_string(trace::Params{}.overspend)};
    static const std::string hops = std::to_string(trace::Params{}.max_hops);
    static const std::string degree = std::to_string(trace::Params{}.service_degree);
    static const std::string share = format("{}", trace::Params{}.min_share);
    static const std::string purity = format("{}", trace::Params{}.min_purity);
    static const std::string strangers = std::to_string(trace::Params{}.stranger_senders);
    static const std::string confidence = format("{:g}", trace::Params{}.min_confidence);
    static const std::string nodes = std::to_string(trace::Params{}.max_nodes);
    static const std::string edges = std::to_string(trace::Params{}.max_edges);
    return {
        {"seed",
         "X[,X]",
         "Where to start: [CHAIN:]ADDRESS[@TIME], TXID or TXID:VOUT; several with commas",
         {},
         's'},
        {"policy", "fifo|lifo|tiho|haircut|poison",
         "In which order an address gives up stolen and clean money", policy},
        {"overspend", "clean|inherit", "What an address sent beyond what the ledger saw it receive",
         overspend},
        {"direction", "forward|backward", "Where the money went, or where it came from", "forward"},
        {"hops", "N", "Follow at most N movements from the seed", hops},
        {"min-amount", "A", "Do not follow less than A smallest units"},
        {"min-usd", "USD", "Do not follow movements worth less"},
        {"min-share", "S",
         "Do not follow movements of less than this share (0..1) of all that was stolen so far",
         share},
        {"min-purity", "S",
         "Do not follow movements to new addresses of which less than this share is stolen",
         purity},
        {"since", "TIME", "Do not follow movements before this time"},
        {"until", "TIME", "Do not follow movements after this time"},
        {"stop", "CAT[,CAT]",
         "Categories of labels at which money is not followed further; none = follow all",
         "services"},
        {"service-degree", "N", "Treat an address with more counterparties as a service; 0 = never",
         degree},
        {"through-joins", "",
         "Follow money through joint txns of strangers (CoinJoins) as if one owner made them"},
        {"stranger-senders", "N",
         "Take an address that N others pay for a stranger, paid from clean money first; 0 = never",
         strangers},
        {"min-confidence", "P",
         "Follow the money over a bridge or mixer when the surest match has this confidence, 0..1",
         confidence},
        {"max-nodes", "N", "Stop when this many addresses are reached", nodes},
        {"max-edges", "N", "Stop when this many movements are found", edges},
    };
}

Result<trace::Params> trace_params(const Args& args) {
    trace::Params params;
    CORDON_TRY(params.policy, trace::parse_policy(args.get("policy")));
    params.overspend =
        args.get("overspend") == "clean" ? trace::Overspend::kClean : trace::Overspend::kInherit;
    params.direction = args.get("direction") == "backward" ? trace::Direction::kBackward
                                                           : trace::Direction::kForward;
    CORDON_TRY(params.max_hops, number(args, "hops", params.max_hops));
    CORDON_TRY(params.max_nodes, number(args, "max-nodes", params.max_nodes));
    CORDON_TRY(params.max_edges, number(args, "max-edges", params.max_edges));
    CORDON_TRY(params.service_degree, number(args, "service-degree", params.service_degree));
    params.through_joins = args.has("through-joins");
    CORDON_TRY(params.min_share, number(args, "min-share", params.min_share));
    CORDON_TRY(params.min_purity, number(args, "min-purity", params.min_purity));
    CORDON_TRY(params.stranger_senders, number(args, "stranger-senders", params.stranger_senders));
    CORDON_TRY(params.min_usd, number(args, "min-usd", params.min_usd));
    if (!std::isfinite(params.min_usd) || params.min_usd < 0)
        return fail(ErrorCode::kInvalidParam, "--min-usd: expected a number of dollars from 0");
    CORDON_TRY(params.min_confidence, number(args, "min-confidence", params.min_confidence));
    if (!(params.min_confidence >= 0 && params.min_confidence <= 1))
        return fail(ErrorCode::kInvalidParam, "--min-confidence: expected a number from 0 to 1");
    if (args.has("min-amount")) {
        const auto amount = Amount::parse(args.get("min-amount"));
        if (!amount) return fail(in_flag("min-amount", amount.error()));
        params.min_amount = *amount;
    }
    CORDON_TRY(params.since, moment(args, "since"));
    CORDON_TRY(params.until, moment(args, "until"));
    CORDON_TRY(params.stop, stop_categories(args.get("stop")));
    return params;
}

}  // namespace cordon::cli
