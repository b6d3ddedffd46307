// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <numbers>

#include <cordon/base/format.hpp>

#include "attack.hpp"
#include "play.hpp"

// The normal days of a custodian: customers, treasury, and now and then something unusual that is
// none of a thief's. The numbers are orders of magnitude from public statements of exchanges and
// from what explorers show of labelled hot wallets; none was chosen for a detector.
namespace cordon::heists {
namespace {

using namespace std::chrono_literals;

constexpr uint64_t kCustomers = 1'500;
constexpr double kMedianPayout = 900, kPayoutSigma = 1.7;  // USD: long-tailed, as wealth is.
constexpr double kMedianDeposit = 800, kDepositSigma = 1.75;
constexpr double kFreshReceiver = 0.25;  // A payout goes to an address that nobody has used.
constexpr double kOtcADay = 0.35;        // Large settlements with desks and market makers.
constexpr double kLargestPayout = 0.02;  // Of the wallet's holding of the asset: limits of a house.

}  // namespace

void plan_arrivals(Play& play, UnixMillis begin, UnixMillis end, double a_day,
                   const Play::Action& action) {
    if (!(a_day > 0)) return;
    // Thinning (Lewis and Shedler 1979): more than ever arrive, some are let through.
    constexpr double kMost = 2.2;
    const double mean_wait = 86'400'000.0 / (a_day * kMost);
    for (UnixMillis now = begin;;) {
        now += std::chrono::milliseconds{1 +
                                         static_cast<int64_t>(play.traffic.exponential(mean_wait))};
        if (now >= end) return;
        const auto day = std::chrono::floor<std::chrono::days>(now);
        const double hour = std::chrono::duration<double, std::ratio<3600>>(now - day).count();
        const std::chrono::weekday weekday{day};
        const std::chrono::year_month_day date{day};
        const bool is_weekend = weekday == std::chrono::Saturday || weekday == std::chrono::Sunday;
        constexpr unsigned kMonthEnd = 28;
        double rate = 1 + 0.5 * std::sin((hour - 9) / 24 * 2 * std::numbers::pi);
        if (is_weekend) rate *= 0.75;
        if (static_cast<unsigned>(date.day()) >= kMonthEnd) rate *= 1.4;
        if (play.traffic.chance(rate / kMost)) play.at(now, action);
    }
}

namespace {

/// A custodian's normal days, wallet by wallet.
class Exchange {
public:
    explicit Exchange(Play& play) : play_{play} {}

    void plan(UnixMillis begin, UnixMillis end) {
        std::vector<Held*> hot;
        double weight = 0;
        for (Held& held : play_.house)
            if (is_tier(held, "hot") && !held.coins.empty()) {
                hot.push_back(&held);
                weight += std::sqrt(worth(held));
            }
        for (Held* held : hot) {
            const double share = std::sqrt(worth(*held)) / weight;
            plan_arrivals(play_, begin, end, play_.facts.txns_a_day * share,
                          [this, held](UnixMillis now) { customer(*held, now); });
            plan_arrivals(play_, begin, end, kOtcADay / static_cast<double>(hot.size()),
                          [this, held](UnixMillis now) { settle(*held, now); });
            plan_arrivals(play_, begin, end, 2,
                          [this, held](UnixMillis now) { treasury(*held, now); });
        }
        for (Held& held : play_.house)
            if (is_tier(held, "cold") || is_tier(held, "warm"))
                plan_arrivals(play_, begin, end, 0.2,
                              [this, &held](UnixMillis now) { top_up(held, now); });
        if (play_.facts.kind == Kind::kExchange) plan_books(begin, end);
        if (!hot.empty()) plan_migration(*hot.front(), begin, end);
        for (uint64_t i = 0; i < kCustomers; ++i)
            for (Held* held : hot)
                if (play_.traffic.chance(0.9))  // Of the others the first payment is yet to come.
                    play_.out.knowledge.seen.try_emplace(
                        {held->chain, customer_at(held->chain, i)},
                        begin - std::chrono::hours{
                                    static_cast<int64_t>(play_.traffic.between(24, 24 * 700))});
        for (Held* held : hot)
            for (const char* desk : {"otc-desk", "market-maker"}) {
                const Address address = play_.who(held->chain, desk);
                play_.out.knowledge.seen.try_emplace({held->chain, address}, begin - 200 * 24h);
                play_.out.config.allowed.push_back(
                    {{held->chain, address}, {}, "settlement partner"});
            }
    }

private:
    static bool is_tier(const Held& held, std::string_view tier) {
        return held.facts->role == Role::kWallet && held.facts->tier == tier;
    }
    double worth(const Held& held) const {
        double sum = 1;
        for (const Coin& coin : held.coins)
            sum += static_cast<double>(play_.cents(coin, held.opening.at(coin.symbol))) / 100;
        return sum;
    }
    Address customer_at(ChainId chain, uint64_t number) {
        return play_.who(chain, format("customer {}", number));
    }
    Address some_customer(ChainId chain) {
        if (play_.traffic.chance(kFreshReceiver))
            return play_.who(chain, format("fresh {}", ++fresh_));
        // Some withdraw every day, most hardly ever.
        const double rank = std::pow(play_.traffic.share(), 2.0);
        return customer_at(chain, static_cast<uint64_t>(rank * kCustomers));
    }
    /// Coins people ask for most are those of which the house holds most.
    const Coin& some_coin(const Held& held) {
        double all = 0;
        std::vector<double> weights;
        for (const Coin& coin : held.coins) {
            weights.push_back(std::sqrt(
                1 + static_cast<double>(play_.cents(coin, held.opening.at(coin.symbol)))));
            all += weights.back();
        }
        double at = play_.traffic.share() * all;
        for (std::size_t i = 0; i < weights.size(); ++i)
            if ((at -= weights[i]) <= 0) return held.coins[i];
        return held.coins.back();
    }
    Amount sized(const Held& held, const Coin& coin, double median, double sigma) {
        const double usd = play_.traffic.log_normal(median, sigma);
        const Amount cap =
            scaled(play_.sum(held, coin), static_cast<uint64_t>(kLargestPayout * 1e6));
        return std::min(of_usd(coin, usd, play_.price(coin.symbol)), cap);
    }
    void request(const Coin& coin, const Address& to, const Amount& amount, UnixMillis time) {
        WithdrawalRequest request;
        request.id = format("w{}", ++play_.requests);
        request.chain = coin.chain;
        request.asset = coin.asset;
        request.to = to;
        request.amount = amount;
        request.requester = "customer";
        request.time = time;
        play_.tell(time, std::move(request));
    }
    void owe(const Coin& coin, const Amount& amount, bool more) {
        Amount& owed = play_.owed[{coin.chain, coin.asset}];
        owed = more ? owed + amount : owed - std::min(owed, amount);
    }

    void customer(Held& held, UnixMillis now) {
        const double kind = play_.traffic.share();
        constexpr double kPayouts = 0.58;
        if (kind < kPayouts) return payout(held, now);
        deposit(held, now);
    }

    void payout(Held& held, UnixMillis now) {
        const Coin& coin = some_coin(held);
        const Seconds waits{static_cast<int64_t>(play_.traffic.between(30, 900))};
        // UTXO wallets pay many in one txn.
        const bool is_batch = is_utxo(coin.chain) || play_.traffic.chance(0.02);
        const uint64_t count = is_batch ? 1 + play_.traffic.below(12) : 1;
        std::vector<std::pair<Address, Amount>> to;
        for (uint64_t i = 0; i < count; ++i) {
            const Amount amount = sized(held, coin, kMedianPayout, kPayoutSigma);
            if (amount.is_zero()) continue;
            to.emplace_back(some_customer(coin.chain), amount);
            request(coin, to.back().first, amount, now);
        }
        play_.at(now + waits, [this, &held, &coin, to](UnixMillis then) {
            const Address from = play_.richest(held, coin);
            if (is_utxo(coin.chain)) {
                if (play_.book.pay_utxo(then, coin.chain, {from}, to))
                    for (const auto& [address, amount] : to) owe(coin, amount, false);
                return;
            }
            for (const auto& [address, amount] : to)
                if (play_.send(then, held, from, coin, address, amount)) owe(coin, amount, false);
        });
    }

    void deposit(Held& held, UnixMillis now) {
        const Coin& coin = some_coin(held);
        const Amount amount = sized(held, coin, kMedianDeposit, kDepositSigma);
        const Address customer = customer_at(coin.chain, play_.traffic.below(kCustomers));
        Held* deposits = nullptr;
        for (Held& each : play_.house)
            if (is_tier(each, "deposit") && each.chain == held.chain) deposits = &each;
        const Address to =
            deposits ? deposits->addresses[play_.traffic.below(deposits->addresses.size())]
                     : held.addresses.front();
        if (!play_.book.pay(now, coin, customer, to, amount)) return;
        owe(coin, amount, true);
        if (!deposits) return;
        // Swept within hours; tokens need a fee first, from the house's gas station.
        const Seconds later{static_cast<int64_t>(play_.traffic.between(600, 4 * 3'600))};
        play_.at(now + later, [this, &held, &coin, to](UnixMillis then) {
            const Amount all = play_.book.balance(coin, to);
            if (!coin.token.empty()) {
                const Coin& gas = gas_of(held);
                if (gas.token.empty())
                    play_.send(then, held, play_.richest(held, gas), gas, to,
                               of_usd(gas, 4, play_.price(gas.symbol)));
            }
            play_.book.pay(then + 60s, coin, to, held.addresses.front(),
                           is_utxo(coin.chain) ? scaled(all, 995'000) : all);
        });
    }
    const Coin& gas_of(const Held& held) const {
        for (const Coin& coin : held.coins)
            if (coin.token.empty()) return coin;
        return held.coins.front();
    }

    /// A large payment to a partner, as agreed: in the queue, on the allow-list.
    void settle(Held& held, UnixMillis now) {
        const Coin& coin = some_coin(held);
        const Amount amount = scaled(
            play_.sum(held, coin), static_cast<uint64_t>(play_.traffic.between(0.01, 0.06) * 1e6));
        const Address to =
            play_.who(coin.chain, play_.traffic.chance(0.5) ? "otc-desk" : "market-maker");
        request(coin, to, amount, now);
        play_.at(now + 600s, [this, &held, &coin, to, amount](UnixMillis then) {
            if (play_.send(then, held, play_.richest(held, coin), coin, to, amount))
                owe(coin, amount, false);  // It is customers' money that is settled.
        });
    }

    /// Hot wallets are kept near their target: the rest goes to the house's own cold storage, what
    /// is missing comes from there, or from the market.
    void treasury(Held& held, UnixMillis now) {
        Held* store = store_for(held);
        for (const Coin& coin : held.coins) {
            const Amount target = held.opening.at(coin.symbol);
            const Amount has = play_.sum(held, coin);
            if (has > scaled(target, 1'150'000) && store) {
                play_.send(now, held, play_.richest(held, coin), coin, store->addresses.front(),
                           has - target);
            } else if (has < scaled(target, 700'000)) {
                const Amount missing = scaled(target, 250'000);
                const Amount stored =
                    store ? play_.book.balance(coin, store->addresses.front()) : Amount{};
                if (stored > scaled(missing, 2'000'000)) {
                    play_.send(now, *store, store->addresses.front(), coin, held.addresses.front(),
                               missing);
                } else {
                    play_.book.pay(now, coin, play_.who(coin.chain, "market-maker"),
                                   held.addresses.front(), missing);
                }
            }
        }
    }
    Held* store_for(const Held& held) {
        for (Held& each : play_.house)
            if ((is_tier(each, "cold") || is_tier(each, "warm")) && each.chain == held.chain)
                return &each;
        return nullptr;
    }

    /// Cold storage gives some of what it holds to a hotter wallet, signed for as shown.
    void top_up(Held& held, UnixMillis now) {
        Held* to = nullptr;
        for (Held& each : play_.house)
            if (&each != &held && each.chain == held.chain &&
                (is_tier(each, "hot") || (is_tier(held, "cold") && is_tier(each, "warm"))))
                to = &each;
        if (!to || held.coins.empty()) return;
        const Coin& coin = held.coins.front();
        const Amount amount = scaled(
            play_.sum(held, coin), static_cast<uint64_t>(play_.traffic.between(0.01, 0.07) * 1e6));
        const Address receiver = to->addresses.front();
        if (held.is_safe()) {
            const bool is_native = coin.token.empty();
            const Bytes data =
                is_native ? Bytes{} : call_data("transfer(address,uint256)", {receiver, amount});
            SigningRequest signing;
            signing.id = format("s{}", ++play_.requests);
            signing.chain = held.chain;
            signing.safe = held.addresses.front();
            signing.shown = safe_json(held.chain, held.addresses.front(), held.facts->code,
                                      is_native ? receiver : coin.token,
                                      is_native ? amount : Amount{}, data, 0, play_.requests);
            signing.service = signing.device = signing.shown;
            signing.time = now;
            play_.tell(now, std::move(signing));
        }
        play_.at(now + 900s, [this, &held, &coin, receiver, amount](UnixMillis then) {
            if (!play_.send(then, held, held.addresses.front(), coin, receiver, amount)) return;
            // Within the day the market brings as much: cold storage is what the facts say it is.
            play_.at(then + 8h, [this, &held, &coin, amount](UnixMillis later) {
                play_.book.pay(later, coin, play_.who(coin.chain, "market-maker"),
                               held.addresses.front(), amount);
            });
        });
    }

    /// What the house owes by its own books, every midnight.
    void plan_books(UnixMillis begin, UnixMillis end) {
        std::map<std::pair<ChainId, Asset>, bool> stated;
        for (const auto& [symbol, quantity] : play_.facts.liabilities)
            for (const Held& held : play_.house) {
                if (!play_.book.can_have(held.facts->chain, symbol)) continue;
                const Coin& coin = play_.book.coin(held.facts->chain, symbol);
                play_.owed[{coin.chain, coin.asset}] = units(coin, quantity);
                stated[{coin.chain, coin.asset}] = true;
            }
        // A sound house holds a little more than it owes.
        for (const Held& held : play_.house)
            for (const Coin& coin : held.coins)
                if (!stated.contains({coin.chain, coin.asset}))
                    play_.owed[{coin.chain, coin.asset}] +=
                        scaled(held.opening.at(coin.symbol), 970'000);
        for (UnixMillis day = begin + 24h; day < end; day += 24h)
            play_.at(day, [this](UnixMillis now) {
                for (const auto& [key, amount] : play_.owed)
                    play_.tell(now,
                               Liabilities{play_.facts.victim, key.first, key.second, amount, now});
            });
    }

    /// In some runs the house moves to a new wallet: announced, or to one that it has registered.
    void plan_migration(Held& held, UnixMillis begin, UnixMillis end) {
        const double kind = play_.traffic.share();
        if (kind > 0.5 || held.addresses.size() > 1) return;
        const bool is_registered = kind < 0.25;
        const UnixMillis time = begin + std::chrono::duration_cast<std::chrono::milliseconds>(
                                            (std::min(end, play_.out.first_step) - begin) *
                                            play_.traffic.between(0.3, 0.8));
        const Address to = play_.who(held.chain, "new-wallet");
        if (is_registered) {
            play_.out.config.wallets.push_back(
                {held.chain, to, held.set, play_.facts.victim, held.facts->tier});
        } else {
            play_.out.config.tickets.push_back({"CHG-1", held.set, time - 1h, time + 6h});
        }
        play_.book.open(held.chain, to);
        play_.at(time, [this, &held, to](UnixMillis now) {
            for (std::size_t i = 0; i < std::min<std::size_t>(held.coins.size(), 5); ++i) {
                const Coin& coin = held.coins[i];
                const Amount amount = scaled(play_.sum(held, coin), 250'000);
                play_.send(now + Seconds{static_cast<int64_t>(90 * i)}, held,
                           play_.richest(held, coin), coin, to, amount);
                // And back when the test has gone well, so that the house stays as its facts say.
                play_.at(now + 5h, [this, &held, &coin, to, amount](UnixMillis then) {
                    play_.book.pay(then, coin, to, held.addresses.front(),
                                   is_utxo(coin.chain) ? scaled(amount, 999'900) : amount);
                });
            }
        });
    }

    Play& play_;
    uint64_t fresh_ = 0;
};

}  // namespace

void plan_exchange(Play& play, UnixMillis begin, UnixMillis end) {
    auto exchange = std::make_shared<Exchange>(play);
    exchange->plan(begin, end);
    play.at(UnixMillis::max(), [exchange](UnixMillis) {});
}

void plan_people(Play& play, UnixMillis begin, UnixMillis end) {
    double weight = 0;
    for (const Held& held : play.house) weight += static_cast<double>(held.addresses.size());
    for (Held& held : play.house) {
        const double a_day =
            play.facts.txns_a_day * static_cast<double>(held.addresses.size()) / weight;
        plan_arrivals(play, begin, end, a_day, [&play, &held](UnixMillis now) {
            const Coin& coin = held.coins[play.traffic.below(held.coins.size())];
            const Address user = held.addresses[play.traffic.below(held.addresses.size())];
            const Address other =
                play.who(coin.chain, format("person {}", play.traffic.below(kCustomers)));
            const Amount has = play.book.balance(coin, user);
            Amount amount =
                of_usd(coin, play.traffic.log_normal(150, 1.6), play.price(coin.symbol));
            if (play.traffic.chance(0.5)) {
                play.book.pay(now, coin, other, user, amount);
                return;
            }
            // Now and then somebody moves everything: to an exchange, or to a new phone.
            if (play.traffic.chance(0.04)) amount = scaled(has, 998'000);
            play.book.pay(now, coin, user, other, std::min(amount, scaled(has, 998'000)));
        });
    }
}

void plan_traffic(Play& play, UnixMillis begin, UnixMillis end) {
    switch (play.facts.kind) {
        case Kind::kExchange: plan_exchange(play, begin, end); break;
        case Kind::kBridge: {
            plan_bridge(play, begin, end);
            if (std::any_of(play.house.begin(), play.house.end(),
                            [](const Held& held) { return !held.set.empty(); }))
                plan_exchange(play, begin, end);
            break;
        }
        case Kind::kProtocol:
        case Kind::kTrader:
        case Kind::kToken: plan_contracts(play, begin, end); break;
        case Kind::kWalletApp: plan_people(play, begin, end); break;
    }
}

}  // namespace cordon::heists
