// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "expansion.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <unordered_set>

#include <cordon/base/format.hpp>
#include <cordon/base/hex.hpp>
#include <cordon/chain/text.hpp>
#include <cordon/report/svg.hpp>
#include <cordon/report/text.hpp>

#include "payments.hpp"

namespace cordon::engine {
namespace {

// A column has room for so many more, and nobody compares more at once.
constexpr std::size_t kShown = 10;
// Of one click: some milliseconds. What is larger says that it was cut.
constexpr std::size_t kMostPayments = 20'000;
// Of a fold of thousands its largest say who stands around it.
constexpr std::size_t kMostMembers = 40;
constexpr std::size_t kLongestName = 60;

using Who = std::pair<ChainId, Address>;

struct Around {
    std::map<Asset, Amount> amounts;
    double usd = 0, value = 0;
    bool priced = false;
    uint64_t payments = 0;
    std::optional<UnixMillis> first, last;

    auto rank() const { return std::tuple{usd, value, payments}; }
};

/// "$1.2M", "12.4 ETH", "7 payments".
std::string moved_text(const trace::Context& context, ChainId chain, const Around& around) {
    if (around.priced) return "$" + trace::short_number(around.usd);
    if (around.amounts.size() == 1) {
        const auto& [asset, amount] = *around.amounts.begin();
        if (const auto info = context.asset(chain, asset))
            return trace::short_number(amount.to_double() / std::pow(10.0, info->decimals)) + " " +
                   report::clean_text(info->symbol, 12);
    }
    return format("{} {}", around.payments, around.payments == 1 ? "payment" : "payments");
}

/// The addresses a node stands for.
Result<std::vector<Who>> members_of(const Theft& theft, const trace::FlowNode& node) {
    std::vector<Who> members;
    if (node.kind == trace::FlowKind::kContext) {
        const std::size_t colon = node.address.rfind(':');
        if (colon == std::string::npos) return members;
        CORDON_TRY(const ChainId chain, parse_chain(node.address.substr(0, colon)));
        CORDON_TRY(const Address address,
                   chain::parse_address(chain, node.address.substr(colon + 1)));
        members.emplace_back(chain, address);
    }
    for (const uint32_t index : node.members) {
        if (members.size() == kMostMembers) break;
        members.emplace_back(theft.result.nodes[index].chain, theft.result.nodes[index].address);
    }
    return members;
}

}  // namespace

Result<std::vector<trace::ContextNode>> expand(const Theft& theft, const trace::FlowLayout& layout,
                                               std::string_view key, bool in) {
    const auto node = std::find_if(layout.nodes.begin(), layout.nodes.end(),
                                   [&](const trace::FlowNode& each) { return each.key == key; });
    if (node == layout.nodes.end()) return std::vector<trace::ContextNode>{};
    CORDON_TRY(const std::vector<Who> members, members_of(theft, *node));
    if (members.empty()) return std::vector<trace::ContextNode>{};

    const trace::Context& context = *theft.context;
    std::map<Who, Around> around;
    bool cut = members.size() < node->members.size();
    for (const auto& [chain, address] : members) {
        CORDON_TRY(
            const bool more,
            each_payment(
                *theft.ledger, chain, address, in ? ledger::Side::kReceiver : ledger::Side::kSender,
                kMostPayments / members.size(), [&](const Payment& payment) {
                    Around& one = around[{chain, payment.other}];
                    one.amounts[payment.asset] += payment.amount;
                    if (const auto usd =
                            context.usd(chain, payment.asset, payment.amount, payment.time))
                        one.usd += *usd, one.priced = true;
                    one.value += layout.scale.value(chain, payment.asset, payment.amount);
                    ++one.payments;
                    if (!payment.time) return;
                    one.first = std::min(one.first.value_or(*payment.time), *payment.time);
                    one.last = std::max(one.last.value_or(*payment.time), *payment.time);
                }));
        cut = cut || more;
    }
    // Whoever is in the trace has a place in the picture, or stands among what is too thin for it.
    for (const trace::Node& each : theft.result.nodes) around.erase({each.chain, each.address});

    std::vector<const std::map<Who, Around>::value_type*> order;
    for (const auto& each : around) order.push_back(&each);
    std::stable_sort(order.begin(), order.end(), [](const auto* a, const auto* b) {
        return a->second.rank() > b->second.rank();
    });

    const trace::LayoutParams names = report::flow_params(theft.result);
    std::vector<trace::ContextNode> found;
    trace::ContextNode rest;
    for (const auto* each : order) {
        const auto& [chain, address] = each->first;
        const Around& one = each->second;
        if (found.size() == kShown && order.size() > kShown + 1) {
            rest.movements += one.payments;
            if (one.first) rest.first = std::min(rest.first.value_or(*one.first), *one.first);
            if (one.last) rest.last = std::max(rest.last.value_or(*one.last), *one.last);
            continue;
        }
        trace::Node shown;
        shown.chain = chain;
        shown.address = address;
        shown.label = context.label(chain, address);
        trace::ContextNode& outside = found.emplace_back();
        outside.of = std::string{key};
        outside.paid_it = in;
        outside.key = format("context:{}:{}", to_string(chain), to_hex(address.payload()));
        outside.name = report::clean_text(names.name(shown), kLongestName);
        outside.address = to_string(chain) + ":" + chain::format_address(chain, address);
        if (shown.label) outside.category = shown.label->category;
        outside.moved = moved_text(context, chain, one);
        outside.movements = one.payments;
        outside.first = one.first;
        outside.last = one.last;
    }
    if (order.size() > found.size() || (cut && !found.empty())) {
        rest.of = std::string{key};
        rest.paid_it = in;
        rest.key = format("more:{}:{}", in ? "in" : "out", key);
        rest.count = order.size() - found.size();
        rest.name = cut ? "more, not all looked at" : "more";
        rest.moved = format("{} {}", rest.movements, rest.movements == 1 ? "payment" : "payments");
        found.push_back(std::move(rest));
    }
    return found;
}

}  // namespace cordon::engine
