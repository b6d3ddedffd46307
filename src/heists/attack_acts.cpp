// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <cordon/base/format.hpp>
#include <cordon/base/hex.hpp>
#include <cordon/chain/evm/account.hpp>
#include <cordon/chain/evm/txn.hpp>

#include "attack.hpp"

namespace cordon::heists {
namespace {

/// keccak256("eip1967.proxy.implementation") - 1 (EIP-1967).
Hash256 implementation_slot() {
    Hash256 slot = topic("eip1967.proxy.implementation");
    slot.bytes.back() = static_cast<uint8_t>(slot.bytes.back() - 1);
    return slot;
}

Bytes some_code(Random& random, std::size_t size) {
    Bytes code;
    while (code.size() < size) code.push_back(static_cast<uint8_t>(random.next()));
    return code;
}

/// A call as an account of ours would be asked to sign it: what it costs does not matter here.
std::string unsigned_call(ChainId chain, const Address& to, const Bytes& data) {
    chain::EvmTxn txn;
    txn.type = chain::EvmTxnType::kDynamicFee;
    txn.chain_id = chain.reference;
    txn.max_fee_per_gas = Amount{uint64_t{30'000'000'000}};
    txn.max_priority_fee_per_gas = Amount{uint64_t{1'000'000'000}};
    txn.gas_limit = Amount{uint64_t{100'000}};
    txn.to = to;
    txn.data = data;
    return to_hex0x(chain::encode_evm_txn(txn));
}

}  // namespace

bool trade(Play& play, UnixMillis time, const Address& caller, const Address& owner,
           const Coin& give, const Coin& get, const Amount& amount, bool attack) {
    if (amount.is_zero()) return false;
    const double usd = static_cast<double>(play.cents(give, amount)) / 100;
    const Amount got = of_usd(get, usd, play.price(get.symbol));
    const std::string pair =
        std::min(give.symbol, get.symbol) + "-" + std::max(give.symbol, get.symbol);
    const Address pool = play.who(give.chain, "pool " + pair);
    if (!rules_of(give.chain).has_logs) {
        // Chains without calls: there and back, two payments.
        return play.book.pay(time, give, owner, pool, amount, attack) &&
               play.book.pay(time, get, pool, owner, got, attack);
    }
    const Address router = play.who(give.chain, give.chain.reference == 56 ? "pancake" : "uniswap");
    const bool is_direct = caller == owner;
    Draft draft{play.book,
                give.chain,
                time,
                caller,
                is_direct ? router : owner,
                call_data("swapExactTokensForTokens(uint256,uint256,address,uint256)",
                          {amount, got, owner, Amount{}})};
    const uint32_t frame =
        is_direct ? Draft::kTop : draft.call(Draft::kTop, CallKind::kCall, router);
    if (!give.token.empty()) {
        draft.pull(frame, give, owner, pool, amount);
    } else if (is_direct) {
        draft.value(amount).pay(frame, give, pool, amount);
    } else {
        draft.pay(Draft::kTop, give, pool, amount);
    }
    const uint32_t in_pool = draft.call(frame, CallKind::kCall, pool);
    draft.pay(in_pool, get, owner, got);
    draft.log(
        pool,
        {topic("Swap(address,uint256,uint256,uint256,uint256,address)"), word(router), word(owner)},
        words({word(amount), word(Amount{}), word(Amount{}), word(got)}));
    return draft.done(attack);
}

bool bridge_pays(Play& play, UnixMillis time, const Held& held, const Coin& coin, const Address& to,
                 const Amount& amount, const Address& caller, const Address& through, bool attack) {
    const Address vault = held.addresses.front();
    if (!rules_of(coin.chain).has_logs || held.facts->code == Code::kEoa)
        return play.book.pay(time, coin, vault, to, amount, attack);
    const Bytes data = call_data("unlock(address,address,uint256)",
                                 {coin.token.empty() ? to : coin.token, to, amount});
    if (held.facts->code == Code::kMultisig) {
        // MultiSigWallet: one owner submits, which confirms; the second confirmation executes.
        const Amount number{uint64_t{play.book.made().size()}};
        Draft submit{
            play.book, coin.chain,
            time,      caller,
            vault,     call_data("submitTransaction(address,uint256,bytes)", {to, Amount{}, data})};
        submit.log(vault, {topic("Submission(uint256)"), word(number)});
        submit.log(vault, {topic("Confirmation(address,uint256)"), word(caller), word(number)});
        submit.done(attack);
        const Address second = play.who(coin.chain, "owner-2");
        Draft confirm{play.book, coin.chain, time,
                      second,    vault,      call_data("confirmTransaction(uint256)", {number})};
        confirm.log(vault, {topic("Confirmation(address,uint256)"), word(second), word(number)});
        confirm.pay(Draft::kTop, coin, to, amount);
        confirm.log(vault, {topic("Execution(uint256)"), word(number)});
        return confirm.done(attack);
    }
    Draft draft{play.book,
                coin.chain,
                time,
                caller,
                through.empty() ? vault : through,
                through.empty() ? data : call_data("process(bytes)", {data})};
    const uint32_t frame =
        through.empty() ? Draft::kTop : draft.call(Draft::kTop, CallKind::kCall, vault, data);
    if (!through.empty())
        draft.log(through, {topic("Process(bytes32,bool,bytes)"), play.book.fresh_hash("message"),
                            word(Amount{1U})});
    draft.pay(frame, coin, to, amount);
    // LockProxy of Poly: UnlockEvent(toAssetHash, toAddress, amount).
    draft.log(vault, {topic("UnlockEvent(address,address,uint256)")},
              words({word(coin.token), word(to), word(amount)}));
    return draft.done(attack);
}

void Attack::deploy(const Step& step, UnixMillis time) {
    const ChainId chain = played_chain(step.chain).value_or(kEthereum);
    const Address who = by(step, chain);
    Random random{play_.seed, "code " + step.makes};
    constexpr std::size_t kCode = 900;
    Draft draft{play_.book, chain, time, who, {}, some_code(random, kCode)};
    draft.creates(play_.who(chain, step.makes));
    draft.done(true);
}

void Attack::sign(const Step& step, UnixMillis time) {
    const Held* held = play_.held(step.wallet);
    const Address safe = held->addresses.front();
    constexpr uint64_t kNonce = 70;
    SigningRequest request;
    request.id = format("sign {}", step.line);
    request.chain = held->chain;
    request.safe = safe;
    request.time = time;
    // Shown: what they wanted. Given to the device: something else.
    const Address to = play_.who(held->chain, step.to);
    const Address via = play_.who(held->chain, step.via);
    const Code code = held->facts->code;
    WithdrawalRequest asked;  // What they wanted, with what the devices got.
    asked.chain = held->chain;
    asked.from = safe;
    asked.to = step.asset.empty() ? via : to;
    if (!step.asset.empty()) {
        const Coin& coin = play_.book.coin(held->facts->chain, step.asset);
        const Amount amount = amount_of(coin, step.amount);
        const bool is_native = coin.token.empty();
        asked.asset = coin.asset;
        asked.amount = amount;
        const Bytes pay =
            is_native ? Bytes{} : call_data("transfer(address,uint256)", {to, amount});
        request.shown = safe_json(held->chain, safe, code, is_native ? to : coin.token,
                                  is_native ? amount : Amount{}, pay, 0, kNonce);
        request.device =
            safe_json(held->chain, safe, code, via, Amount{},
                      call_data("transfer(address,uint256)", {to, Amount{}}), 1, kNonce);
    } else {
        request.shown = safe_json(held->chain, safe, code, via, Amount{},
                                  call_data("batchUpdate(uint256)", {Amount{1U}}), 0, kNonce);
        request.device = safe_json(held->chain, safe, code, via, Amount{},
                                   call_data(step.method, {to}), 0, kNonce);
    }
    request.service = request.shown;
    asked.payload = {"safe", request.device};
    signed_.insert(safe);
    attempt(time, std::move(asked), 0, step.fact);
    play_.out.deceptions.insert(time);
    play_.tell(time, std::move(request));
}

void Attack::safe_upgrade(const Step& step, UnixMillis time, const Held& held) {
    const Address safe = held.addresses.front();
    const Address via = play_.who(held.chain, step.via);
    const Address code = play_.who(held.chain, step.to);
    const Bytes inner = call_data("transfer(address,uint256)", {code, Amount{}});
    const Bytes exec = safe_exec(via, Amount{}, inner, 1);
    const Address singleton = safe_singleton(held.facts->code);
    Draft draft{play_.book, held.chain, time, by(step, held.chain), safe, exec};
    const uint32_t own = draft.call(Draft::kTop, CallKind::kDelegateCall, singleton, exec);
    draft.call(own, CallKind::kDelegateCall, via, inner);
    // Slot 0 of a Safe's proxy is its master copy.
    draft.change(safe, Hash256{}, word(singleton), word(code));
    draft.log(safe, {topic("ExecutionSuccess(bytes32,uint256)")},
              words({play_.book.fresh_hash("safe txn"), Hash256{}}));
    draft.done(true);
    new_code_[safe] = code;
}

/// A right of a contract goes to the thief: owner, code, keepers, minter, root.
void Attack::take_over(const Step& step, UnixMillis time, const Held& held) {
    const Address contract = held.addresses.front();
    const Address who = by(step, held.chain);
    const Address to = step.to.empty() ? who : play_.who(held.chain, step.to);
    const Held* safe = step.safe.empty() ? nullptr : play_.held(step.safe);
    Bytes call;
    if (step.verb == Verb::kOwner) call = call_data("transferOwnership(address)", {to});
    if (step.verb == Verb::kUpgrade) call = call_data("upgradeTo(address)", {to});
    if (step.verb == Verb::kGrant) call = call_data("addMinter(address)", {to});
    if (step.verb == Verb::kKeeper)
        call = call_data("putCurEpochConPubKeyBytes(bytes)", {Bytes(64, 7)});
    if (step.verb == Verb::kZeroRoot) call = call_data("initialize(bytes32)", {Amount{}});
    const bool is_through = !step.through.empty();
    const Address first = safe         ? safe->addresses.front()
                          : is_through ? play_.who(held.chain, step.through)
                                       : contract;
    const Bytes outer = safe ? safe_exec(contract, Amount{}, call, 0)
                        : is_through
                            ? call_data("verifyHeaderAndExecuteTx(bytes,bytes)", {call, call})
                            : call;
    Draft draft{play_.book, held.chain, time, who, first, outer};
    if (safe) {
        const uint32_t own = draft.call(Draft::kTop, CallKind::kDelegateCall,
                                        safe_singleton(safe->facts->code), outer);
        draft.call(own, CallKind::kCall, contract, call);
    } else if (is_through) {
        draft.call(Draft::kTop, CallKind::kCall, contract, call);
    }
    // Whoever may change the contract signs it: a Safe of ours, else an account of ours.
    const Held* admin = safe ? safe : play_.held(step.by);
    if (admin && !signed_.contains(admin->addresses.front())) {
        WithdrawalRequest asked;
        asked.chain = held.chain;
        asked.from = admin->addresses.front();
        asked.to = contract;
        if (safe) {
            asked.payload = {"safe", safe_json(held.chain, asked.from, safe->facts->code, contract,
                                               Amount{}, call, 0, 0)};
        } else {
            asked.payload = {"evm", unsigned_call(held.chain, contract, call)};
        }
        attempt(time, std::move(asked), 0, step.fact);
    }
    const Address before = play_.who(held.chain, held.facts->name + "-before");
    switch (step.verb) {
        case Verb::kOwner:
            draft.change(contract, Hash256{}, word(safe ? safe->addresses.front() : before),
                         word(to));
            draft.log(contract, {topic("OwnershipTransferred(address,address)"),
                                 word(safe ? safe->addresses.front() : before), word(to)});
            break;
        case Verb::kUpgrade:
            draft.change(contract, implementation_slot(), word(before), word(to));
            draft.log(contract, {topic("Upgraded(address)"), word(to)});
            new_code_[contract] = to;
            break;
        case Verb::kGrant:
            draft.change(contract, play_.book.fresh_hash("role"), Hash256{}, word(Amount{1U}));
            draft.log(contract, {topic(step.event), word(to)});
            break;
        case Verb::kKeeper:
            draft.change(contract, word(Amount{3U}), play_.book.fresh_hash("keepers"),
                         play_.book.fresh_hash("keepers"));
            break;
        default:
            // confirmAt[0x00] = 1: the slot of a mapping's key (Solidity, "Layout of Mappings").
            draft.change(contract, topic("confirmAt[0]"), Hash256{}, word(Amount{1U}));
    }
    if (safe)
        draft.log(safe->addresses.front(), {topic("ExecutionSuccess(bytes32,uint256)")},
                  words({play_.book.fresh_hash("safe txn"), Hash256{}}));
    draft.done(true);
}

/// Borrow, act, be paid, give back: one txn.
void Attack::flash_attack(const Step& step, UnixMillis time, Held& held) {
    const Address who = by(step, held.chain);
    const Address contract = play_.who(held.chain, step.through);
    const Address vault = held.addresses.front();
    const Address lender = play_.who(held.chain, "aave");
    Draft draft{play_.book, held.chain, time, who, contract, call_data("run()", {})};
    const uint32_t borrow = draft.call(
        Draft::kTop, CallKind::kCall, lender,
        call_data("flashLoan(address,address[],uint256[],uint256[],address,bytes,uint16)",
                  {contract}));
    std::vector<std::pair<Coin, Amount>> loans;
    for (const auto& [symbol, quantity] : step.loans) {
        const Coin& coin = play_.book.coin(held.facts->chain, symbol);
        loans.emplace_back(coin, amount_of(coin, quantity));
        draft.pay(borrow, coin, contract, loans.back().second);
    }
    const uint32_t inside = draft.call(
        borrow, CallKind::kCall, contract,
        call_data("executeOperation(address[],uint256[],uint256[],address,bytes)", {contract}));
    const bool is_vote = step.verb == Verb::kVoteAttack;
    for (const auto& [coin, amount] : loans) {
        draft.call(inside, CallKind::kCall, vault,
                   call_data("deposit(address,uint256)", {coin.token, amount}));
        draft.pull(inside, coin, contract, vault, amount);
    }
    if (is_vote) {
        const Amount number{step.number};
        draft.call(inside, CallKind::kCall, vault, call_data("vote(uint32)", {number}));
        draft.log(vault, {topic("Vote(address,uint32,uint256)"), word(contract), word(number)},
                  words({word(Amount{1U})}));
        draft.call(inside, CallKind::kCall, vault, call_data("emergencyCommit(uint32)", {number}));
        draft.log(vault, {topic("Commit(address,uint32)"), word(contract), word(number)});
    } else {
        draft.call(inside, CallKind::kCall, vault,
                   call_data("donateToReserves(uint256,uint256)", {Amount{}, Amount{1U}}));
        draft.call(inside, CallKind::kCall, vault,
                   call_data("liquidate(address,address,address,uint256,uint256)", {contract}));
    }
    const uint32_t in_vault =
        draft.call(inside, CallKind::kCall, vault,
                   call_data("withdraw(uint256,uint256)", {Amount{}, Amount::max()}));
    std::vector<std::pair<Coin, Amount>> taken;
    for (const auto& [coin, amount] : loans) draft.pay(in_vault, coin, contract, amount);
    for (const auto& [symbol, quantity] : step.takes) {
        const Coin& coin = play_.book.coin(held.facts->chain, symbol);
        const Amount amount = std::min(amount_of(coin, quantity), play_.book.balance(coin, vault));
        taken.emplace_back(coin, amount);
        draft.pay(in_vault, coin, contract, amount);
    }
    for (const auto& [coin, amount] : loans) draft.pull(borrow, coin, contract, lender, amount);
    for (const auto& [coin, amount] : loans)
        // Aave V2: FlashLoan(target, initiator, asset, amount, premium, referralCode).
        draft.log(lender,
                  {topic("FlashLoan(address,address,address,uint256,uint256,uint16)"),
                   word(contract), word(contract), word(coin.token)},
                  words({word(amount), word(Amount{}), word(Amount{})}));
    for (const auto& [coin, amount] : taken) draft.pay(Draft::kTop, coin, who, amount);
    const std::size_t first = play_.book.made().size();
    if (!draft.done(true)) return;
    for (const auto& [coin, amount] : taken) play_.stolen(first, coin, amount);
}

void Attack::act(const Step& step, UnixMillis time) {
    Held* held = step.wallet.empty() ? nullptr : play_.held(step.wallet);
    const ChainId chain = held ? held->chain : played_chain(step.chain).value_or(kEthereum);
    switch (step.verb) {
        case Verb::kDeploy: deploy(step, time); break;
        case Verb::kSign: sign(step, time); break;
        case Verb::kSafeUpgrade: safe_upgrade(step, time, *held); break;
        case Verb::kSafeFail: {
            const Bytes exec = safe_exec(play_.who(chain, "anything"), Amount{}, Bytes(68, 1), 0);
            Draft draft{play_.book, chain, time, by(step, chain), held->addresses.front(), exec};
            draft.fails().done(true);
            break;
        }
        case Verb::kKeeper:
        case Verb::kZeroRoot:
        case Verb::kGrant:
        case Verb::kOwner:
        case Verb::kUpgrade: take_over(step, time, *held); break;
        case Verb::kFlashAttack:
        case Verb::kVoteAttack: flash_attack(step, time, *held); break;
        case Verb::kPropose: {
            Draft draft{play_.book,
                        chain,
                        time,
                        by(step, chain),
                        held->addresses.front(),
                        call_data("propose(bytes,address,bytes,uint8)",
                                  {Bytes(4, 1), play_.who(chain, "init"), Bytes(4, 2), Amount{}})};
            draft.log(held->addresses.front(),
                      {topic("Proposal(address,uint32,uint256,uint256)"), word(by(step, chain)),
                       word(Amount{step.number})},
                      words({word(Amount{1U}), word(Amount{168U})}));
            draft.done(true);
            break;
        }
        case Verb::kCall: {
            const Coin& coin = play_.book.coin(step.chain, step.asset);
            const Amount amount = amount_of(coin, step.amount);
            Draft draft{play_.book,
                        chain,
                        time,
                        by(step, chain),
                        play_.who(chain, step.to),
                        call_data(step.method, {})};
            draft.value(amount).done(true);
            break;
        }
        case Verb::kMint: {
            const Coin& coin = play_.book.coin(step.chain, step.asset);
            const Amount amount = amount_of(coin, step.amount);
            const Address to = play_.who(chain, step.to);
            Draft draft{play_.book, chain,
                        time,       by(step, chain),
                        coin.token, call_data("mint(address,uint256)", {to, amount})};
            draft.mint(Draft::kTop, coin, to, amount);
            const std::size_t first = play_.book.made().size();
            if (draft.done(true) && step.theft) play_.stolen(first, coin, amount);
            break;
        }
        default: break;
    }
}

}  // namespace cordon::heists
