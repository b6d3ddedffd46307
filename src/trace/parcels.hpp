// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include <cordon/base/small_vector.hpp>

#include "trace.hpp"

/// Parcels of value and the policies by which they are handed on: pure arithmetic, exact to the
/// smallest unit.
namespace cordon::trace {

/// Where a parcel came from. Anything but kClean is taint; the walk itself needs one colour only,
/// the property tests use many, to see that no unit changes hands wrongly.
using Origin = uint32_t;
inline constexpr Origin kClean = 0;
inline constexpr Origin kTainted = 1;

struct Parcel {
    Amount amount;
    Origin origin = kClean;
    friend bool operator==(const Parcel&, const Parcel&) = default;
};

/// In the order in which they are given out. Neighbours differ in origin and none is empty (see
/// append).
using Parcels = SmallVector<Parcel, 2>;

/// Adds at the end; drops nothing, joins equal neighbours.
inline void append(Parcels& parcels, const Parcel& parcel) {
    if (parcel.amount.is_zero()) return;
    if (!parcels.empty() && parcels.back().origin == parcel.origin)
        parcels.back().amount += parcel.amount;
    else
        parcels.push_back(parcel);
}
void append(Parcels& parcels, const Parcels& more);
inline Amount total_of(const Parcels& parcels) {
    Amount sum;
    for (const Parcel& parcel : parcels) sum += parcel.amount;
    return sum;
}
inline Amount tainted_of(const Parcels& parcels) {
    Amount sum;
    for (const Parcel& parcel : parcels)
        if (parcel.origin != kClean) sum += parcel.amount;
    return sum;
}

struct Sums {
    Amount clean, tainted;
};
inline void append(Sums& sums, const Parcel& parcel) {
    (parcel.origin == kClean ? sums.clean : sums.tainted) += parcel.amount;
}
inline Sums sums_of(const Parcels& parcels) {
    Sums sums;
    for (const Parcel& parcel : parcels) append(sums, parcel);
    return sums;
}

/// Cuts `amount` off the front. REQUIRES: total_of(parcels) >= amount.
Parcels split_front(Parcels& parcels, Amount amount);

/// Hands parcels to outputs; the answer has one entry an output, each summing exactly to that
/// output.
///
/// kFifo cuts from the front, kLifo from the back; kTiho gives tainted parcels to the largest
/// outputs (the earlier of equal ones first), clean ones to the rest; kHaircut gives each the
/// common share, rounded so that shares of all leading outputs are never off by a unit; kPoison
/// taints every output when any parcel is tainted. Taint is conserved by all but kPoison. REQUIRES:
/// the sums of `parcels` and `outputs` are equal.
std::vector<Parcels> distribute(Policy policy, const Parcels& parcels,
                                std::span<const Amount> outputs);

/// What one address holds of one asset: takes parcels in, gives them out in the order of the
/// policy.
class Purse {
public:
    explicit Purse(Policy policy) noexcept : policy_{policy} {}

    /// The newest arrival; with `joins` it came together with the parcel put before it, which was
    /// not empty. What came together has no order in time: the lot policies take arrivals in their
    /// order, but one of them in shares.
    void put(const Parcel& parcel, bool joins = false);
    /// As it was when it was made.
    void clear() noexcept;
    /// At most `amount`, in give-out order; less when the purse holds less.
    Parcels take(const Amount& amount);
    /// As take, but clean parcels go first under the lot policies: gas is paid from what was there
    /// before the loot.
    Parcels take_clean_first(const Amount& amount);
    /// As take or take_clean_first, where the order of what is given does not matter.
    Sums take_sums(const Amount& amount, bool clean_first);
    /// At most `amount` of taint, oldest first, whatever the policy; clean parcels keep their
    /// places.
    Parcels take_tainted(const Amount& amount);

    const Amount& total() const noexcept { return total_; }
    const Amount& tainted() const noexcept { return tainted_; }
    /// kPoison only: it has held taint, so that all it ever gives from then on is tainted.
    bool poisoned() const noexcept { return poisoned_; }

private:
    struct Lot {
        Parcel parcel;
        uint32_t arrival = 0;  // Equal for what came together; such lots are neighbours.
    };
    bool has_lots() const noexcept { return policy_ == Policy::kFifo || policy_ == Policy::kLifo; }
    Parcels take_all();
    // Out: Parcels, or Sums where their order does not matter.
    template <typename Out>
    void take_lots(Amount amount, Out& out);
    template <typename Out>
    Amount take_lot(Parcel& lot, const Amount& amount, Out& out);
    template <typename Out>
    Amount take_arrival(std::size_t first, std::size_t last, const Amount& amount, Out& out);
    template <typename Number, typename Out>
    void take_shares(std::size_t first, std::size_t last, const Number& whole, const Number& wanted,
                     Out& out);
    Parcels take_share(const Amount& amount);
    Parcels take_in_turn(const Amount& amount, bool tainted_first);
    Parcels pick_lots(const Amount& amount, bool tainted);
    void trim();

    Policy policy_;
    bool poisoned_ = false;
    Amount total_, tainted_;
    SmallVector<Lot, 2> lots_;  // kFifo and kLifo only, oldest first; those before head_ are gone.
    uint32_t arrivals_ = 0;
    std::size_t head_ = 0;
    std::size_t empty_ = 0;               // Lots from head_ on that pick_lots emptied.
    std::array<std::size_t, 2> first_{};  // No clean, no tainted lot lies before these places.
};

}  // namespace cordon::trace
