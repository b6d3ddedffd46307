// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <array>

#include <cordon/base/format.hpp>
#include <cordon/base/hex.hpp>

#include "encoding.hpp"
#include "known_calls.hpp"

namespace cordon::explain {
namespace {

using Args = Arguments;

/// Control of the called contract goes to `to`.
void own(Walk& w, const Call& c, const Address& to, std::string_view as) {
    w.power(EffectKind::kOwnership, c, c.to, to, Vouch::kOwner,
            format("{} becomes {} of {}", w.words.address(to), as, w.words.address(c.to)));
}

/// The code behind `proxy` becomes that of `to`, which then runs `data` as the proxy.
void upgrade(Walk& w, const Call& c, const Address& proxy, const Address& to, ByteView data = {}) {
    std::string text = format("the code behind {} becomes that of {}", w.words.address(proxy),
                              w.words.address(to));
    if (!data.empty())
        text += format(", which at once runs with {} of data [data fingerprint {}]",
                       counted(data.size(), "byte", "bytes"), data_code(data));
    w.power(EffectKind::kImplementation, c, proxy, to, Vouch::kCode, std::move(text));
}

std::string role_name(ByteView role) {
    for (const uint8_t byte : role)
        if (byte != 0) return format("the role {}", to_hex0x(role));
    return "the admin role";  // OpenZeppelin's DEFAULT_ADMIN_ROLE.
}

void lose(Walk& w, const Call& c, const Address& from, std::string text) {
    w.effect(EffectKind::kOwnership, c, c.to, from, std::move(text));
    w.raise("R5", Verdict::kWarn,
            format("Power over {} ends; make sure that somebody keeps it.", w.words.address(c.to)),
            c.where);
}

/// A live contract is set up anew: whoever is named owns it (Parity 2017).
void set_up_again(Walk& w, const Call& c, std::span<const Address> owners,
                  std::string_view details) {
    // What the caller's book calls its own code may be fresh from the compiler.
    const Verdict severity = w.vouched(c.to, Vouch::kCode) ? Verdict::kWarn : Verdict::kBlock;
    for (const Address& each : owners)
        w.power(EffectKind::kOwner, c, c.to, each, Vouch::kOwner,
                format("{} becomes an owner of {}", w.words.address(each), w.words.address(c.to)));
    w.effect(EffectKind::kOwnership, c, c.to, {},
             format("{} is set up anew{}: who owned it before does not count any more",
                    w.words.address(c.to), details));
    w.raise("R5", severity,
            format("{} is set up as if it were new. A contract in use is never set up again: this "
                   "hands it to whoever is named.",
                   w.words.address(c.to)),
            c.where);
    w.raise("R2", severity, format("The owner set of {} is replaced.", w.words.address(c.to)),
            c.where);
}

/// Money of many leaves on the word of signatures that are in the call.
void unlock(Walk& w, const Call& c, const Address& to, const Asset& asset, const Amount& amount,
            const std::string& details) {
    w.pay(c, c.to, to, asset, amount, details);
    // Whoever withdraws his own, or was asked to pay, can name the deposit; R12 compares it.
    const bool answers = to == c.from || w.context().request;
    const Verdict severity = answers                        ? Verdict::kOk
                             : w.vouched(to, Vouch::kPayee) ? Verdict::kWarn
                                                            : Verdict::kBlock;
    w.raise(
        "E14", severity,
        format("{} holds the money of many and pays on the word of signatures alone. That there "
               "was a deposit on the other chain for it is not shown here, and without one "
               "nobody should sign.",
               w.words.address(c.to)),
        c.where);
}

void sweep(Walk& w, const Call& c, const Address& to, std::string_view what) {
    w.power(
        EffectKind::kTransfer, c, c.to, to, Vouch::kOwner,
        format("{} gets all {} that {} holds", w.words.address(to), what, w.words.address(c.to)));
}

// Ownable, AccessControl, proxies (EIP-1967, EIP-2535), MultiSigWallet, Parity's wallet, bridges.
constexpr auto kCalls = std::to_array<KnownCall>({
    {"transferOwnership(address)",
     [](Walk& w, const Call& c, const Args& a) { own(w, c, a[0].address, "the owner"); }},
    {"setOwner(address)",
     [](Walk& w, const Call& c, const Args& a) { own(w, c, a[0].address, "the owner"); }},
    {"changeOwner(address)",
     [](Walk& w, const Call& c, const Args& a) { own(w, c, a[0].address, "the owner"); }},
    {"setPendingAdmin(address)",
     [](Walk& w, const Call& c, const Args& a) { own(w, c, a[0].address, "the next admin"); }},
    {"setAdmin(address)",
     [](Walk& w, const Call& c, const Args& a) { own(w, c, a[0].address, "the admin"); }},
    {"changeAdmin(address)",
     [](Walk& w, const Call& c, const Args& a) { own(w, c, a[0].address, "the proxy admin"); }},
    {"setAuthority(address)",
     [](Walk& w, const Call& c, const Args& a) { own(w, c, a[0].address, "the authority"); }},
    {"setGovernor(address)",
     [](Walk& w, const Call& c, const Args& a) { own(w, c, a[0].address, "the governor"); }},
    {"addMinter(address)",
     [](Walk& w, const Call& c, const Args& a) { own(w, c, a[0].address, "a minter"); }},
    {"transferOwnership(address,bool,bool)",
     [](Walk& w, const Call& c, const Args& a) {
         own(w, c, a[0].address,
             a[1].number.is_zero() ? "the next owner" : "the owner at once");
     }},
    {"changeProxyAdmin(address,address)",
     [](Walk& w, const Call& c, const Args& a) {
         w.power(EffectKind::kOwnership, c, a[0].address, a[1].address, Vouch::kOwner,
                 format("{} becomes the admin of the proxy {}", w.words.address(a[1].address),
                        w.words.address(a[0].address)));
     }},
    {"acceptOwnership()",
     [](Walk& w, const Call& c, const Args&) {
         w.effect(EffectKind::kOwnership, c, c.to, c.from,
                  format("{} accepts to be the owner of {}", w.words.address(c.from),
                         w.words.address(c.to)));
         w.raise("R5", Verdict::kOk,
                 format("Power over {} is accepted, not given away.", w.words.address(c.to)),
                 c.where);
     }},
    {"acceptAdmin()",
     [](Walk& w, const Call& c, const Args&) {
         w.effect(EffectKind::kOwnership, c, c.to, c.from,
                  format("{} accepts to be the admin of {}", w.words.address(c.from),
                         w.words.address(c.to)));
     }},
    {"renounceOwnership()",
     [](Walk& w, const Call& c, const Args&) {
         lose(w, c, {}, format("{} has no owner any more", w.words.address(c.to)));
     }},
    {"grantRole(bytes32,address)",
     [](Walk& w, const Call& c, const Args& a) {
         w.power(EffectKind::kOwnership, c, c.to, a[1].address, Vouch::kOwner,
                 format("{} gets {} at {}", w.words.address(a[1].address), role_name(a[0].bytes),
                        w.words.address(c.to)));
     }},
    {"revokeRole(bytes32,address)",
     [](Walk& w, const Call& c, const Args& a) {
         lose(w, c, a[1].address,
              format("{} loses {} at {}", w.words.address(a[1].address), role_name(a[0].bytes),
                     w.words.address(c.to)));
     }},
    {"renounceRole(bytes32,address)",
     [](Walk& w, const Call& c, const Args& a) {
         lose(w, c, a[1].address,
              format("{} gives up {} at {}", w.words.address(a[1].address), role_name(a[0].bytes),
                     w.words.address(c.to)));
     }},
    {"upgradeTo(address)",
     [](Walk& w, const Call& c, const Args& a) { upgrade(w, c, c.to, a[0].address); }},
    {"upgradeToAndCall(address,bytes)",
     [](Walk& w, const Call& c, const Args& a) {
         upgrade(w, c, c.to, a[0].address, a[1].bytes);
     }},
    {"setImplementation(address)",
     [](Walk& w, const Call& c, const Args& a) { upgrade(w, c, c.to, a[0].address); }},
    {"setLendingPoolImpl(address)",
     [](Walk& w, const Call& c, const Args& a) { upgrade(w, c, c.to, a[0].address); }},
    {"upgrade(address,address)",
     [](Walk& w, const Call& c, const Args& a) { upgrade(w, c, a[0].address, a[1].address); }},
    {"upgradeAndCall(address,address,bytes)",
     [](Walk& w, const Call& c, const Args& a) {
         upgrade(w, c, a[0].address, a[1].address, a[2].bytes);
     }},
    {"diamondCut((address,uint8,bytes4[])[],address,bytes)",
     [](Walk& w, const Call& c, const Args& a) {
         static constexpr std::array<std::string_view, 3> kActions{"added", "replaced", "removed"};
         for (const auto& cut : a[0].items) {
             std::string selectors;
             for (const auto& each : cut.items[2].items) selectors += " " + to_hex0x(each.bytes);
             const Amount& action = cut.items[1].number;
             w.power(EffectKind::kImplementation, c, c.to, cut.items[0].address, Vouch::kCode,
                     format("functions{} of {} are {} with the code of {}", selectors,
                            w.words.address(c.to),
                            action < Amount{uint64_t{3}} ? kActions[action.low_u64()] : "changed",
                            w.words.address(cut.items[0].address)));
         }
         if (!a[1].address.is_zero() || a[0].items.empty())
             upgrade(w, c, c.to, a[1].address, a[2].bytes);
     }},
    // Set-up, which a contract in use must refuse.
    {"initWallet(address[],uint256,uint256)",
     [](Walk& w, const Call& c, const Args& a) {
         std::vector<Address> owners;
         for (const auto& each : a[0].items) owners.push_back(each.address);
         set_up_again(w, c, owners,
                      format(" with {} needed and up to {} a day without any",
                             counted(a[1].number.fits_u64() ? a[1].number.low_u64() : ~0ULL,
                                     "signature", "signatures"),
                             w.words.money(Asset{}, a[2].number)));
     }},
    {"initMultiowned(address[],uint256)",
     [](Walk& w, const Call& c, const Args& a) {
         std::vector<Address> owners;
         for (const auto& each : a[0].items) owners.push_back(each.address);
         set_up_again(w, c, owners, format(" with {} signatures needed", a[1].number.to_string()));
     }},
    {"initialize(address)",
     [](Walk& w, const Call& c, const Args& a) {
         const Address owner = a[0].address;
         set_up_again(w, c, {&owner, 1}, "");
     }},
    {"initialize()", [](Walk& w, const Call& c, const Args&) { set_up_again(w, c, {}, ""); }},
    // ERC-7579 accounts: by the type of the module it may act for the account, or check for it.
    {"installModule(uint256,address,bytes)",
     [](Walk& w, const Call& c, const Args& a) {
         w.power(EffectKind::kModule, c, c.to, a[1].address, Vouch::kCode,
                 format("{} becomes a module of type {} of {}", w.words.address(a[1].address),
                        a[0].number.to_string(), w.words.address(c.to)));
     }},
    {"uninstallModule(uint256,address,bytes)",
     [](Walk& w, const Call& c, const Args& a) {
         lose(w, c, a[1].address,
              format("{} is no module of type {} of {} any more", w.words.address(a[1].address),
                     a[0].number.to_string(), w.words.address(c.to)));
     }},
    // MultiSigWallet (ConsenSys, Gnosis).
    {"addOwner(address)",
     [](Walk& w, const Call& c, const Args& a) { own(w, c, a[0].address, "an owner"); }},
    {"removeOwner(address)",
     [](Walk& w, const Call& c, const Args& a) {
         lose(w, c, a[0].address,
              format("{} is no owner of {} any more", w.words.address(a[0].address),
                     w.words.address(c.to)));
     }},
    {"replaceOwner(address,address)",
     [](Walk& w, const Call& c, const Args& a) {
         w.power(EffectKind::kOwner, c, c.to, a[1].address, Vouch::kOwner,
                 format("{} becomes an owner of {} in the place of {}",
                        w.words.address(a[1].address), w.words.address(c.to),
                        w.words.address(a[0].address)));
     }},
    {"changeRequirement(uint256)",
     [](Walk& w, const Call& c, const Args& a) {
         w.effect(EffectKind::kThreshold, c, c.to, {},
                  format("{} needs {} from now on", w.words.address(c.to),
                         counted(a[0].number.fits_u64() ? a[0].number.low_u64() : ~0ULL,
                                 "signature", "signatures")));
         w.raise("R5", Verdict::kWarn, "The number of signatures that are needed changes.",
                 c.where);
     }},
    // Bridges and vaults.
    {"withdrawERC20For(uint256,address,address,uint256,bytes)",
     [](Walk& w, const Call& c, const Args& a) {
         unlock(w, c, a[1].address, Asset::contract(a[2].address), a[3].number,
                format(" for withdrawal number {}, on {} of signatures",
                       grouped(a[0].number.to_string()),
                       counted(a[4].bytes.size(), "byte", "bytes")));
     }},
    {"withdrawETHFor(uint256,address,uint256,bytes)",
     [](Walk& w, const Call& c, const Args& a) {
         unlock(w, c, a[1].address, Asset{}, a[2].number,
                format(" for withdrawal number {}, on {} of signatures",
                       grouped(a[0].number.to_string()),
                       counted(a[3].bytes.size(), "byte", "bytes")));
     }},
    {"unlockToken(address,uint256,address,bytes32)",
     [](Walk& w, const Call& c, const Args& a) {
         unlock(w, c, a[2].address, Asset::contract(a[0].address), a[1].number,
                format(" for {}", to_hex0x(a[3].bytes)));
     }},
    {"sweepETH(address)",
     [](Walk& w, const Call& c, const Args& a) {
         sweep(w, c, a[0].address, w.words.asset(Asset{}));
     }},
    {"sweepERC20(address,address)",
     [](Walk& w, const Call& c, const Args& a) {
         sweep(w, c, a[1].address, w.words.asset(Asset::contract(a[0].address)));
     }},
});

}  // namespace

std::span<const KnownCall> admin_calls() noexcept { return kCalls; }

}  // namespace cordon::explain
