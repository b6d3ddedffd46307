// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "json.hpp"

#include "trace_json.hpp"

namespace cordon::report {

void write_finding(JsonWriter& json, const trace::Finding& finding) {
    json.begin_object().field("pattern", finding.pattern);
    json.field("chain", to_string(finding.chain)).key("addresses").begin_array();
    for (const Address& address : finding.addresses)
        json.value(chain::format_address(finding.chain, address));
    json.end_array().key("txns").begin_array();
    for (const Hash256& txn : finding.txns) json.value(chain::format_hash(finding.chain, txn));
    json.end_array().key("amounts").begin_array();
    for (const auto& [asset, amount] : finding.amounts)
        json.begin_object().field("asset", asset.text()).field("amount", amount).end_object();
    json.end_array().field("confidence", finding.confidence).key("why").begin_array();
    for (const std::string& reason : finding.why) json.value(reason);
    json.end_array().field("text", finding.text).end_object();
}

Status write_trace_result(const trace::TraceResult& result, const Sink& sink,
                          const JsonOptions& options) {
    TraceJson json{result, sink, options};
    return json.envelope("trace.result", [&] { json.write_result(); });
}

}  // namespace cordon::report
