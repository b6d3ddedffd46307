// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "told_world.hpp"

#include <algorithm>
#include <array>

#include <cordon/base/format.hpp>

#include "../payload.hpp"

namespace cordon::guard {
namespace {

/// As many as a person could have confused the destination with (ExplainHistory answers likewise).
constexpr std::size_t kMostPayees = 1'000;

constexpr std::array<std::string_view, 10> kQuestions{"alerts",    "assets", "balances", "explain",
                                                      "feed",      "labels", "payments", "prices",
                                                      "screening", "wallets"};

/// The told payments as the history of whoever signs.
class ToldHistory final : public explain::History {
public:
    explicit ToldHistory(const ToldWorld& world) : world_{world} {}

    Dealings dealings(ChainId chain, const Address& from, const Address& to) const override {
        Dealings all;
        for (const auto& p : world_.payments) {
            if (p.chain != chain || p.from != from || p.to != to) continue;
            all.count += p.count;
            if (!p.time) continue;
            all.first = all.first ? std::min(*all.first, *p.time) : *p.time;
            all.last = all.last ? std::max(*all.last, *p.time) : *p.time;
        }
        return all;
    }
    std::vector<Address> payees(ChainId chain, const Address& from,
                                std::size_t most) const override {
        std::map<Address, uint64_t> counts;
        for (const auto& p : world_.payments)
            if (p.chain == chain && p.from == from) counts[p.to] += p.count;
        std::vector<std::pair<uint64_t, Address>> order;
        for (const auto& [to, count] : counts) order.emplace_back(count, to);
        std::sort(order.begin(), order.end(), [](const auto& a, const auto& b) {
            return a.first != b.first ? a.first > b.first : a.second < b.second;
        });
        std::vector<Address> out;
        for (std::size_t i = 0; i < order.size() && i < most; ++i) out.push_back(order[i].second);
        return out;
    }
    std::optional<Amount> largest(ChainId chain, const Address& from,
                                  const Asset& asset) const override {
        std::optional<Amount> most;
        for (const auto& p : world_.payments)
            if (p.chain == chain && p.from == from && p.asset == asset)
                most = most ? std::max(*most, p.amount) : p.amount;
        return most;
    }
    std::optional<Amount> balance(ChainId chain, const Address& of,
                                  const Asset& asset) const override {
        for (const auto& row : world_.balances)
            if (row.chain == chain && row.of == of && row.asset == asset) return row.amount;
        return std::nullopt;
    }
    std::vector<UtxoTxn> txns(ChainId, const Address&, std::size_t) const override { return {}; }

private:
    const ToldWorld& world_;
};

}  // namespace

std::span<const std::string_view> ToldWorld::questions() noexcept { return kQuestions; }

Status ToldWorld::ask(std::string_view question) const {
    if (!unknown.contains(question)) return {};
    return fail(ErrorCode::kUnavailable, format("nobody answers about {}", question));
}

Result<std::optional<WalletAddress>> ToldWorld::wallet(ChainId chain, const Address& address) {
    CORDON_TRY(ask("wallets"));
    for (const WalletAddress& one : wallets)
        if (one.chain == chain && one.address == address) return one;
    return std::nullopt;
}

Result<std::vector<Label>> ToldWorld::labels(ChainId chain, const Address& address) {
    CORDON_TRY(ask("labels"));
    std::vector<Label> found;
    for (const Label& one : all_labels)
        if (one.address == address && (!one.chain || *one.chain == chain)) found.push_back(one);
    return found;
}

Result<std::optional<AssetInfo>> ToldWorld::asset(ChainId chain, const Asset& asset) {
    CORDON_TRY(ask("assets"));
    for (const AssetInfo& one : assets)
        if (one.chain == chain && one.asset == asset) return one;
    return std::nullopt;
}

Result<std::optional<Cents>> ToldWorld::usd(ChainId chain, const Asset& asset, const Amount& amount,
                                            UnixMillis) {
    CORDON_TRY(ask("prices"));
    CORDON_TRY(const auto info, this->asset(chain, asset));
    if (!asset.is_native() && !info) return std::nullopt;
    for (const Price& price : prices)
        if (price.chain == chain && price.asset == asset)
            return usd_of(amount, info ? info->decimals : native_decimals(chain), price.usd);
    return std::nullopt;
}

Result<std::optional<Amount>> ToldWorld::balance(ChainId chain, const Address& address,
                                                 const Asset& asset) {
    CORDON_TRY(ask("balances"));
    return ToldHistory{*this}.balance(chain, address, asset);
}

Result<Dealings> ToldWorld::dealings(ChainId chain, const Address& from, const Address& to,
                                     const Asset& asset) {
    CORDON_TRY(ask("payments"));
    const ToldHistory history{*this};
    const auto before = history.dealings(chain, from, to);
    Dealings out{before.count,
                 before.first,
                 before.last,
                 before.first,
                 history.largest(chain, from, asset),
                 history.payees(chain, from, kMostPayees)};
    for (const Seen& one : seen)
        if (one.chain == chain && one.address == to)
            out.destination_seen =
                out.destination_seen ? std::min(*out.destination_seen, one.time) : one.time;
    return out;
}

Result<screen::Screening> ToldWorld::screen(ChainId chain, const Address& address, UnixMillis now) {
    CORDON_TRY(ask("screening"));
    if (const auto found = screenings.find({chain, address}); found != screenings.end())
        return found->second;
    screen::Screening clear;
    clear.chain = chain;
    clear.subject = address;
    clear.outcome = screen::Outcome::kClear;
    clear.reasons = {"on no list"};
    clear.lists = {{"told", "", now, 0, false}};
    return clear;
}

Result<std::vector<Alert>> ToldWorld::alerts(const WithdrawalRequest&, UnixMillis) {
    CORDON_TRY(ask("alerts"));
    return all_alerts;
}

Result<explain::Explanation> ToldWorld::explain(const WithdrawalRequest& request) {
    CORDON_TRY(ask("explain"));
    if (explanation) return *explanation;
    const ToldHistory history{*this};
    explain::Context context;
    context.history = &history;
    for (const AssetInfo& one : assets)
        if (one.status != AssetStatus::kCounterfeit)
            context.tokens.push_back({one.chain, one.asset, one.symbol, one.decimals});
    return explain_request(request, std::move(context));
}

Result<std::optional<std::chrono::milliseconds>> ToldWorld::lag(ChainId, UnixMillis) {
    CORDON_TRY(ask("feed"));
    return feed_lag;
}

Result<Spent> ToldSpending::spent(const Limit& limit, std::string_view, UnixMillis) const {
    if (unknown) return fail(ErrorCode::kUnavailable, "nobody answers about what was spent");
    const auto found = by_limit.find(limit.id);
    return found == by_limit.end() ? Spent{} : found->second;
}

}  // namespace cordon::guard
