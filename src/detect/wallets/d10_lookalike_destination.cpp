// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <cordon/base/format.hpp>
#include <cordon/chain/look_alike.hpp>

#include "detectors.hpp"
#include "outflow.hpp"

namespace cordon::detect {
namespace {

constexpr Descriptor kDescriptor{.id = "D10",
                                 .name = "lookalike-destination",
                                 .title = "The destination looks like an address that is known",
                                 .severity = Severity::kCritical,
                                 .stage = Stage::kExploitation,
                                 .needs = kTransfers | kWallets,
                                 .interest = kOurTxns};

constexpr uint64_t kPaid = 1U << 18;
// Addresses are looked up by two characters at each end, the fewest that chain::looks_like takes;
// of those that share them all are compared, this many at most of the destinations.
constexpr chain::LookAlikeParams kEnds{2, 2};
constexpr std::size_t kMostAlike = 32;

uint64_t ends_key(ChainId chain, const Address& address) {
    uint64_t key = std::hash<ChainId>{}(chain) ^ static_cast<uint64_t>(address.kind());
    for (const char c : chain::ends_of(chain, address, kEnds))
        key = key * 257 + static_cast<uint8_t>(c);
    return key;
}

/// DMM's 4,502.9 BTC went to an address that began and ended like its own; people compare the ends.
class Lookalike final : public Detector {
public:
    /// Lifetime: the configuration outlives it, as it does World.
    explicit Lookalike(const WatchConfig& config) {
        known_.reserve(config.wallets.size() + config.allowed.size() + config.safes.size());
        for (const WalletAddress& wallet : config.wallets) add(wallet.chain, wallet.address);
        for (const Allowed& allowed : config.allowed)
            add(allowed.place.chain, allowed.place.address);
        for (const WatchedSafe& safe : config.safes) add(safe.place.chain, safe.place.address);
        std::stable_sort(known_.begin(), known_.end(), by_ends);
    }
    const Descriptor& descriptor() const noexcept override { return kDescriptor; }
    std::vector<Table*> tables() override { return {&paid_}; }

    void on_txn(const TxnView& txn, const World& world, Findings& out) override {
        // Also what was announced: DMM meant to pay, and paid an address that looked like its own.
        for (const Outflow& outflow : outflows(txn, true, true)) {
            const Address& to = outflow.receivers.front();
            if (const auto known = known_like(txn.chain, to)) {
                Finding found = finding(
                    txn.chain, to, *known,
                    world.amount_text(txn.chain, outflow.asset(), outflow.amount), "has been paid");
                found.subject = outflow.from();
                found.usd = outflow.usd;
                found.next = "Stop payments to it, warn who copied it, and check the other drafts.";
                out.push_back(std::move(found));
            } else if (is_vouched(txn, world, outflow)) {
                remember(txn.chain, to, txn.time);
            }
        }
    }

    void on_withdrawal(const WithdrawalRequest& request, const World& world,
                       Findings& out) override {
        if (request.cancelled || world.set_of(request.chain, request.to) != 0) return;
        const auto known = known_like(request.chain, request.to);
        if (!known) return;
        Finding found = finding(request.chain, request.to, *known,
                                world.amount_text(request.chain, request.asset, request.amount),
                                "is to be paid");
        found.subject = request.to;
        found.usd = world.usd(request.chain, request.asset, request.amount, request.time);
        found.key = request.id;
        found.next =
            format("Do not sign the request {}; ask the requester by another way.", request.id);
        out.push_back(std::move(found));
    }

private:
    struct Known {
        uint64_t ends;
        ChainId chain;
        const Address* address;
    };
    static bool by_ends(const Known& a, const Known& b) noexcept { return a.ends < b.ends; }

    void add(ChainId chain, const Address& address) {
        known_.push_back({ends_key(chain, address), chain, &address});
    }

    std::optional<Address> known_like(ChainId chain, const Address& to) const {
        const uint64_t key = ends_key(chain, to);
        std::optional<Address> alike;
        const auto [begin, end] =
            std::equal_range(known_.begin(), known_.end(), Known{key, {}, nullptr}, by_ends);
        for (auto at = begin; at != end; ++at) {
            if (at->chain != chain) continue;
            if (*at->address == to) return std::nullopt;
            if (chain::looks_like(chain, *at->address, to)) alike = *at->address;
        }
        if (const std::vector<Address>* paid = paid_.find(key))
            for (const Address& address : *paid) {
                if (address == to) return std::nullopt;
                if (!alike && chain::looks_like(chain, address, to)) alike = address;
            }
        return alike;
    }

    /// Whom our wallets paid, people take from their history. Tokens that anybody can make do not
    /// count: they can say that we paid.
    static bool is_vouched(const TxnView& txn, const World& world, const Outflow& outflow) {
        // A hot wallet pays whom customers name: of a million addresses some are alike by chance.
        if (world.set(outflow.set).tier == "hot") return false;
        if (txn.activity && !txn.activity->from.empty() && txn.activity->from != outflow.from())
            return false;
        return outflow.usd.value_or(0) > 0 || outflow.asset().is_native();
    }
    void remember(ChainId chain, const Address& to, UnixMillis time) {
        std::vector<Address>& paid = paid_.at(ends_key(chain, to), time);
        if (std::find(paid.begin(), paid.end(), to) != paid.end()) return;
        if (paid.size() == kMostAlike) paid.erase(paid.begin());
        paid.push_back(to);
    }

    Finding finding(ChainId chain, const Address& to, const Address& known,
                    const std::string& amount, std::string_view verb) const {
        const chain::Likeness same = chain::likeness(chain, to, known);
        Finding found;
        found.severity = Severity::kCritical;
        found.stage = Stage::kExploitation;
        found.confidence = 0.95;
        found.related = {to, known};
        found.key = address_text(chain, to);
        found.reason = format(
            "{} {} {}. It is not {}, which is yours, allowed or was paid before, but has its first "
            "{} and last {} characters: that happens by chance once in four billion addresses.",
            address_text(chain, to), verb, amount, address_text(chain, known), same.prefix,
            same.suffix);
        return found;
    }

    std::vector<Known> known_;  // Of the configuration, sorted.
    Keyed<uint64_t, std::vector<Address>> paid_{kPaid};
};

}  // namespace

Maker d10() noexcept { return {&kDescriptor, make_detector<Lookalike>}; }

}  // namespace cordon::detect
