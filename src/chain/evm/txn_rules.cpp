// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
// What each fork of Ethereum asks of a txn.
#include <algorithm>
#include <array>

#include <cordon/base/format.hpp>
#include <cordon/crypto/secp256k1.hpp>

#include "txn.hpp"

namespace cordon::chain {
namespace {

struct ForkName {
    EvmFork fork;
    std::string_view name, test_name;
};
constexpr std::array kForks{
    ForkName{EvmFork::kFrontier, "Frontier", ""},
    ForkName{EvmFork::kHomestead, "Homestead", ""},
    ForkName{EvmFork::kTangerine, "Tangerine", "EIP150"},
    ForkName{EvmFork::kSpurious, "Spurious", "EIP158"},
    ForkName{EvmFork::kByzantium, "Byzantium", ""},
    ForkName{EvmFork::kConstantinople, "Constantinople", ""},
    ForkName{EvmFork::kPetersburg, "Petersburg", "ConstantinopleFix"},
    ForkName{EvmFork::kIstanbul, "Istanbul", ""},
    ForkName{EvmFork::kBerlin, "Berlin", ""},
    ForkName{EvmFork::kLondon, "London", ""},
    ForkName{EvmFork::kParis, "Paris", "Merge"},
    ForkName{EvmFork::kShanghai, "Shanghai", ""},
    ForkName{EvmFork::kCancun, "Cancun", ""},
    ForkName{EvmFork::kPrague, "Prague", ""},
    ForkName{EvmFork::kOsaka, "Osaka", ""},
};

constexpr uint64_t kTxnGas = 21'000;                  // Yellow Paper, appendix G.
constexpr uint64_t kCreateGas = 32'000;               // From Homestead on (EIP-2).
constexpr uint64_t kZeroByteGas = 4;                  // Yellow Paper, appendix G.
constexpr uint64_t kOtherByteGas = 16;                // From Istanbul on (EIP-2028).
constexpr uint64_t kOtherByteGasBefore = 68;          // Before.
constexpr uint64_t kInitWordGas = 2;                  // Each 32 bytes of init code (EIP-3860).
constexpr std::size_t kMaxInitCode = 49'152;          // EIP-3860.
constexpr uint64_t kAccessAddressGas = 2'400;         // EIP-2930.
constexpr uint64_t kAccessKeyGas = 1'900;             // EIP-2930.
constexpr uint64_t kAuthorizationGas = 25'000;        // EIP-7702, PER_EMPTY_ACCOUNT_COST.
constexpr uint64_t kFloorTokenGas = 10;               // EIP-7623, TOTAL_COST_FLOOR_PER_TOKEN.
constexpr uint64_t kOtherByteTokens = 4;              // EIP-7623.
constexpr uint64_t kMaxGasLimit = uint64_t{1} << 24;  // From Osaka on (EIP-7825).
// Blobs of a block, which bound those of a txn; from Osaka on 6 of a txn (EIP-7594).
constexpr std::size_t kMaxBlobs = 6;        // EIP-4844.
constexpr std::size_t kMaxBlobsPrague = 9;  // EIP-7691.

EvmFork first_fork(EvmTxnType type) noexcept {
    switch (type) {
        case EvmTxnType::kLegacy: return EvmFork::kFrontier;
        case EvmTxnType::kAccessList: return EvmFork::kBerlin;
        case EvmTxnType::kDynamicFee: return EvmFork::kLondon;
        case EvmTxnType::kBlob: return EvmFork::kCancun;
        case EvmTxnType::kSetCode: break;
    }
    return EvmFork::kPrague;
}

uint64_t zero_bytes(ByteView data) noexcept {
    return static_cast<uint64_t>(std::count(data.begin(), data.end(), uint8_t{0}));
}

/// EIP-7623: what data costs at least, whatever is done with it.
uint64_t floor_gas(const EvmTxn& txn) noexcept {
    const uint64_t zeros = zero_bytes(txn.data);
    return kTxnGas + kFloorTokenGas * (zeros + kOtherByteTokens * (txn.data.size() - zeros));
}

tl::unexpected<Error> refuse(EvmFork fork, std::string_view what) {
    return fail(ErrorCode::kMalformed, format("EVM txn under {}: {}", to_string(fork), what));
}

Status check_gas(const EvmTxn& txn, EvmFork fork) {
    uint64_t least = intrinsic_gas(txn, fork);
    if (fork >= EvmFork::kPrague) least = std::max(least, floor_gas(txn));
    if (!txn.gas_limit.fits_u64()) return refuse(fork, "a gas limit beyond 64 bits");
    if (txn.gas_limit < Amount{least})
        return refuse(fork, format("a gas limit of {} where {} is paid before it runs",
                                   txn.gas_limit.to_string(), least));
    if (fork >= EvmFork::kOsaka && txn.gas_limit > Amount{kMaxGasLimit})
        return refuse(fork, format("a gas limit above {}", kMaxGasLimit));
    if (txn.max_priority_fee_per_gas > txn.max_fee_per_gas)
        return refuse(fork, "a priority fee above the fee");
    // No account holds 2^256. The limit is not zero here.
    if (txn.max_fee_per_gas > mul_div(Amount::max(), Amount{1U}, txn.gas_limit))
        return refuse(fork, "gas limit times fee is 2^256 or more");
    return {};
}

}  // namespace

std::string_view to_string(EvmFork fork) noexcept {
    return kForks[static_cast<std::size_t>(fork)].name;
}

Result<EvmFork> parse_evm_fork(std::string_view name) {
    const auto found = std::find_if(kForks.begin(), kForks.end(), [&](const ForkName& known) {
        return known.name == name || (!name.empty() && known.test_name == name);
    });
    if (found == kForks.end())
        return fail(ErrorCode::kNotFound, format("no fork \"{}\" is known", name.substr(0, 50)));
    return found->fork;
}

uint64_t intrinsic_gas(const EvmTxn& txn, EvmFork fork) noexcept {
    const uint64_t zeros = zero_bytes(txn.data);
    uint64_t gas = kTxnGas + kZeroByteGas * zeros +
                   (fork >= EvmFork::kIstanbul ? kOtherByteGas : kOtherByteGasBefore) *
                       (txn.data.size() - zeros);
    if (!txn.to && fork >= EvmFork::kHomestead) gas += kCreateGas;
    if (!txn.to && fork >= EvmFork::kShanghai) gas += kInitWordGas * ((txn.data.size() + 31) / 32);
    for (const AccessEntry& entry : txn.access_list)
        gas += kAccessAddressGas + kAccessKeyGas * entry.count();
    return gas + kAuthorizationGas * txn.authorizations.size();
}

Status check_evm_txn(const EvmTxn& txn, EvmFork fork, uint64_t chain_id) {
    if (!txn.signature) return refuse(fork, "nobody signed it");
    if (fork < first_fork(txn.type))
        return refuse(fork, format("type {} does not exist yet", static_cast<int>(txn.type)));
    if (txn.chain_id && fork < EvmFork::kSpurious)
        return refuse(fork, "a v with a chain (EIP-155) does not exist yet");
    if (txn.chain_id && *txn.chain_id != chain_id)
        return refuse(fork, format("it is for chain {}", *txn.chain_id));
    const crypto::EcdsaSignature signature{txn.signature->r, txn.signature->s};
    if (fork >= EvmFork::kHomestead && !signature.has_low_s())
        return refuse(fork, "a high s (EIP-2)");
    if (!txn.to && fork >= EvmFork::kShanghai && txn.data.size() > kMaxInitCode)
        return refuse(fork, format("init code of more than {} bytes", kMaxInitCode));
    const std::size_t blobs = fork == EvmFork::kPrague ? kMaxBlobsPrague : kMaxBlobs;
    if (txn.blob_hashes.size() > blobs) return refuse(fork, format("more than {} blobs", blobs));
    return check_gas(txn, fork);
}

}  // namespace cordon::chain
