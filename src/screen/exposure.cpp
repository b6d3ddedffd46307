// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "exposure.hpp"

#include <algorithm>
#include <cmath>
#include <tuple>

#include "attribution.hpp"

namespace cordon::screen {
namespace {

using trace::Stop;

/// What a rule asks of a subject that carries the category; the strictest label is shown.
Outcome listed(const Settings& settings, Category category) {
    const auto rule = settings.rules.find(category);
    return rule == settings.rules.end() ? Outcome::kClear : rule->second.listed;
}

/// The search is exposure's own: taint mixes at every address (haircut, the usual model of
/// exposure, and the one that is the same read backward), nothing is guessed beyond what the ledger
/// shows, and it ends at whoever has a name.
trace::Params params_of(const Settings& settings, trace::Direction direction) {
    trace::Params params;
    params.policy = trace::Policy::kHaircut;
    params.overspend = trace::Overspend::kClean;
    params.direction = direction;
    params.max_hops = settings.max_hops;
    params.min_purity = 0;  // A large wallet of a thief takes money of many: shares say it.
    params.min_share = settings.min_share;
    params.stranger_senders = 0;
    params.max_nodes = settings.max_nodes;
    params.max_edges = settings.max_edges;
    params.stop = trace::default_stop_categories();
    for (const auto& [category, rule] : settings.rules)
        if (std::find(params.stop.begin(), params.stop.end(), category) == params.stop.end())
            params.stop.push_back(category);
    return params;
}

// A weaker label excuses nobody from being looked at.
constexpr double kLikely = 0.5;
// Of a sum in USD; more is no price of anything, and cents stay in 64 bits.
constexpr double kMostUsd = 1e15;

struct Part {
    Amount amount;  // Of the largest endpoint.
    const trace::Endpoint* endpoint = nullptr;
};
struct Group {
    Amount amount;
    Part largest;
};
using GroupKey = std::tuple<Category, bool, Asset>;  // Direct; asset of the subject.

/// The category of the place where money ends, where it has one.
std::optional<Category> category_of(const trace::Endpoint& endpoint) {
    if (endpoint.stop == Stop::kMixer) return Category::kMixer;
    if (endpoint.stop == Stop::kLabel && endpoint.label) return endpoint.label->category;
    return std::nullopt;
}

std::vector<ExposureStep> steps_of(const Attribution& attribution, const trace::Endpoint& endpoint,
                                   bool direct, bool backward) {
    std::vector<ExposureStep> steps;
    for (const trace::Edge* edge : attribution.path(endpoint, direct))
        steps.push_back({.chain = edge->chain,
                         .txn = edge->txn,
                         .from = edge->from,
                         .to = edge->to,
                         .asset = edge->asset,
                         .amount = edge->amount,
                         .time = edge->time});
    if (endpoint.join)  // Strangers joined here: nobody can say whose the other side is.
        steps.push_back({.chain = endpoint.chain,
                         .txn = *endpoint.join,
                         .from = backward ? Address{} : endpoint.address,
                         .to = backward ? endpoint.address : Address{},
                         .asset = endpoint.asset,
                         .amount = endpoint.tainted,
                         .time = {}});
    if (backward) std::reverse(steps.begin(), steps.end());
    return steps;
}

std::string label_of(const trace::Endpoint& endpoint) {
    if (endpoint.stop == Stop::kMixer)
        return endpoint.why.empty() ? "join of strangers" : endpoint.why.front();
    return endpoint.label->text;
}

Result<bool> is_held(const ledger::Reader& ledger, ChainId chain, const Address& address) {
    const auto chains = ledger.chains();
    if (std::none_of(chains.begin(), chains.end(),
                     [&](const ledger::ChainSummary& each) { return each.chain == chain; }))
        return false;
    CORDON_TRY(const auto id, ledger.address_id(chain, address));
    return id.has_value();
}

}  // namespace

std::optional<Label> ListedContext::label(ChainId chain, const Address& address) const {
    const std::vector<Label> all = labels(chain, address);
    const auto best = std::min_element(all.begin(), all.end(), [&](const Label& a, const Label& b) {
        return listed(settings_, a.category) > listed(settings_, b.category);
    });
    return best == all.end() ? std::nullopt : std::optional{*best};
}

std::vector<Label> ListedContext::labels(ChainId chain, const Address& address) const {
    std::vector<Label> all = lists_.labels(chain, address);
    for (Label& label : base_.labels(chain, address))
        if (std::find(all.begin(), all.end(), label) == all.end()) all.push_back(std::move(label));
    std::stable_sort(all.begin(), all.end(),
                     [](const Label& a, const Label& b) { return a.confidence > b.confidence; });
    return all;
}

std::vector<Exposure> exposures_of(const trace::TraceResult& result, const trace::Context& context,
                                   ChainId chain, const Address& subject) {
    const bool backward = result.params.direction == trace::Direction::kBackward;
    const Attribution attribution{result, chain, subject};
    std::map<GroupKey, Group> groups;
    const auto add = [&](const GroupKey& key, const Amount& amount,
                         const trace::Endpoint& endpoint) {
        if (amount.is_zero()) return;
        Group& group = groups[key];
        group.amount += amount;
        if (group.largest.endpoint == nullptr || group.largest.amount < amount)
            group.largest = {amount, &endpoint};
    };
    const std::vector<trace::Endpoint> endpoints = result.endpoints.all();
    for (const trace::Endpoint& endpoint : endpoints) {
        const auto category = category_of(endpoint);
        if (!category) continue;
        // A join that the subject itself took part in is one step away.
        const bool own = endpoint.chain == chain && endpoint.address == subject;
        const Amount direct = own ? endpoint.tainted : attribution.direct(endpoint);
        for (const auto& [asset, amount] : attribution.of(endpoint)) {
            const Amount near = asset == endpoint.asset ? std::min(direct, amount) : Amount{};
            add({*category, true, asset}, near, endpoint);
            add({*category, false, asset}, amount - near, endpoint);
        }
    }
    std::vector<Exposure> out;
    for (const auto& [key, group] : groups) {
        const auto& [category, direct, asset] = key;
        Exposure each;
        each.category = category;
        each.incoming = backward;
        each.direct = direct;
        each.asset = asset;
        each.amount = group.amount;
        each.share = ratio(group.amount, attribution.seeded().at(asset));
        each.counterparty = group.largest.endpoint->address;
        if (group.largest.endpoint->chain != chain)
            each.counterparty_chain = group.largest.endpoint->chain;
        each.label = label_of(*group.largest.endpoint);
        each.path = steps_of(attribution, *group.largest.endpoint, direct, backward);
        if (!each.path.empty()) {
            const auto near = (backward ? each.path.back() : each.path.front()).time;
            if (const auto usd = context.usd(chain, asset, each.amount, near))
                each.usd = static_cast<Cents>(std::llround(std::min(*usd, kMostUsd) * 100));
        }
        out.push_back(std::move(each));
    }
    std::stable_sort(out.begin(), out.end(),
                     [](const Exposure& a, const Exposure& b) { return a.share > b.share; });
    return out;
}

Result<Exposures> find_exposures(const ledger::Reader& ledger, const ListedContext& context,
                                 std::span<const trace::LinkSource* const> links, ChainId chain,
                                 const Address& subject, const Settings& settings,
                                 const std::atomic<bool>* cancel) {
    Exposures out;
    CORDON_TRY(const bool held, is_held(ledger, chain, subject));
    if (!held) return out;
    const std::vector<trace::Seed> seeds{
        {chain, trace::Seed::FromAddress{subject, std::nullopt}, "subject"}};
    for (const auto direction : {trace::Direction::kBackward, trace::Direction::kForward}) {
        const auto found =
            trace::trace(ledger, context, links, seeds, params_of(settings, direction), {}, cancel);
        // It took part in txns, but not in this direction.
        if (!found && found.error().code == ErrorCode::kNotFound) continue;
        if (!found) return fail(found.error());
        out.incomplete = out.incomplete || found->incomplete;
        for (Exposure& each : exposures_of(*found, context, chain, subject))
            out.rows.push_back(std::move(each));
    }
    std::stable_sort(out.rows.begin(), out.rows.end(),
                     [](const Exposure& a, const Exposure& b) { return a.share > b.share; });
    return out;
}

std::optional<Label> service_label(const std::vector<Label>& labels, const Settings& settings) {
    const std::vector<Category> services = trace::default_stop_categories();
    for (const Label& label : labels)
        if (label.confidence >= kLikely && label.category != Category::kDeposit &&
            listed(settings, label.category) == Outcome::kClear &&
            std::find(services.begin(), services.end(), label.category) != services.end())
            return label;
    return std::nullopt;
}

}  // namespace cordon::screen
