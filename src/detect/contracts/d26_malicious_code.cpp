// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <cordon/base/format.hpp>

#include "creations.hpp"
#include "detectors.hpp"
#include "evidence.hpp"

namespace cordon::detect {
namespace {

constexpr Parameter kParameters[] = {
    {"score", "Points that are enough together with a mixer's money (D25).", 4, 1, 20},
    {"alone", "Points that are enough alone.", 7, 1, 20},
};

constexpr Descriptor kDescriptor{.id = "D26",
                                 .name = "malicious-code",
                                 .title = "New code that is made as attacks are made",
                                 .severity = Severity::kHigh,
                                 .stage = Stage::kPreparation,
                                 .needs = kTxns,
                                 .parameters = kParameters};

constexpr uint64_t kFunded = 1U << 14;  ///< Contracts that D25 told of.

struct ContractKey {
    ChainId chain;
    Address contract;
    friend auto operator<=>(const ContractKey&, const ContractKey&) = default;
};

}  // namespace
}  // namespace cordon::detect

template <>
struct std::hash<cordon::detect::ContractKey> {
    std::size_t operator()(const cordon::detect::ContractKey& key) const noexcept {
        return std::hash<cordon::Address>{}(key.contract) ^
               (std::hash<cordon::ChainId>{}(key.chain) * 3);
    }
};

namespace cordon::detect {
namespace {

const SelectorSet& flash_requests() {
    static const SelectorSet kSet{
        "flashLoan(address,address,uint256,bytes)",
        "flashLoan(address,uint256,bytes)",
        "flashLoan(address,address[],uint256[],uint256[],address,bytes,uint16)",
        "flashLoanSimple(address,address,uint256,bytes,uint16)",
        "flashLoan(address,address[],uint256[],bytes)",
        "flashLoan(uint256,uint256,address,bytes)",
        "flash(address,uint256,uint256,bytes)",
        "operate((address,uint256)[],(uint8,uint256,(bool,uint8,uint8,uint256),uint256,uint256,"
        "address,uint256,bytes)[])",
        "swap(uint256,uint256,address,bytes)",
    };
    return kSet;
}

/// A weighted sum of what can be read from code, with the reason for each point. No model was
/// trained, and no precision is claimed: docs/detectors/D26-malicious-code.md.
class MaliciousCode final : public Detector {
public:
    explicit MaliciousCode(const WatchConfig& config)
        : score_{static_cast<int>(parameter(kDescriptor, config, "score"))},
          alone_{static_cast<int>(parameter(kDescriptor, config, "alone"))} {}
    const Descriptor& descriptor() const noexcept override { return kDescriptor; }
    std::vector<Table*> tables() override { return {&funded_}; }

    /// D25 speaks before this detector does, of the same txn.
    void on_alert(const Alert& alert, const World&, Findings&) override {
        if (alert.detector == "D25") funded_.at({alert.chain, alert.subject}, alert.time) = true;
    }

    void on_txn(const TxnView& txn, const World& world, Findings& out) override {
        for (const Creation& creation : creations_of(txn)) {
            if (!creation.top) continue;  // What factories make is what the factory says.
            std::vector<std::string> reasons;
            const int points = judge(txn, world, creation, reasons);
            const bool funded = funded_.find({txn.chain, creation.contract}) != nullptr;
            if (points < score_) continue;
            const bool high = points >= alone_ || funded;
            out.push_back(
                {.severity = high ? Severity::kHigh : Severity::kMedium,
                 .stage = Stage::kPreparation,
                 .confidence = high ? 0.6 : 0.3,
                 .subject = creation.contract.empty() ? txn.activity->from : creation.contract,
                 .reason = format("New code of {} bytes has {} points: {}{}.", creation.facts.size,
                                  points, join(reasons),
                                  funded ? "; made with a mixer's money (D25)" : ""),
                 .next = "Simulate its functions against what it refers to; be ready to pause.",
                 .related = {txn.activity->from}});
        }
    }

private:
    static int judge(const TxnView& txn, const World& world, const Creation& creation,
                     std::vector<std::string>& reasons) {
        const CodeFacts& facts = creation.facts;
        if (is_forwarder(facts) || is_token(facts)) return 0;
        int points = 0;
        const auto add = [&](bool is, int worth, std::string_view why) {
            if (!is) return;
            points += worth;
            reasons.push_back(format("{} ({})", why, worth));
        };
        // What only code of one's own needs: to be lent to, and to call what it was lent for.
        add(facts.has_any(flash_callbacks()), 3, "answers a flash lender");
        add(facts.has_any(flash_requests()), 2, "asks for a flash loan");
        add(facts.has_any(book_calls()), 1, "sets a pair's books");
        // A library or an application is told its addresses; a weapon has them built in.
        constexpr std::size_t kMany = 3;
        add(facts.addresses.size() >= kMany, 1, "three or more addresses built in");
        add(std::any_of(facts.addresses.begin(), facts.addresses.end(),
                        [&](const Address& address) {
                            return world.protocol_of(txn.chain, address) ||
                                   world.bridge_of(txn.chain, address);
                        }),
            2, "names a contract that is guarded");
        add(facts.selfdestructs, 1, "can destroy itself");
        add(facts.asks_origin, 1, "works for its maker alone (ORIGIN)");
        constexpr std::size_t kBig = 1'000;
        add(facts.size >= kBig && facts.calls > 0 && !facts.compares_selectors, 1,
            "hides its functions");
        // A constructor that calls around does its work before anybody can look at the code.
        if (txn.activity && !txn.activity->calls.empty()) {
            const auto& calls = txn.activity->calls;
            add(std::any_of(calls.begin() + 1, calls.end(),
                            [](const Call& call) {
                                return !call.failed && !call.value.is_zero() &&
                                       call.kind == CallKind::kCall;
                            }),
                1, "its constructor moves money");
        }
        return points;
    }

    int score_, alone_;
    Keyed<ContractKey, bool> funded_{kFunded};
};

}  // namespace

Maker d26() noexcept {
    return {&kDescriptor, [](const WatchConfig& config) -> std::unique_ptr<Detector> {
                return std::make_unique<MaliciousCode>(config);
            }};
}

}  // namespace cordon::detect
