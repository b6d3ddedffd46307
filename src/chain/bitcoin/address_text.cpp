// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "address_text.hpp"

#include <array>

#include <cordon/base/format.hpp>
#include <cordon/base/hex.hpp>

#include "base58.hpp"
#include "bech32.hpp"

namespace cordon::chain {
namespace {

/// How a network writes its addresses (chainparams of Bitcoin Core).
struct Form {
    ChainId network;
    uint8_t p2pkh;
    uint8_t p2sh;
    std::string_view prefix;
};
constexpr std::array<Form, 3> kForms{{
    {kBitcoin, 0x00, 0x05, "bc"},
    {kBitcoinTestnet, 0x6f, 0xc4, "tb"},
    {kBitcoinRegtest, 0x6f, 0xc4, "bcrt"},
}};

constexpr std::array kScriptKinds{AddressKind::kP2pk, AddressKind::kMultisig,
                                  AddressKind::kOpReturn, AddressKind::kScript};

const Form& form_of(ChainId network) noexcept {
    for (const Form& form : kForms)
        if (form.network == network) return form;
    return kForms[0];
}

bool starts_with_any_case(std::string_view text, std::string_view lower) noexcept {
    if (text.size() < lower.size()) return false;
    for (std::size_t i = 0; i < lower.size(); ++i) {
        const char c =
            text[i] >= 'A' && text[i] <= 'Z' ? static_cast<char>(text[i] - 'A' + 'a') : text[i];
        if (c != lower[i]) return false;
    }
    return true;
}

/// Whether to read (and to explain) a text as bech32: it starts with the prefix of a network and
/// the separator.
bool looks_like_bech32(std::string_view text) noexcept {
    for (const Form& form : kForms)
        if (starts_with_any_case(text, form.prefix) && text.size() > form.prefix.size() &&
            text[form.prefix.size()] == '1')
            return true;
    return false;
}

Result<Address> wrong_network(ChainId network, std::string_view found) {
    return fail(ErrorCode::kWrongChain,
                format("an address of {}, expected one of {}", found, to_string(network)));
}

Result<Address> parse_script_form(AddressKind kind, std::string_view digits) {
    std::array<uint8_t, 32> payload;
    if (Status status = parse_hex_into(digits, payload); !status)
        return fail(status.error().in(format("after \"{}:\"", to_string(kind))));
    return Address{kind, payload};
}

Result<Address> from_segwit(const Form& form, const SegwitAddress& segwit) {
    if (segwit.prefix != form.prefix) {
        for (const Form& other : kForms)
            if (segwit.prefix == other.prefix)
                return wrong_network(form.network, to_string(other.network));
        return wrong_network(form.network, format("another chain (prefix \"{}\")", segwit.prefix));
    }
    const WitnessProgram& witness = segwit.program;
    if (witness.version == 0)
        return Address{witness.program.size() == 20 ? AddressKind::kP2wpkh : AddressKind::kP2wsh,
                       witness.program};
    if (witness.version == 1 && witness.program.size() == 32)
        return Address{AddressKind::kP2tr, witness.program};
    Bytes payload{witness.version};
    payload.insert(payload.end(), witness.program.begin(), witness.program.end());
    return Address{AddressKind::kWitness, payload};
}

Result<Address> from_base58(const Form& form, ByteView bytes) {
    if (bytes.size() != 21)
        return fail(ErrorCode::kMalformed,
                    format("base58check over {} bytes; an address has 21 (version and hash)",
                           bytes.size()));
    const uint8_t version = bytes[0];
    const ByteView hash = bytes.subspan(1);
    if (version == form.p2pkh) return Address{AddressKind::kP2pkh, hash};
    if (version == form.p2sh) return Address{AddressKind::kP2sh, hash};
    for (const Form& other : kForms)
        if (version == other.p2pkh || version == other.p2sh)
            return wrong_network(form.network, to_string(other.network));
    return fail(ErrorCode::kMalformed,
                format("base58check version {}; expected {} (P2PKH) or {} (P2SH)", version,
                       form.p2pkh, form.p2sh));
}

}  // namespace

Result<Address> parse_bitcoin_address(ChainId network, std::string_view text) {
    const Form& form = form_of(network);
    if (text.empty()) return fail(ErrorCode::kMalformed, "expected an address, found nothing");
    for (const AddressKind kind : kScriptKinds) {
        const std::string_view name = to_string(kind);
        if (text.starts_with(name) && text.size() > name.size() && text[name.size()] == ':')
            return parse_script_form(kind, text.substr(name.size() + 1));
    }
    if (looks_like_bech32(text)) {
        CORDON_TRY(const SegwitAddress segwit, parse_segwit(text));
        return from_segwit(form, segwit);
    }
    Result<Bytes> bytes = parse_base58check(text);
    if (bytes) return from_base58(form, *bytes);
    // "ltc1q...": right in itself, and of a network that is not ours.
    if (const Result<SegwitAddress> segwit = parse_segwit(text)) return from_segwit(form, *segwit);
    return fail(std::move(bytes).error());
}

std::string format_bitcoin_address(ChainId network, const Address& address) {
    const Form& form = form_of(network);
    const ByteView payload = address.payload();
    switch (address.kind()) {
        case AddressKind::kP2pkh:
        case AddressKind::kP2sh: {
            Bytes bytes{address.kind() == AddressKind::kP2pkh ? form.p2pkh : form.p2sh};
            bytes.insert(bytes.end(), payload.begin(), payload.end());
            return format_base58check(bytes);
        }
        case AddressKind::kP2wpkh:
        case AddressKind::kP2wsh:
            return format_segwit(form.prefix, {0, Bytes(payload.begin(), payload.end())});
        case AddressKind::kP2tr:
            return format_segwit(form.prefix, {1, Bytes(payload.begin(), payload.end())});
        case AddressKind::kWitness:
            return format_segwit(form.prefix,
                                 {payload[0], Bytes(payload.begin() + 1, payload.end())});
        default: return format("{}:{}", to_string(address.kind()), to_hex(payload));
    }
}

}  // namespace cordon::chain
