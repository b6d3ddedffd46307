// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <map>
#include <set>

#include "mixer_clues.hpp"

namespace cordon::patterns {
namespace {

constexpr std::size_t kPage = 64;

/// Whom an address dealt with outside the pools.
struct Dealings {
    std::map<Address, uint32_t> times;
    std::optional<Address> funder;  ///< Who paid its first coins.
};

class Outside {
public:
    Outside(ChainId chain, const ledger::Reader& ledger, const trace::Context& context,
            const std::vector<MixerBook>& books, const MixerParams& params)
        : chain_{chain}, ledger_{ledger}, context_{context}, params_{params} {
        for (const MixerBook& book : books) pools_.insert(book.pool->address);
    }

    /// Nothing for an address with too many transfers.
    Result<std::optional<Dealings>> of(const Address& address) {
        Dealings found;
        const auto cursor = ledger_.transfers_of(chain_, address, {});
        std::array<ledger::PlacedTransfer, kPage> page;
        bool first_coins = true;
        for (std::size_t total = 0;;) {
            CORDON_TRY(const std::size_t got, cursor->next(page));
            if (got == 0) return found;
            total += got;
            if (total > params_.max_degree) return std::nullopt;
            for (std::size_t i = 0; i < got; ++i) {
                const Transfer& row = page[i].transfer;
                if (row.kind == TransferKind::kFee || row.amount.is_zero()) continue;
                const bool receives = row.to == address;
                const Address& other = receives ? row.from : row.to;
                const bool personal = is_personal(other);
                if (personal) ++found.times[other];
                if (receives && row.asset.is_native() && first_coins) {
                    first_coins = false;
                    if (personal) found.funder = other;
                }
            }
        }
    }

    Result<std::optional<Address>> funder_of(const Address& address) {
        ledger::TransferQuery query;
        query.side = ledger::Side::kReceiver;
        query.asset = Asset{};
        const auto cursor = ledger_.transfers_of(chain_, address, query);
        std::array<ledger::PlacedTransfer, 1> page;
        CORDON_TRY(const std::size_t got, cursor->next(page));
        if (got == 0 || !is_personal(page[0].transfer.from)) return std::nullopt;
        return page[0].transfer.from;
    }

private:
    /// No pool, no service, no mint: somebody.
    bool is_personal(const Address& address) const {
        if (address.is_zero() || pools_.contains(address)) return false;
        const auto label = context_.label(chain_, address);
        if (!label) return true;
        const auto stops = trace::default_stop_categories();
        return std::find(stops.begin(), stops.end(), label->category) == stops.end();
    }

    ChainId chain_;
    const ledger::Reader& ledger_;
    const trace::Context& context_;
    const MixerParams& params_;
    std::set<Address> pools_;
};

/// How many pairs a clue made that can be, and how many that cannot.
struct Pairs {
    uint64_t possible = 0, impossible = 0;
};

class PoolHints {
public:
    PoolHints(MixerBook& book, Outside& outside, const MixerParams& params)
        : book_{book}, outside_{outside}, params_{params} {}

    Status run() {
        CORDON_TRY(read_funders());
        std::map<Address, std::vector<uint32_t>> recipients;
        for (uint32_t w = 0; w < book_.pool->withdrawals.size(); ++w)
            if (!book_.takes[w]) recipients[book_.pool->withdrawals[w].actor].push_back(w);
        for (const auto& [recipient, withdrawals] : recipients) {
            CORDON_TRY(const auto dealings, outside_.of(recipient));
            if (dealings) hint(recipient, *dealings, withdrawals);
        }
        tally();
        return {};
    }

private:
    Status read_funders() {
        std::set<Address> depositors;  // In an order that is not the hash table's.
        for (const MixerEvent& event : book_.pool->deposits) {
            if (!depositors.insert(event.actor).second) continue;
            first_deposits_.push_back(event.time);
            CORDON_TRY(const auto funder, outside_.funder_of(event.actor));
            if (funder) funded_by_[*funder].push_back(event.actor);
        }
        return {};
    }

    void hint(const Address& recipient, const Dealings& dealings,
              const std::vector<uint32_t>& withdrawals) {
        const UnixMillis last = book_.pool->withdrawals[withdrawals.back()].time;
        const auto earlier =
            std::lower_bound(first_deposits_.begin(), first_deposits_.end(), last) -
            first_deposits_.begin();
        can_be_ += static_cast<double>(earlier);
        cannot_be_ += static_cast<double>(first_deposits_.size()) - static_cast<double>(earlier);

        std::array<std::vector<std::pair<Address, uint8_t>>, kMixerClues> found;
        const auto add = [&](MixerClue clue, const Address& depositor, uint8_t rank) {
            const auto own = book_.deposits_of.find(depositor);
            if (own == book_.deposits_of.end() || depositor == recipient) return;
            const bool possible = book_.pool->deposits[own->second.front()].time < last;
            Pairs& pairs = pairs_[static_cast<std::size_t>(clue)][rank];
            ++(possible ? pairs.possible : pairs.impossible);
            if (possible) found[static_cast<std::size_t>(clue)].emplace_back(depositor, rank);
        };
        for (const auto& [other, times] : dealings.times)
            add(MixerClue::kTransfers, other, count_class(times));
        if (dealings.funder) {
            add(MixerClue::kFundsGas, *dealings.funder, 0);
            const auto funded = funded_by_.find(*dealings.funder);
            if (funded != funded_by_.end() && funded->second.size() <= params_.max_funded)
                for (const Address& depositor : funded->second)
                    add(MixerClue::kSharedFunder, depositor, 0);
        }
        for (std::size_t clue = 0; clue < kMixerClues; ++clue)
            for (const auto& [depositor, rank] : found[clue])
                for (const uint32_t w : withdrawals)
                    book_.hints.push_back({w, std::nullopt, depositor, static_cast<MixerClue>(clue),
                                           rank,
                                           static_cast<uint8_t>(std::min<std::size_t>(
                                               found[clue].size(), UINT8_MAX))});
    }

    /// Pairs that cannot be are there by chance; as many a possible pair are so among the others.
    void tally() {
        for (std::size_t clue = 0; clue < kMixerClues; ++clue)
            for (std::size_t rank = 0; rank < kMixerClasses; ++rank) {
                const Pairs& pairs = pairs_[clue][rank];
                if (pairs.possible == 0 || cannot_be_ == 0) continue;
                const double chance = static_cast<double>(pairs.impossible) * can_be_ / cannot_be_;
                MixerTally& tally = book_.tallies[clue][rank];
                tally.tested = pairs.possible;
                tally.right = std::max(0.0, static_cast<double>(pairs.possible) - chance);
            }
    }

    MixerBook& book_;
    Outside& outside_;
    const MixerParams& params_;
    std::map<Address, std::vector<Address>> funded_by_;
    std::vector<UnixMillis> first_deposits_;  // Of each depositor; rising.
    double can_be_ = 0, cannot_be_ = 0;       // Pairs of recipient and depositor.
    std::array<std::array<Pairs, kMixerClasses>, kMixerClues> pairs_{};
};

}  // namespace

Status hint_by_transfers(ChainId chain, const ledger::Reader& ledger, const trace::Context& context,
                         std::vector<MixerBook>& books, const MixerParams& params) {
    Outside outside{chain, ledger, context, books, params};
    for (MixerBook& book : books) {
        PoolHints hints{book, outside, params};
        CORDON_TRY(hints.run());
    }
    return {};
}

}  // namespace cordon::patterns
