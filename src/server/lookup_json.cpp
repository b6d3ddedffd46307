// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "lookup_json.hpp"

#include <boost/json.hpp>

#include <cordon/chain/text.hpp>

namespace cordon::server {
namespace {

namespace json = boost::json;

json::value time_json(std::optional<UnixMillis> time) {
    return time ? json::value(format_rfc3339(*time)) : json::value(nullptr);
}

void add_asset(json::object& out, const Asset& asset, const std::optional<AssetInfo>& info) {
    out["asset"] = asset.text();
    out["symbol"] = info ? json::value(info->symbol) : json::value(nullptr);
    out["decimals"] = info ? json::value(info->decimals) : json::value(nullptr);
    if (info && info->status == AssetStatus::kCounterfeit) out["counterfeit"] = true;
}

void add_usd(json::object& out, std::optional<Cents> usd) {
    if (usd) out["usd"] = static_cast<double>(*usd) / 100;
}

}  // namespace

json::object label_json(const Label& label) {
    json::object out{{"label", label.text},
                     {"category", to_string(label.category)},
                     {"source", label.source},
                     {"confidence", label.confidence}};
    if (!label.entity.empty()) out["entity"] = label.entity;
    if (!label.detail.empty()) out["detail"] = label.detail;
    if (label.as_of) out["as_of"] = format_rfc3339(*label.as_of);
    if (!label.list.empty()) out["list"] = label.list;
    return out;
}

json::object facts_json(const engine::AddressFacts& facts) {
    json::array labels, holdings;
    for (const Label& label : facts.labels) labels.push_back(label_json(label));
    for (const auto& held : facts.holdings) {
        json::object each;
        add_asset(each, held.asset, held.info);
        each["received"] = held.received.to_string();
        each["sent"] = held.sent.to_string();
        // Of an extract, or when cut, more may have left than was seen to come.
        each["balance"] = facts.cut || held.received < held.sent
                              ? json::value(nullptr)
                              : json::value((held.received - held.sent).to_string());
        each["transfers"] = held.transfers;
        add_usd(each, held.usd);
        holdings.push_back(std::move(each));
    }
    json::object out{{"chain", to_string(facts.chain)},
                     {"address", chain::format_address(facts.chain, facts.address)},
                     {"labels", std::move(labels)},
                     {"holdings", std::move(holdings)},
                     {"first", time_json(facts.first)},
                     {"last", time_json(facts.last)},
                     {"transfers", facts.transfers},
                     {"cut", facts.cut}};
    if (facts.wallet)
        out["wallet"] = json::object{{"name", facts.wallet->set},
                                     {"entity", facts.wallet->entity},
                                     {"tier", facts.wallet->tier}};
    return out;
}

json::object transfer_json(ChainId chain, const engine::TransferRow& row) {
    json::object out{{"chain", to_string(chain)},
                     {"block", row.at.block},
                     {"time", time_json(row.time)},
                     {"tx", chain::format_hash(chain, row.txn)},
                     {"index", row.index},
                     {"from", chain::format_address(chain, row.from)},
                     {"to", chain::format_address(chain, row.to)},
                     {"amount", row.amount.to_string()},
                     {"kind", row.kind}};
    add_asset(out, row.asset, row.info);
    if (row.from_label) out["from_label"] = row.from_label->text;
    if (row.to_label) out["to_label"] = row.to_label->text;
    add_usd(out, row.usd);
    return out;
}

json::object counterparties_json(ChainId chain, const engine::Counterparties& found) {
    json::array largest;
    for (const engine::Counterparty& each : found.largest) {
        json::object row{{"address", chain::format_address(chain, each.address)},
                         {"amount", each.amount.to_string()},
                         {"transfers", each.transfers}};
        add_asset(row, each.asset, each.info);
        if (each.label) {
            row["label"] = each.label->text;
            row["category"] = to_string(each.label->category);
        }
        add_usd(row, each.usd);
        largest.push_back(std::move(row));
    }
    return {{"largest", std::move(largest)}, {"more", found.more}, {"cut", found.cut}};
}

}  // namespace cordon::server
