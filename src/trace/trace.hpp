// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <unordered_set>
#include <variant>
#include <vector>

#include <cordon/base/result.hpp>
#include <cordon/ledger/ledger.hpp>
#include <cordon/model/fact.hpp>
#include <cordon/model/label.hpp>
#include <cordon/model/watch.hpp>

#include "edge.hpp"
#include "edge_list.hpp"
#include "finding.hpp"
#include "link_source.hpp"
#include "memo.hpp"
#include "told_list.hpp"

/// Value flow: where the money of a theft went, unit by unit (DESIGN section 4).
namespace cordon::trace {

/// In which order a container gives up its parcels.
enum class Policy : uint8_t {
    kFifo,     ///< Oldest first (Clayton's case; lossless and reversible).
    kLifo,     ///< Newest first.
    kTiho,     ///< Taint in, highest out: tainted parcels go to the largest outputs of the txn.
    kHaircut,  ///< Every output carries the container's share.
    kPoison,   ///< Any taint taints all. The one policy that does not conserve taint.
};
std::string_view to_string(Policy policy) noexcept;
Result<Policy> parse_policy(std::string_view text);

/// What an address is thought to have sent when it sends more than the ledger ever saw it receive.
enum class Overspend : uint8_t {
    kClean,  ///< Clean money from before the extract.
    /// Tainted in the share that taint has in all that the address is known to have had of that
    /// asset, what it overspent before taint reached it included; clean when it pays strangers
    /// (Params::stranger_senders).
    kInherit,
};
std::string_view to_string(Overspend overspend) noexcept;
Result<Overspend> parse_overspend(std::string_view text);

/// kBackward asks where money came from: the same engine on the ledger read from its end, every
/// movement turned round.
enum class Direction : uint8_t { kForward, kBackward };
std::string_view to_string(Direction direction) noexcept;

/// Where the walk starts. Seeds may overlap: a unit that two of them name counts once.
struct Seed {
    ChainId chain;
    struct FromAddress {
        Address address;
        std::optional<UnixMillis> since;  ///< Default: the first send (backward: the last receipt).
    };
    /// Walking forward: what each of its payers lost, that is put in and did not get back at the
    /// same address (change, the way a flash loan returns). The payers are nodes of hop 0 and the
    /// txn's own movements are the first edges; the fee of a UTXO txn is loot. Change to a fresh
    /// address cannot be told from the theft and counts as loot. A UTXO txn whose payers the ledger
    /// does not hold (coinbase, extracts), and any UTXO txn walking backward: all of its outputs.
    struct FromTxn {
        Hash256 hash;
    };
    std::variant<FromAddress, FromTxn, OutPoint> what;
    std::string text;  ///< As the user wrote it.
};

struct Params {
    Policy policy = Policy::kLifo;  // Chosen by measurement: docs/decisions (trace defaults).
    Overspend overspend = Overspend::kInherit;
    Direction direction = Direction::kForward;
    uint32_t max_hops = 64;
    // A movement below a limit is not marked: it makes no edge, and its taint counts as resting
    // with the sender (Stop::kBelowLimit), so that the books still close.
    /// Tainted part of what moved, 0..1: less is mostly others' money. Not asked of a movement that
    /// leads the walk to no new address: one to a service or to an address met before.
    double min_purity = 0.05;
    double min_usd = 0;  ///< USD value of the tainted part; unpriced is never below. 0 = no limit.
    Amount min_amount;   ///< The same in smallest units, whatever the asset; 0 = no limit.
    std::optional<UnixMillis> since, until;  ///< Movements outside are not followed.
    uint64_t max_nodes = 200'000;
    uint64_t max_edges = 1'000'000;
    double min_share = 1e-8;  ///< The same as a share of all taint in that asset so far, 0..1.
    uint32_t service_degree =
        1'000;  ///< Counterparties; 0 = no guard. Seeds are never stopped by it.
    /// An address with at least this many senders whom the walk has not met, and also this many
    /// receivers, serves strangers: stopped like service_degree (Stop::kHighDegree). 0 = no guard.
    /// Why the number: docs/decisions/0008.
    uint32_t service_both_sides = 8;
    bool through_joins = false;  ///< Follow taint through joins of strangers, as if of one owner.
    /// Forward on account chains: an address that at least this many senders pay whom the walk has
    /// not met is a stranger with an income of its own. A payment to strangers alone is thought to
    /// be the payer's own affair as far as that can be: it takes clean money first (FIFO, LIFO,
    /// TIHO), what it overspends is clean (Overspend::kInherit), and it is followed only when at
    /// least stranger_purity of it is tainted; with fewer such senders, but two or more, that limit
    /// lies between min_purity and stranger_purity. No more taint is held back than clean money is
    /// really there. 0 = no strangers.
    uint32_t stranger_senders = 3;
    double stranger_purity = 0.5;  ///< 0..1. Half: more likely loot than not.
    /// A crossing (bridge, mixer, order) is followed from this confidence on, 0..1. From one half
    /// on it is more likely than all other candidates together.
    double min_confidence = 0.5;
    std::vector<Category> stop;  ///< default_stop_categories() unless the user says otherwise.
    /// Addresses that are followed whatever their label says and however busy they are: who knows
    /// better says so one by one.
    std::vector<std::pair<ChainId, Address>> through = {};
};
/// Every category that names a service (not theft, scam, ransomware, sanctioned): money there can
/// be asked for.
std::vector<Category> default_stop_categories();

/// What the walk needs to know of the world, all as of one moment. Implemented in engine over
/// records. Calls may come from one thread only and must be deterministic.
class Context {
public:
    virtual ~Context() = default;
    /// The label to show, the most confident first; nothing when there is none.
    virtual std::optional<Label> label(ChainId chain, const Address& address) const = 0;
    /// Everything that is said about the address, in the same order.
    virtual std::vector<Label> labels(ChainId chain, const Address& address) const {
        const std::optional<Label> best = label(chain, address);
        return best ? std::vector{*best} : std::vector<Label>{};
    }
    /// Symbol, decimals and status; nothing for an asset that assets: does not list.
    virtual std::optional<AssetInfo> asset(ChainId chain, const Asset& asset) const = 0;
    /// USD value of an amount at a time; nothing when unpriced (never 0 for lack of a price).
    virtual std::optional<double> usd(ChainId chain, const Asset& asset, const Amount& amount,
                                      std::optional<UnixMillis> time) const = 0;
    /// True when a verified asset of the chain (the native one included) has this symbol, compared
    /// without case. A token that shows such a symbol and is not verified itself is a copy.
    virtual bool is_verified_symbol(ChainId chain, std::string_view symbol) const {
        static_cast<void>(chain), static_cast<void>(symbol);
        return false;
    }
    /// Every address whose label to show is of this category, in order.
    virtual std::vector<Address> labelled(ChainId chain, Category category) const {
        static_cast<void>(chain), static_cast<void>(category);
        return {};
    }
    /// All of whom label() may say something on the chain, when they are known by now; null when
    /// each has to be asked for. Lifetime: the Context.
    virtual const std::unordered_set<Address>* labelled_addresses(ChainId chain) const {
        static_cast<void>(chain);
        return nullptr;
    }
    /// What the logs and calls of a txn said, by index.
    virtual std::vector<Fact> facts_of(ChainId chain, const Hash256& txn) const {
        static_cast<void>(chain), static_cast<void>(txn);
        return {};
    }
    /// Every fact of this kind and key, on any chain, by (chain, txn, index). A rewound txn may
    /// have left some: what counts is in the ledger.
    virtual std::vector<Fact> facts_with(FactKind kind, std::string_view key) const {
        static_cast<void>(kind), static_cast<void>(key);
        return {};
    }
    /// Every fact of this kind on a chain, by (txn, index).
    virtual std::vector<Fact> facts_on(ChainId chain, FactKind kind) const {
        static_cast<void>(chain), static_cast<void>(kind);
        return {};
    }

    /// For recognisers. A Context is used with one ledger only.
    Memo& memo() const noexcept { return memo_; }

private:
    mutable Memo memo_;
};

/// The books of one asset of one chain: seeded + swapped_in + inherited = resting + fees + burned +
/// swapped_out (not for poison).
struct Total {
    ChainId chain;
    Asset asset;
    Amount seeded;       ///< What the seeds put in.
    Amount inherited;    ///< Taint that overspending added (Overspend::kInherit).
    Amount swapped_in;   ///< Arrived by links: swaps from other assets, crossings.
    Amount swapped_out;  ///< Left by links.
    Amount resting;      ///< At endpoints.
    Amount fees;
    Amount burned;
    Amount assumed;  ///< Overspent value of visited addresses, tainted or not: what the extract did
                     ///< not show.
};

/// What was asked of the ledger.
enum class Mode : uint8_t {
    kTaint,     ///< trace(): where the money went, to the unit.
    kRanked,    ///< rank(): who belongs together.
    kPaths,     ///< find_paths(): how one address is tied to another.
    kFrontier,  ///< trace() and frontier(): what can still move.
};
std::string_view to_string(Mode mode) noexcept;
Result<Mode> parse_mode(std::string_view text);

/// A way of value from a start to a target.
struct Path {
    std::vector<uint32_t> edges;  ///< Places in TraceResult::edges, in the order of the way.
    Asset asset;                  ///< In which it arrives.
    Amount bottleneck;            ///< The most that can have come all the way, on arrival.
    std::optional<double> usd;    ///< Its value where the way begins; nothing when unpriced.
};

struct TraceResult {
    Params params;
    std::vector<Seed> seeds;
    NodeList nodes;                 ///< By (hop, chain, address).
    EdgeList edges;                 ///< By (chain, position, row).
    EndpointList endpoints;         ///< By tainted value, largest first; ties by address.
    std::vector<Total> totals;      ///< By (chain, asset).
    std::vector<Finding> findings;  ///< Of patterns; trace() itself leaves them empty.
    std::vector<std::string> warnings;
    bool incomplete = false;  ///< Cancelled or out of budget: what is there is right, but not all.
    Mode mode = Mode::kTaint;
    /// Parameters of a mode that Params does not have, by name.
    std::vector<std::pair<std::string, double>> method;
    std::vector<Path> paths;   ///< kPaths: the widest first.
    std::vector<Watch> watch;  ///< kFrontier: by chain, address, output, asset.
};

/// Told now and then how far the walk is; cheap to call, may be empty.
struct Progress {
    uint64_t txns = 0;
    uint64_t nodes = 0;
    uint64_t edges = 0;
    uint32_t hop = 0;
    double budget_used = 0;  ///< 0..1, the larger of nodes and edges.
};

/// Follows the seeds through the ledger.
///
/// Event-driven: visits the txns of touched containers only, in chain order. Deterministic: same
/// ledger, context and params give the same result, byte for byte. Cost: O(t log t) for t txns of
/// touched addresses; memory as the result plus the parcels alive. Errors: kNotFound when a seed is
/// not in the ledger, kInvalidParam, and those of the Reader. `cancel` is polled; when it turns
/// true the result so far comes back with incomplete = true.
Result<TraceResult> trace(const ledger::Reader& ledger, const Context& context,
                          std::span<const LinkSource* const> links, std::span<const Seed> seeds,
                          const Params& params,
                          const std::function<void(const Progress&)>& progress = {},
                          const std::atomic<bool>* cancel = nullptr);

}  // namespace cordon::trace
