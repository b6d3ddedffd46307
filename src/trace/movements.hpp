// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <cordon/base/result.hpp>
#include <cordon/ledger/ledger.hpp>

#include "link_source.hpp"
#include "trace.hpp"

/// The ledger as the searches (rank, paths) see it: who gave what to whom, one address at a time.
namespace cordon::trace {

/// Value that went from one address to another in one txn, after everything between the two in that
/// asset was set off. A swap for oneself has the same address on both sides.
struct Movement {
    TxnPosition at;
    std::optional<UnixMillis> time;
    Hash256 txn;
    Address from, to;
    Asset asset;  ///< What `from` gave.
    Amount amount;
    Asset to_asset;  ///< What `to` got: another asset only when a link explains it.
    Amount to_amount;
    std::string_view kind;  ///< As Edge::kind.
    double confidence = 1;

    bool converts() const noexcept { return asset != to_asset; }
};

/// Where a search may look and what it leaves out. Lifetime of what it points to: the search.
struct Sight {
    const ledger::Reader& ledger;
    const Context& context;
    std::span<const LinkSource* const> links;
    std::optional<UnixMillis> since, until;  ///< Movements outside do not exist.
};

struct Movements {
    std::vector<Movement> rows;  ///< In chain order.
    bool cut = false;            ///< There are more txns than were asked for.
};

/// Reads and remembers what movements need: which assets are worthless. Confined to one thread.
class MovementReader {
public:
    explicit MovementReader(const Sight& sight) noexcept : sight_{sight} {}

    /// The movements of at most `max_txns` txns of an address, from the first or from the last txn
    /// on. Left out: fees, zero amounts, worthless assets, amounts of 2^192 and more, payments to
    /// oneself, and the zero address, which is nobody. UTXO: what an input address gave to an
    /// output address is the output's value times the address's share of the inputs. Cost: those
    /// txns.
    Result<Movements> of(ChainId chain, const Address& address, ledger::Order order,
                         uint64_t max_txns);

private:
    void account_rows(ChainId chain, const Address& address, const ledger::PlacedAccountTxn& placed,
                      std::vector<Movement>& rows);
    bool worthless(ChainId chain, const Asset& asset);
    bool outside(std::optional<UnixMillis> time) const noexcept;

    const Sight& sight_;
    std::map<ChainId, std::unordered_map<Asset, bool>> worthless_;
};

/// A seed as searches take it: an address, and the block from which on its movements count.
struct Start {
    ChainId chain;
    Address address;
    BlockNum from = 0;
    friend auto operator<=>(const Start&, const Start&) = default;
};

/// An address seed is that address; an output seed the address of the output; a txn seed everybody
/// who is better off after the txn, from that txn on. By (chain, address), each once, the earliest
/// block. kNotFound when the ledger does not hold a seed.
Result<std::vector<Start>> starts_of(const Sight& sight, std::span<const Seed> seeds);

/// What a few txns of an address tell of it.
struct Profile {
    uint32_t others = 0;  ///< Counterparties.
    /// It received and it sent, and not only to and from one and the same: value passes through.
    bool passes_on = false;
    bool busy = false;  ///< There is more than was read.
    struct Send {
        BlockNum block = 0;
        Address to;
    };
    std::vector<Send> last;  ///< Its last send, and its last to somebody else than that.

    /// It sent something to others than `payer`, in block `from` or later.
    bool moves_on(const Address& payer, BlockNum from) const noexcept;
};
Profile profile_of(const Address& address, const Movements& movements);

/// Two different EVM addresses whose first and last digits are the same, as wallets shorten them:
/// what address poisoning relies on. Three digits at either end, 24 bits: among a thousand
/// addresses chance makes such a pair in one case of thirty.
std::optional<uint32_t> shown_digits(const Address& address) noexcept;

}  // namespace cordon::trace
