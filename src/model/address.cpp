// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "address.hpp"

namespace cordon {

std::string_view to_string(AddressKind kind) noexcept {
    switch (kind) {
        case AddressKind::kNone: return "none";
        case AddressKind::kEvm: return "evm";
        case AddressKind::kTron: return "tron";
        case AddressKind::kP2pkh: return "p2pkh";
        case AddressKind::kP2sh: return "p2sh";
        case AddressKind::kP2wpkh: return "p2wpkh";
        case AddressKind::kP2wsh: return "p2wsh";
        case AddressKind::kP2tr: return "p2tr";
        case AddressKind::kWitness: return "witness";
        case AddressKind::kP2pk: return "p2pk";
        case AddressKind::kMultisig: return "multisig";
        case AddressKind::kOpReturn: return "op_return";
        case AddressKind::kScript: return "script";
    }
    return "none";
}

std::optional<std::size_t> payload_size(AddressKind kind) noexcept {
    switch (kind) {
        case AddressKind::kEvm:
        case AddressKind::kTron:
        case AddressKind::kP2pkh:
        case AddressKind::kP2sh:
        case AddressKind::kP2wpkh: return 20;
        case AddressKind::kP2wsh:
        case AddressKind::kP2tr:
        case AddressKind::kP2pk:
        case AddressKind::kMultisig:
        case AddressKind::kOpReturn:
        case AddressKind::kScript: return 32;
        case AddressKind::kNone:
        case AddressKind::kWitness: return std::nullopt;
    }
    return std::nullopt;
}

bool Address::is_zero() const noexcept {
    return (kind_ == AddressKind::kEvm || kind_ == AddressKind::kTron) &&
           std::all_of(bytes_.begin(), bytes_.end(), [](uint8_t byte) { return byte == 0; });
}

}  // namespace cordon
