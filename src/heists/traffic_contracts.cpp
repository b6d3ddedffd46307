// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>

#include <cordon/base/format.hpp>

#include "attack.hpp"
#include "play.hpp"

// The normal days of bridges, lending pools, trading vaults and tokens.
namespace cordon::heists {
namespace {

using namespace std::chrono_literals;

constexpr uint64_t kUsers = 900;
constexpr double kMedian = 1'500, kSigma = 1.9;  // USD a use of a bridge or pool.
constexpr double kLargest = 0.03;                // Of what lies there: a whale.

Address some_user(Play& play, ChainId chain) {
    const double rank = std::pow(play.traffic.share(), 1.6);
    return play.who(chain, format("user {}", static_cast<uint64_t>(rank * kUsers)));
}

Amount sized(Play& play, const Held& held, const Coin& coin, double median, double sigma) {
    const Amount cap = scaled(play.sum(held, coin), static_cast<uint64_t>(kLargest * 1e6));
    return std::min(of_usd(coin, play.traffic.log_normal(median, sigma), play.price(coin.symbol)),
                    cap);
}

const Coin& some_coin(Play& play, const Held& held) {
    // The first named are the most used: Zipf.
    double all = 0;
    for (std::size_t i = 0; i < held.coins.size(); ++i) all += 1.0 / static_cast<double>(i + 1);
    double at = play.traffic.share() * all;
    for (std::size_t i = 0; i < held.coins.size(); ++i)
        if ((at -= 1.0 / static_cast<double>(i + 1)) <= 0) return held.coins[i];
    return held.coins.back();
}

/// Locks here and mints there, burns there and unlocks here, a few minutes apart.
class Bridge {
public:
    explicit Bridge(Play& play) : play_{play} {}

    void plan(UnixMillis begin, UnixMillis end) {
        std::vector<Held*> vaults;
        for (Held& held : play_.house) {
            if (held.facts->role != Role::kBridge) continue;
            if (held.coins.empty()) {
                far_ = &held;
            } else {
                vaults.push_back(&held);
            }
        }
        for (Held* vault : vaults)
            plan_arrivals(play_, begin, end,
                          play_.facts.txns_a_day / 2 / static_cast<double>(vaults.size()),
                          [this, vault, vaults](UnixMillis now) { cross(*vault, vaults, now); });
    }

private:
    void cross(Held& vault, const std::vector<Held*>& vaults, UnixMillis now) {
        const Coin& coin = some_coin(play_, vault);
        const Amount amount = sized(play_, vault, coin, kMedian, kSigma);
        if (amount.is_zero()) return;
        const Seconds relay{static_cast<int64_t>(play_.traffic.between(60, 600))};
        // To the side that mints, else to another vault with the same asset.
        Held* other = far_;
        if (!other)
            for (Held* each : vaults)
                if (each != &vault && each->opening.contains(coin.symbol)) other = each;
        if (!other) return;
        const bool is_out = play_.traffic.chance(0.5);
        Held& first = is_out ? vault : *other;
        Held& second = is_out ? *other : vault;
        const std::string symbol = coin.symbol;
        const std::string user =
            format("user {}", static_cast<uint64_t>(std::pow(play_.traffic.share(), 1.6) * kUsers));
        if (!enter(first, symbol, user, amount, coin, now)) return;
        play_.at(now + relay, [this, &second, symbol, user, amount, &coin](UnixMillis then) {
            leave(second, symbol, user, amount, coin, then);
        });
    }
    /// The same value on another chain, where decimals may differ.
    Amount there(const Coin& here, const Amount& amount, const Coin& coin) {
        Amount out = amount;
        for (unsigned i = here.decimals; i < coin.decimals; ++i) out *= Amount{10U};
        for (unsigned i = coin.decimals; i < here.decimals; ++i)
            out = mul_div(out, Amount{1U}, Amount{10U});
        return out;
    }
    bool enter(Held& side, const std::string& symbol, const std::string& user, const Amount& amount,
               const Coin& as, UnixMillis now) {
        const Coin& coin = play_.book.coin(side.facts->chain, symbol);
        const Amount value = there(as, amount, coin);
        const Address who = play_.who(side.chain, user);
        const Address contract = side.addresses.front();
        if (!rules_of(side.chain).has_logs || side.facts->code == Code::kEoa) {
            const Address to = &side == far_ ? Address{who.kind(), Bytes(20, 0)} : contract;
            return play_.book.pay(now, coin, who, to, value);
        }
        Draft draft{play_.book,
                    side.chain,
                    now,
                    who,
                    contract,
                    call_data("lock(address,uint64,bytes,uint256)",
                              {coin.token, Amount{1U}, Bytes(20, 3), value})};
        if (&side == far_) {
            draft.burn(Draft::kTop, coin, who, value);
        } else if (coin.token.empty()) {
            draft.value(value);
        } else {
            draft.pull(Draft::kTop, coin, who, contract, value);
        }
        // LockProxy of Poly: LockEvent(fromAsset, from, toChain, toAssetHash, toAddress, amount).
        draft.log(contract, {topic("LockEvent(address,address,uint64,bytes,bytes,uint256)")},
                  words({word(coin.token), word(who), word(Amount{1U}), word(value)}));
        return draft.done();
    }
    void leave(Held& side, const std::string& symbol, const std::string& user, const Amount& amount,
               const Coin& as, UnixMillis now) {
        const Coin& coin = play_.book.coin(side.facts->chain, symbol);
        const Amount value = there(as, amount, coin);
        const Address to = play_.who(side.chain, user);
        const std::string relayer = side.facts->code == Code::kMultisig ? "owner-1" : "operator";
        if (&side != far_) {
            bridge_pays(play_, now, side, coin, to, value, play_.who(side.chain, relayer), {},
                        false);
            return;
        }
        const Address contract = side.addresses.front();
        const bool is_native = coin.token.empty();
        if (is_native || !rules_of(side.chain).has_logs) {
            const Address from = is_native ? contract : Address{to.kind(), Bytes(20, 0)};
            Made made;
            Transfer transfer{0,     from,
                              to,    coin.asset,
                              value, is_native ? TransferKind::kNative : TransferKind::kMint};
            made.chain = side.chain;
            made.time = now;
            made.order = play_.book.made().size();
            made.activity.hash = made.account.hash = play_.book.fresh_hash("txn");
            made.account.transfers.push_back(transfer);
            play_.book.made().push_back(std::move(made));
            return;
        }
        Draft draft{
            play_.book, side.chain,
            now,        play_.who(side.chain, relayer),
            contract,   call_data("unlock(address,address,uint256)", {coin.token, to, value})};
        draft.mint(Draft::kTop, coin, to, value);
        draft.log(contract, {topic("UnlockEvent(address,address,uint256)")},
                  words({word(coin.token), word(to), word(value)}));
        draft.done();
    }

    Play& play_;
    Held* far_ = nullptr;
};

void use_pool(Play& play, Held& held, UnixMillis now) {
    const Coin& coin = some_coin(play, held);
    const Amount amount = sized(play, held, coin, 3'000, kSigma);
    if (amount.is_zero()) return;
    const Address user = some_user(play, held.chain);
    const Address pool = held.addresses.front();
    const double kind = play.traffic.share();
    const bool is_in = kind < 0.5;
    const char* call = is_in ? "deposit(address,uint256)" : "withdraw(address,uint256)";
    Draft draft{play.book, held.chain, now, user, pool, call_data(call, {coin.token, amount})};
    if (is_in && coin.token.empty()) {
        draft.value(amount);
    } else if (is_in) {
        draft.pull(Draft::kTop, coin, user, pool, amount);
    } else {
        draft.pay(Draft::kTop, coin, user, amount);
    }
    // Aave's: Deposit(reserve, user, onBehalfOf, amount, referral), Withdraw(reserve, user, to,
    // amount).
    draft.log(pool,
              {topic(is_in ? "Deposit(address,address,address,uint256,uint16)"
                           : "Withdraw(address,address,address,uint256)"),
               word(coin.token), word(user)},
              words({word(user), word(amount)}));
    draft.done();
}

/// The house's own: a parameter is set by its Safe, every few days; somebody proposes something.
void plan_administration(Play& play, UnixMillis begin, UnixMillis end) {
    Held* safe = nullptr;
    Held* pool = nullptr;
    for (Held& held : play.house) {
        if (held.facts->role == Role::kAdmin && held.is_safe()) safe = &held;
        if (held.facts->role == Role::kProtocol && !held.coins.empty() && !pool) pool = &held;
    }
    if (safe && pool)
        plan_arrivals(play, begin, end, 0.4, [&play, safe, pool](UnixMillis now) {
            const Bytes call = call_data("batchUpdate(uint256)", {Amount{play.traffic.below(90)}});
            const Address to = pool->addresses.front();
            const Bytes exec = safe_exec(to, Amount{}, call, 0);
            const Address own = safe->addresses.front();
            Draft draft{play.book, safe->chain, now, play.who(safe->chain, "keeper-bot"),
                        own,       exec};
            const uint32_t inner = draft.call(Draft::kTop, CallKind::kDelegateCall,
                                              safe_singleton(safe->facts->code), exec);
            draft.call(inner, CallKind::kCall, to, call);
            draft.log(own, {topic("ExecutionSuccess(bytes32,uint256)")},
                      words({play.book.fresh_hash("safe txn"), Hash256{}}));
            draft.done();
        });
}

/// A trading vault: changes at pools it knows, moves to and from exchanges.
void plan_trader(Play& play, Held& vault, UnixMillis begin, UnixMillis end) {
    const Address trader = play.who(vault.chain, "admin");
    for (std::size_t i = 0; i < vault.coins.size(); ++i)
        for (std::size_t k = i + 1; k < vault.coins.size(); ++k) {
            const auto& [a, b] = std::minmax(vault.coins[i].symbol, vault.coins[k].symbol);
            play.out.config.allowed.push_back(
                {{vault.chain, play.who(vault.chain, "pool " + a + "-" + b)}, {}, "pool"});
        }
    for (const char* place : {"binance", "other-exchange"})
        play.out.config.allowed.push_back(
            {{vault.chain, play.who(vault.chain, place)}, {}, "account at an exchange"});
    plan_arrivals(play, begin, end, play.facts.txns_a_day, [&play, &vault, trader](UnixMillis now) {
        const Coin& give = some_coin(play, vault);
        const Coin& get = some_coin(play, vault);
        if (give.symbol == get.symbol) return;
        const Amount amount = sized(play, vault, give, 30'000, 1.3);
        trade(play, now, trader, vault.addresses.front(), give, get, amount, false);
    });
    plan_arrivals(play, begin, end, 8, [&play, &vault](UnixMillis now) {
        const Coin& coin = some_coin(play, vault);
        const Amount amount = sized(play, vault, coin, 400'000, 0.8);
        const Address exchange =
            play.who(vault.chain, play.traffic.chance(0.5) ? "binance" : "other-exchange");
        if (play.traffic.chance(0.5)) {
            play.book.pay(now, coin, exchange, vault.addresses.front(), amount);
        } else {
            play.send(now, vault, vault.addresses.front(), coin, exchange, amount);
        }
    });
}

}  // namespace

void plan_bridge(Play& play, UnixMillis begin, UnixMillis end) {
    auto bridge = std::make_shared<Bridge>(play);
    bridge->plan(begin, end);
    play.at(UnixMillis::max(), [bridge](UnixMillis) {});
}

void plan_contracts(Play& play, UnixMillis begin, UnixMillis end) {
    std::vector<Held*> pools;
    for (Held& held : play.house)
        if (held.facts->role == Role::kProtocol && !held.coins.empty()) pools.push_back(&held);
    for (Held* pool : pools)
        plan_arrivals(play, begin, end, play.facts.txns_a_day / static_cast<double>(pools.size()),
                      [&play, pool](UnixMillis now) { use_pool(play, *pool, now); });
    plan_administration(play, begin, end);
    for (Held& held : play.house) {
        if (play.facts.kind == Kind::kTrader && held.facts->code == Code::kContract)
            plan_trader(play, held, begin, end);
        if (held.facts->role != Role::kToken) continue;
        const Coin& coin = play.book.coin(held.facts->chain, held.facts->symbol);
        plan_arrivals(play, begin, end, play.facts.txns_a_day, [&play, &coin](UnixMillis now) {
            const Amount amount =
                of_usd(coin, play.traffic.log_normal(200, 1.8), play.price(coin.symbol));
            play.book.pay(now, coin, some_user(play, coin.chain), some_user(play, coin.chain),
                          amount);
        });
    }
}

}  // namespace cordon::heists
