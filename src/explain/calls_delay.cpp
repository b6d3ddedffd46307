// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <array>

#include <cordon/base/format.hpp>
#include <cordon/chain/evm/delay_module.hpp>

#include "encoding.hpp"
#include "known_calls.hpp"

namespace cordon::explain {
namespace {

using Args = Arguments;

void inner(Walk& w, const Call& c, const Args& a, const Address& from) {
    if (a[3].number > Amount{uint64_t{1}})
        return w.unknown(c,
                         format("has an operation {} that no Safe knows", a[3].number.to_string()));
    w.call({from, a[0].address, a[1].number, a[2].bytes, a[3].number == Amount{uint64_t{1}},
            part_of(c, 1), c.depth + 1});
}

/// A module is made, at an address that says what it is made of.
void deploy_module(Walk& w, const Call& c, const Args& a) {
    const Address& master = a[0].address;
    const auto setup = master == chain::delay_master_copy() ? chain::decode_delay_setup(a[1].bytes)
                                                            : std::optional<chain::DelaySetup>{};
    if (c.to != chain::module_proxy_factory() || !setup) {
        w.effect(EffectKind::kDeploy, c, c.from, master,
                 format("{} makes a module that runs the code of {}, with the salt {}, set up by "
                        "{} of data [data fingerprint {}]",
                        w.words.address(c.to), w.words.address(master), a[2].number.to_string(),
                        counted(a[1].bytes.size(), "byte", "bytes"), data_code(a[1].bytes)));
        return w.raise("E15", Verdict::kWarn, "What is made there is not understood.", c.where);
    }
    const Address made = chain::module_proxy_address(c.to, master, a[1].bytes, a[2].number);
    w.effect(
        EffectKind::kDeploy, c, c.from, made,
        format("a Delay is made at {}: what it is told it does in the name of {}, {} later{}, "
               "and {} may cancel and change it (salt {})",
               w.words.address(made), w.words.address(setup->avatar), duration(setup->cooldown),
               setup->expiration.is_zero()
                   ? ", at any time after"
                   : format(" and within {} after that", duration(setup->expiration)),
               w.words.address(setup->owner), a[2].number.to_string()));
    if (setup->target != setup->avatar)
        w.amend(format(", by way of {}", w.words.address(setup->target)));
    if (setup->cooldown.is_zero())
        w.raise("E15", Verdict::kBlock, "A delay of nothing delays nothing.", c.where);
    if (setup->owner != setup->avatar)
        w.raise("E15", Verdict::kWarn,
                format("{} can shorten the delay to nothing, and then act as {}.",
                       w.words.address(setup->owner), w.words.address(setup->avatar)),
                c.where);
}

// Zodiac's Delay modifier. Queuing has the name of a Safe's own call: it is in calls_safe.
constexpr auto kCalls = std::to_array<KnownCall>({
    {"deployModule(address,bytes,uint256)", deploy_module},
    {"executeNextTx(address,uint256,bytes,uint8)",
     [](Walk& w, const Call& c, const Args& a) {
         const auto account = delayed_account(w, c.to);
         w.effect(
             EffectKind::kCall, c, c.from, c.to,
             format("{} does the next call that was queued there, in the name of {}, if its "
                    "time has come and it is this one",
                    w.words.address(c.to),
                    account ? w.words.address(*account) : "an account that is not known here"));
         inner(w, c, a, account.value_or(Address{}));
     }},
    {"setTxNonce(uint256)",
     [](Walk& w, const Call& c, const Args& a) {
         w.effect(EffectKind::kCall, c, c.from, c.to,
                  format("all that was queued in {} before number {} and is not done yet is "
                         "cancelled",
                         w.words.address(c.to), grouped(a[0].number.to_string())));
     }},
    {"setTxCooldown(uint256)",
     [](Walk& w, const Call& c, const Args& a) {
         w.effect(EffectKind::kCall, c, c.from, c.to,
                  format("what is queued in {}, also what waits there now, may be done {} after it "
                         "was queued",
                         w.words.address(c.to), duration(a[0].number)));
         const bool none = a[0].number.is_zero();
         w.raise("R5", none ? Verdict::kBlock : Verdict::kWarn,
                 none ? format("The protection of {} ends.", w.words.address(c.to))
                      : format("How long {} waits is changed: whether to less is not known here.",
                               w.words.address(c.to)),
                 c.where);
     }},
    {"setTxExpiration(uint256)",
     [](Walk& w, const Call& c, const Args& a) {
         w.effect(EffectKind::kCall, c, c.from, c.to,
                  a[0].number.is_zero()
                      ? format("what is queued in {} is never void", w.words.address(c.to))
                      : format("what is queued in {} is void {} after its time has come",
                               w.words.address(c.to), duration(a[0].number)));
     }},
    {"skipExpired()",
     [](Walk& w, const Call& c, const Args&) {
         w.effect(EffectKind::kCall, c, c.from, c.to,
                  format("what is void at the head of the queue of {} is passed over",
                         w.words.address(c.to)));
     }},
});

}  // namespace

std::span<const KnownCall> delay_calls() noexcept { return kCalls; }

std::optional<Address> delayed_account(const Walk& w, const Address& delay) {
    const BookEntry* known = w.words.entry(delay);
    return known == nullptr ? std::nullopt : known->delay_of;
}

void queue_call(Walk& w, const Call& c, const Arguments& a, const Address& account) {
    w.effect(EffectKind::kCall, c, c.from, c.to,
             format("{} keeps the next call, and anybody may have it done in the name of {} when "
                    "its time has come",
                    w.words.address(c.to), w.words.address(account)));
    inner(w, c, a, account);
}

}  // namespace cordon::explain
