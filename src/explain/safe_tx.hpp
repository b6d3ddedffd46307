// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include <cordon/base/amount.hpp>
#include <cordon/base/bytes.hpp>
#include <cordon/model/address.hpp>

namespace cordon::explain {

/// What the owners of a Safe sign.
struct SafeTx {
    uint64_t chain = 0;  ///< EIP-155; 0 when it is not said.
    Address safe, to;
    Amount value;
    Bytes data;
    uint8_t operation = 0;  ///< 0 a call, 1 a delegatecall; others are refused by the contract.
    Amount safe_txn_gas, base_gas, gas_price;
    Address gas_token, refund_receiver;
    Amount nonce;
};

/// How a Safe hashes, which changed twice. The version of a release decides.
enum class SafeDomain : uint8_t {
    kChainId,    ///< From 1.3.0: the domain has the chain id.
    kNoChainId,  ///< 1.0.0 to 1.2.0: a signature holds on every chain where the Safe has the
                 ///< address.
    kDataGas,    ///< Before 1.0.0: and baseGas is called dataGas in the type.
};
inline constexpr std::array kSafeDomains{SafeDomain::kChainId, SafeDomain::kNoChainId,
                                         SafeDomain::kDataGas};
/// "Safe 1.3.0 and later".
std::string_view to_string(SafeDomain domain) noexcept;

struct SafeHashes {
    Hash256 domain, message, safe_txn;
};
/// EIP-712 of SafeTx, computed by nothing but the fields.
SafeHashes hash_safe_txn(const SafeTx& txn, SafeDomain domain);
/// EIP-712 of SafeMessage(bytes): what owners sign for a message of the Safe. `message` is what
/// isValidSignature is asked about; a text is hashed by EIP-191 before.
SafeHashes hash_safe_message(ByteView message, uint64_t chain, const Address& safe,
                             SafeDomain domain);

/// A release, "1.4.1" or "1.3.0+L2", as numbers.
struct SafeVersion {
    unsigned major = 0, minor = 0, patch = 0;
    friend auto operator<=>(const SafeVersion&, const SafeVersion&) = default;
};
std::optional<SafeVersion> parse_safe_version(std::string_view text) noexcept;
SafeDomain domain_of(const SafeVersion& version) noexcept;

/// One signature of the blob that execTransaction takes.
struct SafeSignature {
    enum class Kind : uint8_t {
        kEcdsa,     ///< v 27 or 28: over the Safe hash.
        kEthSign,   ///< v 31 or 32: over the EIP-191 form of the Safe hash.
        kApproved,  ///< v 1: the owner sends the txn, or called approveHash before.
        kContract,  ///< v 0: the owner is a contract that says so itself (EIP-1271).
        kInvalid,   ///< Anything else: the contract refuses it.
    };
    Kind kind{};
    Address signer;      ///< Recovered, or named (kApproved, kContract); empty for kInvalid.
    std::string reason;  ///< Of kInvalid.
};
/// Of 65 bytes each, as the contract reads them: all whole ones, until the dynamic part of contract
/// signatures begins. kMalformed when a rest is no whole signature.
Result<std::vector<SafeSignature>> read_safe_signatures(ByteView blob, const Hash256& safe_hash);

}  // namespace cordon::explain
