// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include <cordon/base/bytes.hpp>
#include <cordon/model/address.hpp>

namespace cordon::chain {

/// Who an output script pays, by its template (Bitcoin Core's Solver). Never fails: a script of no
/// known template is kScript, one that starts with OP_RETURN is kOpReturn. A bare single key must
/// have the prefix and length of a public key (whether it is on the curve is not checked); the keys
/// of a bare multisig need the length only. A witness program of version 0 with a length other than
/// 20 or 32 can never be spent and has no address: kScript. Cost: one SHA-256 for the kinds from
/// kP2pk on.
Address address_of_script(ByteView script) noexcept;

/// The output script of an address, where the address determines it: nothing for kinds that keep a
/// hash of the script.
std::optional<Bytes> script_of_address(const Address& address);

/// A number as a script pushes it at its start (OP_0..OP_16, or a push of 1..8 bytes,
/// little-endian, not negative): the height in a coinbase (BIP-34). Nothing when it is not
/// minimally encoded or absent.
std::optional<uint64_t> leading_number(ByteView script) noexcept;

}  // namespace cordon::chain
