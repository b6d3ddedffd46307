// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "trace_question.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <charconv>

#include <cordon/base/format.hpp>
#include <cordon/chain/text.hpp>
#include <cordon/engine/screening.hpp>

namespace cordon::server {
namespace {

namespace json = boost::json;

constexpr std::size_t kLongestSeeds = 16 * 1024;  // Some hundred of them.
constexpr std::size_t kMostThrough = 100;
constexpr std::size_t kLongestAddress = 128;  // "multisig:" and 64 digits, a chain before it.
constexpr std::size_t kLongestKeys = 16 * 1024;
constexpr int64_t kMostHops = 10'000;
// Of a canvas, in pixels: a screen at least readable, and no wall larger than this.
constexpr int64_t kLeastSide = 320, kMostSide = 8'000;

std::vector<std::string> category_names() {
    std::vector<std::string> names;
    for (std::size_t i = 0; i < kCategoryCount; ++i)
        names.emplace_back(to_string(static_cast<Category>(i)));
    return names;
}

std::string_view text_of(const json::object& body, std::string_view name) {
    const json::value* value = body.if_contains(name);
    return value && value->is_string() ? std::string_view{value->get_string()} : std::string_view{};
}

Result<std::optional<UnixMillis>> time_of(std::string_view text) {
    if (text.empty()) return std::nullopt;
    CORDON_TRY(const UnixMillis time, parse_time(text));
    return time;
}

}  // namespace

Schema question_schema() {
    return Schema::object({
        required("seeds", Schema::text(kLongestSeeds,
                                       "[CHAIN:]ADDRESS[@TIME], TXID or TXID:VOUT, with commas.")),
        optional("policy", Schema::choice({"fifo", "lifo", "tiho", "haircut", "poison"})),
        optional("direction", Schema::choice({"forward", "backward"})),
        optional("hops", Schema::integer(1, kMostHops)),
        optional("min_usd", Schema::number(0, 1e15)),
        optional("min_amount", Schema::amount()),
        optional("since", Schema::time()),
        optional("until", Schema::time()),
        optional("stop", Schema::array(Schema::choice(category_names()), kCategoryCount,
                                       "Categories of labels; without it all services.")),
        optional("min_confidence", Schema::number(0, 1)),
        optional("through", Schema::array(Schema::text(kLongestAddress), kMostThrough,
                                          "[CHAIN:]ADDRESS that is followed whatever it is.")),
    });
}

Result<engine::TheftRequest> read_question(const json::value& given,
                                           std::span<const ChainId> chains) {
    const json::object& body = given.as_object();
    engine::TheftRequest request;
    trace::Params& params = request.params;
    request.seeds = text_of(body, "seeds");
    params.stop = trace::default_stop_categories();
    if (const auto policy = text_of(body, "policy"); !policy.empty()) {
        CORDON_TRY(params.policy, trace::parse_policy(policy));
    }
    if (text_of(body, "direction") == "backward") params.direction = trace::Direction::kBackward;
    if (const auto* hops = body.if_contains("hops")) params.max_hops = hops->to_number<uint32_t>();
    if (const auto* usd = body.if_contains("min_usd")) params.min_usd = usd->to_number<double>();
    if (const auto amount = text_of(body, "min_amount"); !amount.empty()) {
        CORDON_TRY(params.min_amount, Amount::parse(amount));
    }
    CORDON_TRY(params.since, time_of(text_of(body, "since")));
    CORDON_TRY(params.until, time_of(text_of(body, "until")));
    if (const auto* least = body.if_contains("min_confidence"))
        params.min_confidence = least->to_number<double>();
    if (const auto* stop = body.if_contains("stop")) {
        params.stop.clear();
        for (const json::value& name : stop->as_array()) {
            CORDON_TRY(const Category category, parse_category(std::string_view{name.as_string()}));
            params.stop.push_back(category);
        }
        // The same question has the same id.
        std::sort(params.stop.begin(), params.stop.end());
        params.stop.erase(std::unique(params.stop.begin(), params.stop.end()), params.stop.end());
    }
    if (const auto* through = body.if_contains("through")) {
        std::size_t place = 0;
        for (const json::value& each : through->as_array()) {
            auto subjects = engine::parse_subject(std::string_view{each.as_string()}, chains);
            if (!subjects) return fail(subjects.error().in(format("/through/{}", place)));
            ++place;
            for (const engine::Subject& subject : *subjects)
                params.through.emplace_back(subject.chain, subject.address);
        }
        std::sort(params.through.begin(), params.through.end());
        params.through.erase(std::unique(params.through.begin(), params.through.end()),
                             params.through.end());
    }
    return request;
}

std::vector<Parameter> view_parameters() {
    const Schema keys = Schema::text(kLongestKeys);
    const std::string how = "with commas; inside a key % is %25 and a comma %2C";
    return {
        {"mode", Schema::choice({"stolen", "all", "raw"}), "stolen unless told."},
        {"axis", Schema::choice({"hop", "time"}), "hop unless told."},
        {"open", keys,
         "Keys of what is shown member by member, in the order of opening, " + how + "."},
        {"expand", keys,
         "in:KEY and out:KEY of nodes whose counterparties outside of the trace are shown, " + how +
             "."},
        {"since", Schema::time(), "Only movements from then on are drawn."},
        {"until", Schema::time(), "Only movements up to then are drawn."},
        {"asset", Schema::text(1'000), "[CHAIN:]ASSET with commas: only movements of these."},
        {"width", Schema::integer(kLeastSide, kMostSide), "Pixels at least."},
        {"height", Schema::integer(kLeastSide, kMostSide), "Pixels at least."},
    };
}

std::vector<std::string> read_keys(std::string_view text) {
    std::vector<std::string> keys;
    while (!text.empty()) {
        const std::string_view part = text.substr(0, text.find(','));
        text.remove_prefix(std::min(part.size() + 1, text.size()));
        std::string key;
        for (std::size_t i = 0; i < part.size(); ++i) {
            const std::string_view code = part.substr(i, 3);
            if (code == "%2C" || code == "%2c")
                key += ',', i += 2;
            else if (code == "%25")
                key += '%', i += 2;
            else
                key += part[i];
        }
        if (!key.empty()) keys.push_back(std::move(key));
    }
    return keys;
}

Result<engine::FlowView> read_view(const Call& call, std::span<const ChainId> chains) {
    engine::FlowView view;
    if (call.param("mode") == "all") view.mode = trace::FlowMode::kAllMoney;
    if (call.param("mode") == "raw") view.mode = trace::FlowMode::kRaw;
    if (call.param("axis") == "time") view.axis = trace::FlowAxis::kTime;
    view.opened = read_keys(call.param("open"));
    for (std::string& each : read_keys(call.param("expand"))) {
        const bool in = each.starts_with("in:");
        if (!in && !each.starts_with("out:"))
            return fail(ErrorCode::kInvalidParam, "/expand: expected in:KEY or out:KEY");
        view.expanded.push_back({each.substr(in ? 3 : 4), in});
    }
    CORDON_TRY(view.since, time_of(call.param("since")));
    CORDON_TRY(view.until, time_of(call.param("until")));
    for (const std::string& text : read_keys(call.param("asset"))) {
        const std::size_t colon = text.rfind(':');
        const auto chain = colon == std::string::npos
                               ? Result<ChainId>{fail(ErrorCode::kNotFound, "")}
                               : parse_chain(text.substr(0, colon));
        const auto asset = Asset::parse(chain ? text.substr(colon + 1) : text);
        if (!asset) return fail(asset.error().in("/asset"));
        if (chain)
            view.assets.emplace(*chain, *asset);
        else
            for (const ChainId each : chains) view.assets.emplace(each, *asset);
    }
    const auto side = [&](std::string_view name) -> std::optional<double> {
        const std::string_view text = call.param(name);
        int value = 0;
        std::from_chars(text.data(), text.data() + text.size(), value);
        return text.empty() ? std::nullopt : std::optional<double>{value};
    };
    view.width = side("width");
    view.height = side("height");
    return view;
}

}  // namespace cordon::server
