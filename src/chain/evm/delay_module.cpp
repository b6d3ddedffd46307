// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "delay_module.hpp"

#include <array>

#include <cordon/base/hex.hpp>
#include <cordon/crypto/hash.hpp>

#include "account.hpp"

namespace cordon::chain {
namespace {

// Of @gnosis.pm/zodiac 4.0.3 (contracts.js), whose init codes and salts give these addresses:
// tests/anvil/delay.mjs deploys them and refuses others.
constexpr std::string_view kMasterCopy = "d54895b1121a2ee3f37b502f507631fa1331bed6";
constexpr std::string_view kFactory = "000000000000addb49795b0f9ba5bc298cdda236";
// ERC-1167's minimal proxy, around the address of the code that it runs.
constexpr std::string_view kProxyBefore = "602d8060093d393df3363d3d373d3d3d363d73";
constexpr std::string_view kProxyAfter = "5af43d82803e903d91602b57fd5bf3";

constexpr std::string_view kSetUp = "setUp(bytes)";
constexpr std::string_view kParameters = "x(address,address,address,uint256,uint256)";

Address address_of(std::string_view hex) {
    const auto bytes = parse_hex(hex);
    return {AddressKind::kEvm, ByteView{*bytes}};
}

void append(Bytes& out, ByteView more) { out.insert(out.end(), more.begin(), more.end()); }

}  // namespace

Address delay_master_copy() { return address_of(kMasterCopy); }
Address module_proxy_factory() { return address_of(kFactory); }

Result<Bytes> encode_abi_call(std::string_view signature, const AbiValue& arguments) {
    CORDON_TRY(const AbiSignature parsed, parse_abi_signature(signature));
    CORDON_TRY(const Bytes encoded, encode_abi(parsed.arguments, arguments));
    const auto selector = parsed.selector();
    Bytes out{selector.begin(), selector.end()};
    append(out, encoded);
    return out;
}

Result<Bytes> encode_delay_setup(const DelaySetup& setup) {
    CORDON_TRY(const AbiSignature parameters, parse_abi_signature(kParameters));
    AbiValue values;
    values.items.resize(5);
    values.items[0].address = setup.owner;
    values.items[1].address = setup.avatar;
    values.items[2].address = setup.target;
    values.items[3].number = setup.cooldown;
    values.items[4].number = setup.expiration;
    CORDON_TRY(const Bytes encoded, encode_abi(parameters.arguments, values));
    AbiValue call;
    call.items.resize(1);
    call.items[0].bytes = encoded;
    return encode_abi_call(kSetUp, call);
}

std::optional<DelaySetup> decode_delay_setup(ByteView call) {
    const auto signature = parse_abi_signature(kSetUp);
    const auto parameters = parse_abi_signature(kParameters);
    if (!signature || !parameters) return std::nullopt;
    const auto outer = decode_abi_call(*signature, call);
    if (!outer) return std::nullopt;
    const auto inner = decode_abi(parameters->arguments, outer->items[0].bytes);
    if (!inner) return std::nullopt;
    DelaySetup out{inner->items[0].address, inner->items[1].address, inner->items[2].address,
                   inner->items[3].number, inner->items[4].number};
    // What could be read in another way is not read.
    const auto again = encode_delay_setup(out);
    if (!again || *again != Bytes(call.begin(), call.end())) return std::nullopt;
    return out;
}

Address module_proxy_address(const Address& factory, const Address& master_copy,
                             ByteView initializer, const Amount& salt) {
    const Hash256 content = crypto::keccak256(initializer);
    Bytes salted;
    append(salted, ByteView{content});
    append(salted, ByteView{salt.to_big_endian()});
    Bytes code = *parse_hex(kProxyBefore);
    append(code, master_copy.payload());
    append(code, *parse_hex(kProxyAfter));
    return created_address(factory, crypto::keccak256(salted), crypto::keccak256(code));
}

}  // namespace cordon::chain
