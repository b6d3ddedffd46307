// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <limits>

#include <cordon/base/format.hpp>

#include "detectors.hpp"
#include "emptied.hpp"
#include "evidence.hpp"

namespace cordon::detect {
namespace {

constexpr Parameter kParameters[] = {
    {"least_usd", "A priced loss below it is only medium, in USD.", 50'000, 0, 1e12},
    {"bystanders", "Strangers robbed in one txn that are enough by themselves.", 3, 1, 1e6},
    {"left", "Who keeps less than this part of what he held was emptied.", 0.05, 0, 0.8},
};

constexpr Descriptor kDescriptor{.id = "D28",
                                 .name = "flash-extraction",
                                 .title = "Value taken out without payment",
                                 .severity = Severity::kCritical,
                                 .stage = Stage::kExploitation,
                                 .needs = kCalls,
                                 .parameters = kParameters};

/// Somebody loses without being paid, in a txn that is made as thefts are made. A flash loan alone
/// is no sign (54 % of attacks, and every arbitrage); nor is a payment for nothing alone (every
/// claim and withdrawal). docs/detectors/D28-flash-extraction.md.
class FlashExtraction final : public Detector {
public:
    explicit FlashExtraction(const WatchConfig& config)
        : least_usd_{parameter(kDescriptor, config, "least_usd")},
          bystanders_{parameter(kDescriptor, config, "bystanders")},
          left_{parameter(kDescriptor, config, "left")} {}
    const Descriptor& descriptor() const noexcept override { return kDescriptor; }

    void on_txn(const TxnView& txn, const World& world, Findings& out) override {
        if (!txn.has_calls) return;
        const TxnFlow& flow = flow_of(txn);
        if (flow.dealings.empty() && flow.bystanders.empty()) return emptied(txn, world, out);
        const bool loan = !flow.loans.empty();
        // Without logs, what pays for a withdrawal (a share that is burned) cannot be seen.
        // Whoever pays a debt and withdraws has given something; a thief has not.
        const bool unpaid = flow.gained() && (flow.has_unpaid(txn.has_logs) ||
                                              (loan && flow.has_unpaid(true) && !flow.has_gifts()));
        std::vector<std::string> reasons;
        bool certain = false;
        for (const Dealing& dealing : flow.dealings) {
            if (!dealing.round_trip && !dealing.kept_loan) continue;
            certain = true;
            const std::string who = text_of(txn, dealing.with);
            const std::string loss = loss_of(txn, world, dealing).text;
            reasons.push_back(dealing.round_trip
                                  ? format("{} gave back {} more than was put in", who, loss)
                                  : format("{} paid out {} in advance, unpaid for", who, loss));
        }
        const bool fresh = flow.created > 0 || flow.in_constructor;
        const std::size_t robbed = flow.bystanders.size();
        if (static_cast<double>(robbed) >= bystanders_ || (robbed > 0 && fresh))
            reasons.push_back(format("{} moved tokens of {} addresses that take no part in the txn",
                                     text_of(txn, flow.bystanders[0].by), robbed));
        if (loan && flow.has_unbacked_debt())
            reasons.push_back("something was borrowed and kept, and nothing was put in for it");
        if (loan && flow.in_constructor && flow.gained())
            reasons.push_back("a constructor borrowed, dealt and is richer");
        if (unpaid && loan) reasons.push_back(describe(txn, world, flow));
        if (unpaid && fresh && !loan)
            reasons.push_back(describe(txn, world, flow) + " by a contract made in this txn");
        if (unpaid && flow.poses_as_token)
            reasons.push_back("the sender's own contract was used as a token by its victim");
        if (!loan && reasons.empty() && flow.has_takings() && !is_wallet(txn) &&
            (losses_usd(txn, world, flow) || !has_prices(txn, world)))
            reasons.push_back(describe(txn, world, flow) +
                              ", by a function that gives nothing back that was put in before");
        for (const Dealing& dealing : flow.dealings)
            if (dealing.allowed_here && dealing.unpaid()) {
                reasons.push_back(
                    format("{} allowed the sender's contract to take {} in this txn, for nothing",
                           text_of(txn, dealing.with), loss_of(txn, world, dealing).text));
                break;
            }
        if (flow.side_entrance)
            reasons.push_back(format("{} was repaid with a deposit of what it had lent",
                                     text_of(txn, *flow.side_entrance)));
        if (flow.runs_in)
            reasons.push_back(format("{} ran code that the sender made in this txn",
                                     text_of(txn, *flow.runs_in)));
        if (loan && flow.book_calls)
            reasons.push_back("a pair's books were set anew (skim, sync) while on loan");
        if (reasons.empty()) return emptied(txn, world, out);

        const std::optional<Cents> usd = losses_usd(txn, world, flow);
        Finding finding;
        finding.severity = loan && (certain || unpaid) ? Severity::kCritical : Severity::kHigh;
        if (is_small(usd, least_usd_)) finding.severity = Severity::kMedium;
        finding.stage = Stage::kExploitation;
        finding.confidence = certain ? 0.9 : reasons.size() > 1 ? 0.8 : 0.6;
        finding.subject = flow.sender;
        finding.reason = format("{}{}.", loan ? lenders(txn, world, flow) : "", join(reasons));
        finding.next =
            "Pause what was drained and what shares its code; follow the sender's money.";
        finding.usd = usd;
        finding.related = related_to(flow);
        if (loan) finding.tags.push_back("flash-loan");
        out.push_back(std::move(finding));
    }

private:
    /// The sender's own call leaves nothing of what a contract or strangers held, by what tokens
    /// answered in the txn. Whoever made the contract may take it home.
    void emptied(const TxnView& txn, const World& world, Findings& out) const {
        if (is_wallet(txn)) return;
        std::vector<Emptied> all = emptied_in(txn, left_);
        const Address& sender = txn.activity->from;
        std::erase_if(all, [&](const Emptied& one) {
            return one.called && world.creator(txn.chain, one.who) == sender;
        });
        const auto strangers =
            std::count_if(all.begin(), all.end(), [](const Emptied& one) { return !one.called; });
        if (static_cast<double>(strangers) < bystanders_)
            std::erase_if(all, [](const Emptied& one) { return !one.called; });
        if (all.empty()) return;
        std::optional<Cents> usd;
        for (const Emptied& one : all)
            if (const auto each = world.usd(txn.chain, one.asset, one.taken, txn.time))
                usd = saturating_add(usd.value_or(0), *each);
        if (!usd && has_prices(txn, world)) return;
        Finding finding;
        finding.severity = is_small(usd, least_usd_) ? Severity::kMedium : Severity::kHigh;
        finding.stage = Stage::kExploitation;
        finding.confidence = 0.5;
        finding.subject = sender;
        finding.reason = format(
            "{} held {} and kept less than {:.0f} % of it{}; the sender has it, gave nothing, and "
            "called no function that gives back what was put in before.",
            text_of(txn, all[0].who), world.amount_text(txn.chain, all[0].asset, all[0].held),
            left_ * 100, all.size() > 1 ? format(", as {} more", all.size() - 1) : "");
        finding.next = "Ask whether who called may take all of it; pause what shares its code.";
        finding.usd = usd;
        constexpr std::size_t kMost = 32;  // An incident needs some of them, not hundreds.
        for (const Emptied& one : all)
            if (finding.related.size() < kMost) finding.related.push_back(one.who);
        out.push_back(std::move(finding));
    }
    static Cents saturating_add(Cents a, Cents b) noexcept {
        Cents sum = 0;
        return __builtin_add_overflow(a, b, &sum) ? std::numeric_limits<Cents>::max() : sum;
    }
    static std::string lenders(const TxnView& txn, const World& world, const TxnFlow& flow) {
        const FlashLoan& loan = flow.loans[0];
        return format("Flash loan{} from {}{}: ",
                      loan.amount.is_zero()
                          ? std::string{}
                          : " of " + world.amount_text(txn.chain, loan.asset, loan.amount),
                      text_of(txn, loan.lender),
                      flow.loans.size() > 1 ? format(" and {} more", flow.loans.size() - 1) : "");
    }
    /// Wallets that are contracts take their owners' rewards by whatever function there is.
    static bool is_wallet(const TxnView& txn) {
        static const SelectorSet kSet{
            "execTransaction(address,uint256,bytes,uint8,uint256,uint256,uint256,address,address,"
            "bytes)",
            "handleOps((address,uint256,bytes,bytes,uint256,uint256,uint256,uint256,uint256,bytes,"
            "bytes)[],address)",  // ERC-4337 before 0.7
            "handleOps((address,uint256,bytes,bytes,bytes32,uint256,bytes32,bytes,bytes)[],"
            "address)",
            "execute(address,uint256,bytes)",
            "execute(bytes32,bytes)",  // ERC-7579
            "executeBatch(address[],uint256[],bytes[])"};
        return kSet.has(txn.activity->calls[0].input);
    }
    /// Where there are prices, what has none is no money.
    static bool has_prices(const TxnView& txn, const World& world) {
        return world.usd(txn.chain, Asset{}, Amount{1U}, txn.time).has_value();
    }
    static std::string describe(const TxnView& txn, const World& world, const TxnFlow& flow) {
        for (const Dealing& dealing : flow.dealings)
            if (dealing.unpaid() && !dealing.borrowed)
                return format("{} lost {} and got nothing for it", text_of(txn, dealing.with),
                              loss_of(txn, world, dealing).text);
        return {};
    }

    double least_usd_, bystanders_, left_;
};

}  // namespace

Maker d28() noexcept {
    return {&kDescriptor, [](const WatchConfig& config) -> std::unique_ptr<Detector> {
                return std::make_unique<FlashExtraction>(config);
            }};
}

}  // namespace cordon::detect
