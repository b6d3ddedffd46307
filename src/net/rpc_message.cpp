// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "rpc_message.hpp"

#include <simdjson.h>

#include <cordon/base/format.hpp>

namespace cordon::net {
namespace {

namespace od = simdjson::ondemand;

tl::unexpected<Error> malformed(std::string_view what) {
    return fail(ErrorCode::kMalformed, format("JSON-RPC: {}", what));
}

/// The parts of a message as far as they are there.
struct Parts {
    RpcAnswer answer;
    RpcNotice notice;
    bool is_answer = false;
    bool is_notice = false;
};

/// Whether all was read.
bool at_end(od::document& document) {
    return document.current_location().error() == simdjson::OUT_OF_BOUNDS;
}

/// The text of a value. simdjson hands scalars out with the blanks behind them.
Result<std::string_view> raw(od::value value) {
    std::string_view text;
    if (simdjson::to_json_string(value).get(text)) return malformed("expected a value");
    while (!text.empty() && (text.back() == ' ' || text.back() == '\n' || text.back() == '\r' ||
                             text.back() == '\t'))
        text.remove_suffix(1);
    return text;
}

Result<RpcFault> read_fault(od::value value) {
    RpcFault fault;
    od::json_type type{};
    if (value.type().get(type)) return malformed("expected a value as error");
    if (type != od::json_type::object) {  // Some servers answer with a bare text.
        CORDON_TRY(const std::string_view text, raw(value));
        fault.message = text;
        return fault;
    }
    od::object object;
    if (value.get_object().get(object)) return malformed("expected an object as error");
    for (auto field : object) {
        std::string_view key;
        if (field.unescaped_key().get(key)) return malformed("expected a name in the error");
        const std::string name{key};
        od::value member;
        if (field.value().get(member)) return malformed("expected a value in the error");
        if (name == "code") {
            if (member.get_int64().get(fault.code)) return malformed("expected a number as code");
        } else if (name == "message") {
            std::string_view text;
            if (member.get_string().get(text)) return malformed("expected a text as message");
            fault.message = text;
        }
    }
    return fault;
}

Status read_params(od::value value, RpcNotice& notice) {
    od::object object;
    if (value.get_object().get(object)) return malformed("expected an object as params");
    for (auto field : object) {
        std::string_view key;
        if (field.unescaped_key().get(key)) return malformed("expected a name in params");
        const std::string name{key};
        od::value member;
        if (field.value().get(member)) return malformed("expected a value in params");
        if (name == "subscription") {
            CORDON_TRY(const std::string_view text, raw(member));
            CORDON_TRY(notice.subscription, parse_json_string(text));
        } else if (name == "result") {
            CORDON_TRY(notice.result, raw(member));
        }
    }
    return {};
}

Status read_one(od::object object, RpcMessage& out) {
    Parts parts;
    parts.answer.result = "null";
    for (auto field : object) {
        std::string_view key;
        if (field.unescaped_key().get(key)) return malformed("expected a name");
        const std::string name{key};  // The reader's room is used anew for the value.
        od::value value;
        if (field.value().get(value)) return malformed("expected a value");
        if (name == "id") {
            uint64_t id = 0;
            if (!value.get_uint64().get(id)) parts.answer.id = id;
        } else if (name == "result") {
            CORDON_TRY(parts.answer.result, raw(value));
            parts.is_answer = true;
        } else if (name == "error") {
            bool null = false;
            if (value.is_null().get(null)) return malformed("expected a value as error");
            if (null) continue;
            CORDON_TRY(parts.answer.fault, read_fault(value));
            parts.is_answer = true;
        } else if (name == "params") {
            CORDON_TRY(read_params(value, parts.notice));
            parts.is_notice = true;
        }
    }
    if (parts.is_answer == parts.is_notice) return malformed("expected a result or an error");
    if (parts.is_answer) {
        if (parts.answer.fault) parts.answer.result = "null";
        out.answers.push_back(std::move(parts.answer));
    } else {
        if (parts.notice.result.empty()) return malformed("a notice without a result");
        out.notices.push_back(std::move(parts.notice));
    }
    return {};
}

}  // namespace

Result<RpcMessage> parse_rpc_message(std::string text) {
    text.reserve(text.size() + simdjson::SIMDJSON_PADDING);
    od::parser parser;
    od::document document;
    if (const auto error =
            parser.iterate(simdjson::padded_string_view{text.data(), text.size(), text.capacity()})
                .get(document))
        return malformed(simdjson::error_message(error));
    RpcMessage out;
    od::json_type type{};
    if (const auto error = document.type().get(type))
        return malformed(simdjson::error_message(error));
    if (type == od::json_type::object) {
        od::object object;
        if (document.get_object().get(object)) return malformed("expected an object");
        CORDON_TRY(read_one(object, out));
    } else if (type == od::json_type::array) {
        od::array list;
        if (document.get_array().get(list)) return malformed("expected a list");
        for (auto each : list) {
            od::object object;
            if (each.get_object().get(object)) return malformed("expected objects in the list");
            if (out.answers.size() + out.notices.size() == kMaxRpcBatch)
                return fail(ErrorCode::kLimit,
                            format("JSON-RPC: more than {} answers in one list", kMaxRpcBatch));
            CORDON_TRY(read_one(object, out));
        }
    } else {
        return malformed("expected an object or a list");
    }
    if (!at_end(document))
        return fail(ErrorCode::kTrailing, "JSON-RPC: something follows the answer");
    return out;
}

std::string json_string(std::string_view text) {
    std::string out = "\"";
    for (const char letter : text) {
        if (letter == '"' || letter == '\\') out += '\\';
        if (static_cast<unsigned char>(letter) < ' ')
            out += format("\\u{:04x}", static_cast<unsigned>(letter));
        else
            out += letter;
    }
    return out + '"';
}

Result<std::string> parse_json_string(std::string_view json) {
    const simdjson::padded_string padded{json};
    od::parser parser;
    od::document document;
    std::string_view text;
    if (parser.iterate(padded).get(document) || document.get_string().get(text) ||
        !at_end(document))
        return malformed("expected a text in quotes");
    return std::string{text};
}

}  // namespace cordon::net
