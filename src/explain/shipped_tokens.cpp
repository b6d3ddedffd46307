// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "token_list.hpp"

#include <array>

#include <cordon/base/check.hpp>

namespace cordon::explain {
namespace {

struct Shipped {
    uint64_t chain;  // EIP-155.
    std::string_view contract;
    std::string_view symbol;
    unsigned decimals;
};

// The coins that most is stolen in, so that their amounts can be read without any list. From their
// issuers' pages and the token lists of Uniswap and MetaMask, which agree (read in 2026-11).
constexpr auto kShipped = std::to_array<Shipped>({
    {1, "0xdac17f958d2ee523a2206206994597c13d831ec7", "USDT", 6},
    {1, "0xa0b86991c6218b36c1d19d4a2e9eb0ce3606eb48", "USDC", 6},
    {1, "0x6b175474e89094c44da98b954eedeac495271d0f", "DAI", 18},
    {1, "0xdc035d45d973e3ec169d2276ddab16f1e407384f", "USDS", 18},
    {1, "0x6c3ea9036406852006290770bedfcaba0e23a0e8", "PYUSD", 6},
    {1, "0xc02aaa39b223fe8d0a0e5c4f27ead9083c756cc2", "WETH", 18},
    {1, "0x2260fac5e5542a773aa44fbcfedf7c193bc2c599", "WBTC", 8},
    {1, "0xcbb7c0000ab88b473b1f5afd9ef808440eed33bf", "cbBTC", 8},
    {1, "0xae7ab96520de3a18e5e111b5eaab095312d7fe84", "stETH", 18},
    {1, "0x7f39c581f595b53c5cb19bd0b3f8da6c935e2ca0", "wstETH", 18},
    {1, "0xd5f7838f5c461feff7fe49ea5ebaf7728bb0adfa", "mETH", 18},
    {1, "0xe6829d9a7ee3040e1276fa75293bde931859e8fa", "cmETH", 18},
    {10, "0x0b2c639c533813f4aa9d7837caf62653d097ff85", "USDC", 6},
    {10, "0x94b008aa00579c1307b0ef2c499ad98a8ce58e58", "USDT", 6},
    {10, "0x4200000000000000000000000000000000000006", "WETH", 18},
    {56, "0x55d398326f99059ff775485246999027b3197955", "USDT", 18},
    {56, "0x8ac76a51cc950d9822d68b83fe1ad97b32cd580d", "USDC", 18},
    {56, "0xbb4cdb9cbd36b01bd1cbaebf2de08d9173bc095c", "WBNB", 18},
    {137, "0x3c499c542cef5e3811e1192ce70d8cc03d5c3359", "USDC", 6},
    {137, "0x2791bca1f2de4661ed88a30c99a7a9449aa84174", "USDC.e", 6},
    {137, "0xc2132d05d31c914a87c6611c10748aeb04b58e8f", "USDT", 6},
    {137, "0x7ceb23fd6bc0add59e62ac25578270cff1b9f619", "WETH", 18},
    {137, "0x8f3cf7ad23cd3cadbd9735aff958023239c6a063", "DAI", 18},
    {8453, "0x833589fcd6edb6e08f4c7c32d4f71b54bda02913", "USDC", 6},
    {8453, "0x4200000000000000000000000000000000000006", "WETH", 18},
    {8453, "0xcbb7c0000ab88b473b1f5afd9ef808440eed33bf", "cbBTC", 8},
    {42161, "0xaf88d065e77c8cc2239327c5edb3a432268e5831", "USDC", 6},
    {42161, "0xff970a61a04b1ca14834a43f5de4533ebddb5cc8", "USDC.e", 6},
    {42161, "0xfd086bc7cd5c481dcc9c85ebe478a1c0b69fcbb9", "USDT0", 6},
    {42161, "0x82af49447d8a07e3bd95bd0d56f35241523fbab1", "WETH", 18},
    {42161, "0xcbb7c0000ab88b473b1f5afd9ef808440eed33bf", "cbBTC", 8},
    {43114, "0xb97ef9ef8734c71904d8002f8b6bc66dd9c48a6e", "USDC", 6},
    {43114, "0x9702230a8ea53601f5cd2dc00fdbc13d4df4a8c7", "USDT", 6},
    {43114, "0xb31f66aa3c1e785363f0875a1b74e27b85fd66c7", "WAVAX", 18},
});

}  // namespace

const TokenList& shipped_tokens() {
    static const TokenList kList = [] {
        std::vector<TokenEntry> entries;
        for (const Shipped& each : kShipped) {
            const auto asset = Asset::parse(each.contract);
            CORDON_CHECK(asset.has_value());
            entries.push_back(
                {{ChainFamily::kEvm, each.chain}, *asset, std::string{each.symbol}, each.decimals});
        }
        return TokenList{std::move(entries)};
    }();
    return kList;
}

}  // namespace cordon::explain
