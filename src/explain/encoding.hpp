// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include <cordon/chain/evm/abi.hpp>

namespace cordon::explain {

/// How data stands to what was decoded of it.
struct Canonical {
    bool same = false;         ///< The values are encoded as every compiler does it.
    std::size_t trailing = 0;  ///< Bytes after that encoding.
};
/// Encodes the values again and compares: contracts may read an unusual encoding in another way
/// than we do. REQUIRES: values that decode_abi() gave for the type.
Canonical canonical(const chain::AbiType& arguments, const chain::AbiValue& values, ByteView data);

/// Stands for bytes that have no room in a sentence: the first 64 bits of their keccak256,
/// "1a2b-3c4d-5e6f-7a8b". Fewer could be met by trying: 32 bits are minutes of work.
std::string data_code(ByteView data);

/// Hex of data among the details: all of it, or the first kilobyte, the length and the code.
std::string shown(ByteView data);

}  // namespace cordon::explain
