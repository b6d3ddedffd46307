// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <cordon/base/format.hpp>

#include "detectors.hpp"
#include "evidence.hpp"
#include "guarded.hpp"

namespace cordon::detect {
namespace {

constexpr Parameter kParameters[] = {
    {"value_usd", "A protocol that holds this much makes it critical, in USD.", 1'000'000, 0, 1e12},
    {"age", "A new admin younger than this is young, in seconds.", 2'592'000, 60, 31'536'000},
};

constexpr Descriptor kDescriptor{.id = "D15",
                                 .name = "admin-change",
                                 .title = "Control of a contract changed hands",
                                 .severity = Severity::kCritical,
                                 .stage = Stage::kPreparation,
                                 .needs = kTxns,
                                 .parameters = kParameters};

/// Who may change a protocol of ours is written in the configuration; whoever else gets the right
/// is an alert. On foreign contracts a change is only told when money leaves in the same txn.
class AdminChange final : public Detector {
public:
    explicit AdminChange(const WatchConfig& config)
        : value_{parameter(kDescriptor, config, "value_usd")},
          age_{static_cast<int64_t>(parameter(kDescriptor, config, "age"))} {}
    const Descriptor& descriptor() const noexcept override { return kDescriptor; }

    void on_txn(const TxnView& txn, const World& world, Findings& out) override {
        if (!txn.activity || txn.activity->succeeded == false) return;
        for (const Log& log : txn.activity->logs) by_log(txn, world, log, out);
        if (txn.has_calls) by_outflow(txn, world, out);
    }

private:
    static std::optional<Address> new_admin(const Log& log) {
        static const Hash256 kOwner = topic_named("OwnershipTransferred(address,address)");
        static const Hash256 kAdmin = topic_named("AdminChanged(address,address)");
        static const Hash256 kRole = topic_named("RoleGranted(bytes32,address,address)");
        static const Hash256 kNewAdmin = topic_named("NewAdmin(address,address)");
        static const Hash256 kOwnerUpdated = topic_named("OwnerUpdated(address,address)");
        if (log.topics.empty()) return std::nullopt;
        const Hash256& what = log.topics[0];
        // The second address, whether its author indexed it or not.
        const auto second = [&]() -> std::optional<Address> {
            const std::size_t indexed = log.topics.size() - 1;
            if (indexed >= 2) return address_in(log.topics[2]);
            return address_in(data_word(log.data, 1 - indexed));
        };
        if (what == kOwner || what == kAdmin || what == kNewAdmin || what == kOwnerUpdated)
            return second();
        // Role zero is the admin of all roles (OpenZeppelin AccessControl).
        if (what == kRole && log.topics.size() == 4 && log.topics[1] == Hash256{})
            return address_in(log.topics[2]);
        return std::nullopt;
    }

    void by_log(const TxnView& txn, const World& world, const Log& log, Findings& out) const {
        const Protocol* protocol = world.protocol_of(txn.chain, log.contract);
        if (!protocol) return;
        const std::optional<Address> admin = new_admin(log);
        if (!admin || admin->is_zero() || is_trusted(*protocol, txn.chain, *admin)) return;
        const bool young = is_young(txn, world, *admin, age_);
        const std::optional<Cents> value = value_of(txn, world, *protocol);
        const bool announced = is_by_timelock(txn, *protocol);
        Finding finding;
        finding.severity = announced                 ? Severity::kInfo
                           : is_small(value, value_) ? Severity::kHigh
                                                     : Severity::kCritical;
        finding.stage = Stage::kPreparation;
        finding.confidence = young ? 0.9 : 0.7;
        finding.subject = log.contract;
        finding.reason = format(
            "{} now rules {} ({}), and is not among its admins{}{}.", text_of(txn, *admin),
            protocol->name, text_of(txn, log.contract),
            young ? format("; it is younger than {} days", age_.count() / 86'400) : std::string{},
            announced ? "; its timelock announced the change" : "");
        finding.next = announced ? "Check that the change is the one that was announced."
                                 : "Pause the protocol; move its funds if the old admin still can.";
        finding.usd = value;
        finding.related = {*admin, txn.activity->from};
        finding.key = text_of(txn, *admin);
        out.push_back(std::move(finding));
    }

    /// A stranger calls what only an admin should, it works, and something leaves for nothing.
    static void by_outflow(const TxnView& txn, const World& world, Findings& out) {
        const TxnFlow& flow = flow_of(txn);
        if (flow.privileged.empty() || !flow.gained()) return;
        for (const Dealing& dealing : flow.dealings) {
            if (!dealing.unpaid()) continue;
            const auto& [contract, selector] = flow.privileged.front();
            const Loss loss = loss_of(txn, world, dealing);
            out.push_back(
                {.severity = Severity::kHigh,
                 .stage = Stage::kExploitation,
                 .confidence = 0.7,
                 .subject = contract,
                 .reason = format("The sender's contract called 0x{:08x} of {}, which changes who "
                                  "or what rules it, and took {} from {} in the same txn.",
                                  selector, text_of(txn, contract), loss.text,
                                  text_of(txn, dealing.with)),
                 .next = "Pause the contract and every copy of its code.",
                 .usd = loss.usd,
                 .related = related_to(flow),
                 .key = "outflow"});
            return;
        }
    }

    double value_;
    Seconds age_;
};

}  // namespace

Maker d15() noexcept {
    return {&kDescriptor, [](const WatchConfig& config) -> std::unique_ptr<Detector> {
                return std::make_unique<AdminChange>(config);
            }};
}

}  // namespace cordon::detect
