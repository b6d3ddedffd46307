// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "find.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <tuple>

#include <cordon/base/format.hpp>
#include <cordon/chain/text.hpp>

#include "address_poisoning.hpp"
#include "address_rows.hpp"
#include "deposit_address.hpp"
#include "dusting.hpp"
#include "fan_out.hpp"
#include "gather.hpp"
#include "peel_chain.hpp"

namespace cordon::patterns {
namespace {

using ledger::PlacedTransfer;
using trace::Context;
using trace::Finding;

/// Rows that show where the money of a neighbour came from and went.
constexpr std::size_t kGlance = 16;
/// Rows that tell a used address from one that imitates it.
constexpr std::size_t kUseRows = 64;
/// Neighbours that are read for the shapes around one address.
constexpr std::size_t kMaxNeighbours = 64;

class Finder {
public:
    Finder(ChainId chain, const ledger::Reader& ledger, const Context& context,
           const FindParams& params)
        : chain_{chain}, ledger_{ledger}, context_{context}, params_{params} {
        world_.is_business = [this](const Address& each) { return is_business(each); };
        world_.seen_before = [this](const Address& address, TxnPosition at) {
            const auto before = seen_before(address, at);
            if (!before) error_ = before.error();
            return before && *before;
        };
    }

    bool is_business(const Address& address) const {
        static const std::vector<Category> kBusiness = trace::default_stop_categories();
        const auto label = context_.label(chain_, address);
        return label &&
               std::find(kBusiness.begin(), kBusiness.end(), label->category) != kBusiness.end();
    }

    Status history(const Address& address) {
        ledger::TransferQuery query;
        CORDON_TRY(const auto rows, read_rows(ledger_, chain_, address, query, params_.max_rows));
        CORDON_TRY(deposit(address));
        CORDON_TRY(poisoning(address, rows));
        add(dusting(chain_, address, rows, context_));
        return {};
    }

    void shapes(const Movements& moves) {
        add(consolidations(moves, world_));
        add(fan_outs(moves, world_));
        add(payout_batches(moves, world_));
        add(peel_chains(moves, world_));
    }

    /// The movements of an address and, a little, of those it deals with.
    Result<Movements> around(const Address& address) {
        std::vector<PlacedTransfer> rows;
        CORDON_TRY(rows, read_rows(ledger_, chain_, address, {}, params_.max_rows));
        std::set<Address> neighbours;
        for (const PlacedTransfer& row : rows)
            if (neighbours.size() < kMaxNeighbours && moves_money(chain_, row.transfer, context_))
                for (const Address& end : {row.transfer.from, row.transfer.to})
                    if (end != address && !is_business(end)) neighbours.insert(end);
        for (const Address& neighbour : neighbours) {
            CORDON_TRY(const auto more, read_rows(ledger_, chain_, neighbour, {}, kGlance));
            rows.insert(rows.end(), more.begin(), more.end());
        }
        const auto place = [](const PlacedTransfer& row) {
            return std::tuple{row.at, row.transfer.index};
        };
        std::sort(rows.begin(), rows.end(),
                  [&](const auto& a, const auto& b) { return place(a) < place(b); });
        rows.erase(std::unique(rows.begin(), rows.end(),
                               [&](const auto& a, const auto& b) { return place(a) == place(b); }),
                   rows.end());
        std::vector<Movement> moves;
        for (const PlacedTransfer& row : rows) {
            if (!moves_money(chain_, row.transfer, context_)) continue;
            CORDON_TRY(const Hash256 hash, hash_at(row.at));
            moves.push_back({row.at, hash, row.time, row.transfer.from, row.transfer.to,
                             row.transfer.asset, row.transfer.amount});
        }
        return Movements{chain_, moves};
    }

    Status look_alikes() {
        std::vector<Use> uses, alike;
        for (const auto& [address, use] : uses_) uses.push_back(use);
        // Who is imitated shows in what else the members do.
        for (const LookAlikeGroup& group : look_alike_groups(chain_, uses))
            for (const Use& member : group.members) {
                CORDON_TRY(Use whole, whole_use(member));
                alike.push_back(whole);
            }
        for (const LookAlikeGroup& group : look_alike_groups(chain_, alike)) {
            Finding finding;
            finding.pattern = "look-alikes";
            finding.chain = chain_;
            for (const Use& use : group.members)
                if (finding.addresses.size() < kMaxNamed) finding.addresses.push_back(use.address);
            finding.why = {format("members:{}", group.members.size()), "ends:" + group.ends};
            finding.confidence = group.imitated ? 0.95 : 0.6;
            finding.text =
                group.imitated
                    ? format("{} addresses imitate {}", group.members.size() - 1,
                             chain::display_address(chain_, group.members.front().address))
                    : format("{} addresses look alike", group.members.size());
            add({std::move(finding)});
        }
        return {};
    }

    Result<std::vector<Finding>> take() {
        if (error_) return fail(*error_);
        return std::move(found_);
    }

private:
    /// In the ledger's numbers: of the first row only the place is wanted.
    Result<bool> seen_before(const Address& address, TxnPosition at) {
        CORDON_TRY(const auto id, ledger_.address_id(chain_, address));
        if (!id) return false;
        if (!numbered_) numbered_ = ledger_.numbered(chain_);
        std::array<ledger::NumberedRow, 1> first;
        CORDON_TRY(const std::size_t count, numbered_->rows_of(*id, 0, first));
        if (count == 0) return false;
        CORDON_TRY(const auto txn, numbered_->txn(first.front().txn));
        return txn.at < at;
    }

    void add(std::vector<Finding> more) {
        std::move(more.begin(), more.end(), std::back_inserter(found_));
    }

    Result<Hash256> hash_at(TxnPosition at) const {
        CORDON_TRY(const auto txn, ledger_.account_txn(chain_, at));
        return txn.txn.hash;
    }

    /// Dust that the histories showed to be bait is no real movement of the member.
    Result<Use> whole_use(const Use& member) const {
        CORDON_TRY(const auto rows, read_rows(ledger_, chain_, member.address, {}, kUseRows));
        Use use = member;
        use.real = 0;
        for (const PlacedTransfer& row : rows)
            if (moves_money(chain_, row.transfer, context_)) ++use.real;
        if (const auto dust = dust_.find(member.address); dust != dust_.end())
            use.real -= std::min(use.real, dust->second);
        if (!rows.empty()) use.first = rows.front().at.block;
        return use;
    }

    Status deposit(const Address& address) {
        if (context_.label(chain_, address)) return {};
        CORDON_TRY(const auto evidence,
                   DepositAddress{}.examine(chain_, address, ledger_, context_));
        if (!evidence || evidence->confidence <= 0) return {};
        Finding finding;
        finding.pattern = "deposit-address";
        finding.chain = chain_;
        finding.addresses = {address, evidence->service};
        for (const TxnPosition at : evidence->at) {
            if (finding.txns.size() == kMaxNamed) break;
            CORDON_TRY(const Hash256 hash, hash_at(at));
            finding.txns.push_back(hash);
        }
        finding.amounts = evidence->swept;
        finding.confidence = evidence->confidence;
        finding.why = evidence->why;
        finding.text = format("deposit address of {}", evidence->label.text);
        add({std::move(finding)});
        return {};
    }

    /// One finding for each counterparty that is imitated.
    Status poisoning(const Address& address, std::span<const PlacedTransfer> rows) {
        AddressPoisoning::Watch watch{{}, chain_, address, context_};
        struct Bait {
            std::set<Address> look_alikes;
            std::map<std::string_view, std::size_t> how;
            std::vector<TxnPosition> at;
            std::vector<std::pair<Asset, Amount>> amounts;
        };
        std::map<Address, Bait> baits;
        uses_.try_emplace(address, Use{address, 0, 0, 0});
        for (const PlacedTransfer& row : rows) {
            const auto seen = watch.see(row.transfer);
            const Address& other =
                row.transfer.from == address ? row.transfer.to : row.transfer.from;
            if (other != address && row.transfer.kind != TransferKind::kFee) {
                Use& use = uses_.try_emplace(other, Use{other, 0, 0, row.at.block}).first->second;
                const bool real = !seen && moves_money(chain_, row.transfer, context_);
                ++(real ? use.real : use.bait);
                use.first = std::min(use.first, row.at.block);
            }
            if (!seen) continue;
            if (seen->how == Poisoning::How::kDust) ++dust_[seen->look_alike];
            Bait& bait = baits[seen->imitated];
            bait.look_alikes.insert(seen->look_alike);
            ++bait.how[to_string(seen->how)];
            bait.at.push_back(row.at);
            add_to(bait.amounts, row.transfer.asset, row.transfer.amount);
        }
        for (const auto& [imitated, bait] : baits) {
            Finding finding;
            finding.pattern = "address-poisoning";
            finding.chain = chain_;
            finding.addresses = {address, imitated};
            for (const Address& each : bait.look_alikes)
                if (finding.addresses.size() < kMaxNamed) finding.addresses.push_back(each);
            for (const TxnPosition at : bait.at) {
                if (finding.txns.size() == kMaxNamed) break;
                CORDON_TRY(const Hash256 hash, hash_at(at));
                finding.txns.push_back(hash);
            }
            finding.amounts = bait.amounts;
            finding.why = {format("look-alikes:{}", bait.look_alikes.size())};
            for (const auto& [how, count] : bait.how)
                finding.why.push_back(format("{}:{}", how, count));
            // Four and four digits by chance: one pair in 2^32.
            finding.confidence = 0.98;
            finding.text = format("{} look-alikes of {} sent bait", bait.look_alikes.size(),
                                  chain::display_address(chain_, imitated));
            add({std::move(finding)});
        }
        return {};
    }

    ChainId chain_;
    const ledger::Reader& ledger_;
    std::unique_ptr<ledger::NumberedRows> numbered_;  // Once it is asked for.
    const Context& context_;
    const FindParams& params_;
    World world_;
    std::map<Address, Use> uses_;
    std::map<Address, uint64_t> dust_;  // Rows of dust by look-alike.
    std::vector<Finding> found_;
    std::optional<Error> error_;
};

/// By pattern, then address; nothing twice.
void order(std::vector<Finding>& found) {
    const auto key = [](const Finding& each) {
        return std::tie(each.pattern, each.chain, each.addresses);
    };
    std::stable_sort(found.begin(), found.end(),
                     [&](const Finding& a, const Finding& b) { return key(a) < key(b); });
    found.erase(std::unique(found.begin(), found.end(),
                            [&](const Finding& a, const Finding& b) { return key(a) == key(b); }),
                found.end());
}

}  // namespace

Result<std::vector<Finding>> patterns_of(ChainId chain, const Address& address,
                                         const ledger::Reader& ledger, const Context& context,
                                         const FindParams& params) {
    if (is_utxo(chain)) return std::vector<Finding>{};
    Finder finder{chain, ledger, context, params};
    CORDON_TRY(finder.history(address));
    CORDON_TRY(finder.look_alikes());
    CORDON_TRY(const Movements around, finder.around(address));
    finder.shapes(around);
    CORDON_TRY(auto found, finder.take());
    // Shapes of the neighbours are half seen only.
    std::erase_if(found, [&](const Finding& each) {
        return each.pattern != "look-alikes" &&
               std::find(each.addresses.begin(), each.addresses.end(), address) ==
                   each.addresses.end();
    });
    order(found);
    return found;
}

Result<std::vector<Finding>> patterns_in(const trace::TraceResult& result,
                                         const ledger::Reader& ledger, const Context& context,
                                         const FindParams& params) {
    std::vector<Finding> all;
    for (const ChainId chain : result.nodes.chains()) {
        if (is_utxo(chain)) continue;
        Finder finder{chain, ledger, context, params};
        finder.shapes(Movements::of(result, chain));
        // Endpoints come by value, largest first; then the seeds and what is near them.
        std::set<Address> wanted;
        const auto want = [&](const auto& list) {
            for (std::size_t i = 0; i < list.size() && wanted.size() < params.max_addresses; ++i)
                if (const auto one = list[i];
                    one.chain == chain && !finder.is_business(one.address))
                    wanted.insert(one.address);
        };
        want(result.endpoints);
        want(result.nodes);
        for (const Address& address : wanted) CORDON_TRY(finder.history(address));
        CORDON_TRY(finder.look_alikes());
        CORDON_TRY(auto found, finder.take());
        std::move(found.begin(), found.end(), std::back_inserter(all));
    }
    order(all);
    return all;
}

}  // namespace cordon::patterns
