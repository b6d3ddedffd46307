// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "request_json.hpp"

#include <array>

#include <cordon/chain/text.hpp>

#include "json_fields.hpp"

namespace cordon::wallet {
namespace {

using Kind = JsonValue::Kind;
constexpr std::string_view kWhat = "withdrawal";

/// An Error with the field's name.
template <typename T>
Result<T> field(std::string_view name, Result<T> value) {
    if (!value) return fail(value.error().in(format("{}: \"{}\"", kWhat, name)));
    return value;
}

Result<Payload> parse_payload(const JsonValue& object) {
    static constexpr std::array<std::string_view, 2> kNames{"type", "data"};
    CORDON_TRY(check_names(object, "withdrawal: payload", kNames));
    Payload payload;
    CORDON_TRY(payload.type, text_member(object, "withdrawal: payload", "type"));
    const JsonValue* data = object.find("data");
    if (!data || !(data->is(Kind::kString) || data->is(Kind::kObject)))
        return fail(ErrorCode::kMalformed,
                    "withdrawal: payload: \"data\": expected a text or an object");
    payload.data = data->is(Kind::kString) ? data->text : compact_json(*data);
    return payload;
}

}  // namespace

std::string json_text(std::string_view text) {
    std::string out = "\"";
    for (const char c : text) {
        switch (c) {
            case '"': out += "\\\""; break;
            case '\\': out += "\\\\"; break;
            case '\n': out += "\\n"; break;
            case '\r': out += "\\r"; break;
            case '\t': out += "\\t"; break;
            default:
                if (static_cast<unsigned char>(c) < 0x20) {
                    out += format("\\u{:04x}", static_cast<unsigned char>(c));
                } else {
                    out += c;
                }
        }
    }
    return out + '"';
}

std::string compact_json(const JsonValue& value) {
    switch (value.kind) {
        case Kind::kNull: return "null";
        case Kind::kBool: return value.flag ? "true" : "false";
        case Kind::kNumber: return value.text;
        case Kind::kString: return json_text(value.text);
        default: break;
    }
    const bool object = value.is(Kind::kObject);
    std::string out(1, object ? '{' : '[');
    for (const JsonValue& item : value.items) {
        if (out.size() > 1) out += ',';
        if (object) out += json_text(item.name) + ':';
        out += compact_json(item);
    }
    return out + (object ? '}' : ']');
}

std::string format_request(const WithdrawalRequest& request) {
    std::string out = format("{{\"id\":{},\"chain\":\"{}\",\"asset\":{}", json_text(request.id),
                             to_string(request.chain), json_text(request.asset.text()));
    if (!request.from.empty())
        out += format(",\"from\":\"{}\"", chain::format_address(request.chain, request.from));
    out += format(",\"to\":\"{}\",\"amount\":\"{}\"",
                  chain::format_address(request.chain, request.to), request.amount.to_string());
    if (!request.requester.empty()) out += ",\"requester\":" + json_text(request.requester);
    out += format(",\"time\":\"{}\"", format_rfc3339(request.time));
    if (request.cancelled) out += ",\"cancelled\":true";
    if (!request.payload.type.empty() || !request.payload.data.empty())
        out += format(",\"payload\":{{\"type\":{},\"data\":{}}}", json_text(request.payload.type),
                      json_text(request.payload.data));
    return out + "}";
}

Result<WithdrawalRequest> parse_request(const JsonValue& object) {
    static constexpr std::array<std::string_view, 10> kNames{
        "id",     "chain",     "asset", "from",      "to",
        "amount", "requester", "time",  "cancelled", "payload"};
    CORDON_TRY(check_names(object, kWhat, kNames));
    WithdrawalRequest out;
    CORDON_TRY(out.id, text_member(object, kWhat, "id"));
    CORDON_TRY(const std::string chain, text_member(object, kWhat, "chain"));
    CORDON_TRY(out.chain, field("chain", parse_chain(chain)));
    CORDON_TRY(const std::string asset, text_member(object, kWhat, "asset"));
    CORDON_TRY(out.asset, field("asset", Asset::parse(asset)));
    CORDON_TRY(const std::string from, text_or_empty(object, kWhat, "from"));
    if (!from.empty()) {
        CORDON_TRY(out.from, field("from", chain::parse_address(out.chain, from)));
    }
    CORDON_TRY(const std::string to, text_member(object, kWhat, "to"));
    CORDON_TRY(out.to, field("to", chain::parse_address(out.chain, to)));
    CORDON_TRY(const std::string amount, text_member(object, kWhat, "amount"));
    CORDON_TRY(out.amount, field("amount", Amount::parse(amount)));
    CORDON_TRY(out.requester, text_or_empty(object, kWhat, "requester"));
    CORDON_TRY(const std::string time, text_member(object, kWhat, "time"));
    CORDON_TRY(out.time, field("time", parse_time(time)));
    if (object.find("cancelled")) {
        CORDON_TRY(const JsonValue* flag, member(object, kWhat, "cancelled", Kind::kBool));
        out.cancelled = flag->flag;
    }
    if (const JsonValue* payload = object.find("payload")) {
        CORDON_TRY(out.payload, parse_payload(*payload));
    }
    return out;
}

Result<WithdrawalRequest> parse_request(std::string_view json) {
    CORDON_TRY(const JsonValue object, chain::parse_json_tree(json));
    return parse_request(object);
}

}  // namespace cordon::wallet
