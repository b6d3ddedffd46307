// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>

#include <cordon/base/format.hpp>

#include "known_calls.hpp"

namespace cordon::explain {
namespace {

using Args = Arguments;

constexpr std::string_view kOrNft = " (or the NFT of that number)";

/// A contract that is no token of the caller's list may count what it likes by the number.
std::string_view or_nft(Walk& w, const Call& c, const Amount& number) {
    return w.words.token(Walk::token(c)) == nullptr && !is_unlimited(number) ? kOrNft : "";
}

void permit2_details(Walk& w, const Call& c, const Address& owner, const chain::AbiValue& details,
                     const Address& spender) {
    w.allow(c, owner, spender, Asset::contract(details.items[0].address), details.items[1].number,
            " through Permit2");
}

void permit2_transfer(Walk& w, const Call& c, const Address& owner, const chain::AbiValue& token,
                      const Amount& permitted, const chain::AbiValue& wanted) {
    const Asset asset = Asset::contract(token.address);
    w.pay(c, owner, wanted.items[0].address, asset, wanted.items[1].number,
          format(" by Permit2 (at most {})", w.words.allowance(asset, permitted)));
}

void wrap(Walk& w, const Call& c, bool in, const Amount& amount) {
    w.effect(EffectKind::kCall, c, c.from, c.to,
             format("{} {} {} at {}", w.words.address(c.from), in ? "changes" : "takes back",
                    w.words.money(Asset{}, amount), w.words.address(c.to)));
}

// ERC-20, ERC-2612, ERC-721, ERC-1155, WETH9, Uniswap's Permit2, EIP-3009.
constexpr auto kCalls = std::to_array<KnownCall>({
    {"transfer(address,uint256)",
     [](Walk& w, const Call& c, const Args& a) {
         w.pay(c, c.from, a[0].address, Walk::token(c), a[1].number);
     }},
    {"transferFrom(address,address,uint256)",
     [](Walk& w, const Call& c, const Args& a) {
         w.pay(c, a[0].address, a[1].address, Walk::token(c), a[2].number, or_nft(w, c, a[2].number));
     }},
    {"approve(address,uint256)",
     [](Walk& w, const Call& c, const Args& a) {
         w.allow(c, c.from, a[0].address, Walk::token(c), a[1].number, or_nft(w, c, a[1].number));
     }},
    {"increaseAllowance(address,uint256)",
     [](Walk& w, const Call& c, const Args& a) {
         w.allow(c, c.from, a[0].address, Walk::token(c), a[1].number,
                 ", on top of what it may take already");
     }},
    {"increaseApproval(address,uint256)",
     [](Walk& w, const Call& c, const Args& a) {
         w.allow(c, c.from, a[0].address, Walk::token(c), a[1].number,
                 ", on top of what it may take already");
     }},
    {"decreaseAllowance(address,uint256)",
     [](Walk& w, const Call& c, const Args& a) {
         w.effect(EffectKind::kAllowance, c, c.from, a[0].address,
                  format("{} may take {} less from {}", w.words.address(a[0].address),
                         w.words.money(Walk::token(c), a[1].number), w.words.address(c.from)));
     }},
    {"setApprovalForAll(address,bool)",
     [](Walk& w, const Call& c, const Args& a) {
         w.allow_all(c, c.from, a[0].address, c.to, !a[1].number.is_zero());
     }},
    {"permit(address,address,uint256,uint256,uint8,bytes32,bytes32)",
     [](Walk& w, const Call& c, const Args& a) {
         w.allow(c, a[0].address, a[1].address, Walk::token(c), a[2].number,
                 " by a signed permit");
     }},
    {"permit(address,address,uint256,uint256,bool,uint8,bytes32,bytes32)",
     [](Walk& w, const Call& c, const Args& a) {  // DAI: nonce, expiry, allowed.
         w.allow(c, a[0].address, a[1].address, Walk::token(c),
                 a[4].number.is_zero() ? Amount{} : Amount::max(), " by a signed permit");
     }},
    {"safeTransferFrom(address,address,uint256)",
     [](Walk& w, const Call& c, const Args& a) {
         w.pay(c, a[0].address, a[1].address, Walk::token(c), a[2].number,
               " (the NFT of that number)");
     }},
    {"safeTransferFrom(address,address,uint256,bytes)",
     [](Walk& w, const Call& c, const Args& a) {
         w.pay(c, a[0].address, a[1].address, Walk::token(c), a[2].number,
               format(" (the NFT of that number, with {} of data for the receiver)",
                      counted(a[3].bytes.size(), "byte", "bytes")));
     }},
    {"safeTransferFrom(address,address,uint256,uint256,bytes)",
     [](Walk& w, const Call& c, const Args& a) {
         w.pay(c, a[0].address, a[1].address, Walk::token(c), a[3].number,
               format(" (of number {}, with {} of data for the receiver)", a[2].number.to_string(),
                      counted(a[4].bytes.size(), "byte", "bytes")));
     }},
    {"safeBatchTransferFrom(address,address,uint256[],uint256[],bytes)",
     [](Walk& w, const Call& c, const Args& a) {
         if (a[2].items.size() != a[3].items.size() || a[2].items.empty())
             return w.unknown(c, "names as many amounts as it has no tokens for");
         for (std::size_t i = 0; i < a[2].items.size(); ++i)
             w.pay(c, a[0].address, a[1].address, Walk::token(c), a[3].items[i].number,
                   format(" (of number {})", a[2].items[i].number.to_string()));
     }},
    {"transferWithAuthorization(address,address,uint256,uint256,uint256,bytes32,uint8,bytes32,"
     "bytes32)",
     [](Walk& w, const Call& c, const Args& a) {
         w.pay(c, a[0].address, a[1].address, Walk::token(c), a[2].number,
               " by a signed authorisation");
     }},
    {"receiveWithAuthorization(address,address,uint256,uint256,uint256,bytes32,uint8,bytes32,"
     "bytes32)",
     [](Walk& w, const Call& c, const Args& a) {
         w.pay(c, a[0].address, a[1].address, Walk::token(c), a[2].number,
               " by a signed authorisation");
     }},
    {"mint(address,uint256)",
     [](Walk& w, const Call& c, const Args& a) {
         w.effect(EffectKind::kCall, c, c.to, a[0].address,
                  format("{} are made out of nothing for {}",
                         w.words.money(Walk::token(c), a[1].number), w.words.address(a[0].address)));
         w.raise("R5", std::max(Verdict::kWarn, w.by_book(a[0].address, Vouch::kOwner)),
                 format("New tokens of {} take their worth from everybody who has some.",
                        w.words.address(c.to)),
                 c.where);
     }},
    {"burn(uint256)",
     [](Walk& w, const Call& c, const Args& a) {
         w.pay(c, c.from, Address{AddressKind::kEvm, std::array<uint8_t, 20>{}}, Walk::token(c),
               a[0].number, " (burnt)");
     }},
    {"deposit()",
     [](Walk& w, const Call& c, const Args&) { wrap(w, c, true, c.value); }},
    {"withdraw(uint256)",
     [](Walk& w, const Call& c, const Args& a) {
         w.effect(EffectKind::kCall, c, c.from, c.to,
                  format("{} takes back {} (smallest units) from {}", w.words.address(c.from),
                         grouped(a[0].number.to_string()), w.words.address(c.to)));
     }},
    // Permit2: allowances that are set by a call.
    {"approve(address,address,uint160,uint48)",
     [](Walk& w, const Call& c, const Args& a) {
         w.allow(c, c.from, a[1].address, Asset::contract(a[0].address), a[2].number,
                 format(" through {} until {}", w.words.address(c.to),
                        a[3].number.to_string()));
     }},
    {"permit(address,((address,uint160,uint48,uint48),address,uint256),bytes)",
     [](Walk& w, const Call& c, const Args& a) {
         permit2_details(w, c, a[0].address, a[1].items[0], a[1].items[1].address);
     }},
    {"permit(address,((address,uint160,uint48,uint48)[],address,uint256),bytes)",
     [](Walk& w, const Call& c, const Args& a) {
         if (a[1].items[0].items.empty()) return w.unknown(c, "permits nothing");
         for (const auto& each : a[1].items[0].items)
             permit2_details(w, c, a[0].address, each, a[1].items[1].address);
     }},
    {"transferFrom(address,address,uint160,address)",
     [](Walk& w, const Call& c, const Args& a) {
         w.pay(c, a[0].address, a[1].address, Asset::contract(a[3].address), a[2].number,
               " by Permit2");
     }},
    {"permitTransferFrom(((address,uint256),uint256,uint256),(address,uint256),address,bytes)",
     [](Walk& w, const Call& c, const Args& a) {
         permit2_transfer(w, c, a[2].address, a[0].items[0].items[0], a[0].items[0].items[1].number,
                          a[1]);
     }},
    {"permitTransferFrom(((address,uint256)[],uint256,uint256),(address,uint256)[],address,bytes)",
     [](Walk& w, const Call& c, const Args& a) {
         const auto& permitted = a[0].items[0].items;
         if (permitted.size() != a[1].items.size() || permitted.empty())
             return w.unknown(c, "asks for as many payments as it has no permits for");
         for (std::size_t i = 0; i < permitted.size(); ++i)
             permit2_transfer(w, c, a[2].address, permitted[i].items[0],
                              permitted[i].items[1].number, a[1].items[i]);
     }},
});

}  // namespace

std::span<const KnownCall> token_calls() noexcept { return kCalls; }

}  // namespace cordon::explain
