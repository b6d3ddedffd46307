// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <cordon/base/check.hpp>
#include <cordon/chain/evm/typed_data.hpp>
#include <cordon/chain/json_tree.hpp>

using namespace cordon::chain;

namespace {

/// A value is of the type that it says.
void check_value(const TypedValue& value) {
    switch (value.kind) {
        case AbiType::Kind::kUint: CORDON_CHECK(value.number.bit_width() <= value.size); break;
        case AbiType::Kind::kFixedBytes: CORDON_CHECK(value.bytes.size() == value.size); break;
        case AbiType::Kind::kArray:
            CORDON_CHECK(value.size == 0 || value.items.size() == value.size); break;
        default: break;
    }
    for (const TypedValue& item : value.items) check_value(item);
}

}  // namespace

/// What parses has one digest, made of the two hashes that are shown beside it.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    const auto json = parse_json_tree(text);
    const auto typed = parse_typed_data(text);
    if (!typed) return 0;
    CORDON_CHECK(json.has_value());
    check_value(typed->domain);
    check_value(typed->message);
    if (typed->primary_type != kTypedDomain)
        CORDON_CHECK(typed->digest ==
                     typed_data_digest(typed->domain_separator, typed->message_hash));
    CORDON_CHECK(typed->encoded_type.starts_with(typed->primary_type + "("));
    return 0;
}
