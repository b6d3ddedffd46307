// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cordon/base/result.hpp>
#include <cordon/model/block.hpp>

#include "coding.hpp"

/// How headers, addresses and amounts are written (docs/formats/ledger.md).
namespace cordon::ledger {

void put_header(Bytes& out, const BlockHeader& header);
BlockHeader take_header(Decoder& in);
/// Of the bytes of a header, its time alone.
std::optional<UnixMillis> take_header_time(Decoder& in);

/// Whether a payload of this kind may have this size.
bool is_payload_size(AddressKind kind, std::size_t size) noexcept;

void put_address(Bytes& out, const Address& address);
Address take_address(Decoder& in);

}  // namespace cordon::ledger
