// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <array>

#include <cordon/base/format.hpp>
#include <cordon/chain/evm/delay_module.hpp>
#include <cordon/chain/text.hpp>

#include "delay.hpp"

namespace cordon::wallet {
namespace {

/// "2 days": the largest unit that is exact.
std::string time_words(Seconds time) {
    constexpr std::array<std::pair<int64_t, std::string_view>, 3> kUnits{
        {{86'400, "day"}, {3'600, "hour"}, {60, "minute"}}};
    for (const auto& [seconds, name] : kUnits)
        if (time.count() % seconds == 0) {
            const int64_t count = time.count() / seconds;
            return format("{} {}{}", count, name, count == 1 ? "" : "s");
        }
    return format("{} seconds", time.count());
}

/// As configuration files have it.
std::string time_text(Seconds time) { return format("{}m", time.count() / 60); }

std::string join(const std::vector<std::string>& parts) {
    std::string out;
    for (std::size_t i = 0; i < parts.size(); ++i)
        out += (i == 0 ? "" : i + 1 == parts.size() ? " and " : ", ") + parts[i];
    return out;
}

std::string addresses(ChainId chain, const std::vector<Address>& all) {
    std::vector<std::string> parts;
    for (const Address& one : all) parts.push_back(chain::display_address(chain, one));
    return join(parts);
}

}  // namespace

Result<std::string> delay_words(const DelayPlan& plan) {
    CORDON_TRY(const Address delay, delay_address(plan));
    const auto shown = [&](const Address& one) { return chain::display_address(plan.chain, one); };
    const std::string cooldown = time_words(plan.cooldown);
    std::string out = format(
        "Delay {}, for the Safe {} on {}\n\n"
        "WHO CAN DO WHAT\n"
        "  {} may queue payments of the Safe: one key is enough.\n"
        "  What is queued may leave {} later, not before, in the order of the queue; anybody may "
        "then have it done.\n",
        shown(delay), shown(plan.safe), to_string(plan.chain), addresses(plan.chain, plan.queuers),
        cooldown);
    out += plan.expiration
               ? format("  {} after that it is void.\n", time_words(*plan.expiration))
               : "  It is never void: a payment that fails holds up all behind it until the owners "
                 "cancel it.\n";
    out += format(
        "  {} of the owners {} can cancel what waits (setTxNonce), and promise to within {}.\n"
        "  The same owners can pay at once, change the delay, and let others queue.\n\n",
        plan.threshold, addresses(plan.chain, plan.owners), time_words(plan.answer));
    out += format(
        "WHAT IT STOPS\n"
        "  A stolen key of a queuer: whatever the thief queues is seen, and cancelled before it "
        "leaves.\n"
        "  Stolen keys of up to {} of the owners: they can neither pay nor cancel.\n\n"
        "WHAT IT DOES NOT STOP\n"
        "  {} stolen or deceived owners: they need no delay. Have what they sign explained.\n"
        "  Owners who sleep longer than {}: then the delay is only a wait.\n"
        "  A thief who queues again and again: each time the owners have to cancel, and honest "
        "payments wait. Take the key out (disableModule) at the first alert.\n"
        "  A queued call that is no payment (a delegatecall, a new module or owner of the Safe): "
        "it waits as long, and afterwards takes everything. Read what is queued, not only that "
        "something is.\n"
        "  What waits in front of a cancelled payment: cancelling takes it along. Queue it "
        "again.\n\n",
        plan.threshold - 1, plan.threshold, cooldown);
    out += format(
        "WHO MUST WATCH WHAT\n"
        "  {}: each TransactionAdded of {} (alert D17). Not expected, or not read to its last "
        "byte: cancel.\n"
        "  EnabledModule of the Delay and of the Safe, a new owner, avatar or target, a shorter "
        "cooldown (alerts D13, D17): nobody but the owners can have done this.\n\n",
        join(plan.watchers), shown(delay));
    out += format(
        "BEFORE THE FIRST TXN\n"
        "  There must be code at {} (the Delay's, 1.0.1) and {} (the factory's): on a chain "
        "without it nothing is made, and nothing says so.\n",
        shown(chain::delay_master_copy()), shown(chain::module_proxy_factory()));
    return out;
}

Result<std::string> delay_watch(const DelayPlan& plan) {
    CORDON_TRY(const Address delay, delay_address(plan));
    const auto text = [&](const Address& one) { return chain::format_address(plan.chain, one); };
    return format(
        "version: 1\n"
        "safes:\n"
        "  - {{name: delayed-safe, chain: \"{0}\", address: \"{1}\"}}\n"
        "protocols:\n"
        "  - name: delay\n"
        "    chain: \"{0}\"\n"
        "    contracts: [\"{2}\"]\n"
        "    admins: [\"{1}\"]\n"
        "    timelocks: [\"{2}\"]\n"
        "    min_delay: {3}\n",
        to_string(plan.chain), text(plan.safe), text(delay), time_text(plan.cooldown));
}

Result<std::string> delay_context(const DelayPlan& plan) {
    CORDON_TRY(const Address delay, delay_address(plan));
    const auto text = [&](const Address& one) { return chain::format_address(plan.chain, one); };
    std::string out = format(
        "version: 1\n"
        "chain: \"{}\"\n"
        "owners: [",
        to_string(plan.chain));
    for (std::size_t i = 0; i < plan.owners.size(); ++i)
        out += format("{}\"{}\"", i == 0 ? "" : ", ", text(plan.owners[i]));
    out += format(
        "]\n"
        "threshold: {}\n"
        "book:\n"
        "  - {{address: \"{}\", name: Delay, may: [be-code], delay_of: \"{}\"}}\n",
        plan.threshold, text(delay), text(plan.safe));
    for (const Address& queuer : plan.queuers)
        out += format("  - {{address: \"{}\", name: Queuer, may: [be-queuer]}}\n", text(queuer));
    return out;
}

}  // namespace cordon::wallet
