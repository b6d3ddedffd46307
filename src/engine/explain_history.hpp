// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <unordered_map>

#include <cordon/explain/context.hpp>
#include <cordon/ledger/ledger.hpp>
#include <cordon/records/store.hpp>

#include "explain_context.hpp"

namespace cordon::engine {

/// What an address paid before: from the rows of a context file and from a ledger. The payments of
/// an address are read once, at the first question about it: one step each, at most kMaxPayments.
/// Confined to one thread.
class ExplainHistory final : public explain::History {
public:
    /// A wallet with more history than this is judged by its latest payments.
    static constexpr std::size_t kMaxPayments = 2'000'000;

    /// Lifetime: `world` must outlive it. Ledger and records may be absent.
    ExplainHistory(const ExplainWorld& world, std::shared_ptr<const ledger::Reader> reader,
                   const records::Store* store)
        : world_{world}, reader_{std::move(reader)}, store_{store} {}

    Dealings dealings(ChainId chain, const Address& from, const Address& to) const override;
    std::vector<Address> payees(ChainId chain, const Address& from,
                                std::size_t most) const override;
    std::optional<Amount> largest(ChainId chain, const Address& from,
                                  const Asset& asset) const override;
    std::optional<Amount> balance(ChainId chain, const Address& of,
                                  const Asset& asset) const override;
    std::vector<UtxoTxn> txns(ChainId chain, const Address& from, std::size_t most) const override;
    std::string name(ChainId chain, const Address& address) const override;

    const std::optional<Error>& error() const noexcept { return error_; }

private:
    struct Profile {
        std::unordered_map<Address, Dealings> payees;  // Looked up; put in order by payees().
        std::map<Asset, Amount> largest;
        void add(const Address& to, const Asset& asset, const Amount& amount,
                 std::optional<UnixMillis> time);
    };
    const Profile& profile(ChainId chain, const Address& from) const;
    Status read_ledger(ChainId chain, const Address& from, Profile& out) const;
    bool has_chain(ChainId chain) const;
    template <typename T>
    std::optional<T> keep(Result<T> found) const;

    const ExplainWorld& world_;
    std::shared_ptr<const ledger::Reader> reader_;  // Owner: this and the world.
    const records::Store* store_;
    mutable std::map<std::pair<ChainId, Address>, Profile> profiles_;
    mutable std::optional<Error> error_;
};

}  // namespace cordon::engine
