// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <array>

#include <cordon/base/format.hpp>
#include <cordon/base/hex.hpp>

#include "encoding.hpp"
#include "known_calls.hpp"
#include "official.hpp"
#include "safe.hpp"

namespace cordon::explain {
namespace {

using Args = Arguments;
using Kind = Official::Kind;

std::string signatures(const Amount& count) {
    return count.fits_u64() ? counted(count.low_u64(), "signature", "signatures")
                            : format("{} signatures", count.to_string());
}

void threshold(Walk& w, const Call& c, const Amount& count) {
    w.effect(EffectKind::kThreshold, c, c.to, {},
             format("{} needs {} from now on", w.words.address(c.to), signatures(count)));
    w.count(count);
    auto& now = w.context().threshold;
    const bool fewer = now && count < Amount{*now};
    if (now && count == Amount{*now}) return;
    const Verdict severity = fewer ? Verdict::kBlock : now ? Verdict::kOk : Verdict::kWarn;
    const std::string said =
        !now ? format("{} will be enough; how many are needed now is not known.", signatures(count))
             : format("{} will be enough, instead of {}.", signatures(count), *now);
    w.raise("R5", severity, said, c.where);
    w.raise("R2", severity, format("The threshold of {} is written.", w.words.address(c.to)),
            c.where);
}

void remove_owner(Walk& w, const Call& c, const Address& owner, bool judged) {
    w.effect(
        EffectKind::kOwner, c, c.to, owner,
        format("{} is no owner of {} any more", w.words.address(owner), w.words.address(c.to)));
    if (!judged) return;
    const bool meant = w.by_book(owner, Vouch::kOwner) == Verdict::kBlock;
    const Verdict severity = meant ? Verdict::kOk : Verdict::kWarn;
    w.raise("R5", severity,
            format("{} loses its say over {}{}", w.words.address(owner), w.words.address(c.to),
                   meant ? ", and your book does not name it as an owner."
                         : ". Ask it over a second channel."),
            c.where);
    w.raise("R2", severity, format("The owners of {} are written.", w.words.address(c.to)),
            c.where);
}

void add_owner(Walk& w, const Call& c, const Address& owner) {
    w.power(EffectKind::kOwner, c, c.to, owner, Vouch::kOwner,
            format("{} becomes an owner of {}", w.words.address(owner), w.words.address(c.to)));
}

/// The Safe runs other code from now on. That of a released Safe is what everybody runs.
void set_singleton(Walk& w, const Call& c, const Address& safe, const Address& to) {
    const Official* official = find_official(to);
    const bool released = official != nullptr && (official->kind == Kind::kSingleton ||
                                                  official->kind == Kind::kSingletonL2);
    const bool vouched = w.vouched(to, Vouch::kCode);
    w.effect(EffectKind::kImplementation, c, safe, to,
             format("the code behind {} becomes that of {}{}", w.words.address(safe),
                    w.words.address(to),
                    released ? format(", the released {}", to_string(*official)) : ""));
    const Verdict severity = released || vouched ? Verdict::kOk : Verdict::kBlock;
    if (severity != Verdict::kOk) w.danger(Danger::kEverything, safe, to);
    const std::string said =
        released  ? format("The new code is that of {}.", to_string(*official))
        : vouched ? std::string{"The new code is allowed by your book."}
                  : format(
                        "The code of {} is no released Safe: whoever wrote it owns all that {} "
                        "holds.",
                        w.words.address(to), w.words.address(safe));
    w.raise("R5", severity, said, c.where);
    w.raise(
        "R2", severity,
        format("Slot 0 of {}, which says what code it runs, is written.", w.words.address(safe)),
        c.where);
}

void set_handler(Walk& w, const Call& c, const Address& safe, const Address& handler) {
    const Official* official = find_official(handler);
    std::string text = format("calls that {} does not know are answered by {}",
                              w.words.address(safe), w.words.address(handler));
    if (handler.is_zero())
        text = format("calls that {} does not know are answered by nobody", w.words.address(safe));
    if (handler.is_zero() || (official != nullptr && official->kind == Kind::kHandler)) {
        w.effect(EffectKind::kHandler, c, safe, handler, std::move(text));
        w.raise("R2", Verdict::kOk,
                format("The fallback handler of {} is written: {}.", w.words.address(safe),
                       official != nullptr ? to_string(*official) : "none"),
                c.where);
        return;
    }
    w.power(EffectKind::kHandler, c, safe, handler, Vouch::kCode, std::move(text));
}

void set_guard(Walk& w, const Call& c, const Address& guard, std::string_view what) {
    if (!guard.is_zero()) {
        w.power(EffectKind::kGuard, c, c.to, guard, Vouch::kCode,
                format("{} checks {} before {} acts", w.words.address(guard), what,
                       w.words.address(c.to)));
        return;
    }
    w.effect(EffectKind::kGuard, c, c.to, {},
             format("{} are not checked by any guard of {} any more", what, w.words.address(c.to)));
    const Verdict severity = Verdict::kWarn;
    w.raise("R5", severity, format("The protection of {} ends.", w.words.address(c.to)), c.where);
    w.raise("R2", severity, format("The guard slot of {} is emptied.", w.words.address(c.to)),
            c.where);
}

/// The Safe agrees to bytes: everybody can use them as its signature.
void sign_message(Walk& w, const Call& c, const Address& safe, ByteView message) {
    const bool hash = message.size() == 32;
    const bool text = is_plain_text(message);
    w.effect(hash ? EffectKind::kApprovedHash : EffectKind::kMessage, c, safe, {},
             format("{} signs {}", w.words.address(safe),
                    text ? format("the text \"{}\"",
                                  std::string_view{reinterpret_cast<const char*>(message.data()),
                                                   message.size()})
                         : format("{} {}", hash ? "the hash" : "the bytes",
                                  clipped(to_hex0x(message), 2 + 2 * 64))));
    if (message.size() > 64 && !text) w.amend(format(" [data fingerprint {}]", data_code(message)));
    w.raise("E12", Verdict::kWarn,
            format("Everybody can use this as a signature of {}: an order, a permit or a login "
                   "may stand behind it.",
                   w.words.address(safe)),
            c.where);
}

void deploy(Walk& w, const Call& c, const Amount& value, ByteView code) {
    w.effect(
        EffectKind::kDeploy, c, c.from, {},
        format("{} deploys a contract of {} of code{} [data fingerprint {}]",
               w.words.address(c.from), counted(code.size(), "byte", "bytes"),
               value.is_zero() ? "" : format(" and pays {} to it", w.words.money(Asset{}, value)),
               data_code(code)));
    w.raise("E15", Verdict::kWarn, "The code of a new contract is not read here.", c.where);
}

void exec_transaction(Walk& w, const Call& c, const Args& a) {
    Call inner{
        c.to,          a[0].address, a[1].number, a[2].bytes, a[3].number == Amount{uint64_t{1}},
        part_of(c, 1), c.depth + 1};
    if (a[3].number > Amount{uint64_t{1}})
        return w.unknown(c,
                         format("has an operation {} that no Safe knows", a[3].number.to_string()));
    w.call(inner);
    judge_refund(w, c, c.to, {a[4].number, a[5].number, a[6].number, a[7].address, a[8].address});
    w.not_judged("R7",
                 "The signatures are not judged: the nonce that they hold for is not part of "
                 "the call.");
}

void exec_from_module(Walk& w, const Call& c, const Args& a) {
    if (const auto account = delayed_account(w, c.to)) return queue_call(w, c, a, *account);
    if (a[3].number > Amount{uint64_t{1}})
        return w.unknown(c,
                         format("has an operation {} that no Safe knows", a[3].number.to_string()));
    w.call({c.to, a[0].address, a[1].number, a[2].bytes, a[3].number == Amount{uint64_t{1}},
            part_of(c, 1), c.depth + 1});
}

/// The owners and code of a Safe that is made.
void create_proxy(Walk& w, const Call& c, const Address& singleton, ByteView initializer,
                  const std::string& salt) {
    const Official* official = find_official(singleton);
    w.effect(EffectKind::kDeploy, c, c.from, singleton,
             format("a new account is made that runs the code of {}{}, with the salt {}, set up by "
                    "{} of data [data fingerprint {}]",
                    w.words.address(singleton),
                    official != nullptr ? format(" ({})", to_string(*official)) : "", salt,
                    counted(initializer.size(), "byte", "bytes"), data_code(initializer)));
    const ReadyCall* known = find_call(initializer);
    if (official != nullptr && known != nullptr && known->known->text.starts_with("setup(")) {
        if (const auto values = chain::decode_abi_call(known->signature, initializer)) {
            for (const auto& owner : values->items[0].items)
                w.effect(
                    EffectKind::kOwner, c, {}, owner.address,
                    format("{} is an owner of the new account", w.words.address(owner.address)));
            w.effect(EffectKind::kThreshold, c, {}, {},
                     format("the new account needs {}", signatures(values->items[1].number)));
            w.count(values->items[1].number);
            const Address& run = values->items[2].address;
            const Official* setup = find_official(run);
            if (run.is_zero() || (setup != nullptr && setup->kind == Kind::kToL2Setup)) return;
            w.raise("R1", Verdict::kBlock,
                    format("While it is set up the new account runs the code of {} as itself.",
                           w.words.address(run)),
                    c.where);
            return;
        }
    }
    w.raise("E15", Verdict::kWarn, "How the new account is set up is not understood.", c.where);
}

constexpr auto kCalls = std::to_array<KnownCall>({
    {"addOwnerWithThreshold(address,uint256)",
     [](Walk& w, const Call& c, const Args& a) {
         add_owner(w, c, a[0].address);
         threshold(w, c, a[1].number);
     }},
    {"removeOwner(address,address,uint256)",
     [](Walk& w, const Call& c, const Args& a) {
         remove_owner(w, c, a[1].address, true);
         threshold(w, c, a[2].number);
     }},
    {"swapOwner(address,address,address)",
     [](Walk& w, const Call& c, const Args& a) {
         remove_owner(w, c, a[1].address, false);
         add_owner(w, c, a[2].address);
     }},
    {"changeThreshold(uint256)",
     [](Walk& w, const Call& c, const Args& a) { threshold(w, c, a[0].number); }},
    {"enableModule(address)",
     [](Walk& w, const Call& c, const Args& a) {
         // Whoever queues in a Delay can be stopped in time, unlike code that acts at once.
         if (delayed_account(w, c.to))
             return w.power(EffectKind::kModule, c, c.to, a[0].address, Vouch::kQueuer,
                            format("{} may queue calls in {}", w.words.address(a[0].address),
                                   w.words.address(c.to)));
         w.power(EffectKind::kModule, c, c.to, a[0].address, Vouch::kCode,
                 format("{} may act as {} without any signature", w.words.address(a[0].address),
                        w.words.address(c.to)));
     }},
    {"disableModule(address,address)",
     [](Walk& w, const Call& c, const Args& a) {
         w.effect(EffectKind::kModule, c, c.to, a[1].address,
                  format("{} may no longer act as {}", w.words.address(a[1].address),
                         w.words.address(c.to)));
         const bool meant = w.by_book(a[1].address, Vouch::kCode) == Verdict::kBlock;
         w.raise("R5", meant ? Verdict::kOk : Verdict::kWarn,
                 format("A module of {} ends: make sure that it protects nothing.",
                        w.words.address(c.to)),
                 c.where);
     }},
    {"setGuard(address)",
     [](Walk& w, const Call& c, const Args& a) {
         set_guard(w, c, a[0].address, "the transactions of owners");
     }},
    {"setModuleGuard(address)",
     [](Walk& w, const Call& c, const Args& a) {
         set_guard(w, c, a[0].address, "the transactions of modules");
     }},
    {"setFallbackHandler(address)",
     [](Walk& w, const Call& c, const Args& a) { set_handler(w, c, c.to, a[0].address); }},
    {"changeMasterCopy(address)",
     [](Walk& w, const Call& c, const Args& a) { set_singleton(w, c, c.to, a[0].address); }},
    {"setup(address[],uint256,address,bytes,address,address,uint256,address)",
     [](Walk& w, const Call& c, const Args& a) {
         for (const auto& owner : a[0].items) add_owner(w, c, owner.address);
         threshold(w, c, a[1].number);
         if (!a[2].address.is_zero())
             w.call({c.to, a[2].address, {}, a[3].bytes, true,
                     part_of(c, 1), c.depth + 1});
         set_handler(w, c, c.to, a[4].address);
         const Asset asset = a[5].address.is_zero() ? Asset{} : Asset::contract(a[5].address);
         if (!a[6].number.is_zero())
             w.pay(c, c.to, a[7].address, asset, a[6].number, " for the set-up");
         w.raise("R5", Verdict::kBlock,
                 format("{} is set up as if it were new.", w.words.address(c.to)), c.where);
     }},
    {"approveHash(bytes32)",
     [](Walk& w, const Call& c, const Args& a) {
         const std::string hash = to_hex0x(a[0].bytes);
         w.effect(EffectKind::kApprovedHash, c, c.from, c.to,
                  format("{} agrees, as an owner of {}, to the transaction with the hash {}",
                         w.words.address(c.from), w.words.address(c.to), hash));
         for (const std::string& each : w.context().explained)
             if (each == hash)
                 return w.raise("E12", Verdict::kOk,
                                "What the hash stands for is explained beside this payload.",
                                c.where);
         w.raise("E12", Verdict::kWarn,
                 format("What {} stands for is not in this payload: have it explained too.", hash),
                 c.where);
     }},
    {"signMessage(bytes)",
     [](Walk& w, const Call& c, const Args& a) { sign_message(w, c, c.to, a[0].bytes); }},
    {"execTransaction(address,uint256,bytes,uint8,uint256,uint256,uint256,address,address,bytes)",
     exec_transaction},
    {"execTransactionFromModule(address,uint256,bytes,uint8)", exec_from_module},
    {"execTransactionFromModuleReturnData(address,uint256,bytes,uint8)", exec_from_module},
    {"simulateAndRevert(address,bytes)",
     [](Walk& w, const Call& c, const Args& a) {
         w.effect(EffectKind::kCall, c, c.from, c.to,
                  format("{} tries the code of {} and undoes all of it [data fingerprint {}]",
                         w.words.address(c.to), w.words.address(a[0].address),
                         data_code(a[1].bytes)));
     }},
    {"createProxyWithNonce(address,bytes,uint256)",
     [](Walk& w, const Call& c, const Args& a) {
         create_proxy(w, c, a[0].address, a[1].bytes, a[2].number.to_string());
     }},
    {"createChainSpecificProxyWithNonce(address,bytes,uint256)",
     [](Walk& w, const Call& c, const Args& a) {
         create_proxy(w, c, a[0].address, a[1].bytes, a[2].number.to_string());
     }},
    {"multiSend(bytes)",
     [](Walk& w, const Call& c, const Args& a) {
         // By a plain call the parts come from the library, which owns nothing; all releases but
         // the call-only ones refuse it.
         w.raise("E13", Verdict::kWarn,
                 format("MultiSend at {} is called plainly: its parts do not come from {}.",
                        w.words.address(c.to), w.words.address(c.from)),
                 c.where);
         Call parts = c;
         parts.from = c.to;
         if (!walk_multi_send(w, parts, a[0].bytes, true))
             w.unknown(c, "is no list of whole parts");
     }},
    {"migrateSingleton()",
     [](Walk& w, const Call& c, const Args&) { w.misused(c); }},
    {"migrateWithFallbackHandler()",
     [](Walk& w, const Call& c, const Args&) { w.misused(c); }},
    {"migrateL2Singleton()",
     [](Walk& w, const Call& c, const Args&) { w.misused(c); }},
    {"migrateL2WithFallbackHandler()",
     [](Walk& w, const Call& c, const Args&) { w.misused(c); }},
    {"migrateToL2(address)",
     [](Walk& w, const Call& c, const Args&) { w.misused(c); }},
    {"migrateFromV111(address,address)",
     [](Walk& w, const Call& c, const Args&) { w.misused(c); }},
    {"setupToL2(address)",
     [](Walk& w, const Call& c, const Args&) { w.misused(c); }},
    {"performCreate(uint256,bytes)",
     [](Walk& w, const Call& c, const Args& a) { deploy(w, c, a[0].number, a[1].bytes); }},
    {"performCreate2(uint256,bytes,bytes32)",
     [](Walk& w, const Call& c, const Args& a) {
         deploy(w, c, a[0].number, a[1].bytes);
         w.amend(format(" with the salt {}", to_hex0x(a[2].bytes)));
     }},
});

/// SafeMigration puts the singleton of its own release behind the Safe, and the handler of that
/// release where the call says so.
void migrate(Walk& w, const Call& c, const Official& migration, bool l2, bool handler) {
    const Official* singleton = find_official(l2 ? Kind::kSingletonL2 : Kind::kSingleton,
                                              migration.version, migration.deployment);
    const Official* fallback =
        find_official(Kind::kHandler, migration.version, migration.deployment);
    w.raise("R1", Verdict::kOk,
            format("A delegatecall to {}, a released library of the Safe.", to_string(migration)),
            c.where);
    if (singleton != nullptr) set_singleton(w, c, c.from, address_of(*singleton));
    if (handler && fallback != nullptr) set_handler(w, c, c.from, address_of(*fallback));
}

void to_l2(Walk& w, const Call& c, const Official& library, const Address& singleton) {
    w.raise("R1", Verdict::kOk,
            format("A delegatecall to {}, a released library of the Safe.", to_string(library)),
            c.where);
    set_singleton(w, c, c.from, singleton);
}

}  // namespace

std::span<const KnownCall> safe_calls() noexcept { return kCalls; }

bool read_official(Walk& w, const Call& c) {
    const Official& official = *find_official(c.to);
    const ReadyCall* known = find_call(c.data);
    if (known == nullptr) return false;
    const auto values = chain::decode_abi_call(known->signature, c.data);
    if (!values) return false;
    const Canonical form = canonical(known->signature.arguments, *values, c.data.subspan(4));
    if (!form.same || form.trailing != 0) return false;
    const Args& a = values->items;
    const std::string_view text = known->signature.text;
    switch (official.kind) {
        case Kind::kMultiSend:
        case Kind::kMultiSendCallOnly:
            if (text != "multiSend(bytes)") return false;
            return walk_multi_send(w, c, a[0].bytes, official.kind == Kind::kMultiSendCallOnly);
        case Kind::kSignMessageLib:
            if (text != "signMessage(bytes)") return false;
            sign_message(w, c, c.from, a[0].bytes);
            return true;
        case Kind::kCreateCall:
            if (!text.starts_with("performCreate")) return false;
            known->known->read(w, c, a);
            return true;
        case Kind::kMigration: {
            const bool l2 = text.starts_with("migrateL2");
            const bool handler = text.ends_with("WithFallbackHandler()");
            if (!text.starts_with("migrate") || !a.empty()) return false;
            migrate(w, c, official, l2, handler);
            return true;
        }
        case Kind::kToL2Migration:
            if (text != "migrateToL2(address)" && text != "migrateFromV111(address,address)")
                return false;
            to_l2(w, c, official, a[0].address);
            if (a.size() == 2) set_handler(w, c, c.from, a[1].address);
            return true;
        case Kind::kToL2Setup:
            if (text != "setupToL2(address)") return false;
            to_l2(w, c, official, a[0].address);
            return true;
        case Kind::kSingleton:
        case Kind::kSingletonL2:
        case Kind::kHandler: return false;
    }
    return false;
}

}  // namespace cordon::explain
