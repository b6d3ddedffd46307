// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "spending.hpp"

#include <algorithm>

#include <cordon/base/format.hpp>

namespace cordon::guard {
namespace {

bool is_counted(const Spend& spend, const std::optional<ChainId>& chain,
                const std::optional<Asset>& asset) noexcept {
    return (!chain || *chain == spend.chain) && (!asset || *asset == spend.asset);
}

/// False: the sum does not fit.
bool plus(Spent& sum, const Spent& more) noexcept {
    const std::optional<Amount> amount = checked_add(sum.amount, more.amount);
    if (!amount || __builtin_add_overflow(sum.usd, more.usd, &sum.usd)) return false;
    sum.amount = *amount;
    sum.count += more.count;
    return true;
}

Spent one(const Spend& spend) noexcept { return {spend.usd, spend.amount, 1}; }

tl::unexpected<Error> too_large(std::string_view key) {
    return fail(ErrorCode::kOverflow,
                format("what was let through under \"{}\" does not fit a sum any more", key));
}

}  // namespace

void SpendBook::add(const std::vector<Count>& counts, const Spend& spend) {
    for (const Count& count : counts) {
        Account& account = accounts_[{count.scope, count.key}];
        account.recent.push_back(spend);
        if (!plus(account.ever[{spend.chain, spend.asset}], one(spend))) account.overflow = true;
    }
}

Result<Spent> SpendBook::spent(const Limit& limit, std::string_view key, UnixMillis now) const {
    const auto found = accounts_.find(std::pair{limit.scope, std::string{key}});
    if (found == accounts_.end()) return Spent{};
    const Account& account = found->second;
    if (account.overflow) return too_large(key);
    Spent sum;
    if (limit.lifetime) {
        for (const auto& [what, ever] : account.ever)
            if ((!limit.chain || *limit.chain == what.first) &&
                (!limit.asset || *limit.asset == what.second))
                if (!plus(sum, ever)) return too_large(key);
        return sum;
    }
    if (!limit.window) return sum;
    auto window = std::find_if(account.windows.begin(), account.windows.end(), [&](const auto& w) {
        return w.length == *limit.window && w.chain == limit.chain && w.asset == limit.asset;
    });
    if (window == account.windows.end())
        window = account.windows.insert(window, {*limit.window, limit.chain, limit.asset,
                                                 account.first, account.first, Spent{}});
    const uint64_t end = account.first + account.recent.size();
    for (; window->end < end; ++window->end) {
        const Spend& spend = account.recent[window->end - account.first];
        if (is_counted(spend, limit.chain, limit.asset) && !plus(window->sum, one(spend)))
            return too_large(key);
    }
    for (; window->begin < end; ++window->begin) {
        const Spend& spend = account.recent[window->begin - account.first];
        if (spend.time > now - *limit.window) break;
        if (!is_counted(spend, limit.chain, limit.asset)) continue;
        window->sum.usd -= spend.usd;
        window->sum.amount -= spend.amount;
        --window->sum.count;
    }
    return window->sum;
}

void SpendBook::forget(UnixMillis before) {
    for (auto& [key, account] : accounts_) {
        uint64_t gone = 0;
        while (gone < account.recent.size() && account.recent[gone].time <= before) ++gone;
        if (gone == 0) continue;
        account.recent.erase(account.recent.begin(),
                             account.recent.begin() + static_cast<std::ptrdiff_t>(gone));
        account.first += gone;
        // Those that reach further back than what is left are made anew when they are asked for.
        std::erase_if(account.windows,
                      [&](const auto& window) { return window.begin < account.first; });
    }
}

}  // namespace cordon::guard
