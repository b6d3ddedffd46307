// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>

#include <cordon/base/format.hpp>
#include <cordon/base/hex.hpp>
#include <cordon/chain/text.hpp>

#include "attack.hpp"

namespace cordon::heists {
namespace {

using namespace std::chrono_literals;

/// Weights of `count` pieces of one whole, in parts per million; no piece is less than a third of
/// the even one.
std::vector<uint64_t> pieces(Random& random, uint32_t count) {
    std::vector<double> weights;
    double sum = 0;
    for (uint32_t i = 0; i < count; ++i) {
        weights.push_back(random.between(1.0 / 3, 5.0 / 3));
        sum += weights.back();
    }
    constexpr uint64_t kWhole = 1'000'000;
    std::vector<uint64_t> out;
    uint64_t given = 0;
    for (const double weight : weights) {
        out.push_back(static_cast<uint64_t>(weight / sum * 1e6));
        given += out.back();
    }
    out.back() += kWhole - given;  // The last takes what rounding left.
    return out;
}

}  // namespace

Attack::Attack(Play& play) : play_{play} {
    const bool jittered = play.seed != 0;
    for (const Step& step : play.facts.steps)
        if (step.theft) {
            origin_ = step.at;
            break;
        }
    if (!jittered) return;
    shift_ = Seconds{
        static_cast<int64_t>(play.jitter.between(-kMostShiftHours, kMostShiftHours) * 3'600)};
    stretch_ = std::exp(play.jitter.between(-std::log(kMostStretch), std::log(kMostStretch)));
}

UnixMillis Attack::when(UnixMillis at) const {
    const double away = static_cast<double>((at - origin_).count()) * stretch_;
    return origin_ + shift_ + std::chrono::milliseconds{static_cast<int64_t>(away)};
}

Amount Attack::amount_of(const Coin& coin, const std::string& quantity) {
    const Amount whole = units(coin, quantity);
    if (play_.seed == 0) return whole;
    return scaled(whole, static_cast<uint64_t>(play_.jitter.between(kLeastAmount, 1.0) * 1e6));
}

void Attack::mark(const Step& step, UnixMillis time) {
    if (step.fact.empty()) return;
    play_.out.marks.push_back({time, step.verb, step.theft,
                               step.verb != Verb::kNote || step.is_public, step.sure, step.fact});
}

Address Attack::by(const Step& step, ChainId chain) {
    return play_.who(chain, step.by.empty() ? step.to : step.by);
}

Address Attack::receiver(const Step& step, ChainId chain, uint32_t piece) {
    if (!step.receiver.empty())
        if (auto fixed = chain::parse_address(chain, step.receiver)) return *fixed;
    if (step.many) return play_.who(chain, format("{} {}", step.to, fresh_++));
    if (step.receivers > 1)
        return play_.who(chain, format("{} {}", step.to, piece % step.receivers));
    return play_.who(chain, step.to);
}

/// What a wallet pays, however it comes to pay it.
bool Attack::pay_out(const Step& step, UnixMillis time, Held& held, const Coin& coin,
                     const Address& from, const Address& to, const Amount& amount) {
    Book& book = play_.book;
    if (amount.is_zero()) return false;
    const Address who = by(step, coin.chain);
    if (step.verb == Verb::kUnlock) return unlock(step, time, held, coin, to, amount);
    const auto code = new_code_.find(from);
    if (code != new_code_.end()) {
        // The thief calls the replaced code: sweepETH(address) and sweepERC20(address,address) of
        // Bybit's.
        const Bytes input = coin.token.empty()
                                ? call_data("sweepETH(address)", {to})
                                : call_data("sweepERC20(address,address)", {coin.token, to});
        Draft draft{book, coin.chain, time, who, from, input};
        draft.pay(draft.call(Draft::kTop, CallKind::kDelegateCall, code->second, input), coin, to,
                  amount);
        return draft.done(true);
    }
    if (held.facts->code != Code::kEoa && !step.by.empty()) {
        Draft draft{book,
                    coin.chain,
                    time,
                    who,
                    from,
                    call_data("withdraw(address,address,uint256)",
                              {coin.token.empty() ? to : coin.token, to, amount})};
        draft.pay(Draft::kTop, coin, to, amount);
        return draft.done(true);
    }
    return play_.send(time, held, from, coin, to, amount, true);
}

/// A bridge pays, as if the other side had asked for it.
bool Attack::unlock(const Step& step, UnixMillis time, Held& held, const Coin& coin,
                    const Address& to, const Amount& amount) {
    const Address who = step.many ? to : by(step, coin.chain);
    return bridge_pays(play_, time, held, coin, to, amount, who,
                       step.unproven.empty() ? Address{} : play_.who(coin.chain, step.unproven),
                       true);
}

void Attack::take(const Step& step, UnixMillis time) {
    Held* held = play_.held(step.wallet);
    struct Piece {
        Coin coin;
        Amount amount;
    };
    std::vector<Piece> parts;
    if (step.asset == "tail") {
        for (const Coin& coin : held->coins)
            if (coin.symbol.starts_with('T') && coin.symbol.size() == 4 &&
                coin.symbol.find_first_not_of("0123456789", 1) == std::string::npos)
                parts.push_back({coin, Amount::max()});
    } else {
        const Coin& coin = play_.book.coin(held->facts->chain, step.asset);
        const Amount whole = amount_of(coin, step.amount);
        for (const uint64_t share : pieces(play_.jitter, step.txns))
            parts.push_back({coin, scaled(whole, share)});
    }
    for (std::size_t i = 0; i < parts.size(); ++i) {
        const double share =
            parts.size() < 2 ? 0 : static_cast<double>(i) / static_cast<double>(parts.size() - 1);
        const auto later = std::chrono::milliseconds{
            static_cast<int64_t>(share * static_cast<double>(step.over) * 1'000 * stretch_)};
        const auto piece = static_cast<uint32_t>(i);
        play_.at(time + later, [this, &step, part = parts[i], held, piece](UnixMillis now) {
            const bool is_drain = step.verb == Verb::kDrain;
            const Address from = play_.richest(*held, part.coin);
            const Amount has = play_.book.balance(part.coin, from);
            Amount amount = std::min(is_drain ? has : part.amount, has);
            // A UTXO wallet keeps the fee; so does whoever is emptied in native coins.
            if (is_utxo(part.coin.chain) && amount == has) amount = scaled(amount, 999'900);
            if (is_drain && part.coin.token.empty()) amount = scaled(amount, 999'000);
            const std::size_t first = play_.book.made().size();
            const Address to = receiver(step, part.coin.chain, piece);
            if (!pay_out(step, now, *held, part.coin, from, to, amount)) return;
            play_.stolen(first, part.coin, amount);
            if (new_code_.contains(from)) return;
            WithdrawalRequest asked;
            asked.chain = part.coin.chain;
            asked.asset = part.coin.asset;
            asked.from = from;
            asked.to = to;
            asked.amount = amount;
            attempt(now, std::move(asked), play_.cents(part.coin, amount));
        });
    }
}

void Attack::attempt(UnixMillis time, WithdrawalRequest request, Cents usd, std::string what) {
    request.id = format("{}-{}", play_.facts.name, play_.out.attempts.size() + 1);
    request.time = time;
    const bool hands_over = !request.payload.type.empty();
    play_.out.attempts.push_back({std::move(request), usd, hands_over, std::move(what)});
}

void Attack::fund(const Step& step, UnixMillis time) {
    const Coin& coin = play_.book.coin(step.chain, step.asset);
    const Amount whole = amount_of(coin, step.amount);
    uint32_t piece = 0;
    for (const uint64_t share : pieces(play_.jitter, step.txns)) {
        const Seconds later{step.txns < 2 ? 0 : step.over * piece / (step.txns - 1)};
        play_.at(time + later, [this, &step, &coin, amount = scaled(whole, share),
                                piece](UnixMillis now) {
            const Address from = play_.who(coin.chain, step.from);
            const Address to = receiver(step, coin.chain, piece);
            const bool is_mixer = step.from.starts_with("tornado");
            if (!is_mixer) {
                play_.book.pay(now, coin, from, to, amount, true);
                return;
            }
            // A relayer brings the proof, the pool pays (Tornado Cash: withdraw).
            Draft draft{play_.book,
                        coin.chain,
                        now,
                        play_.who(coin.chain, "relayer"),
                        from,
                        call_data("withdraw(bytes,bytes32,bytes32,address,address,uint256,uint256)",
                                  {Bytes(256, 1), Amount{1U}, Amount{2U}, to,
                                   play_.who(coin.chain, "relayer"), Amount{}, Amount{}})};
            draft.pay(Draft::kTop, coin, to, amount);
            draft.log(from,
                      {topic("Withdrawal(address,bytes32,address,uint256)"),
                       word(play_.who(coin.chain, "relayer"))},
                      words({word(to), play_.book.fresh_hash("nullifier"), word(Amount{})}));
            draft.done(true);
        });
        ++piece;
    }
}

void Attack::swap(const Step& step, UnixMillis time) {
    const Coin& give = play_.book.coin(step.chain, step.asset);
    const Coin& get = play_.book.coin(step.chain, step.for_asset);
    const Amount whole = amount_of(give, step.amount);
    uint32_t piece = 0;
    for (const uint64_t share : pieces(play_.jitter, step.txns)) {
        const Seconds later{step.txns < 2 ? 0 : step.over * piece++ / (step.txns - 1)};
        play_.at(time + later,
                 [this, &step, &give, &get, part = scaled(whole, share)](UnixMillis now) {
                     const Address who = by(step, give.chain);
                     const Amount amount = play_.book.is_kept(give.chain, who)
                                               ? std::min(part, play_.book.balance(give, who))
                                               : part;
                     trade(play_, now, who, who, give, get, amount, true);
                 });
    }
}

void Attack::spread(const Step& step, UnixMillis time) {
    const Coin& coin = play_.book.coin(step.chain, step.asset);
    const Amount whole = amount_of(coin, step.amount);
    uint32_t piece = 0;
    for (const uint64_t share : pieces(play_.jitter, step.receivers)) {
        const Seconds later{step.receivers < 2 ? 0 : step.over * piece / (step.receivers - 1)};
        play_.at(time + later, [this, &step, &coin, part = scaled(whole, share),
                                piece](UnixMillis now) {
            const Address who = by(step, coin.chain);
            play_.book.pay(now, coin, who,
                           play_.who(coin.chain, format("{} part {}", step.by, piece)), part, true);
        });
        ++piece;
    }
}

void Attack::plan(const Step& step) {
    const UnixMillis time = when(step.at);
    mark(step, time);
    Scenario& out = play_.out;
    const UnixMillis last =
        time + Seconds{static_cast<int64_t>(static_cast<double>(step.over) * stretch_)};
    out.end = std::max(out.end, last);
    switch (step.verb) {
        case Verb::kNote: return;
        case Verb::kPrice:
            play_.at(time, [this, &step](UnixMillis now) {
                play_.prices[step.asset] = step.usd;
                for (const Held& held : play_.house) {
                    if (!play_.book.can_have(held.facts->chain, step.asset)) continue;
                    const Coin& coin = play_.book.coin(held.facts->chain, step.asset);
                    play_.tell(now, Price{coin.chain, coin.asset, now, step.usd});
                }
            });
            return;
        case Verb::kTake:
        case Verb::kUnlock:
        case Verb::kDrain: take(step, time); break;
        case Verb::kFund: fund(step, time); break;
        case Verb::kSwap: swap(step, time); break;
        case Verb::kSpread: spread(step, time); break;
        default: play_.at(time, [this, &step](UnixMillis now) { act(step, now); });
    }
    if (!has_begun_) out.first_step = time;
    has_begun_ = true;
}

Status plan_attack(Play& play) {
    // Lives as long as the agenda: its actions refer to it.
    auto attack = std::make_shared<Attack>(play);
    for (const Step& step : play.facts.steps) attack->plan(step);
    play.at(UnixMillis::max(), [attack](UnixMillis) {});
    return {};
}

}  // namespace cordon::heists
