// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "delay.hpp"

#include <algorithm>

#include <cordon/base/format.hpp>
#include <cordon/chain/evm/delay_module.hpp>
#include <cordon/chain/text.hpp>

#include "request_json.hpp"

namespace cordon::wallet {
namespace {

using chain::AbiValue;

AbiValue address(const Address& value) {
    AbiValue out;
    out.address = value;
    return out;
}
AbiValue number(const Amount& value) {
    AbiValue out;
    out.number = value;
    return out;
}
AbiValue bytes(ByteView value) {
    AbiValue out;
    out.bytes = value;
    return out;
}

/// A call without money.
Result<ContractCall> call(const Address& to, std::string_view signature,
                          std::vector<AbiValue> arguments) {
    AbiValue tuple;
    tuple.items = std::move(arguments);
    CORDON_TRY(Bytes data, chain::encode_abi_call(signature, tuple));
    return ContractCall{to, Amount{}, std::move(data)};
}

/// The Safe is owner, avatar and target: whoever owns a Delay can shorten it to nothing.
Result<Bytes> setup_of(const DelayPlan& plan) {
    const auto seconds = [](Seconds time) { return Amount{static_cast<uint64_t>(time.count())}; };
    return chain::encode_delay_setup({plan.safe, plan.safe, plan.safe, seconds(plan.cooldown),
                                      plan.expiration ? seconds(*plan.expiration) : Amount{}});
}

Result<ContractCall> waiting_call(const DelayPlan& plan, std::string_view signature,
                                  const ContractCall& payment) {
    CORDON_TRY(const Address delay, delay_address(plan));
    // Operation 0: no payment needs foreign code to run as the Safe.
    return call(delay, signature,
                {address(payment.to), number(payment.value), bytes(payment.data), number({})});
}

}  // namespace

Result<Address> delay_address(const DelayPlan& plan) {
    CORDON_TRY(const Bytes setup, setup_of(plan));
    return chain::module_proxy_address(chain::module_proxy_factory(), chain::delay_master_copy(),
                                       setup, plan.salt);
}

Result<std::vector<DelayStep>> delay_setup(const DelayPlan& plan, const Address& deployer,
                                           std::vector<Purse>& purses) {
    CORDON_TRY(const Bytes setup, setup_of(plan));
    CORDON_TRY(const Address delay, delay_address(plan));
    std::vector<DelayStep> out;
    const auto add = [&](std::string name, const Address& by, const Result<ContractCall>& made,
                         std::string words, const Address& about = {}) -> Status {
        if (!made) return fail(made.error());
        CORDON_TRY(Payload payload, make_call(plan.chain, by, *made, purses));
        out.push_back({std::move(name), by, std::move(payload), std::move(words), about});
        return {};
    };
    CORDON_TRY(add("deploy", deployer,
                   call(chain::module_proxy_factory(), "deployModule(address,bytes,uint256)",
                        {address(chain::delay_master_copy()), bytes(setup), number(plan.salt)}),
                   "Makes the Delay. Anybody may; what it is made of is part of its address."));
    for (const Address& queuer : plan.queuers)
        CORDON_TRY(add("queuer", plan.safe, call(delay, "enableModule(address)", {address(queuer)}),
                       "Lets the key queue payments in the Delay.", queuer));
    CORDON_TRY(add("enable", plan.safe, call(plan.safe, "enableModule(address)", {address(delay)}),
                   "Lets the Delay act for the Safe. Only now it can.", delay));
    return out;
}

Result<Payload> delay_queue(const DelayPlan& plan, const Address& by, const ContractCall& payment,
                            std::vector<Purse>& purses) {
    if (std::find(plan.queuers.begin(), plan.queuers.end(), by) == plan.queuers.end())
        return fail(ErrorCode::kInvalidParam,
                    "who pays is none of the plan's queuers: the Delay would refuse it");
    CORDON_TRY(
        const ContractCall made,
        waiting_call(plan, "execTransactionFromModule(address,uint256,bytes,uint8)", payment));
    return make_call(plan.chain, by, made, purses);
}

Result<Payload> delay_execute(const DelayPlan& plan, const Address& by, const ContractCall& payment,
                              std::vector<Purse>& purses) {
    CORDON_TRY(const ContractCall made,
               waiting_call(plan, "executeNextTx(address,uint256,bytes,uint8)", payment));
    return make_call(plan.chain, by, made, purses);
}

Result<Payload> delay_cancel(const DelayPlan& plan, const Amount& below,
                             std::vector<Purse>& purses) {
    if (below.is_zero())
        return fail(ErrorCode::kInvalidParam,
                    "nothing waits below number 0: expected the number behind the last payment "
                    "that must not leave, one more than the alert names");
    CORDON_TRY(const Address delay, delay_address(plan));
    CORDON_TRY(const ContractCall made, call(delay, "setTxNonce(uint256)", {number(below)}));
    return make_call(plan.chain, plan.safe, made, purses);
}

Result<WithdrawalRequest> delay_request(const DelayPlan& plan, const Address& by,
                                        const Payload& payload, const Address& about,
                                        const Asset& asset, const Amount& amount) {
    const bool is_safe = payload.type == "safe";
    const auto text = [&](const Address& address) {
        return json_text(chain::format_address(plan.chain, address));
    };
    WithdrawalRequest out;
    out.chain = plan.chain;
    out.from = plan.safe;
    out.to = about;
    out.asset = asset;
    out.amount = amount;
    out.payload.type = "delay";
    out.payload.data = format(
        R"({{"delay":{{"safe":{},"cooldown":"{}","expiration":"{}","salt":"{}"}},"type":"{}",{}"data":{}}})",
        text(plan.safe), plan.cooldown.count(), plan.expiration.value_or(Seconds{0}).count(),
        plan.salt.to_string(), payload.type, is_safe ? "" : format("\"by\":{},", text(by)),
        is_safe ? payload.data : json_text(payload.data));
    return out;
}

}  // namespace cordon::wallet
