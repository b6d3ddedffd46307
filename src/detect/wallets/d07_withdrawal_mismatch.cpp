// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <cordon/base/format.hpp>

#include "../holdings.hpp"
#include "detectors.hpp"
#include "outflow.hpp"

namespace cordon::detect {
namespace {

constexpr Parameter kParameters[] = {
    {"tolerance", "A payment fits a request when it differs by at most this part of it.", 0.001, 0,
     0.5},
    {"grace", "The queue may tell of a request so many seconds after the payment.", 60, 0, 86'400},
    {"usd", "Payments that are known to be worth less, in USD, say nothing.", 1000, 0, 1e12},
    {"share", "Without a price: this part of what the set holds of it.", 0.01, 0, 1},
};

constexpr Descriptor kDescriptor{.id = "D07",
                                 .name = "withdrawal-mismatch",
                                 .title = "A wallet pays what no request asked for",
                                 .severity = Severity::kCritical,
                                 .stage = Stage::kExploitation,
                                 .needs = kTransfers | kWallets | kWithdrawals,
                                 .interest = kOurTxns,
                                 .parameters = kParameters};

constexpr uint64_t kDestinations = 1U << 18;
constexpr uint64_t kChains = 1U << 8;
constexpr std::size_t kMostOpen = 256;         // Requests of one destination and asset.
constexpr std::size_t kMostBatched = 8;        // Of these all sums are tried: 255.
constexpr std::size_t kMostWaiting = 1 << 14;  // Payments in their grace.

/// Who is paid what.
struct Payee {
    PlaceKey to;
    AssetKey asset;
    friend auto operator<=>(const Payee&, const Payee&) = default;
};
struct Request {
    uint64_t id = 0;  // Digest of the queue's own.
    Amount amount;
    PlaceKey from;  // Zero: any wallet.
};
/// A payment that the queue may still explain.
struct Waiting {
    Payee payee;
    Amount amount;
    Address from, to;
    SetId set = 0;
    Hash256 txn;
    UnixMillis time;
    Cents usd = 0;
    bool priced = false;
    Asset asset;
};

uint64_t digest(std::string_view text) noexcept {
    uint64_t hash = 0xCBF29CE484222325ULL;  // FNV-1a; ids are the queue's own, nobody else's.
    for (const char c : text) hash = (hash ^ static_cast<uint8_t>(c)) * 0x100000001B3ULL;
    return hash;
}

}  // namespace
}  // namespace cordon::detect

template <>
struct std::hash<cordon::detect::Payee> {
    std::size_t operator()(const cordon::detect::Payee& payee) const noexcept {
        return payee.to.bits() ^ (payee.asset.bits() * 3);
    }
};

namespace cordon::detect {
namespace {

/// The one thing that a thief with our keys cannot do: have customers ask for what he takes.
class WithdrawalMismatch final : public Detector {
public:
    explicit WithdrawalMismatch(const WatchConfig& config)
        : tolerance_{parameter(kDescriptor, config, "tolerance")},
          grace_{static_cast<int64_t>(parameter(kDescriptor, config, "grace"))},
          least_{cents_of(parameter(kDescriptor, config, "usd"))},
          share_{parameter(kDescriptor, config, "share")} {}
    const Descriptor& descriptor() const noexcept override { return kDescriptor; }
    std::vector<Table*> tables() override { return {&open_, &queues_, &waiting_}; }

    void on_withdrawal(const WithdrawalRequest& request, const World& world, Findings&) override {
        queues_.at(request.chain, request.time) = true;
        const Payee payee{key_of(request.chain, request.to),
                          world.asset_key(request.chain, request.asset)};
        const uint64_t id = digest(request.id);
        if (open_.find(payee))
            std::erase_if(open_.at(payee, request.time),
                          [&](const Request& one) { return one.id == id; });
        if (request.cancelled) return;
        const Request made{id, request.amount,
                           request.from.empty() ? PlaceKey{} : key_of(request.chain, request.from)};
        if (const auto* waiting = waiting_.find(request.chain)) {
            const auto paid =
                std::find_if(waiting->begin(), waiting->end(), [&](const Waiting& one) {
                    return one.payee == payee && fits(one.amount, made.amount) &&
                           is_from(made, key_of(request.chain, one.from));
                });
            if (paid != waiting->end()) {
                const auto at = paid - waiting->begin();
                auto& mine = waiting_.at(request.chain, request.time);
                mine.erase(mine.begin() + at);
                return;
            }
        }
        std::vector<Request>& requests = open_.at(payee, request.time);
        if (requests.size() == kMostOpen) requests.erase(requests.begin());
        requests.push_back(made);
    }

    void on_txn(const TxnView& txn, const World& world, Findings& out) override {
        // Without a queue for the chain nothing can be said, and nothing is.
        if (!queues_.find(txn.chain)) return;
        for (const Outflow& outflow : outflows(txn, true)) {
            // Small payments are asked for as well: what they fulfil must not stay open.
            if (is_asked_for(txn, world, outflow) || is_small(txn, world, outflow)) continue;
            Waiting waiting{{key_of(txn.chain, outflow.receivers.front()),
                             world.asset_key(txn.chain, outflow.asset())},
                            outflow.amount,
                            outflow.from(),
                            outflow.receivers.front(),
                            outflow.set,
                            txn.hash,
                            txn.time,
                            outflow.usd.value_or(0),
                            outflow.usd.has_value(),
                            outflow.asset()};
            std::vector<Waiting>* all =
                grace_ > Seconds{0} ? &waiting_.at(txn.chain, txn.time) : nullptr;
            // A full list is no reason to be silent.
            if (all && all->size() < kMostWaiting)
                all->push_back(std::move(waiting));
            else
                out.push_back(finding(txn.chain, world, waiting));
        }
    }

    void on_block_end(ChainId chain, const BlockHeader& header, const World& world,
                      Findings& out) override {
        const std::vector<Waiting>* waiting = waiting_.find(chain);
        if (!waiting || waiting->empty() || !header.time) return;
        const auto is_over = [&](const Waiting& one) { return *header.time - one.time >= grace_; };
        if (std::none_of(waiting->begin(), waiting->end(), is_over)) return;
        std::vector<Waiting>& all = waiting_.at(chain, *header.time);
        for (const Waiting& one : all)
            if (is_over(one)) out.push_back(finding(chain, world, one));
        std::erase_if(all, is_over);
    }

private:
    bool fits(const Amount& paid, const Amount& asked) const {
        const Amount& low = std::min(paid, asked);
        const Amount& high = std::max(paid, asked);
        return ratio(high - low, asked) <= tolerance_ && !asked.is_zero();
    }
    static bool is_from(const Request& request, const PlaceKey& wallet) {
        return request.from == PlaceKey{} || request.from == wallet;
    }

    bool is_small(const TxnView& txn, const World& world, const Outflow& outflow) const {
        if (outflow.usd) return *outflow.usd < least_;
        const auto held = world.set_balance(outflow.set, txn.chain, outflow.asset());
        return held && ratio(outflow.amount, *held) < share_;
    }

    /// Takes the requests that the payments to a destination fulfil: each payment one, or the open
    /// ones that add up to all of them, as batches are made.
    bool is_asked_for(const TxnView& txn, const World& world, const Outflow& outflow) {
        const Address& to = outflow.receivers.front();
        const Payee payee{key_of(txn.chain, to), world.asset_key(txn.chain, outflow.asset())};
        const std::vector<Request>* open = open_.find(payee);
        if (!open || open->empty()) return false;
        const PlaceKey wallet = key_of(txn.chain, outflow.from());
        std::vector<Request> mine, others;
        for (const Request& one : *open) (is_from(one, wallet) ? mine : others).push_back(one);
        // One for one is what nearly all payments are: a batch of thousands is read once.
        if (!take_one(outflow.amount, mine) && !take_each(txn, outflow, mine) &&
            !take_sum(outflow.amount, mine))
            return false;
        mine.insert(mine.end(), others.begin(), others.end());
        open_.at(payee, txn.time) = std::move(mine);
        return true;
    }
    bool take_one(const Amount& paid, std::vector<Request>& open) const {
        const auto fit = std::find_if(open.begin(), open.end(),
                                      [&](const Request& one) { return fits(paid, one.amount); });
        if (fit == open.end()) return false;
        open.erase(fit);
        return true;
    }
    /// For each payment of the txn to the destination a request of its own.
    bool take_each(const TxnView& txn, const Outflow& outflow, std::vector<Request>& open) const {
        std::vector<Request> left = open;
        for (const Movement& movement : txn.movements) {
            const Transfer& transfer = *movement.transfer;
            if (!movement.is_outflow() || movement.from_set != outflow.set ||
                transfer.to != outflow.receivers.front() || transfer.asset != outflow.asset() ||
                transfer.amount.is_zero())
                continue;
            if (!take_one(transfer.amount, left)) return false;
        }
        open = std::move(left);
        return true;
    }
    /// The oldest requests add up to the payment: some of the first kMostBatched, or the first n.
    bool take_sum(const Amount& paid, std::vector<Request>& open) const {
        Amount sum;
        for (std::size_t n = 0; n < open.size(); ++n) {
            sum = plus(sum, open[n].amount);
            if (!fits(paid, sum)) continue;
            open.erase(open.begin(), open.begin() + static_cast<std::ptrdiff_t>(n + 1));
            return true;
        }
        const std::size_t few = std::min(open.size(), kMostBatched);
        for (uint32_t chosen = 1; chosen < (1U << few); ++chosen) {
            sum = {};
            for (std::size_t n = 0; n < few; ++n)
                if ((chosen >> n) & 1U) sum = plus(sum, open[n].amount);
            if (!fits(paid, sum)) continue;
            for (std::size_t n = few; n-- > 0;)
                if ((chosen >> n) & 1U) open.erase(open.begin() + static_cast<std::ptrdiff_t>(n));
            return true;
        }
        return false;
    }

    Finding finding(ChainId chain, const World& world, const Waiting& payment) const {
        const SetInfo& set = world.set(payment.set);
        const std::optional<Cents> usd = payment.priced ? std::optional{payment.usd} : std::nullopt;
        Finding found;
        found.severity = Severity::kCritical;
        found.stage = Stage::kExploitation;
        found.confidence = 0.95;
        found.subject = payment.from;
        found.usd = usd;
        found.txns = {payment.txn};
        found.related = {payment.to};
        found.key = format("{} {} {}", address_text(chain, payment.to), payment.asset.text(),
                           payment.amount.to_string());
        found.reason = format(
            "The set {} paid {} ({}) to {}, and the withdrawal queue has no request that fits it "
            "within {}, {} seconds later either.",
            set.name, world.amount_text(chain, payment.asset, payment.amount), usd_text(usd),
            address_text(chain, payment.to), percent(tolerance_), grace_.count());
        found.next = "Stop withdrawals of this set: somebody signs who does not read the queue.";
        found.tags = {set.name, set.tier};
        return found;
    }

    double tolerance_;
    Seconds grace_;
    Cents least_;
    double share_;
    Keyed<Payee, std::vector<Request>> open_{kDestinations};
    Keyed<ChainId, bool> queues_{kChains};  // Chains of which a queue told.
    Keyed<ChainId, std::vector<Waiting>> waiting_{kChains};
};

}  // namespace

Maker d07() noexcept { return {&kDescriptor, make_detector<WithdrawalMismatch>}; }

}  // namespace cordon::detect
