// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "parcels.hpp"

#include <algorithm>
#include <numeric>
#include <type_traits>

#include <cordon/base/check.hpp>

namespace cordon::trace {
namespace {

/// The origin that mixed taint goes by where parcels lose their identity.
Origin first_taint(const Parcels& parcels) {
    for (const Parcel& parcel : parcels)
        if (parcel.origin != kClean) return parcel.origin;
    return kTainted;
}

/// Tainted part first: within one output of a haircut the order has no meaning, but it must be one.
Parcels blend(const Amount& amount, const Amount& tainted, Origin origin) {
    Parcels out;
    append(out, {tainted, origin});
    append(out, {amount - tainted, kClean});
    return out;
}

std::vector<Parcels> cut_in_order(Parcels parcels, std::span<const Amount> outputs) {
    std::vector<Parcels> out;
    out.reserve(outputs.size());
    std::size_t at = 0;
    for (const Amount& wanted : outputs) {
        Parcels& part = out.emplace_back();
        Amount left = wanted;
        while (!left.is_zero()) {
            Parcel& front = parcels[at];
            const Amount piece = std::min(left, front.amount);
            append(part, {piece, front.origin});
            front.amount -= piece;
            left -= piece;
            if (front.amount.is_zero()) ++at;
        }
    }
    return out;
}

std::vector<Parcels> largest_first(const Parcels& parcels, std::span<const Amount> outputs) {
    Parcels sorted;
    for (const Parcel& parcel : parcels)
        if (parcel.origin != kClean) append(sorted, parcel);
    for (const Parcel& parcel : parcels)
        if (parcel.origin == kClean) append(sorted, parcel);

    std::vector<std::size_t> order(outputs.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return outputs[a] > outputs[b]; });
    std::vector<Amount> wanted;
    wanted.reserve(order.size());
    for (const std::size_t i : order) wanted.push_back(outputs[i]);
    std::vector<Parcels> given = cut_in_order(std::move(sorted), wanted);
    std::vector<Parcels> out(outputs.size());
    for (std::size_t i = 0; i < order.size(); ++i) out[order[i]] = std::move(given[i]);
    return out;
}

std::vector<Parcels> share_out(const Parcels& parcels, std::span<const Amount> outputs) {
    const Amount total = total_of(parcels);
    const Amount tainted = tainted_of(parcels);
    const Origin origin = first_taint(parcels);
    std::vector<Parcels> out;
    out.reserve(outputs.size());
    // Differences of the rounded running share: they sum exactly to the taint, and none exceeds its
    // output.
    Amount paid, given;
    for (const Amount& wanted : outputs) {
        paid += wanted;
        const Amount upto = total.is_zero() ? Amount{} : mul_div(paid, tainted, total);
        out.push_back(blend(wanted, upto - given, origin));
        given = upto;
    }
    return out;
}

/// Most purses hold less than 2^64 units, and sums of four limbs cost several times as much.
template <typename Number>
Number number_of(const Amount& amount) {
    if constexpr (std::is_same_v<Number, Amount>)
        return amount;
    else
        return amount.low_u64();
}
Amount part_of(const Amount& seen, const Amount& wanted, const Amount& whole) {
    return mul_div(seen, wanted, whole);
}
uint64_t part_of(uint64_t seen, uint64_t wanted, uint64_t whole) {
    __extension__ using Wide = unsigned __int128;
    return static_cast<uint64_t>(Wide{seen} * wanted / whole);
}

}  // namespace

void append(Parcels& parcels, const Parcels& more) {
    for (const Parcel& parcel : more) append(parcels, parcel);
}

Parcels split_front(Parcels& parcels, Amount amount) {
    Parcels front;
    std::size_t gone = 0;
    while (!amount.is_zero()) {
        CORDON_CHECK(gone < parcels.size());
        Parcel& parcel = parcels[gone];
        const Amount piece = std::min(amount, parcel.amount);
        append(front, {piece, parcel.origin});
        parcel.amount -= piece;
        amount -= piece;
        if (parcel.amount.is_zero()) ++gone;
    }
    parcels.erase(parcels.begin(), parcels.begin() + gone);
    return front;
}

std::vector<Parcels> distribute(Policy policy, const Parcels& parcels,
                                std::span<const Amount> outputs) {
    Amount wanted;
    for (const Amount& output : outputs) wanted += output;
    CORDON_CHECK(wanted == total_of(parcels));
    if (policy == Policy::kFifo && outputs.size() == 1) return {parcels};  // Most payments.
    switch (policy) {
        case Policy::kFifo: return cut_in_order(parcels, outputs);
        case Policy::kLifo: return cut_in_order({parcels.rbegin(), parcels.rend()}, outputs);
        case Policy::kTiho: return largest_first(parcels, outputs);
        case Policy::kHaircut: return share_out(parcels, outputs);
        case Policy::kPoison: break;
    }
    const bool any = !tainted_of(parcels).is_zero();
    std::vector<Parcels> out;
    out.reserve(outputs.size());
    for (const Amount& output : outputs)
        append(out.emplace_back(), {output, any ? first_taint(parcels) : kClean});
    return out;
}

void Purse::clear() noexcept {
    poisoned_ = false;
    total_ = tainted_ = {};
    lots_.clear();
    arrivals_ = 0;
    head_ = empty_ = 0;
    first_ = {};
}

void Purse::put(const Parcel& parcel, bool joins) {
    if (parcel.amount.is_zero()) return;
    total_ += parcel.amount;
    if (parcel.origin != kClean) {
        tainted_ += parcel.amount;
        if (policy_ == Policy::kPoison) poisoned_ = true;
    }
    if (poisoned_) tainted_ = total_;
    if (!has_lots()) return;
    while (lots_.size() > head_ && lots_.back().parcel.amount.is_zero()) {
        lots_.pop_back();
        --empty_;
    }
    if (!joins) ++arrivals_;
    lots_.push_back({parcel, arrivals_});
    std::size_t& first = first_[parcel.origin != kClean];
    first = std::min(first, lots_.size() - 1);
}

Parcels Purse::take(const Amount& amount) {
    const Amount given = std::min(amount, total_);
    if (given.is_zero()) return {};
    switch (policy_) {
        case Policy::kFifo:
        case Policy::kLifo: {
            if (given == total_) return take_all();  // As most purses end.
            Parcels out;
            take_lots(given, out);
            return out;
        }
        case Policy::kTiho: return take_in_turn(given, true);
        case Policy::kHaircut:
        case Policy::kPoison: break;
    }
    return take_share(given);
}

Parcels Purse::take_clean_first(const Amount& amount) {
    const Amount given = std::min(amount, total_);
    if (given.is_zero()) return {};
    if (policy_ == Policy::kHaircut || policy_ == Policy::kPoison) return take_share(given);
    if (policy_ == Policy::kTiho) return take_in_turn(given, false);
    Parcels out = pick_lots(std::min(given, total_ - tainted_), false);
    take_lots(given - total_of(out), out);
    return out;
}

Sums Purse::take_sums(const Amount& amount, bool clean_first) {
    if (amount < total_) {
        if (clean_first || !has_lots())
            return sums_of(clean_first ? take_clean_first(amount) : take(amount));
        Sums sums;
        take_lots(amount, sums);
        return sums;
    }
    const Sums all{total_ - tainted_, tainted_};  // As most purses end.
    const bool poisoned = poisoned_;
    clear();
    poisoned_ = poisoned;
    return all;
}

Parcels Purse::take_tainted(const Amount& amount) {
    const Amount given = std::min(amount, tainted_);
    if (has_lots()) return pick_lots(given, true);
    total_ -= given;
    tainted_ -= given;
    Parcels out;
    append(out, {given, kTainted});
    return out;
}

Parcels Purse::pick_lots(const Amount& amount, bool tainted) {
    Parcels out;
    Amount left = amount;
    // Emptied lots stay in their places and the search goes on where it ended, so that an address
    // with many lots that pays many fees costs no more than its lots.
    std::size_t& at = first_[tainted];
    at = std::max(at, head_);
    while (!left.is_zero()) {
        CORDON_CHECK(at < lots_.size());
        Parcel& lot = lots_[at].parcel;
        if ((lot.origin != kClean) != tainted || lot.amount.is_zero()) {
            ++at;
            continue;
        }
        const Amount piece = std::min(left, lot.amount);
        append(out, {piece, lot.origin});
        lot.amount -= piece;
        left -= piece;
        if (lot.amount.is_zero()) ++empty_;
    }
    total_ -= amount;
    if (tainted) tainted_ -= amount;
    trim();
    return out;
}

/// All that there is, as take_lots() gives it.
Parcels Purse::take_all() {
    Parcels out;
    std::size_t last = lots_.size();
    if (policy_ == Policy::kFifo)
        for (std::size_t at = head_; at < last; ++at) append(out, lots_[at].parcel);
    while (last > head_ && policy_ == Policy::kLifo) {
        std::size_t first = last - 1;
        while (first > head_ && lots_[first - 1].arrival == lots_[first].arrival) --first;
        for (std::size_t at = first; at < last; ++at) append(out, lots_[at].parcel);
        last = first;
    }
    clear();
    return out;
}

template <typename Out>
void Purse::take_lots(Amount amount, Out& out) {
    while (!amount.is_zero()) {
        CORDON_CHECK(head_ < lots_.size());
        std::size_t first = head_, last = lots_.size();
        if (policy_ == Policy::kFifo)
            for (last = first + 1;
                 last < lots_.size() && lots_[last].arrival == lots_[first].arrival;)
                ++last;
        else
            for (first = last - 1;
                 first > head_ && lots_[first - 1].arrival == lots_[first].arrival;)
                --first;
        amount -= last - first == 1 ? take_lot(lots_[first].parcel, amount, out)
                                    : take_arrival(first, last, amount, out);
        if (policy_ == Policy::kFifo)
            while (head_ < lots_.size() && lots_[head_].parcel.amount.is_zero()) ++head_, --empty_;
        else
            while (lots_.size() > head_ && lots_.back().parcel.amount.is_zero())
                lots_.pop_back(), --empty_;
    }
    trim();
}

/// At most `amount` of one lot; says how much.
template <typename Out>
Amount Purse::take_lot(Parcel& lot, const Amount& amount, Out& out) {
    const Parcel piece{std::min(amount, lot.amount), lot.origin};
    append(out, piece);
    total_ -= piece.amount;
    if (lot.origin != kClean) tainted_ -= piece.amount;
    lot.amount -= piece.amount;
    if (lot.amount.is_zero()) ++empty_;
    return piece.amount;
}

/// At most `amount` of the lots from `first` to before `last`, of each its share; says how much.
template <typename Out>
Amount Purse::take_arrival(std::size_t first, std::size_t last, const Amount& amount, Out& out) {
    Amount whole;
    for (std::size_t i = first; i < last; ++i) whole += lots_[i].parcel.amount;
    const Amount wanted = std::min(amount, whole);
    if (whole.fits_u64())
        take_shares(first, last, whole.low_u64(), wanted.low_u64(), out);
    else
        take_shares(first, last, whole, wanted, out);
    total_ -= wanted;
    return wanted;
}

/// Of lots that sum to `whole`, `wanted` in all. Number: what holds `whole`.
template <typename Number, typename Out>
void Purse::take_shares(std::size_t first, std::size_t last, const Number& whole,
                        const Number& wanted, Out& out) {
    Number seen{}, given{}, tainted{};
    for (std::size_t i = first; i < last; ++i) {
        Parcel& lot = lots_[i].parcel;
        const Number held = number_of<Number>(lot.amount);
        if (held == Number{}) continue;
        seen += held;
        // Differences of the rounded running share, as in share_out; the last gets what is left.
        const Number upto = seen == whole     ? wanted
                            : wanted == whole ? seen
                                              : part_of(seen, wanted, whole);
        const Number piece = upto - given;
        given = upto;
        append(out, {piece, lot.origin});
        if (lot.origin != kClean) tainted += piece;
        lot.amount = held - piece;
        if (held == piece) ++empty_;
    }
    tainted_ -= tainted;
}

Parcels Purse::take_share(const Amount& amount) {
    const Amount part = poisoned_ ? amount : mul_div(amount, tainted_, total_);
    total_ -= amount;
    tainted_ = poisoned_ ? total_ : tainted_ - part;
    return blend(amount, part, kTainted);
}

Parcels Purse::take_in_turn(const Amount& amount, bool tainted_first) {
    const Amount clean = total_ - tainted_;
    const Amount part =
        tainted_first ? std::min(amount, tainted_) : amount - std::min(amount, clean);
    total_ -= amount;
    tainted_ -= part;
    return blend(amount, part, kTainted);
}

void Purse::trim() {
    const std::size_t gone = head_ + empty_;
    if (gone == 0 || (gone < lots_.size() && (gone <= 64 || gone * 2 <= lots_.size()))) return;
    lots_.erase(std::remove_if(lots_.begin() + head_, lots_.end(),
                               [](const Lot& lot) { return lot.parcel.amount.is_zero(); }),
                lots_.end());
    lots_.erase(lots_.begin(), lots_.begin() + head_);
    head_ = empty_ = 0;
    first_ = {};
}

}  // namespace cordon::trace
