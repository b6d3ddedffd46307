// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "layout_settle.hpp"

#include <numeric>
#include <span>
#include <utility>

namespace cordon::trace::flow {
namespace {

constexpr int kOrderSweeps = 10;
constexpr int kRelaxSweeps = 32;

/// What pulls at each slot from one side, all in one array: the sweeps read it again and again.
class Pulls {
public:
    Pulls() = default;
    /// `left`: what leads to a slot; otherwise where it leads.
    Pulls(const std::vector<Slot>& slots, const std::vector<Piece>& pieces,
          const std::vector<uint32_t>& place, bool left)
        : first_(slots.size() + 1), weight_(slots.size()), pulls_(pieces.size()) {
        const auto pulled = [&](const Piece& piece) { return left ? piece.to : piece.from; };
        for (const Piece& piece : pieces) ++first_[place[pulled(piece)] + 1];
        std::partial_sum(first_.begin(), first_.end(), first_.begin());
        std::vector<uint32_t> next(first_.begin(), first_.end() - 1);
        for (const Piece& piece : pieces) {
            const double weight = slots[pulled(piece)].context ? 1 : piece.value;
            const uint32_t at = place[pulled(piece)];
            pulls_[next[at]++] = {place[left ? piece.from : piece.to], weight};
            weight_[at] += weight;
        }
    }

    /// Middle of the far ends, weighted by value; where there is none, where it stands.
    double centre(uint32_t at, const std::vector<double>& middle) const noexcept {
        if (!(weight_[at] > 0)) return middle[at];
        double sum = 0;
        for (uint32_t i = first_[at]; i < first_[at + 1]; ++i)
            sum += pulls_[i].weight * middle[pulls_[i].at];
        return sum / weight_[at];
    }

private:
    struct Pull {
        uint32_t at = 0;
        double weight = 0;
    };
    std::vector<uint32_t> first_;
    std::vector<double> weight_;
    std::vector<Pull> pulls_;
};

struct Keyed {
    double key = 0;
    uint32_t place = 0;
    uint32_t bucket = 0;
    friend bool operator<(const Keyed& a, const Keyed& b) noexcept { return a.key < b.key; }
};

/// A stable sort. Middles lie over the height of a picture evenly enough that of as many buckets as
/// there are keys each gets a few: no comparison that a processor guesses wrong at every step.
class Sorter {
public:
    void sort(std::vector<Keyed>& keyed) {
        double least = keyed.front().key, most = least;
        for (const Keyed& each : keyed)
            least = std::min(least, each.key), most = std::max(most, each.key);
        const auto last = static_cast<double>(keyed.size() - 1);
        const double scale = last / (most - least);
        ends_.assign(keyed.size() + 1, 0);
        for (Keyed& each : keyed) {
            const double at = (each.key - least) * scale;
            each.bucket = static_cast<uint32_t>(at < last ? at : last);  // Also what is no number.
            ++ends_[each.bucket + 1];
        }
        std::partial_sum(ends_.begin(), ends_.end(), ends_.begin());
        spare_.resize(keyed.size());
        for (const Keyed& each : keyed) spare_[ends_[each.bucket]++] = each;
        keyed.swap(spare_);
        std::size_t begin = 0;
        for (std::size_t b = 0; b < keyed.size(); begin = ends_[b++])
            sort_few(std::span{keyed}.subspan(begin, ends_[b] - begin));
    }

private:
    static void sort_few(std::span<Keyed> keyed) {
        constexpr std::size_t kFew = 16;
        if (keyed.size() > kFew) return std::stable_sort(keyed.begin(), keyed.end());
        for (std::size_t i = 1; i < keyed.size(); ++i) {
            const Keyed each = keyed[i];
            std::size_t at = i;
            for (; at > 0 && each < keyed[at - 1]; --at) keyed[at] = keyed[at - 1];
            keyed[at] = each;
        }
    }

    std::vector<Keyed> spare_;
    std::vector<uint32_t> ends_;  // Of each bucket.
};

/// Knows slots by place: column by column, so that what is read one after the other lies so.
class Settler {
public:
    Settler(const std::vector<Slot>& slots, const std::vector<Piece>& pieces, std::size_t columns,
            const Room& room)
        : slots_{slots}, pieces_{pieces}, room_{room}, starts_(columns + 1) {
        for (const Slot& slot : slots) ++starts_[slot.column + 1];
        std::partial_sum(starts_.begin(), starts_.end(), starts_.begin());
        std::vector<uint32_t> next(starts_.begin(), starts_.end() - 1);
        slot_at_.resize(slots.size());
        for (uint32_t s = 0; s < slots.size(); ++s) slot_at_[next[slots[s].column]++] = s;
        y_.resize(slots.size());
    }

    Settled run() && {
        take_places();
        order();
        take_places();
        relax();
        Settled settled{std::move(slot_at_), std::vector<double>(slots_.size())};
        for (std::size_t at = 0; at < y_.size(); ++at) settled.y[settled.order[at]] = y_[at];
        return settled;
    }

private:
    /// All that is known by place, for the slots that `slot_at_` puts there.
    void take_places() {
        std::vector<uint32_t> place(slots_.size());
        height_.resize(slots_.size());
        middle_.resize(slots_.size());
        for (uint32_t at = 0; at < slot_at_.size(); ++at) {
            place[slot_at_[at]] = at;
            height_[at] = slots_[slot_at_[at]].height;
            middle_[at] = y_[at] + height_[at] / 2;
        }
        before_ = Pulls{slots_, pieces_, place, true};
        behind_ = Pulls{slots_, pieces_, place, false};
    }

    std::size_t columns() const noexcept { return starts_.size() - 1; }

    /// One below the other in the middle of the height.
    void stack(std::span<const uint32_t> column) {
        if (column.empty()) return;
        const double gap = room_.gap(column.size());
        double sum = gap * static_cast<double>(column.size() - 1);
        for (const uint32_t at : column) sum += height_[at];
        double y = room_.top + std::max(0.0, (room_.height - sum) / 2);
        for (const uint32_t at : column) {
            y_[at] = y;
            middle_[at] = y + height_[at] / 2;
            y += height_[at] + gap;
        }
    }

    /// Orders the places, then puts the slots there.
    void order() {
        std::vector<uint32_t> order(slots_.size());
        std::iota(order.begin(), order.end(), 0U);
        const auto column = [&](std::size_t c) {
            return std::span{order}.subspan(starts_[c], starts_[c + 1] - starts_[c]);
        };
        for (std::size_t c = 0; c < columns(); ++c) stack(column(c));
        Sorter sorter;
        std::vector<Keyed> keyed;
        const auto sweep = [&](std::span<uint32_t> places, const Pulls& pulls) {
            keyed.resize(places.size());
            for (std::size_t i = 0; i < places.size(); ++i)
                keyed[i] = {pulls.centre(places[i], middle_), places[i]};
            // After a few sweeps most columns are in order, and then nothing moves in them.
            if (std::is_sorted(keyed.begin(), keyed.end())) return;
            sorter.sort(keyed);
            for (std::size_t i = 0; i < places.size(); ++i) places[i] = keyed[i].place;
            stack(places);
        };
        for (int i = 0; i < kOrderSweeps; ++i) {
            for (std::size_t c = 1; c < columns(); ++c) sweep(column(c), before_);
            for (std::size_t c = columns() - 1; c-- > 0;) sweep(column(c), behind_);
        }
        for (std::size_t c = 1; c < columns(); ++c) sweep(column(c), before_);
        for (std::size_t c = 0; c < columns(); ++c) keep_known_order(column(c));
        std::vector<double> y(y_.size());
        for (std::size_t i = 0; i < order.size(); ++i) {
            y[i] = y_[order[i]];
            order[i] = slot_at_[order[i]];
        }
        y_ = std::move(y);
        slot_at_ = std::move(order);
    }

    /// Slots of the earlier picture take the places of each other in their earlier order; new ones
    /// stay between them.
    void keep_known_order(std::span<uint32_t> column) {
        std::vector<std::size_t> places;
        std::vector<Keyed> old;
        for (std::size_t i = 0; i < column.size(); ++i) {
            const std::optional<double>& y_before = slots_[slot_at_[column[i]]].y_before;
            if (!y_before) continue;
            places.push_back(i);
            old.push_back({*y_before, column[i]});
        }
        if (old.empty()) return;
        std::stable_sort(old.begin(), old.end());
        for (std::size_t i = 0; i < places.size(); ++i) column[places[i]] = old[i].place;
        stack(column);
    }

    /// Moves every slot towards the middle of its far ends, in its order, gently less.
    void relax() {
        double alpha = 0.95;
        for (int i = 0; i < kRelaxSweeps; ++i, alpha *= 0.94)
            for (std::size_t k = 0; k < columns(); ++k)
                if (i % 2 == 0)
                    move(k, before_, alpha);
                else
                    move(columns() - 1 - k, behind_, alpha);
    }

    /// To the places nearest to the wanted ones that keep order and gaps (pool adjacent violators):
    /// neighbours that press on each other move as one block around their common middle, so nothing
    /// drifts to one side.
    void move(std::size_t column, const Pulls& pulls, double alpha) {
        const uint32_t begin = starts_[column], end = starts_[column + 1];
        const double gap = room_.gap(end - begin);
        if (begin == end) return;
        blocks_.clear();
        Block last;
        for (uint32_t at = begin; at < end; ++at) {
            const double wanted = y_[at] + (pulls.centre(at, middle_) - middle_[at]) * alpha;
            const Block next{height_[at] + 1, wanted, height_[at] + gap, at + 1};
            if (at == begin || last.wanted + last.length <= next.wanted) {
                if (at > begin) blocks_.push_back(last);
                last = next;
                continue;
            }
            last = joined(last, next);
            for (; !blocks_.empty(); blocks_.pop_back()) {
                const Block& before = blocks_.back();
                if (before.wanted + before.length <= last.wanted) break;
                last = joined(before, last);
            }
        }
        blocks_.push_back(last);
        // What rounding or a full column pushes out comes back, from above and then from below.
        uint32_t at = begin;
        double free = room_.top;
        for (const Block& block : blocks_)
            for (double y = block.wanted; at < block.end; ++at) {
                y_[at] = std::max(y, free);
                y += height_[at] + gap;
                free = y_[at] + height_[at] + gap;
            }
        free = room_.top + room_.height;
        for (at = end; at-- > begin;) {
            y_[at] = std::min(y_[at], free - height_[at]);
            middle_[at] = y_[at] + height_[at] / 2;
            free = y_[at] - gap;
        }
    }

    struct Block {
        double weight = 0, wanted = 0;  // Mean wanted place of its first slot.
        double length = 0;              // With all its gaps.
        uint32_t end = 0;
    };
    static Block joined(const Block& above, const Block& below) noexcept {
        const double weight = above.weight + below.weight;
        return {
            weight,
            (above.weight * above.wanted + below.weight * (below.wanted - above.length)) / weight,
            above.length + below.length, below.end};
    }

    const std::vector<Slot>& slots_;
    const std::vector<Piece>& pieces_;
    const Room& room_;
    std::vector<uint32_t> starts_;   // Of the columns.
    std::vector<uint32_t> slot_at_;  // By place, as all below.
    std::vector<double> y_, height_;
    std::vector<double> middle_;  // Of each slot where it was last placed.
    Pulls before_, behind_;
    std::vector<Block> blocks_;  // Of one column; kept for its memory.
};

}  // namespace

Settled settle(const std::vector<Slot>& slots, const std::vector<Piece>& pieces,
               std::size_t columns, const Room& room) {
    return Settler{slots, pieces, columns, room}.run();
}

}  // namespace cordon::trace::flow
