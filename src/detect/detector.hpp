// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <cordon/model/alert.hpp>
#include <cordon/model/feed_event.hpp>

#include "world.hpp"

namespace cordon::detect {

/// What a detector must be given to say anything.
enum Input : uint32_t {
    kTransfers = 1U << 0,
    kTxns = 1U << 1,  ///< Sender, receiver and calldata.
    kLogs = 1U << 2,
    kCalls = 1U << 3,
    kChanges = 1U << 4,
    kPrices = 1U << 5,
    kWithdrawals = 1U << 6,
    kLiabilities = 1U << 7,
    kSigning = 1U << 8,
    kAlerts = 1U << 9,
    kWallets = 1U << 10,  ///< Wallet sets, protocols, Safes or bridges in the configuration.
    kLabels = 1U << 11,
};

/// Which txns a detector is given. Most move nothing of ours, and most detectors are about ours:
/// they are not asked in vain.
enum Interest : uint32_t {
    kAnyTxn = 1U << 0,
    kOurTxns = 1U << 1,      ///< A wallet of ours pays or is paid.
    kGuardedTxns = 1U << 2,  ///< A protocol, bridge or Safe of ours pays, is paid or is called.
};

/// A number that people may change (WatchConfig::parameters).
struct Parameter {
    std::string_view name;
    std::string_view meaning;  ///< With its unit.
    double value = 0;          ///< As shipped.
    double min = 0, max = 0;
};

/// What a detector is: the one source of its list entry, its page and its configuration.
struct Descriptor {
    std::string_view id;     ///< "D01".
    std::string_view name;   ///< "outflow-ratio"; docs/detectors/<id>-<name>.md.
    std::string_view title;  ///< A few words for a person.
    Severity severity{};     ///< The worst that it raises by itself.
    Stage stage{};
    /// Input bits. Blocks whose source does not give its kTxns, kLogs, kCalls or kChanges are not
    /// shown to it, and counted (DetectorMetrics::skipped).
    uint32_t needs = 0;
    uint32_t interest = kAnyTxn;  ///< Interest bits: any of them.
    bool is_last = false;         ///< Runs after all others, rules too: it combines their alerts.
    bool looks_ahead = false;     ///< Wants look_ahead(): its tables are larger than the caches.
    std::span<const Parameter> parameters = {};
};

/// What a detector found. Watch makes an Alert of it.
struct Finding {
    Severity severity{};
    Stage stage{};
    double confidence = 0;
    Address subject;
    std::string reason = {};  ///< Plain words with the numbers, one or two sentences.
    std::string next = {};    ///< What to do now, one sentence.
    std::optional<Cents> usd = {};
    /// Besides the txn at hand.
    std::vector<Hash256> txns = {};
    std::vector<Address> related = {};
    /// Tells apart several alerts of one detector about one subject in one txn.
    std::string key = {};
    std::vector<std::string> tags = {};
    /// Only where one Detector speaks for many (rules): who found it, instead of the descriptor.
    std::string detector = {}, title = {};
};
using Findings = std::vector<Finding>;

/// Watches the stream of one or more chains. Deterministic: what it finds depends on events,
/// configuration and Knowledge alone; it never asks a clock, and remembers only in tables().
/// Confined to one thread.
class Detector {
public:
    virtual ~Detector() = default;
    virtual const Descriptor& descriptor() const noexcept = 0;
    /// Every txn in chain order, then once more per pending txn (TxnView::pending): what is learned
    /// from a pending txn must not be kept, for it may never come.
    virtual void on_txn(const TxnView&, const World&, Findings&) {}
    /// After the last txn of a block: also the clock for windows and absences.
    virtual void on_block_end(ChainId, const BlockHeader&, const World&, Findings&) {}
    virtual void on_withdrawal(const WithdrawalRequest&, const World&, Findings&) {}
    virtual void on_liabilities(const Liabilities&, const World&, Findings&) {}
    virtual void on_signing(const SigningRequest&, const World&, Findings&) {}
    virtual void on_status(const FeedStatus&, const World&, Findings&) {}
    /// Every alert that detectors before it raised (Watch runs them in the order of their ids,
    /// then rules, then Descriptor::is_last); its own are not told.
    virtual void on_alert(const Alert&, const World&, Findings&) {}
    /// All that it remembers, always the same tables in the same order.
    virtual std::vector<Table*> tables() { return {}; }
    /// These transfers come so many txns later: the time to ask for memory (Keyed::expect). Learns
    /// nothing, and is not called for every txn.
    virtual void look_ahead(ChainId, std::span<const Transfer>, Ahead) const noexcept {}
};

/// The value of a parameter: as configured, else as shipped. REQUIRES: the descriptor has it, and
/// the configuration was checked.
double parameter(const Descriptor& descriptor, const WatchConfig& config, std::string_view name);

/// One way to make a detector.
struct Maker {
    const Descriptor* descriptor;
    std::unique_ptr<Detector> (*make)(const WatchConfig&);
};
/// All shipped detectors, sorted by id (registry.cpp: one line each).
std::span<const Maker> detectors() noexcept;

}  // namespace cordon::detect
