// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include <cordon/base/result.hpp>

namespace cordon {

/// How a chain moves value, and how its addresses and hashes are written.
enum class ChainFamily : uint8_t {
    kBitcoin,  ///< UTXO; hashes shown reversed; base58check and bech32 addresses.
    kEvm,      ///< Account balances; 0x hex everywhere.
    kTron,     ///< EVM-like account balances; base58check addresses, plain hex hashes.
};

/// Which chain. EVM chains are known by their EIP-155 number, so "eth" and "eip155:1" are one
/// chain.
struct ChainId {
    ChainFamily family{};
    uint64_t reference = 0;  ///< kEvm: EIP-155 chain id. kBitcoin: see kBitcoin...; kTron: 0.

    friend auto operator<=>(const ChainId&, const ChainId&) = default;
};

inline constexpr ChainId kBitcoin{ChainFamily::kBitcoin, 0};
inline constexpr ChainId kBitcoinTestnet{ChainFamily::kBitcoin,
                                         1};  ///< testnet3, testnet4, signet: HRP "tb".
inline constexpr ChainId kBitcoinRegtest{ChainFamily::kBitcoin, 2};
inline constexpr ChainId kEthereum{ChainFamily::kEvm, 1};
inline constexpr ChainId kTronMainnet{ChainFamily::kTron, 0};

/// True for chains whose value sits in unspent outputs rather than in balances.
constexpr bool is_utxo(ChainId chain) noexcept { return chain.family == ChainFamily::kBitcoin; }

/// "btc", "eth", "bsc", ..., or "eip155:N" for EVM chains without a short name.
std::string to_string(ChainId chain);

/// Accepts every short name and "eip155:N" (N from 1, no leading zero). kMalformed lists what is
/// known.
Result<ChainId> parse_chain(std::string_view text);

/// Decimals of the native asset: 8 for Bitcoin, 6 for Tron, 18 for EVM chains.
unsigned native_decimals(ChainId chain) noexcept;
/// Symbol of the native asset, e.g. "BTC"; EVM chains without a short name have "native".
std::string_view native_symbol(ChainId chain) noexcept;

}  // namespace cordon

template <>
struct std::hash<cordon::ChainId> {
    std::size_t operator()(cordon::ChainId chain) const noexcept {
        return (chain.reference * 4 + static_cast<uint64_t>(chain.family)) * 0x9E3779B97F4A7C15ULL;
    }
};
