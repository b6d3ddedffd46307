// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include <cordon/base/amount.hpp>
#include <cordon/base/bytes.hpp>
#include <cordon/base/result.hpp>
#include <cordon/model/address.hpp>

/// Txns of EVM chains as wallets sign them and nodes take them: legacy (EIP-155 or without a
/// chain), 1 (EIP-2930), 2 (EIP-1559), 3 (EIP-4844), 4 (EIP-7702); unsigned and signed.
namespace cordon::chain {

enum class EvmTxnType : uint8_t {
    kLegacy = 0,
    kAccessList = 1,
    kDynamicFee = 2,
    kBlob = 3,
    kSetCode = 4
};

// v of a signature: 27, or 28 for an odd Y; of a legacy txn for one chain, 35 or 36 and twice the
// chain's id (EIP-155).
inline constexpr uint64_t kEvmV = 27;
inline constexpr uint64_t kEvmChainV = 35;

/// r and s are 1 or more and below the order of the curve; a high s is for check_evm_txn().
struct EvmSignature {
    Hash256 r, s;
    bool odd_y = false;  ///< EIP-2930's yParity; of a legacy v, its last bit the other way round.
    friend bool operator==(const EvmSignature&, const EvmSignature&) = default;
};

struct AccessEntry {
    Address address;
    ByteView keys;  ///< RLP of the storage keys: each one 0xa0 and 32 bytes.

    std::size_t count() const noexcept { return keys.size() / kKeySize; }
    ByteView key(std::size_t i) const noexcept { return keys.subspan(kKeySize * i + 1, 32); }
    static constexpr std::size_t kKeySize = 33;
};

/// EIP-7702: `the authority` lets the code of `address` act as itself. What is out of range makes
/// the authorisation void, not the txn, so the fields are as they stand.
struct EvmAuthorization {
    Amount chain_id;  ///< 0: on every chain.
    Address address;  ///< Zero: the delegation ends.
    uint64_t nonce = 0;
    uint8_t y_parity = 0;
    Hash256 r, s;

    Hash256 signing_hash() const;
    /// Whose account is delegated. kMalformed when no chain would take the signature.
    Result<Address> authority() const;
};

/// Lifetime: `data` and the keys of the access list look into what was parsed.
struct EvmTxn {
    EvmTxnType type = EvmTxnType::kLegacy;
    std::optional<uint64_t> chain_id;  ///< Nothing: a legacy txn that is valid on every chain.
    uint64_t nonce = 0;
    Amount max_fee_per_gas;           ///< Of types 0 and 1, the gas price.
    Amount max_priority_fee_per_gas;  ///< Of types 0 and 1, the gas price, too.
    Amount gas_limit;                 ///< Beyond 64 bits only check_evm_txn() refuses it.
    std::optional<Address> to;        ///< Nothing: a contract is made, `data` is its init code.
    Amount value;
    ByteView data;
    std::vector<AccessEntry> access_list;
    Amount max_fee_per_blob_gas;
    std::vector<Hash256> blob_hashes;
    std::vector<EvmAuthorization> authorizations;
    std::optional<EvmSignature> signature;
    Hash256 signing_hash;         ///< What a wallet signs.
    std::optional<Hash256> hash;  ///< Of a signed txn, its name on chain.
    /// Blobs that came along in the form in which nodes hand type 3 to each other (EIP-4844,
    /// EIP-7594). They are not part of the txn.
    std::size_t blobs = 0;
};

/// Exactly one txn in canonical RLP, with every rule that needs neither fork nor chain: field
/// sizes, nonce below 2^64-1 (EIP-2681), `to` of types 3 and 4, blob hashes of version 1, at least
/// one blob or authorisation, parity 0 or 1, r and s in range. Nine fields with r and s zero are
/// unsigned (EIP-155). Blobs that came along must fit their hashes; their KZG proofs are not
/// checked. kTruncated, kTrailing, kMalformed, kOverflow, kUnsupported (a type that does not
/// exist).
Result<EvmTxn> parse_evm_txn(ByteView bytes);

/// The one encoding, without blobs: of an unsigned txn what is hashed for signing.
Bytes encode_evm_txn(const EvmTxn& txn);

/// Who signed. kMalformed for an unsigned txn, and for a signature that no key can have made.
Result<Address> sender_of(const EvmTxn& txn);

/// What an account signs to be delegated, by itself: 0x05 and [chain id, address, nonce]
/// (EIP-7702).
Result<EvmAuthorization> parse_evm_authorization(ByteView bytes);
/// The first byte of that.
inline constexpr uint8_t kAuthorizationMagic = 0x05;

/// Rule sets of Ethereum's main net, in order; those of other chains have the same names.
enum class EvmFork : uint8_t {
    kFrontier,
    kHomestead,
    kTangerine,
    kSpurious,
    kByzantium,
    kConstantinople,
    kPetersburg,
    kIstanbul,
    kBerlin,
    kLondon,
    kParis,
    kShanghai,
    kCancun,
    kPrague,
    kOsaka,
};
std::string_view to_string(EvmFork fork) noexcept;
/// Also the names that Ethereum's tests use: "EIP150", "EIP158", "ConstantinopleFix". kNotFound.
Result<EvmFork> parse_evm_fork(std::string_view name);

/// Gas that is paid before the first instruction runs.
uint64_t intrinsic_gas(const EvmTxn& txn, EvmFork fork) noexcept;

/// Whether a node of this chain and fork could take the signed txn, as far as the txn alone shows:
/// not balances, nonces or the price of the day, nor that sender_of() finds a key. kMalformed says
/// what speaks against it.
Status check_evm_txn(const EvmTxn& txn, EvmFork fork, uint64_t chain_id);

}  // namespace cordon::chain
