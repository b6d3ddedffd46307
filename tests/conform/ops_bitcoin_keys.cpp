// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <cordon/base/format.hpp>
#include <cordon/base/hex.hpp>
#include <cordon/chain/bitcoin/descriptor.hpp>
#include <cordon/chain/bitcoin/musig.hpp>
#include <cordon/chain/bitcoin/script.hpp>
#include <cordon/chain/text.hpp>
#include <cordon/crypto/hash.hpp>
#include <cordon/vault/mnemonic.hpp>
#include <cordon/vault/private_key.hpp>

#include "ops_bitcoin.hpp"

namespace cordon::conform {
namespace {

Result<std::vector<std::string>> words_field(const json::object& request) {
    const json::value* list = request.if_contains("words");
    if (list == nullptr || !list->is_array())
        return fail(ErrorCode::kInvalidParam, "field words: expected an array of strings");
    std::vector<std::string> out;
    for (const json::value& item : list->get_array()) {
        if (!item.is_string())
            return fail(ErrorCode::kInvalidParam, "field words: expected an array of strings");
        out.emplace_back(item.get_string());
    }
    return out;
}

Result<std::vector<uint32_t>> path_field(const json::object& request) {
    if (!request.contains("path")) return std::vector<uint32_t>{};
    CORDON_TRY(const std::string_view text, text_field(request, "path"));
    return chain::parse_path(text);
}

}  // namespace

Result<json::value> op_bip32(const json::object& request) {
    CORDON_TRY(const std::vector<uint32_t> path, path_field(request));
    const auto root = [&]() -> Result<vault::PrivateKey> {
        if (request.contains("seed")) {
            CORDON_TRY(const Bytes seed, hex_field(request, "seed"));
            return vault::PrivateKey::from_seed(seed);
        }
        CORDON_TRY(const std::string_view text, text_field(request, "text"));
        return vault::PrivateKey::parse(text);
    }();
    if (!root) return fail(root.error());
    CORDON_TRY(const vault::PrivateKey key, root->at(path));
    const chain::ExtKey open = key.public_key();
    const auto full = open.key.uncompressed();
    const Hash256 hash = crypto::keccak256(ByteView{full}.subspan(1));
    return json::value{
        {"xprv", key.secret_text()},
        {"xpub", chain::format_ext_key(open)},
        {"private_key", to_hex(key.secret().view())},
        {"public_key", to_hex(open.key.compressed())},
        {"chain_code", to_hex(open.chain_code)},
        {"depth", open.depth},
        {"index", open.child},
        {"fingerprint", to_hex(chain::fingerprint_of(open.key))},
        {"parent", to_hex(open.parent)},
        {"evm_address", chain::display_address(
                            kEthereum, Address{AddressKind::kEvm, ByteView{hash}.subspan(12)})}};
}

Result<json::value> op_bip32_public(const json::object& request) {
    CORDON_TRY(const std::string_view text, text_field(request, "text"));
    CORDON_TRY(const std::vector<uint32_t> path, path_field(request));
    CORDON_TRY(chain::ExtKey key, chain::parse_ext_key(text));
    for (const uint32_t step : path) {
        CORDON_TRY(key, chain::child_of(key, step));
    }
    return json::value{{"xpub", chain::format_ext_key(key)},
                       {"public_key", to_hex(key.key.compressed())},
                       {"depth", key.depth}};
}

Result<json::value> op_bip39_entropy(const json::object& request) {
    CORDON_TRY(const std::vector<std::string> words, words_field(request));
    CORDON_TRY(const std::string_view text, text_field(request, "mnemonic"));
    CORDON_TRY(const Bytes entropy, vault::entropy_of(text, words));
    return json::value(to_hex(entropy));
}

Result<json::value> op_bip39_mnemonic(const json::object& request) {
    CORDON_TRY(const std::vector<std::string> words, words_field(request));
    CORDON_TRY(const Bytes entropy, hex_field(request, "hex"));
    CORDON_TRY(const std::string text, vault::mnemonic_of(entropy, words));
    return json::value(text);
}

Result<json::value> op_bip39_seed(const json::object& request) {
    CORDON_TRY(const std::string_view mnemonic, text_field(request, "mnemonic"));
    CORDON_TRY(const std::string_view password, text_field(request, "password"));
    return json::value(to_hex(vault::seed_of(mnemonic, password).view()));
}

Result<json::value> op_descriptor(const json::object& request) {
    CORDON_TRY(const ChainId network, chain_field(request));
    CORDON_TRY(const std::string_view text, text_field(request, "text"));
    CORDON_TRY(const chain::Descriptor descriptor, chain::Descriptor::parse(text, network));
    uint64_t index = 0, branch = 0;
    if (request.contains("index")) {
        CORDON_TRY(index, number_field(request, "index", UINT32_MAX));
    }
    if (request.contains("branch")) {
        CORDON_TRY(branch, number_field(request, "branch", descriptor.branches() - 1));
    }
    CORDON_TRY(const std::vector<Bytes> scripts,
               descriptor.scripts(branch, static_cast<uint32_t>(index)));
    json::array shown, addresses;
    for (const Bytes& script : scripts) {
        shown.emplace_back(to_hex(script));
        addresses.emplace_back(chain::format_address(network, chain::address_of_script(script)));
    }
    return json::value{{"checksum", chain::descriptor_checksum(text.substr(0, text.find('#')))},
                       {"ranged", descriptor.ranged()},
                       {"scripts", std::move(shown)},
                       {"addresses", std::move(addresses)},
                       {"words", descriptor.words()}};
}

Result<json::value> op_musig_key(const json::object& request) {
    CORDON_TRY(const std::vector<Bytes> keys, hex_list(request, "keys"));
    CORDON_TRY(const std::vector<Bytes> tweaks, hex_list(request, "tweaks"));
    std::vector<chain::MusigTweak> list;
    const json::value* x_only = request.if_contains("x_only");
    for (std::size_t i = 0; i < tweaks.size(); ++i) {
        if (tweaks[i].size() != 32 || x_only == nullptr || !x_only->is_array() ||
            x_only->get_array().size() != tweaks.size() || !x_only->get_array()[i].is_bool())
            return fail(ErrorCode::kInvalidParam, "fields tweaks, x_only: lists of one length");
        chain::MusigTweak tweak;
        std::copy(tweaks[i].begin(), tweaks[i].end(), tweak.tweak.bytes.begin());
        tweak.x_only = x_only->get_array()[i].get_bool();
        list.push_back(tweak);
    }
    CORDON_TRY(const crypto::PublicKey key, chain::musig_key(keys, list));
    constexpr uint32_t kXpub = 0x0488b21e;
    return json::value{{"key", to_hex(key.compressed())},
                       {"x_only", to_hex(key.x_only())},
                       {"xpub", chain::format_ext_key(chain::musig_ext_key(key, kXpub))}};
}

}  // namespace cordon::conform
