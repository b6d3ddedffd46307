// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "selectors.hpp"

#include <boost/unordered/unordered_flat_map.hpp>

#include <algorithm>
#include <bit>
#include <cstring>

#include <cordon/crypto/hash.hpp>

namespace cordon::detect {
namespace {

constexpr std::size_t kSelector = 4;
constexpr std::size_t kWord = 32;

}  // namespace

std::optional<Selector> selector_of(ByteView calldata) noexcept {
    if (calldata.size() < kSelector) return std::nullopt;
    return (Selector{calldata[0]} << 24) | (Selector{calldata[1]} << 16) |
           (Selector{calldata[2]} << 8) | Selector{calldata[3]};
}

Hash256 topic_named(std::string_view signature) {
    return crypto::keccak256(
        {reinterpret_cast<const uint8_t*>(signature.data()), signature.size()});
}

Selector selector_named(std::string_view signature) { return *selector_of(topic_named(signature)); }

SelectorSet::SelectorSet(std::initializer_list<std::string_view> signatures) {
    for (const std::string_view signature : signatures)
        selectors_.push_back(selector_named(signature));
    std::sort(selectors_.begin(), selectors_.end());
}

bool SelectorSet::has(Selector selector) const noexcept {
    return std::binary_search(selectors_.begin(), selectors_.end(), selector);
}

bool SelectorSet::has(ByteView calldata) const noexcept {
    const std::optional<Selector> selector = selector_of(calldata);
    return selector && has(*selector);
}

ByteView data_word(ByteView data, std::size_t index) noexcept {
    const std::size_t begin = index * kWord;
    if (data.size() < begin + kWord) return {};
    return data.subspan(begin, kWord);
}

ByteView word_of(ByteView calldata, std::size_t index) noexcept {
    return calldata.size() < kSelector ? ByteView{} : data_word(calldata.subspan(kSelector), index);
}

std::optional<Address> address_in(ByteView word) noexcept {
    constexpr std::size_t kPadding = 12;
    if (word.size() != kWord) return std::nullopt;
    uint64_t head = 0;
    uint32_t rest = 0;
    std::memcpy(&head, word.data(), sizeof head);
    std::memcpy(&rest, word.data() + sizeof head, sizeof rest);
    if ((head | rest) != 0) return std::nullopt;
    return Address{AddressKind::kEvm, word.subspan(kPadding)};
}

Amount amount_in(ByteView word) noexcept {
    std::array<uint8_t, kWord> whole{};
    if (word.size() < kWord) {
        std::copy(word.begin(), word.end(), whole.end() - static_cast<std::ptrdiff_t>(word.size()));
        word = whole;
    }
    std::array<uint64_t, 4> limbs{};
    for (std::size_t i = 0; i < limbs.size(); ++i) {
        uint64_t limb = 0;
        std::memcpy(&limb, word.data() + kWord - 8 * (i + 1), sizeof limb);
        limbs[i] = __builtin_bswap64(limb);
    }
    return Amount::from_limbs(limbs);
}

uint32_t kinds_of(Selector selector) noexcept {
    static const boost::unordered_flat_map<Selector, uint32_t> kKinds = [] {
        boost::unordered_flat_map<Selector, uint32_t> kinds;
        for (const auto& [kind, set] : {std::pair{kFlashCallback, &flash_callbacks()},
                                        {kDesignedCallback, &designed_callbacks()},
                                        {kRedemption, &redemptions()},
                                        {kBorrowing, &borrowings()},
                                        {kTokenCall, &token_calls()},
                                        {kPrivileged, &privileged_calls()},
                                        {kPriceView, &price_views()},
                                        {kRateView, &rate_views()},
                                        {kManyPools, &many_pools()},
                                        {kBookCall, &book_calls()}})
            for (const Selector one : set->all()) kinds[one] |= kind;
        return kinds;
    }();
    const auto found = kKinds.find(selector);
    return found == kKinds.end() ? 0 : found->second;
}

uint32_t kinds_of(ByteView calldata) noexcept {
    const std::optional<Selector> selector = selector_of(calldata);
    return selector ? kinds_of(*selector) : 0;
}

const SelectorSet& flash_callbacks() {
    static const SelectorSet kSet{
        "executeOperation(address,uint256,uint256,bytes)",                // Aave v1
        "executeOperation(address[],uint256[],uint256[],address,bytes)",  // Aave v2
        "executeOperation(address,uint256,uint256,address,bytes)",        // Aave v3
        "callFunction(address,(address,uint256),bytes)",                  // dYdX Solo
        "uniswapV2Call(address,uint256,uint256,bytes)",                   // Uniswap v2
        "pancakeCall(address,uint256,uint256,bytes)",                     // PancakeSwap v2
        "uniswapV3FlashCallback(uint256,uint256,bytes)",                  // Uniswap v3
        "pancakeV3FlashCallback(uint256,uint256,bytes)",                  // PancakeSwap v3
        "receiveFlashLoan(address[],uint256[],uint256[],bytes)",          // Balancer v2
        "onFlashLoan(address,address,uint256,uint256,bytes)",             // ERC-3156
        "DVMFlashLoanCall(address,uint256,uint256,bytes)",                // DODO
        "DPPFlashLoanCall(address,uint256,uint256,bytes)",
        "DSPFlashLoanCall(address,uint256,uint256,bytes)",
        "DPPOracleFlashLoanCall(address,uint256,uint256,bytes)",
        "onMorphoFlashLoan(uint256,bytes)",  // Morpho Blue
        "onDeferredLiquidityCheck(bytes)",   // Euler v1
    };
    return kSet;
}

const SelectorSet& designed_callbacks() {
    static const SelectorSet kSet{
        "uniswapV3SwapCallback(int256,int256,bytes)",
        "pancakeV3SwapCallback(int256,int256,bytes)",
        "uniswapV3MintCallback(uint256,uint256,bytes)",
        "unlockCallback(bytes)",  // Uniswap v4
        "lockAcquired(bytes)",
    };
    return kSet;
}

const SelectorSet& redemptions() {
    static const SelectorSet kSet{
        "withdraw()",
        "withdraw(uint256)",
        "withdraw(address,uint256,address)",
        "withdraw(address,uint256)",
        "withdraw(uint256,uint256)",
        "withdraw(uint256,address)",
        "withdraw(uint256,address,address)",
        "withdrawTo(address,uint256)",
        "withdrawAll()",
        "withdrawAll(uint256)",
        "redeem(uint256)",
        "redeem(uint256,address,address)",
        "redeemUnderlying(uint256)",
        "burn(uint256)",
        "burn(address)",
        "burn(address,uint256)",
        "removeLiquidity(address,address,uint256,uint256,uint256,address,uint256)",
        "removeLiquidityETH(address,uint256,uint256,uint256,address,uint256)",
        "remove_liquidity(uint256,uint256[2])",
        "remove_liquidity(uint256,uint256[3])",
        "remove_liquidity_one_coin(uint256,int128,uint256)",
        "exitPool(bytes32,address,address,(address[],uint256[],bytes,bool))",
        "exit()",
        "emergencyWithdraw(uint256)",
        "leaveStaking(uint256)",
        "unstake(uint256)",
        "leave(uint256)",
        "claim()",
        "claim(address)",
        "claim(uint256,address,uint256,bytes32[])",
        "getReward()",
        "claimRewards()",
        "harvest()",
        "collect((uint256,address,uint128,uint128))",
        "collectProtocol(address,uint128,uint128)",
        "release()",
        "release(address)",
    };
    return kSet;
}

const SelectorSet& borrowings() {
    static const SelectorSet kSet{
        "borrow(uint256)",
        "borrow(address,uint256,uint256,uint16,address)",
        "borrow(address,uint256)",
        "borrow(uint256,uint256)",
        "borrow(address,uint256,address)",
        "drawDebt(address,uint256,uint256,uint256)",
        "generateDebt(address,uint256)",
        "borrow((address,address,address,address,uint256),uint256,uint256,address,address)",
    };
    return kSet;
}

const SelectorSet& token_calls() {
    static const SelectorSet kSet{
        "transfer(address,uint256)", "transferFrom(address,address,uint256)",
        "approve(address,uint256)", "balanceOf(address)", "allowance(address,address)"};
    return kSet;
}

const SelectorSet& privileged_calls() {
    static const SelectorSet kSet{
        "transferOwnership(address)",
        "setOwner(address)",
        "changeOwner(address)",
        "acceptOwnership()",
        "claimOwnership()",
        "setAdmin(address)",
        "changeAdmin(address)",
        "setPendingAdmin(address)",
        "_setPendingAdmin(address)",
        "acceptAdmin()",
        "grantRole(bytes32,address)",
        "addMinter(address)",
        "setMinter(address)",
        "setGovernance(address)",
        "setGovernor(address)",
        "setController(address)",
        "setOperator(address)",
        "addOwner(address)",
        "initialize()",
        "initialize(address)",
        "initialize(address,address)",
        "initialize(address,address,address)",
        "initialize(address,address,address,address)",
        "initialize(address,address,address,address,address)",
        "initialize(address,address,address,address,address,address)",
        "initialize(address,address,address,address,address,address,address)",
        "initialize(address,address,address,address,address,address,address,address)",
        "initialize(address,uint256)",
        "initialize(address,bytes)",
        "initialize(address,string,string)",
        "init()",
        "init(address)",
        "init(address,address)",
        "initWallet(address[],uint256,uint256)",
        "upgradeTo(address)",
        "upgradeToAndCall(address,bytes)",
        "setImplementation(address)",
        "setPoolAdmin(address)",
        "setLendingPoolImpl(address)",
        "setAddress(bytes32,address)",
        "putCurEpochConPubKeyBytes(bytes)",
        "setPriceOracle(address)",
        "setOracle(address)",
    };
    return kSet;
}

const SelectorSet& price_views() {
    static const SelectorSet kSet{
        "latestAnswer()",
        "latestRoundData()",
        "getReserves()",
        "slot0()",
        "getUnderlyingPrice(address)",
        "getAssetPrice(address)",
        "getPrice(address)",
        "getPrice()",
        "price()",
        "price(address)",
        "peek(address,uint256)",
        "spot()",
        "consult(address,uint256)",
        "getAmountOut(uint256,address)",
        "get_p()",
        "price_oracle()",
        "get_dy(int128,int128,uint256)",
        "getAmountsOut(uint256,address[])",
        "calc_withdraw_one_coin(uint256,int128)",
    };
    return kSet;
}

const SelectorSet& rate_views() {
    static const SelectorSet kSet{
        "get_virtual_price()",
        "getVirtualPrice()",
        "getPricePerFullShare()",
        "pricePerShare()",
        "exchangeRateStored()",
        "exchangeRateCurrent()",
        "exchangeRate()",
        "getExchangeRate()",
        "convertToAssets(uint256)",
        "convertToShares(uint256)",
        "getRate()",
        "sharePrice()",
        "getSharePrice()",
        "virtualPrice()",
        "valuePerShare()",
        "assetsPerShare()",
        "calcTokensForAmount(uint256)",
        "getPooledEthByShares(uint256)",
        "getNormalizedIncome(address)",
        "lpPrice()",
        "lp_price()",
    };
    return kSet;
}

const SelectorSet& many_pools() {
    static const SelectorSet kSet{
        // Balancer v2 vault.
        "swap((bytes32,uint8,address,address,uint256,bytes),(address,bool,address,bool),uint256,"
        "uint256)",
        "batchSwap(uint8,(bytes32,uint256,uint256,uint256,bytes)[],address[],(address,bool,address,"
        "bool),int256[],uint256)",
        // Balancer v3 vault.
        "swap((uint8,address,address,address,uint256,uint256,bytes))",
        // Uniswap v4 pool manager.
        "unlock(bytes)",
        "swap((address,address,uint24,int24,address),(bool,int256,uint160),bytes)",
    };
    return kSet;
}

const SelectorSet& book_calls() {
    static const SelectorSet kSet{"skim(address)", "sync()"};
    return kSet;
}

}  // namespace cordon::detect
