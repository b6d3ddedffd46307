// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <cordon/base/check.hpp>
#include <cordon/base/format.hpp>
#include <cordon/chain/evm/message.hpp>
#include <cordon/chain/text.hpp>

using namespace cordon;

namespace {

/// The message of these fields, line by line, as EIP-4361 has it; times as the text wrote them.
std::string written(const chain::SiweMessage& message, std::string_view text) {
    const auto line = [&](std::string_view label) {
        const std::size_t at = text.find(label) + label.size();
        return format("{}{}\n", label, text.substr(at, text.find('\n', at) - at));
    };
    std::string out = message.scheme ? *message.scheme + "://" : "";
    out += message.domain + " wants you to sign in with your Ethereum account:\n";
    out += chain::display_address(kEthereum, message.address) + "\n\n";
    if (message.statement) out += *message.statement + "\n";
    out += format("\nURI: {}\nVersion: 1\nChain ID: {}\nNonce: {}\n", message.uri, message.chain_id,
                  message.nonce);
    text.remove_prefix(out.size());
    out += line("Issued At: ");
    if (message.expires_at) out += line("Expiration Time: ");
    if (message.not_before) out += line("Not Before: ");
    if (message.request_id) out += format("Request ID: {}\n", *message.request_id);
    if (text.find("\nResources:") != text.npos) out += "Resources:\n";
    for (const std::string& resource : message.resources) out += format("- {}\n", resource);
    out.pop_back();
    return out;
}

}  // namespace

/// A sign-in that parses says nothing but its fields.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    (void)chain::ens_namehash(text);
    const auto message = chain::parse_siwe(text);
    if (!message) return 0;
    CORDON_CHECK(chain::looks_like_siwe(text));
    CORDON_CHECK(written(*message, text) == text);
    return 0;
}
