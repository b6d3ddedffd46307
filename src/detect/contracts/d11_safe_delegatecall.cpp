// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <cordon/base/format.hpp>

#include "detectors.hpp"
#include "evidence.hpp"
#include "safe_calls.hpp"

namespace cordon::detect {
namespace {

constexpr Descriptor kDescriptor{.id = "D11",
                                 .name = "safe-delegatecall",
                                 .title = "A Safe runs foreign code as its own",
                                 .severity = Severity::kCritical,
                                 .stage = Stage::kExploitation,
                                 .needs = kTxns};

/// execTransaction with DELEGATECALL to anything but a released library: whoever wrote the target
/// owns the Safe from then on (Bybit, WazirX). Batches are read into their parts.
class SafeDelegatecall final : public Detector {
public:
    const Descriptor& descriptor() const noexcept override { return kDescriptor; }

    void on_txn(const TxnView& txn, const World& world, Findings& out) override {
        for (const SafeCall& call : safe_calls(txn)) {
            if (!call.delegate) continue;
            const WatchedSafe* watched = world.safe_of(txn.chain, call.safe);
            const DelegateTargets found = delegate_targets(call);
            const auto bad =
                std::find_if(found.targets.begin(), found.targets.end(), [&](const Address& to) {
                    return !is_harmless_library(to) &&
                           !(watched && std::find(watched->delegate_targets.begin(),
                                                  watched->delegate_targets.end(),
                                                  to) != watched->delegate_targets.end());
                });
            if (bad == found.targets.end() && !found.unreadable) continue;
            const Address& target = bad == found.targets.end() ? call.to : *bad;
            Finding finding;
            // Somebody else's Safe may have libraries of its own that we do not know.
            finding.severity = watched ? Severity::kCritical : Severity::kMedium;
            finding.stage = Stage::kExploitation;
            finding.confidence = watched ? 0.95 : 0.4;
            finding.subject = call.safe;
            finding.reason =
                format("{} {} by DELEGATECALL{}: its code can change owners, code and balances.",
                       watched ? format("The Safe {} ({})", watched->name, text_of(txn, call.safe))
                               : format("The Safe {}", text_of(txn, call.safe)),
                       txn.pending() ? "is about to run" : "ran",
                       bad == found.targets.end()
                           ? format(" a batch at {} that cannot be read", text_of(txn, target))
                           : format(" {}, which is no released Safe library and is not allowed",
                                    text_of(txn, target)));
            finding.next = txn.pending()
                               ? "Do not sign further; cancel by a txn of the same nonce."
                               : "Move what the Safe still holds; check its singleton and owners.";
            finding.related = {target, txn.activity->from};
            finding.key = text_of(txn, target);
            out.push_back(std::move(finding));
        }
    }
};

}  // namespace

Maker d11() noexcept {
    return {&kDescriptor, [](const WatchConfig&) -> std::unique_ptr<Detector> {
                return std::make_unique<SafeDelegatecall>();
            }};
}

}  // namespace cordon::detect
