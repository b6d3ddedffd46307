// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "../policy.hpp"
#include "book.hpp"
#include "value.hpp"

namespace cordon::guard {

/// One request and whom to ask about it. Lifetime: of all, longer than this.
struct Asked {
    const WithdrawalRequest& request;
    RiskSource& risk;
    const Spending& spending;
    UnixMillis now;
    const Books& books;
    std::span<const Limit> limits;
    std::chrono::minutes utc_offset;
};

/// What is known about one request while it is judged: every question to the world is asked once,
/// and only when a rule needs the answer. Confined to one thread.
class Facts : public Asked {
public:
    Facts(const Asked& asked, std::size_t slots) : Asked{asked}, slots_(slots) {}

    template <typename T>
    using Answer = std::optional<Result<T>>;

    const Result<std::optional<WalletAddress>>& from_wallet() {
        return ask(from_wallet_, [&]() -> Result<std::optional<WalletAddress>> {
            if (request.from.empty())
                return fail(ErrorCode::kNotFound, "the request names no wallet");
            return risk.wallet(request.chain, request.from);
        });
    }
    const Result<std::optional<WalletAddress>>& to_wallet() {
        return ask(to_wallet_, [&] { return risk.wallet(request.chain, request.to); });
    }
    const Result<std::vector<Label>>& labels() {
        return ask(labels_, [&] { return risk.labels(request.chain, request.to); });
    }
    const Result<std::optional<AssetInfo>>& asset() {
        return ask(asset_, [&] { return risk.asset(request.chain, request.asset); });
    }
    const Result<std::optional<Cents>>& usd() {
        return ask(usd_,
                   [&] { return risk.usd(request.chain, request.asset, request.amount, now); });
    }
    const Result<std::optional<Amount>>& balance() {
        return ask(balance_, [&]() -> Result<std::optional<Amount>> {
            if (request.from.empty())
                return fail(ErrorCode::kNotFound, "the request names no wallet");
            return risk.balance(request.chain, request.from, request.asset);
        });
    }
    const Result<Dealings>& dealings() {
        return ask(dealings_, [&]() -> Result<Dealings> {
            if (request.from.empty())
                return fail(ErrorCode::kNotFound, "the request names no wallet");
            return risk.dealings(request.chain, request.from, request.to, request.asset);
        });
    }
    const Result<screen::Screening>& screening() {
        return ask(screening_, [&] { return risk.screen(request.chain, request.to, now); });
    }
    const Result<std::vector<Alert>>& alerts() {
        return ask(alerts_, [&] { return risk.alerts(request, now); });
    }
    /// kNotFound when there is no payload.
    const Result<explain::Explanation>& explanation() {
        return ask(explanation_, [&]() -> Result<explain::Explanation> {
            if (request.payload.data.empty())
                return fail(ErrorCode::kNotFound, "there is no payload yet");
            return risk.explain(request);
        });
    }
    const Result<std::optional<std::chrono::milliseconds>>& lag() {
        return ask(lag_, [&] { return risk.lag(request.chain, now); });
    }
    /// The entry or payee that a person could take the destination for. Nothing: none. An Error:
    /// the payees are not known, and no entry of a book is alike.
    const Result<std::optional<LookAlike>>& look_alike();

    /// Under which key a limit adds up; kNotFound says what is missing.
    Result<std::string> key_of(const Limit& limit);
    /// Of this asset, with its symbol where it is known and not counterfeit.
    std::string amount_text(const Amount& amount);

    /// Keeps a text as long as this.
    std::string_view keep(std::string text) { return texts_.emplace_back(std::move(text)); }
    std::span<const std::string> keep(std::vector<std::string> texts) {
        return lists_.emplace_back(std::move(texts));
    }
    /// The value of a slot of the program, found once.
    const Value& slot(std::size_t index, Value (*get)(Facts&, uint32_t), uint32_t argument) {
        std::optional<Value>& slot = slots_[index];
        if (!slot) slot.emplace(get(*this, argument));
        return *slot;
    }

private:
    template <typename T, typename Ask>
    const Result<T>& ask(Answer<T>& answer, const Ask& question) {
        if (!answer) answer.emplace(question());
        return *answer;
    }

    Answer<std::optional<WalletAddress>> from_wallet_, to_wallet_;
    Answer<std::vector<Label>> labels_;
    Answer<std::optional<AssetInfo>> asset_;
    Answer<std::optional<Cents>> usd_;
    Answer<std::optional<Amount>> balance_;
    Answer<Dealings> dealings_;
    Answer<screen::Screening> screening_;
    Answer<std::vector<Alert>> alerts_;
    Answer<explain::Explanation> explanation_;
    Answer<std::optional<std::chrono::milliseconds>> lag_;
    Answer<std::optional<LookAlike>> look_alike_;
    std::deque<std::string> texts_;
    std::deque<std::vector<std::string>> lists_;
    std::vector<std::optional<Value>> slots_;
};

}  // namespace cordon::guard
