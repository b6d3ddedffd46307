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

#include "crossed_rows.hpp"

/// The ledger as the searches (rank, paths) see it: who gave what to whom, one address at a time.
namespace cordon::trace {

struct Movements {
    std::vector<Movement> rows;  ///< In the order of when().
    bool cut = false;            ///< There are more txns than were asked for.
};

/// Reads and remembers what movements need: which assets are worthless, which crossings belong
/// together. Confined to one thread.
class MovementReader {
public:
    explicit MovementReader(const Sight& sight) : sight_{sight}, crossings_{sight} {}

    /// The movements of at most `max_txns` txns of an address, from the first or from the last txn
    /// on. Left out: fees, zero amounts, worthless assets, amounts of 2^192 and more, payments to
    /// oneself, and the zero address, which is nobody. UTXO: what an input address gave to an
    /// output address is the output's value times the address's share of the inputs.
    ///
    /// A payment into a bridge or mixer whose arrival is known (CrossingChoice) is a movement to
    /// who received it there, and the bridge has no part in it; seen from both ends alike. Cost:
    /// those txns, and what the recognisers ask on chains where something may cross. Lifetime of
    /// what the movements point at: this object.
    Result<Movements> of(ChainId chain, const Address& address, ledger::Order order,
                         uint64_t max_txns) &;

    /// What could not be followed and why, for the warnings of a result.
    void warn(std::vector<std::string>& warnings) const { crossings_.warn(warnings); }

private:
    Status account_rows(ChainId chain, const Address& address,
                        const ledger::PlacedAccountTxn& placed, bool may_cross,
                        std::vector<Movement>& rows);
    Status utxo_rows(ChainId chain, const Address& address, const ledger::PlacedUtxoTxn& placed,
                     bool may_cross, std::vector<Movement>& rows);
    bool worthless(ChainId chain, const Asset& asset);

    const Sight& sight_;
    CrossedRows crossings_;
    std::map<ChainId, std::unordered_map<Asset, bool>> worthless_;
};

/// A seed as searches take it: an address, and from when on its movements count.
struct Start {
    ChainId chain;
    Address address;
    Moment from;  ///< The default: always.
    friend auto operator<=>(const Start&, const Start&) = default;
};

/// An address seed is that address; an output seed the address of the output; a txn seed everybody
/// who is better off after the txn, from that txn on. By (chain, address), each once, the earliest.
/// kNotFound when the ledger does not hold a seed.
Result<std::vector<Start>> starts_of(const Sight& sight, std::span<const Seed> seeds);

/// What a few txns of an address tell of it.
struct Profile {
    uint32_t others = 0;  ///< Counterparties.
    /// It received and it sent, and not only to and from one and the same: value passes through.
    bool passes_on = false;
    bool busy = false;  ///< There is more than was read.
    struct Send {
        Moment when;
        Address to;
    };
    std::vector<Send> last;  ///< Its last send, and its last to somebody else than that.

    /// It sent something to others than `payer`, not before `from`.
    bool moves_on(const Address& payer, Moment from) const noexcept;
};
Profile profile_of(ChainId chain, const Address& address, const Movements& movements);

/// Two different EVM addresses whose first and last digits are the same, as wallets shorten them:
/// what address poisoning relies on. Three digits at either end, 24 bits: among a thousand
/// addresses chance makes such a pair in one case of thirty.
std::optional<uint32_t> shown_digits(const Address& address) noexcept;

}  // namespace cordon::trace
