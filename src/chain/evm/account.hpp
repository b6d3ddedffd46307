// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include <cordon/base/bytes.hpp>
#include <cordon/base/result.hpp>
#include <cordon/crypto/secp256k1.hpp>
#include <cordon/model/address.hpp>

/// How addresses of EVM chains come about.
namespace cordon::chain {

/// The last 20 bytes of a hash: the address of a key, or of a contract.
Address evm_address(const Hash256& hash) noexcept;
Address evm_address(const crypto::PublicKey& key);

/// Whose signature this is. kMalformed when r or s is out of range or no key can have made it; a
/// high s passes.
Result<Address> recover_evm_address(const Hash256& digest, const Hash256& r, const Hash256& s,
                                    bool odd_y);
/// The same from 65 bytes: r, s, and v as 27 or 28, or 0 or 1 (some wallets). kMalformed.
Result<Address> recover_evm_address(const Hash256& digest, ByteView signature);

/// The contract that the nonce-th txn of `sender` makes (CREATE).
Address created_address(const Address& sender, uint64_t nonce);
/// The contract that a factory makes with CREATE2 (EIP-1014).
Address created_address(const Address& factory, const Hash256& salt, const Hash256& init_code_hash);

}  // namespace cordon::chain
