// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "layout_place.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <span>
#include <tuple>
#include <unordered_map>
#include <utility>

#include "permute.hpp"

namespace cordon::trace::flow {
namespace {

constexpr double kTop = 46;  // Room for the column heads.
constexpr double kBottom = 18;
constexpr double kLeft = 34;       // Arcs back to the first column swing this far.
constexpr double kMinRight = 120;  // Labels of the last column.
constexpr double kMaxRight = 300;
constexpr double kMinPitch = 120;  // An address of two ends alone; labels ask for more.
constexpr double kMaxPitch = 440;
constexpr std::size_t kWholeName = 40;
constexpr double kMaxHeight = 6000;
/// The loot is at most this part of the height: a slab from top to bottom says less than the space
/// around it.
constexpr double kLootShare = 0.56;
/// A line of text and some air.
constexpr double kContextLine = 19;
/// A ribbon over several columns that is wider than this keeps a lane free between the nodes it
/// passes.
constexpr double kLaneWidth = 2.0;
constexpr int kOrderSweeps = 10;
constexpr int kRelaxSweeps = 32;

/// Something that takes room in a column: a node, or the lane of a ribbon that passes.
struct Slot {
    uint32_t column = 0;
    int32_t node = -1;  // Index, or -1 for a lane.
    double value = 0;
    double height = 0;
    double y = 0;
    bool context = false;  // Pulled by what it stands beside, pulls nothing.
    double middle() const noexcept { return y + height / 2; }
};

/// A piece of a ribbon between neighbouring slots.
struct Piece {
    uint32_t from = 0, to = 0;
    double value = 0;
};

/// What pulls at each slot from one side, all in one array: the sweeps read it again and again.
class Pulls {
public:
    struct Pull {
        uint32_t slot = 0;
        double weight = 0;
    };
    Pulls() = default;
    /// `left`: what leads to a slot; otherwise where it leads.
    Pulls(const std::vector<Slot>& slots, const std::vector<Piece>& pieces, bool left)
        : first_(slots.size() + 1), pulls_(pieces.size()) {
        const auto pulled = [left](const Piece& piece) { return left ? piece.to : piece.from; };
        for (const Piece& piece : pieces) ++first_[pulled(piece) + 1];
        std::partial_sum(first_.begin(), first_.end(), first_.begin());
        std::vector<uint32_t> next(first_.begin(), first_.end() - 1);
        for (const Piece& piece : pieces) {
            const uint32_t slot = pulled(piece);
            pulls_[next[slot]++] = {left ? piece.from : piece.to,
                                    slots[slot].context ? 1 : piece.value};
        }
    }
    std::span<const Pull> of(uint32_t slot) const {
        return std::span{pulls_}.subspan(first_[slot], first_[slot + 1] - first_[slot]);
    }

private:
    std::vector<uint32_t> first_;
    std::vector<Pull> pulls_;
};

class Placer {
public:
    Placer(const LayoutParams& params, FlowLayout& layout) : params_{params}, layout_{layout} {}

    void run() {
        if (layout_.nodes.empty()) {
            layout_.width = std::max(320.0, std::min(params_.width, 640.0));
            layout_.height = 120;
            return;
        }
        size_canvas();
        make_slots();
        size_slots();
        order();
        renumber();
        relax();
        write_back();
        ports();
    }

private:
    void size_canvas() {
        const std::size_t columns = layout_.columns.size();
        std::vector<std::size_t> count(columns), context(columns);
        for (const FlowNode& node : layout_.nodes)
            ++(node.kind == FlowKind::kContext ? context : count)[node.column];
        const auto most = static_cast<double>(*std::max_element(count.begin(), count.end()));
        // Each column is as wide as its labels ask for; what is left of the width goes to all.
        std::vector<double> pitch(columns, kMinPitch);
        std::vector<double> wish(columns, kMinPitch);
        for (const FlowNode& node : layout_.nodes) {
            const auto [least, wished] =
                label_rooms(params_, layout_, node, {kNameCharacters, kWholeName});
            pitch[node.column] = std::max(pitch[node.column], least);
            wish[node.column] = std::max(wish[node.column], wished);
        }
        const double right = std::clamp(pitch.back(), kMinRight, kMaxRight);
        pitch.pop_back();
        double free = params_.width - kLeft - right - layout_.node_width;
        double wanted = 0;
        for (std::size_t c = 0; c < pitch.size(); ++c) {
            pitch[c] = std::min(pitch[c], kMaxPitch);
            wish[c] = std::clamp(wish[c], pitch[c], kMaxPitch);
            free -= pitch[c];
            wanted += wish[c] - pitch[c];
        }
        // Whole names first, then air for all.
        const double part = wanted > 0 ? std::clamp(free / wanted, 0.0, 1.0) : 0;
        const double air = std::max(0.0, free - wanted) /
                           static_cast<double>(std::max<std::size_t>(1, pitch.size()));
        double x = kLeft;
        layout_.columns[0].x = x;
        for (std::size_t c = 0; c < pitch.size(); ++c) {
            x += std::min(pitch[c] + part * (wish[c] - pitch[c]) + air, kMaxPitch);
            layout_.columns[c + 1].x = x;
        }
        // A picture of one or two columns still needs room for its legend.
        layout_.width = std::max(560.0, x + layout_.node_width + right);
        // A small case needs no tall picture; a crowded one at least two pixels for each node.
        const double tall = 150 + most * 34;
        layout_.height = std::min(std::max(std::clamp(tall, 260.0, std::max(260.0, params_.height)),
                                           kTop + kBottom + most * 2.2),
                                  kMaxHeight);
        // What is expanded gets room of its own, so that the rest keeps its size.
        room_for_loot_ = layout_.height - kTop - kBottom;
        layout_.height +=
            kContextLine * static_cast<double>(*std::max_element(context.begin(), context.end()));
        room_ = layout_.height - kTop - kBottom;
    }

    void make_slots() {
        columns_.resize(layout_.columns.size());
        slots_.reserve(layout_.nodes.size());
        for (uint32_t i = 0; i < layout_.nodes.size(); ++i) {
            const FlowNode& node = layout_.nodes[i];
            Slot slot;
            slot.column = node.column;
            slot.node = static_cast<int32_t>(i);
            slot.context = node.kind == FlowKind::kContext;
            slot.value = std::max(node.through(), node.out + node.rest + node.lost + node.dust_out);
            columns_[node.column].push_back(i);
            slots_.push_back(slot);
        }
        // The scale decides which ribbons are wide enough for a lane, and lanes need room: guess it
        // without them.
        const double guess = scale_for_columns();
        lanes_.resize(layout_.ribbons.size());
        for (std::size_t r = 0; r < layout_.ribbons.size(); ++r) {
            const Ribbon& ribbon = layout_.ribbons[r];
            if (ribbon.back) continue;
            const uint32_t last = layout_.nodes[ribbon.to].column;
            uint32_t at = ribbon.from;
            if (ribbon.value * guess >= kLaneWidth)
                for (uint32_t c = layout_.nodes[ribbon.from].column + 1; c < last; ++c) {
                    const auto lane = static_cast<uint32_t>(slots_.size());
                    Slot slot;
                    slot.column = c;
                    slot.value = ribbon.value;
                    slots_.push_back(slot);
                    columns_[c].push_back(lane);
                    lanes_[r].push_back(lane);
                    pieces_.push_back({at, lane, ribbon.value});
                    at = lane;
                }
            pieces_.push_back({at, ribbon.to, ribbon.value});
        }
    }

    static double pad_of(double room, std::size_t slots) {
        // Gaps take at most 45 % of a column; 18 px is a line of text and some air.
        return slots < 2 ? 0 : std::min(18.0, 0.45 * room / static_cast<double>(slots - 1));
    }
    static double least_of(double room, std::size_t slots) {
        return std::min(3.0, 0.25 * room / static_cast<double>(std::max<std::size_t>(1, slots)));
    }

    double scale_for_columns() const {
        double scale = kLootShare * room_for_loot_ / layout_.scale.loot();
        for (const std::vector<uint32_t>& column : columns_) {
            double sum = 0;
            for (const uint32_t s : column) sum += slots_[s].value;
            if (sum <= 0) continue;
            const double gaps = pad_of(room_, column.size()) *
                                static_cast<double>(column.empty() ? 0 : column.size() - 1);
            const double least =
                least_of(room_, column.size()) * static_cast<double>(column.size());
            scale = std::min(scale, (room_ - gaps - least) / sum);
        }
        // The room that was added for others is not for these.
        if (params_.previous && !params_.context.empty() && params_.previous->scale_px > 0)
            scale = std::min(scale, params_.previous->scale_px);
        return std::isfinite(scale) && scale > 0 ? scale : 0;
    }

    void size_slots() {
        layout_.scale_px = scale_for_columns();
        for (const std::vector<uint32_t>& column : columns_) {
            const double least = least_of(room_, column.size());
            for (const uint32_t s : column)
                slots_[s].height =
                    std::max(slots_[s].node < 0 ? 0.0 : least, slots_[s].value * layout_.scale_px);
        }
        middle_.resize(slots_.size());
        find_pulls();
    }

    void find_pulls() {
        before_ = Pulls{slots_, pieces_, true};
        behind_ = Pulls{slots_, pieces_, false};
    }

    /// Numbers the slots anew, column by column from top to bottom: what is read one after the
    /// other then lies so.
    void renumber() {
        std::vector<uint32_t> number(slots_.size());
        std::vector<Slot> slots;
        slots.reserve(slots_.size());
        for (std::vector<uint32_t>& column : columns_)
            for (uint32_t& s : column) {
                number[s] = static_cast<uint32_t>(slots.size());
                slots.push_back(slots_[s]);
                s = number[s];
            }
        slots_ = std::move(slots);
        for (uint32_t s = 0; s < slots_.size(); ++s) middle_[s] = slots_[s].middle();
        for (Piece& piece : pieces_) piece.from = number[piece.from], piece.to = number[piece.to];
        for (std::vector<uint32_t>& lanes : lanes_)
            for (uint32_t& lane : lanes) lane = number[lane];
        find_pulls();
    }

    void stack(const std::vector<uint32_t>& column) {
        const double pad = pad_of(room_, column.size());
        double sum = pad * static_cast<double>(column.empty() ? 0 : column.size() - 1);
        for (const uint32_t s : column) sum += slots_[s].height;
        double y = kTop + std::max(0.0, (room_ - sum) / 2);
        for (const uint32_t s : column) {
            set_y(s, y);
            y += slots_[s].height + pad;
        }
    }

    /// Middle of the far ends on one side, weighted by value; where there is none, where it stands.
    double centre(uint32_t slot, bool left) const {
        double weight = 0;
        double sum = 0;
        for (const Pulls::Pull& pull : (left ? before_ : behind_).of(slot)) {
            sum += pull.weight * middle_[pull.slot];
            weight += pull.weight;
        }
        return weight > 0 ? sum / weight : middle_[slot];
    }

    void order() {
        for (std::vector<uint32_t>& column : columns_) stack(column);
        std::vector<std::pair<double, uint32_t>> keyed;
        const auto sweep = [&](std::vector<uint32_t>& column, bool left) {
            keyed.clear();
            for (const uint32_t s : column) keyed.emplace_back(centre(s, left), s);
            const auto less = [](const auto& a, const auto& b) { return a.first < b.first; };
            // After a few sweeps most columns are in order, and then nothing moves in them.
            if (std::is_sorted(keyed.begin(), keyed.end(), less)) return;
            std::stable_sort(keyed.begin(), keyed.end(), less);
            for (std::size_t i = 0; i < column.size(); ++i) column[i] = keyed[i].second;
            stack(column);
        };
        for (int i = 0; i < kOrderSweeps; ++i) {
            for (std::size_t c = 1; c < columns_.size(); ++c) sweep(columns_[c], true);
            for (std::size_t c = columns_.size() - 1; c-- > 0;) sweep(columns_[c], false);
            if (i == 0) renumber();  // Later sweeps change the order little.
        }
        for (std::size_t c = 1; c < columns_.size(); ++c) sweep(columns_[c], true);
        keep_known_order();
    }

    /// Nodes of the earlier picture take the places of each other in their earlier order; new ones
    /// stay between them.
    void keep_known_order() {
        if (!params_.previous) return;
        std::unordered_map<std::string_view, double> known;
        for (const FlowNode& node : params_.previous->nodes) known.emplace(node.key, node.box.y);
        for (std::vector<uint32_t>& column : columns_) {
            std::vector<std::size_t> places;
            std::vector<std::pair<double, uint32_t>> old;
            for (std::size_t i = 0; i < column.size(); ++i) {
                const int32_t node = slots_[column[i]].node;
                if (node < 0) continue;
                const auto it = known.find(layout_.nodes[static_cast<std::size_t>(node)].key);
                if (it == known.end()) continue;
                places.push_back(i);
                old.emplace_back(it->second, column[i]);
            }
            std::stable_sort(old.begin(), old.end(),
                             [](const auto& a, const auto& b) { return a.first < b.first; });
            for (std::size_t i = 0; i < places.size(); ++i) column[places[i]] = old[i].second;
            stack(column);
        }
    }

    /// Moves every slot towards the middle of its far ends, in its order, gently less.
    void relax() {
        double alpha = 0.95;
        for (int i = 0; i < kRelaxSweeps; ++i, alpha *= 0.94) {
            for (std::size_t k = 0; k < columns_.size(); ++k) {
                const bool left = i % 2 == 0;
                std::vector<uint32_t>& column = columns_[left ? k : columns_.size() - 1 - k];
                for (const uint32_t s : column)
                    set_y(s, slots_[s].y + (centre(s, left) - middle_[s]) * alpha);
                resolve(column);
            }
        }
    }

    /// The places nearest to the wanted ones that keep order and gaps (pool adjacent violators):
    /// neighbours that press on each other move as one block around their common middle, so nothing
    /// drifts to one side.
    void resolve(const std::vector<uint32_t>& column) {
        const double pad = pad_of(room_, column.size());
        struct Block {
            double weight, wanted;  // Mean wanted place of its first slot.
            double length;          // With all its gaps.
            std::size_t slots;
        };
        std::vector<Block> blocks;
        blocks.reserve(column.size());
        for (const uint32_t s : column) {
            const Slot& slot = slots_[s];
            blocks.push_back({slot.height + 1, slot.y, slot.height + pad, 1});
            while (blocks.size() > 1) {
                const Block& last = blocks.back();
                Block& before = blocks[blocks.size() - 2];
                if (before.wanted + before.length <= last.wanted) break;
                const double weight = before.weight + last.weight;
                before.wanted =
                    (before.weight * before.wanted + last.weight * (last.wanted - before.length)) /
                    weight;
                before.weight = weight;
                before.length += last.length;
                before.slots += last.slots;
                blocks.pop_back();
            }
        }
        std::size_t at = 0;
        for (const Block& block : blocks) {
            double y = block.wanted;
            for (std::size_t i = 0; i < block.slots; ++i) {
                Slot& slot = slots_[column[at++]];
                slot.y = y;
                y += slot.height + pad;
            }
        }
        clamp(column, pad);
    }

    void clamp(const std::vector<uint32_t>& column, double pad) {
        double y = kTop;
        for (const uint32_t s : column) {
            slots_[s].y = std::max(slots_[s].y, y);
            y = slots_[s].y + slots_[s].height + pad;
        }
        y = kTop + room_;
        for (std::size_t i = column.size(); i-- > 0;) {
            const Slot& slot = slots_[column[i]];
            set_y(column[i], std::min(slot.y, y - slot.height));
            y = slot.y - pad;
        }
    }
    void set_y(uint32_t slot, double y) {
        slots_[slot].y = y;
        middle_[slot] = slots_[slot].middle();
    }

    void write_back() {
        std::vector<uint32_t> number(layout_.nodes.size()), old;
        old.reserve(layout_.nodes.size());
        for (const Slot& slot : slots_) {
            if (slot.node < 0) continue;
            const auto at = static_cast<uint32_t>(slot.node);
            number[at] = static_cast<uint32_t>(old.size());
            old.push_back(at);
            FlowNode& node = layout_.nodes[at];
            node.box = {layout_.columns[node.column].x, slot.y, layout_.node_width, slot.height};
            const double whole =
                std::max(node.through(), node.out + node.rest + node.lost + node.dust_out);
            node.rest_top = node.box.bottom() -
                            (whole > 0 ? node.box.height * std::min(1.0, node.rest / whole) : 0);
        }
        put_in_order(layout_.nodes, std::move(old));
        for (Ribbon& ribbon : layout_.ribbons)
            ribbon.from = number[ribbon.from], ribbon.to = number[ribbon.to];
    }

    /// Stacks the ribbons at both sides of each node in the order of their next points, arcs last.
    void ports() {
        for (std::size_t r = 0; r < layout_.ribbons.size(); ++r) {
            Ribbon& ribbon = layout_.ribbons[r];
            ribbon.width = ribbon.value * layout_.scale_px;
            ribbon.path.resize(lanes_[r].size() + 2);
            for (std::size_t i = 0; i < lanes_[r].size(); ++i) {
                const Slot& lane = slots_[lanes_[r][i]];
                ribbon.path[i + 1] = {layout_.columns[lane.column].x, lane.y};
            }
        }
        const auto middle = [this](uint32_t node) {
            return layout_.nodes[node].box.y + layout_.nodes[node].box.height / 2;
        };
        std::vector<Port> ports(layout_.ribbons.size());
        for (const bool right : {true, false}) {
            // By node; of one, as ribbons come: the widest first.
            std::vector<uint32_t> ends(layout_.nodes.size() + 1);
            for (const Ribbon& ribbon : layout_.ribbons)
                ++ends[(right ? ribbon.from : ribbon.to) + 1];
            std::partial_sum(ends.begin(), ends.end(), ends.begin());
            for (uint32_t r = 0; r < layout_.ribbons.size(); ++r) {
                const Ribbon& ribbon = layout_.ribbons[r];
                const std::vector<uint32_t>& lanes = lanes_[r];
                const double far = lanes.empty()
                                       ? middle(right ? ribbon.to : ribbon.from)
                                       : slots_[right ? lanes.front() : lanes.back()].middle();
                ports[ends[right ? ribbon.from : ribbon.to]++] = {r, far, ribbon.back};
            }
            uint32_t begin = 0;
            for (uint32_t node = 0; node < layout_.nodes.size(); begin = ends[node++])
                if (ends[node] > begin)
                    stack_side(layout_.nodes[node],
                               std::span{ports}.subspan(begin, ends[node] - begin), right);
        }
    }

    /// The end of a ribbon at one side of a node.
    struct Port {
        uint32_t ribbon = 0;
        double far = 0;  // Middle of its next point.
        bool back = false;
    };
    void stack_side(const FlowNode& node, std::span<Port> ports, bool right) {
        double sum = 0;
        for (const Port& port : ports) sum += layout_.ribbons[port.ribbon].width;
        // Of equal ones the wider first, as ribbons are.
        std::sort(ports.begin(), ports.end(), [](const Port& a, const Port& b) {
            return std::tie(a.back, a.far, a.ribbon) < std::tie(b.back, b.far, b.ribbon);
        });
        // A node that is drawn higher than its value, so that it can be seen, has its ribbons in
        // the middle.
        const double drawn =
            std::max(node.through(), node.out + node.rest + node.lost + node.dust_out) *
            layout_.scale_px;
        double y = node.box.y + std::max(0.0, (node.box.height - std::max(drawn, sum)) / 2);
        for (const Port& port : ports) {
            Ribbon& ribbon = layout_.ribbons[port.ribbon];
            (right ? ribbon.path.front() : ribbon.path.back()) = {
                right ? node.box.right() : node.box.x, y};
            y += ribbon.width;
        }
    }

    const LayoutParams& params_;
    FlowLayout& layout_;
    double room_ = 0, room_for_loot_ = 0;
    std::vector<Slot> slots_;  // Nodes first, by their index; then lanes. See renumber().
    std::vector<std::vector<uint32_t>> columns_;
    std::vector<std::vector<uint32_t>> lanes_;  // Of each ribbon.
    std::vector<Piece> pieces_;
    Pulls before_, behind_;
    std::vector<double> middle_;  // Of each slot where it was last placed.
};

}  // namespace

void place(const LayoutParams& params, FlowLayout& layout) { Placer{params, layout}.run(); }

}  // namespace cordon::trace::flow

namespace cordon::trace {

Arc arc_of(const FlowLayout& layout, const Ribbon& ribbon) {
    constexpr double kThinnest = 0.8;  // Thinner lines vanish on paper.
    constexpr double kWidest = 18;     // A turn of 26 px cannot hold more without closing.
    constexpr double kEdge = 2;
    Arc arc;
    arc.width = std::clamp(ribbon.width, kThinnest, kWidest);
    arc.narrowed = ribbon.width > kWidest;
    const Ribbon::Point a = ribbon.path.front();
    const Ribbon::Point b = ribbon.path.back();
    const double y0 = a.y + ribbon.width / 2;
    const double y1 = b.y + ribbon.width / 2;
    const double swing = 26 + arc.width;
    // A curve stays inside the hull of its points.
    const double left = kEdge + arc.width / 2;
    const double right = layout.width - left;
    arc.points = {{{a.x, y0},
                   {std::min(a.x + swing * 1.6, right), y0},
                   {std::max(b.x - swing * 1.2, left), y1},
                   {b.x, y1}}};
    return arc;
}

}  // namespace cordon::trace
