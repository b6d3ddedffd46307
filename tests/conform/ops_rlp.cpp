// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <deque>

#include <cordon/base/format.hpp>
#include <cordon/base/hex.hpp>
#include <cordon/chain/evm/rlp.hpp>

#include "ops.hpp"

namespace cordon::conform {
namespace {

json::value shown(const chain::RlpItem& item) {
    if (!item.is_list) return json::value(to_hex(item.bytes));
    json::array out;
    for (const chain::RlpItem& inner : item.items) out.push_back(shown(inner));
    return out;
}

/// `kept` holds the bytes that the item looks into.
Result<chain::RlpItem> item_of(const json::value& value, std::size_t depth,
                               std::deque<Bytes>& kept) {
    if (depth > chain::kMaxRlpDepth)
        return fail(ErrorCode::kLimit,
                    format("field value: lists nest deeper than {}", chain::kMaxRlpDepth));
    chain::RlpItem item;
    if (value.is_string()) {
        CORDON_TRY(Bytes bytes, parse_hex(value.get_string()));
        item.bytes = kept.emplace_back(std::move(bytes));
        return item;
    }
    if (!value.is_array())
        return fail(ErrorCode::kInvalidParam,
                    "field value: expected a hex string or an array of such");
    item.is_list = true;
    for (const json::value& inner : value.get_array()) {
        CORDON_TRY(chain::RlpItem child, item_of(inner, depth + 1, kept));
        item.items.push_back(std::move(child));
    }
    return item;
}

}  // namespace

Result<json::value> op_rlp_decode(const json::object& request) {
    CORDON_TRY(const Bytes bytes, hex_field(request, "hex"));
    CORDON_TRY(const chain::RlpItem item, chain::parse_rlp(bytes));
    return shown(item);
}

Result<json::value> op_rlp_encode(const json::object& request) {
    const json::value* value = request.if_contains("value");
    if (value == nullptr)
        return fail(ErrorCode::kInvalidParam,
                    "field value: expected a hex string or an array of such");
    std::deque<Bytes> kept;
    CORDON_TRY(const chain::RlpItem item, item_of(*value, 0, kept));
    return json::value(to_hex(chain::encode_rlp(item)));
}

}  // namespace cordon::conform
