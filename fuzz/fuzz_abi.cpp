// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <string_view>

#include <cordon/base/check.hpp>
#include <cordon/chain/evm/abi.hpp>
#include <cordon/patterns/contract_facts.hpp>

namespace {

using cordon::ByteView;
using cordon::Hash256;

/// Every byte range that a value looks into lies within what was decoded.
void check_within(const cordon::chain::AbiValue& value, ByteView data) {
    if (!value.bytes.empty())
        CORDON_CHECK(value.bytes.data() >= data.data() &&
                     value.bytes.data() + value.bytes.size() <= data.data() + data.size());
    for (const auto& item : value.items) check_within(item, data);
}

/// A signature's canonical text is a signature, of the same types and hash.
void try_signature(std::string_view text, ByteView data) {
    const auto signature = cordon::chain::parse_abi_signature(text);
    if (!signature) return;
    const auto again = cordon::chain::parse_abi_signature(signature->text);
    CORDON_CHECK(again && again->text == signature->text && again->hash == signature->hash);
    if (const auto value = cordon::chain::decode_abi(signature->arguments, data)) {
        CORDON_CHECK(value->items.size() == signature->arguments.parts.size());
        check_within(*value, data);
        // The one encoding holds the same values: writing those again gives it again.
        const auto encoded = cordon::chain::encode_abi(signature->arguments, *value);
        CORDON_CHECK(encoded.has_value());
        const auto read = cordon::chain::decode_abi(signature->arguments, *encoded);
        CORDON_CHECK(read&& cordon::chain::encode_abi(signature->arguments, *read) == *encoded);
        (void)cordon::chain::encode_abi_packed(signature->arguments, *value);
    }
}

/// What a JSON ABI declares is a signature by its text.
void try_json(std::string_view text) {
    const auto declarations = cordon::chain::parse_abi_json(text);
    if (!declarations) return;
    for (const auto& [entry, signature] : *declarations) {
        const auto again = cordon::chain::parse_abi_signature(signature.text);
        CORDON_CHECK(again && again->hash == signature.hash);
    }
}

}  // namespace

/// "signature\n" and data; and the same bytes as a JSON ABI, as a call and a log of anybody.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
    const ByteView all{data, size};
    const auto end = std::find(all.begin(), all.end(), '\n');
    if (end != all.end()) {
        const auto length = static_cast<std::size_t>(end - all.begin());
        try_signature({reinterpret_cast<const char*>(data), length}, all.subspan(length + 1));
    }
    try_json({reinterpret_cast<const char*>(data), size});
    const auto& facts = cordon::patterns::contract_facts();
    (void)facts.read_call({cordon::kEthereum, {}, {}, {}, {}, all});
    std::vector<Hash256> topics;
    ByteView rest = all;
    while (rest.size() >= 32 && topics.size() < 4) {
        std::copy_n(rest.begin(), 32, topics.emplace_back().bytes.begin());
        rest = rest.subspan(32);
        (void)facts.read_log({cordon::kEthereum, {}, 0, {}, topics, rest});
    }
    return 0;
}
