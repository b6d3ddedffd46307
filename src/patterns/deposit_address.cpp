// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "deposit_address.hpp"

#include <algorithm>
#include <map>
#include <set>

#include <cordon/base/format.hpp>
#include <cordon/chain/text.hpp>
#include <cordon/trace/trace.hpp>

#include "address_rows.hpp"

namespace cordon::patterns {
namespace {

using ledger::PlacedTransfer;
using trace::Context;
using Rows = std::vector<PlacedTransfer>;

/// Rows that show at first sight what an address is; most addresses are dismissed by them.
constexpr std::size_t kGlance = 16;

/// Who owns a hot wallet, by the first word of its label: services number their wallets ("Binance
/// 14", "Binance: Hot Wallet 2").
std::string owner_of(const Label& label) {
    std::string owner;
    for (const char c : label.text) {
        if (c == ' ' || c == ':' || c == '_') break;
        owner.push_back(c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c);
    }
    return owner;
}

struct Flow {
    Amount in, out, swept;    // In and out: all of it.
    Amount balance, largest;  // Largest: of the receipts.
    std::optional<UnixMillis> last_in;
};

class Examination {
public:
    Examination(const DepositAddress::Params& params, ChainId chain, const Address& address,
                const ledger::Reader& ledger, const Context& context)
        : params_{params}, chain_{chain}, address_{address}, ledger_{ledger}, context_{context} {}

    Result<std::optional<DepositAddress::Evidence>> run() {
        CORDON_TRY(const bool worth_it, first_glance());
        if (!worth_it) return std::optional<DepositAddress::Evidence>{};
        CORDON_TRY(const Rows rows, rows_of(address_, ledger::Side::kEither, params_.max_rows));
        if (!sweeps(rows)) return std::optional<DepositAddress::Evidence>{};
        CORDON_TRY(const bool hub, service_gathers_and_pays());
        CORDON_TRY(found_.senders, unrelated_senders());
        judge(hub);
        return std::optional{std::move(found_)};
    }

private:
    Result<Rows> rows_of(const Address& address, ledger::Side side, std::size_t most) const {
        ledger::TransferQuery query;
        query.side = side;
        CORDON_TRY(Rows rows, read_rows(ledger_, chain_, address, query, most));
        std::erase_if(rows, [&](const PlacedTransfer& row) {
            return !moves_money(chain_, row.transfer, context_);
        });
        return rows;
    }

    std::optional<Label> service(const Address& address) const {
        auto label = context_.label(chain_, address);
        if (label && std::find(params_.services.begin(), params_.services.end(), label->category) ==
                         params_.services.end())
            label.reset();
        return label;
    }
    /// Known as a business of any kind. Names of thieves say nothing here.
    bool is_business(const Address& address) const {
        static const std::vector<Category> kBusiness = trace::default_stop_categories();
        const auto label = context_.label(chain_, address);
        return label &&
               std::find(kBusiness.begin(), kBusiness.end(), label->category) != kBusiness.end();
    }

    /// It sends, and its first sends name a service.
    Result<bool> first_glance() {
        CORDON_TRY(const Rows sends, rows_of(address_, ledger::Side::kSender, kGlance));
        if (sends.empty()) return false;
        const auto known = service(sends.front().transfer.to);
        if (!known) {
            // A first test payment elsewhere is possible; a second one is not.
            const auto second =
                std::find_if(sends.begin(), sends.end(), [&](const PlacedTransfer& row) {
                    return row.transfer.to != sends.front().transfer.to;
                });
            return second != sends.end() && service(second->transfer.to).has_value();
        }
        return true;
    }

    /// Adds up the rows; false when it pays others than one service.
    bool sweeps(const Rows& rows) {
        std::map<Asset, Flow> flows;
        std::map<Address, uint32_t> services;
        std::string owner;
        for (const auto& [at, time, row] : rows) {
            Flow& flow = flows[row.asset];
            if (row.to == address_) {
                flow.in += row.amount;
                flow.balance += row.amount;
                flow.largest = std::max(flow.largest, row.amount);
                flow.last_in = time;
                continue;
            }
            flow.out += row.amount;
            const bool seen = flow.balance >= row.amount;
            flow.balance -= std::min(flow.balance, row.amount);
            const auto label = service(row.to);
            if (!label) continue;
            if (owner.empty()) owner = owner_of(*label);
            if (owner != owner_of(*label)) return false;  // Two services: a customer of both.
            flow.swept += row.amount;
            const bool whole = seen && ratio(flow.balance, row.amount) <= 1 - params_.min_swept;
            const bool soon = !time || !flow.last_in || *time - *flow.last_in <= params_.max_delay;
            if (whole && soon) ++found_.sweeps;
            const uint32_t times = ++services[row.to];
            if (times >= services[found_.service]) {
                found_.service = row.to;
                found_.label = *label;
            }
            found_.at.push_back(at);
        }
        for (const auto& [asset, flow] : flows) {
            if (flow.swept.is_zero()) {
                if (!flow.out.is_zero() && !asset.is_native()) return false;
                continue;
            }
            if (ratio(flow.swept, flow.out) < params_.min_swept) return false;
            if (flow.in.is_zero() || ratio(flow.swept, flow.in) < params_.min_swept) return false;
            found_.swept.emplace_back(asset, flow.swept);
        }
        if (found_.swept.empty()) return false;
        for (const auto& [at, time, row] : rows) {
            if (row.to != address_) continue;
            const Flow& flow = flows[row.asset];
            const bool is_gas = row.asset.is_native() && flow.swept.is_zero();
            (is_gas ? gas_payers_ : senders_).insert(row.from);
            if (!flow.swept.is_zero() && ratio(row.amount, flow.largest) >= params_.min_payment)
                customers_.insert(row.from);
        }
        // Who pays in more than gas is a customer, or the thief's own hub.
        for (const Address& sender : senders_) gas_payers_.erase(sender);
        return true;
    }

    /// Siblings are sought around the last sweep: gas stations and hot wallets change over time.
    Result<bool> service_gathers_and_pays() {
        ledger::TransferQuery query;
        query.side = ledger::Side::kReceiver;
        query.order = ledger::Order::kDescending;
        query.from = found_.at.back();
        CORDON_TRY(const Rows in,
                   read_rows(ledger_, chain_, found_.service, query, params_.max_rows));
        std::set<Address> looked_at{address_};
        std::map<Address, uint32_t> fed;  // By payers of gas.
        for (const auto& [at, time, row] : in) {
            if (looked_at.size() > params_.max_siblings) break;
            if (!moves_money(chain_, row, context_) || is_business(row.from) ||
                senders_.contains(row.from) || !looked_at.insert(row.from).second)
                continue;
            CORDON_TRY(const bool sibling, is_sibling(row.from, fed));
            if (sibling) ++found_.siblings;
        }
        // Also of a payer whose label names the service: a thief may have withdrawn his gas there.
        for (const auto& [payer, count] : fed)
            gas_from_service_ =
                gas_from_service_ ||
                (count >= params_.min_siblings && count >= params_.min_gas_share * found_.siblings);
        CORDON_TRY(const Rows out,
                   rows_of(found_.service, ledger::Side::kSender, params_.max_rows));
        std::set<Address> payees;
        for (const auto& [at, time, row] : out)
            if (!looked_at.contains(row.to) && !senders_.contains(row.to) && !is_business(row.to))
                payees.insert(row.to);
        return found_.siblings >= params_.min_siblings && payees.size() >= params_.min_payees;
    }

    /// Another address that pays this service only and whose customers are not ours: the mules of
    /// one thief share whom they get the money from.
    Result<bool> is_sibling(const Address& other, std::map<Address, uint32_t>& fed) {
        CORDON_TRY(const Rows sends, rows_of(other, ledger::Side::kSender, kGlance));
        const std::string owner = owner_of(found_.label);
        for (const auto& [at, time, row] : sends) {
            const auto label = service(row.to);
            if (!label || owner_of(*label) != owner) return false;
        }
        CORDON_TRY(const Rows receipts, rows_of(other, ledger::Side::kReceiver, kGlance));
        std::set<Address> gas;
        for (const auto& [at, time, row] : receipts) {
            if (row.asset.is_native() && gas_payers_.contains(row.from)) {
                gas.insert(row.from);
            } else if (senders_.contains(row.from) && !is_business(row.from)) {
                return false;
            }
        }
        if (receipts.empty()) return false;
        for (const Address& payer : gas) ++fed[payer];
        return true;
    }

    /// Senders in groups: those who pay each other or are paid by the same stranger are one, and so
    /// are all known thieves. Senders beyond max_siblings may be anybody's and are not counted.
    Result<uint32_t> unrelated_senders() {
        std::map<Address, std::size_t> number;  // Senders and those who pay them.
        std::vector<std::size_t> parent;
        const auto root = [&](std::size_t i) {
            while (parent[i] != i) i = parent[i] = parent[parent[i]];
            return i;
        };
        const auto place = [&](const Address& who) {
            const bool crime = context_.label(chain_, who) && !is_business(who);
            const auto [at, fresh] = number.try_emplace(crime ? Address{} : who, parent.size());
            if (fresh) parent.push_back(at->second);
            return at->second;
        };
        std::vector<std::size_t> judged;
        for (const Address& sender : customers_) {
            if (judged.size() == params_.max_siblings) break;
            judged.push_back(place(sender));
            if (is_business(sender)) continue;
            CORDON_TRY(const Rows receipts, rows_of(sender, ledger::Side::kReceiver, kGlance));
            for (const auto& [at, time, row] : receipts)
                if (!is_business(row.from)) parent[root(place(row.from))] = root(judged.back());
        }
        std::set<std::size_t> groups;
        for (const std::size_t each : judged) groups.insert(root(each));
        return static_cast<uint32_t>(groups.size());
    }

    void judge(bool hub) {
        const bool repeated = found_.sweeps >= params_.min_sweeps;
        const bool customers = found_.senders >= params_.min_senders && repeated;
        found_.why.push_back(format("sweeps:{}", found_.sweeps));
        if (gas_from_service_) found_.why.emplace_back("gas-from-service");
        found_.why.push_back(format("unrelated-senders:{}", found_.senders));
        found_.why.push_back(format("siblings:{}", found_.siblings));
        if (!hub) found_.why.emplace_back("service-does-not-gather-and-pay");
        if (found_.sweeps == 0 || !hub || (!gas_from_service_ && !customers)) return;
        // The parts that can be faked least weigh most: gas must be paid from the service's own
        // wallets, customers can be played by many addresses of one thief.
        const double behaviour =
            0.6 + (gas_from_service_ ? 0.2 : 0) + (customers ? 0.1 : 0) + (repeated ? 0.05 : 0);
        found_.confidence = behaviour * found_.label.confidence;
    }

    const DepositAddress::Params& params_;
    ChainId chain_;
    const Address& address_;
    const ledger::Reader& ledger_;
    const Context& context_;
    DepositAddress::Evidence found_;
    std::set<Address> senders_, customers_, gas_payers_;
    bool gas_from_service_ = false;
};

}  // namespace

Result<std::optional<DepositAddress::Evidence>> DepositAddress::examine(
    ChainId chain, const Address& address, const ledger::Reader& ledger,
    const Context& context) const {
    if (is_utxo(chain)) return std::optional<Evidence>{};
    return Examination{params_, chain, address, ledger, context}.run();
}

Result<std::optional<Label>> DepositAddress::inferred_label(ChainId chain, const Address& address,
                                                            const ledger::Reader& ledger,
                                                            const Context& context) const {
    CORDON_TRY(const auto found, examine(chain, address, ledger, context));
    if (!found || found->confidence <= 0) return std::optional<Label>{};
    return std::optional{Label{
        chain, address, format("Deposit address of {}", found->label.text), Category::kDeposit,
        format("inferred: sweeps to {}", chain::format_address(chain, found->service)),
        found->confidence}};
}

}  // namespace cordon::patterns
