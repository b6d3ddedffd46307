// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include <cordon/base/bytes.hpp>
#include <cordon/base/result.hpp>
#include <cordon/model/block.hpp>
#include <cordon/model/chain_id.hpp>

#include "header.hpp"

/// What tells one Bitcoin network from another (chainparams of Bitcoin Core).
namespace cordon::chain {

struct Network {
    std::string_view name;         ///< "mainnet", "testnet3", ...
    ChainId chain;                 ///< Several networks share kBitcoinTestnet.
    std::array<uint8_t, 4> magic;  ///< In front of every block of a blk file.
    std::string_view genesis;      ///< Hash of block 0 as shown.
    int64_t genesis_time = 0;      ///< Unix seconds.
    uint32_t pow_limit_bits = 0;   ///< The easiest target allowed.
};

std::span<const Network> networks() noexcept;
/// Nothing when no network is known by these four bytes.
const Network* network_by_magic(ByteView magic) noexcept;
/// The network whose block 0 has this hash.
const Network* network_by_genesis(const Hash256& hash) noexcept;

/// kWrongChain when a header cannot be one of the asked chain: a genesis block of another network,
/// a target easier than the network allows, a difficulty that main net left behind, a time before
/// its first block, a coinbase height that its age rules out. A raw block does not name its
/// network, so a header that passes may still be foreign. `height` is the number in the coinbase of
/// a block of version 2 and up (BIP-34).
Status check_network(ChainId chain, const HeaderView& header, std::optional<uint64_t> height);

/// Whether the number in a coinbase can be the height of a block of that time. Before BIP-34 was
/// enforced, blocks of version 2 could carry anything there.
bool plausible_height(ChainId chain, uint64_t height, int64_t time) noexcept;

/// The height that a block of that time has about. On main net within 2,000 blocks (two weeks),
/// mostly much nearer; elsewhere ten minutes a block are assumed, which test networks do not keep.
BlockNum estimate_height(ChainId chain, int64_t time) noexcept;

}  // namespace cordon::chain
