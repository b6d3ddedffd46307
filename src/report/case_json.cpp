// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "case_json.hpp"

#include <cordon/chain/text.hpp>

namespace cordon::report {
namespace {

void write_asset(JsonWriter& json, const Letter& letter, ChainId chain, const Asset& asset) {
    json.field("asset", asset.text());
    for (const AssetInfo& info : letter.units)
        if (info.chain == chain && info.asset == asset)
            json.field("symbol", info.symbol).field("decimals", uint64_t{info.decimals});
}

}  // namespace

void write_case(JsonWriter& json, const records::Case& value,
                std::span<const records::CaseStep> history) {
    json.begin_object()
        .field("id", value.id)
        .field("title", value.title)
        .field("summary", value.summary)
        .field("state", to_string(value.state))
        .field("by", value.by)
        .field("made", value.made)
        .field("changed", value.changed);
    if (!value.archive.empty()) json.field("archive", value.archive);
    json.key("sender").begin_object();
    const records::CaseSender& sender = value.sender;
    json.field("organisation", sender.organisation)
        .field("name", sender.name)
        .field("role", sender.role)
        .field("email", sender.email)
        .field("phone", sender.phone)
        .field("reference", sender.reference)
        .field("answer_to", sender.answer_to)
        .field("hold_until", sender.hold_until)
        .end_object();
    json.key("letters_for").begin_array();
    for (const std::string& key : value.letters_for) json.value(key);
    json.end_array();
    json.key("items").begin_array();
    for (const records::CaseItem& item : value.items)
        json.begin_object()
            .field("number", item.number)
            .field("kind", to_string(item.kind))
            .field("ref", item.ref)
            .field("note", item.note)
            .field("by", item.by)
            .field("time", item.time)
            .end_object();
    json.end_array();
    if (!history.empty()) {
        json.key("history").begin_array();
        for (const records::CaseStep& step : history)
            json.begin_object()
                .field("time", step.time)
                .field("who", step.by)
                .field("what", step.what)
                .field("was", step.was)
                .end_object();
        json.end_array();
    }
    json.end_object();
}

void write_letter(JsonWriter& json, const Letter& letter, bool whole) {
    json.begin_object()
        .field("key", letter.key)
        .field("kind", letter.kind == Letter::Kind::kIssuer ? "issuer" : "service")
        .field("service", letter.service)
        .field("category", to_string(letter.category))
        .field("drafted", letter.drafted)
        .key("said_by")
        .begin_array();
    for (const std::string& said : letter.said_by) json.value(said);
    json.end_array().key("totals").begin_array();
    for (const Letter::Total& total : letter.totals) {
        json.begin_object().field("chain", to_string(total.chain));
        write_asset(json, letter, total.chain, total.asset);
        json.field("stolen", total.stolen).key("usd");
        if (total.usd)
            json.value(*total.usd);
        else
            json.null();
        json.end_object();
    }
    json.end_array().field("confidence", letter.confidence).key("rows");
    if (!whole) {
        json.value(uint64_t{letter.rows.size()}).end_object();
        return;
    }
    json.begin_array();
    for (const LetterRow& row : letter.rows) {
        json.new_line().begin_object().field("chain", to_string(row.chain));
        if (row.block != 0) json.field("block", row.block);
        if (row.time) json.field("time", *row.time);
        json.field("tx", chain::format_hash(row.chain, row.txn));
        if (row.outpoint) json.field("outpoint", chain::format_outpoint(row.chain, *row.outpoint));
        json.field("from", chain::format_address(row.chain, row.from))
            .field("to", chain::format_address(row.chain, row.address));
        write_asset(json, letter, row.chain, row.asset);
        json.field("amount", row.amount)
            .field("stolen", row.stolen)
            .field("confidence", row.confidence)
            .end_object();
    }
    json.end_array().key("resting").begin_array();
    for (const Letter::Resting& rests : letter.resting) {
        json.new_line()
            .begin_object()
            .field("chain", to_string(rests.chain))
            .field("address", chain::format_address(rests.chain, rests.address));
        write_asset(json, letter, rests.chain, rests.asset);
        json.field("resting", rests.resting).field("as_of", rests.as_of);
        if (rests.time) json.field("time", *rests.time);
        if (rests.received) json.field("received", *rests.received);
        if (rests.sent) json.field("sent", *rests.sent);
        json.end_object();
    }
    json.end_array().end_object();
}

void write_unasked(JsonWriter& json, const Unasked& unasked) {
    json.begin_object()
        .field("name", unasked.name)
        .field("category", to_string(unasked.category))
        .field("chain", to_string(unasked.chain))
        .field("asset", unasked.asset.text())
        .field("stolen", unasked.stolen)
        .field("why", unasked.why);
    if (unasked.unit)
        json.field("symbol", unasked.unit->symbol)
            .field("decimals", uint64_t{unasked.unit->decimals});
    json.end_object();
}

}  // namespace cordon::report
