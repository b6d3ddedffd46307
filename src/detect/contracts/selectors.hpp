// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string_view>
#include <vector>

#include <cordon/base/amount.hpp>
#include <cordon/base/bytes.hpp>
#include <cordon/model/address.hpp>

/// Names of contract functions, and what calldata says in words of 32 bytes. All names are facts of
/// public interfaces: what a function of that name does is up to the contract.
namespace cordon::detect {

/// The first four bytes of calldata, as a number.
using Selector = uint32_t;
/// Nothing when the calldata is shorter.
std::optional<Selector> selector_of(ByteView calldata) noexcept;
/// Of "transfer(address,uint256)": the first bytes of its keccak256.
Selector selector_named(std::string_view signature);
/// The topic of an event, "Upgraded(address)".
Hash256 topic_named(std::string_view signature);

/// Some functions by their names.
class SelectorSet {
public:
    SelectorSet(std::initializer_list<std::string_view> signatures);
    bool has(ByteView calldata) const noexcept;
    bool has(Selector selector) const noexcept;
    const std::vector<Selector>& all() const noexcept { return selectors_; }

private:
    std::vector<Selector> selectors_;  // Sorted.
};

/// Which of the sets below a function is in: several ask it of every call.
enum FunctionKind : uint32_t {
    kFlashCallback = 1U << 0,
    kDesignedCallback = 1U << 1,
    kRedemption = 1U << 2,
    kBorrowing = 1U << 3,
    kTokenCall = 1U << 4,
    kPrivileged = 1U << 5,
    kPriceView = 1U << 6,
    kRateView = 1U << 7,
    kManyPools = 1U << 8,
    kBookCall = 1U << 9,
};
/// FunctionKind bits. Cost: one look at a table.
uint32_t kinds_of(Selector selector) noexcept;
uint32_t kinds_of(ByteView calldata) noexcept;

/// The 32-byte word `index` behind the selector; empty when the calldata ends before its end.
ByteView word_of(ByteView calldata, std::size_t index) noexcept;
/// A word as an address; nothing unless its first 12 bytes are zero.
std::optional<Address> address_in(ByteView word) noexcept;
Amount amount_in(ByteView word) noexcept;
/// The words of data without a selector: of logs.
ByteView data_word(ByteView data, std::size_t index) noexcept;

/// What a flash lender calls at the borrower between paying out and taking back: Aave v1 to v3,
/// dYdX, Uniswap v2 and its forks, v3 flash, Balancer, ERC-3156 (Maker), DODO, PancakeSwap v3.
const SelectorSet& flash_callbacks();
/// What pools and lock managers call by design in the middle of a call: to be entered again from
/// there is what they are made for.
const SelectorSet& designed_callbacks();
/// Taking back what was put in before the txn: the payment for it (shares, a claim) may leave no
/// trace in calldata.
const SelectorSet& redemptions();
/// Borrowing: the debt that pays for it leaves no trace in calldata.
const SelectorSet& borrowings();
/// What a token answers.
const SelectorSet& token_calls();
/// Changes who or what rules a contract.
const SelectorSet& privileged_calls();
/// Answers that are prices of something outside; and answers that are the worth of a share.
const SelectorSet& price_views();
const SelectorSet& rate_views();
/// How one contract that holds many pools is asked to trade: Balancer, Uniswap v4 and its kin.
const SelectorSet& many_pools();
/// Uniswap v2 pairs: take what exceeds the books, and set the books to what is there.
const SelectorSet& book_calls();

}  // namespace cordon::detect
