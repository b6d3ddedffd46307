// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "layout_place.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <span>
#include <tuple>
#include <unordered_map>
#include <utility>

#include "layout_settle.hpp"
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

double value_of(const FlowNode& node) noexcept {
    return std::max(node.through(), node.out + node.rest + node.lost + node.dust_out);
}

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
        settled_ = settle(slots_, pieces_, layout_.columns.size(), room_);
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
        room_ = {kTop, layout_.height - kTop - kBottom};
    }

    void make_slots() {
        std::unordered_map<std::string_view, double> known;
        if (params_.previous)
            for (const FlowNode& node : params_.previous->nodes)
                known.emplace(node.key, node.box.y);
        slots_.reserve(layout_.nodes.size());
        for (const FlowNode& node : layout_.nodes) {
            Slot& slot = slots_.emplace_back();
            slot.column = node.column;
            slot.context = node.kind == FlowKind::kContext;
            slot.value = value_of(node);
            if (known.empty()) continue;
            if (const auto it = known.find(node.key); it != known.end()) slot.y_before = it->second;
        }
        // The scale decides which ribbons are wide enough for a lane, and lanes need room: guess it
        // without them.
        const double guess = scale_for_columns();
        first_lane_.reserve(layout_.ribbons.size() + 1);
        pieces_.reserve(layout_.ribbons.size());
        for (const Ribbon& ribbon : layout_.ribbons) {
            first_lane_.push_back(static_cast<uint32_t>(slots_.size()));
            if (ribbon.back) continue;
            const uint32_t last = slots_[ribbon.to].column;
            uint32_t at = ribbon.from;
            if (ribbon.value * guess >= kLaneWidth)
                for (uint32_t c = slots_[ribbon.from].column + 1; c < last; ++c) {
                    const auto lane = static_cast<uint32_t>(slots_.size());
                    slots_.push_back({.column = c, .value = ribbon.value});
                    pieces_.push_back({at, lane, ribbon.value});
                    at = lane;
                }
            pieces_.push_back({at, ribbon.to, ribbon.value});
        }
        first_lane_.push_back(static_cast<uint32_t>(slots_.size()));
    }

    /// The least height of a node, and what the slots of a column add up to.
    struct Sum {
        std::size_t slots = 0;
        double value = 0;
        double least(double room) const noexcept {
            return std::min(3.0,
                            0.25 * room / static_cast<double>(std::max<std::size_t>(1, slots)));
        }
    };
    std::vector<Sum> sum_columns() const {
        std::vector<Sum> sums(layout_.columns.size());
        for (const Slot& slot : slots_) {
            ++sums[slot.column].slots;
            sums[slot.column].value += slot.value;
        }
        return sums;
    }

    double scale_for_columns() const {
        double scale = kLootShare * room_for_loot_ / layout_.scale.loot();
        for (const Sum& column : sum_columns()) {
            if (column.value <= 0) continue;
            const auto slots = static_cast<double>(column.slots);
            const double gaps = room_.gap(column.slots) * (slots - 1);
            const double least = column.least(room_.height) * slots;
            scale = std::min(scale, (room_.height - gaps - least) / column.value);
        }
        // The room that was added for others is not for these.
        if (params_.previous && !params_.context.empty() && params_.previous->scale_px > 0)
            scale = std::min(scale, params_.previous->scale_px);
        return std::isfinite(scale) && scale > 0 ? scale : 0;
    }

    void size_slots() {
        layout_.scale_px = scale_for_columns();
        const std::vector<Sum> sums = sum_columns();
        for (std::size_t s = 0; s < slots_.size(); ++s) {
            Slot& slot = slots_[s];
            const double least =
                s < layout_.nodes.size() ? sums[slot.column].least(room_.height) : 0.0;
            slot.height = std::max(least, slot.value * layout_.scale_px);
        }
    }

    void write_back() {
        std::vector<uint32_t> number(layout_.nodes.size());
        for (const uint32_t s : settled_.order) {
            if (s >= number.size()) continue;
            number[s] = static_cast<uint32_t>(order_.size());
            order_.push_back(s);
            FlowNode& node = layout_.nodes[s];
            const Slot& slot = slots_[s];
            node.box = {layout_.columns[slot.column].x, settled_.y[s], layout_.node_width,
                        slot.height};
            node.rest_top =
                node.box.bottom() -
                (slot.value > 0 ? node.box.height * std::min(1.0, node.rest / slot.value) : 0);
        }
        put_in_order(layout_.nodes, order_);
        for (Ribbon& ribbon : layout_.ribbons)
            ribbon.from = number[ribbon.from], ribbon.to = number[ribbon.to];
    }

    double middle(uint32_t slot) const { return settled_.y[slot] + slots_[slot].height / 2; }

    /// Stacks the ribbons at both sides of each node in the order of their next points, arcs last.
    void ports() {
        const std::vector<double> left = stack_sides(false), right = stack_sides(true);
        for (std::size_t r = 0; r < layout_.ribbons.size(); ++r) {
            Ribbon& ribbon = layout_.ribbons[r];
            ribbon.width = ribbon.value * layout_.scale_px;
            ribbon.path.reserve(first_lane_[r + 1] - first_lane_[r] + 2);
            const auto x = [&](uint32_t node) {
                return layout_.columns[slots_[order_[node]].column].x;
            };
            ribbon.path.push_back({x(ribbon.from) + layout_.node_width, right[r]});
            for (uint32_t lane = first_lane_[r]; lane < first_lane_[r + 1]; ++lane)
                ribbon.path.push_back({layout_.columns[slots_[lane].column].x, settled_.y[lane]});
            ribbon.path.push_back({x(ribbon.to), left[r]});
        }
    }

    /// The end of a ribbon at one side of a node.
    struct Port {
        double far = 0;  // Middle of its next point.
        uint32_t ribbon = 0;
        bool back = false;
        double value = 0;
    };

    /// The upper edge of each ribbon at its node.
    std::vector<double> stack_sides(bool right) const {
        // By node; of one, as ribbons come: the widest first.
        std::vector<uint32_t> ends(layout_.nodes.size() + 1);
        for (const Ribbon& ribbon : layout_.ribbons) ++ends[(right ? ribbon.from : ribbon.to) + 1];
        std::partial_sum(ends.begin(), ends.end(), ends.begin());
        std::vector<Port> ports(layout_.ribbons.size());
        for (uint32_t r = 0; r < layout_.ribbons.size(); ++r) {
            const Ribbon& ribbon = layout_.ribbons[r];
            const uint32_t first = first_lane_[r], end = first_lane_[r + 1];
            const uint32_t next = first == end ? order_[right ? ribbon.to : ribbon.from]
                                  : right      ? first
                                               : end - 1;
            ports[ends[right ? ribbon.from : ribbon.to]++] = {middle(next), r, ribbon.back,
                                                              ribbon.value};
        }
        std::vector<double> y(layout_.ribbons.size());
        uint32_t begin = 0;
        for (uint32_t node = 0; node < layout_.nodes.size(); begin = ends[node++])
            stack_side(order_[node], std::span{ports}.subspan(begin, ends[node] - begin), y);
        return y;
    }

    void stack_side(uint32_t slot, std::span<Port> ports, std::vector<double>& y) const {
        double sum = 0;
        for (const Port& port : ports) sum += port.value * layout_.scale_px;
        // Of equal ones the wider first, as ribbons are.
        std::sort(ports.begin(), ports.end(), [](const Port& a, const Port& b) {
            return std::tie(a.back, a.far, a.ribbon) < std::tie(b.back, b.far, b.ribbon);
        });
        // A node that is drawn higher than its value, so that it can be seen, has its ribbons in
        // the middle.
        const double drawn = slots_[slot].value * layout_.scale_px;
        double at =
            settled_.y[slot] + std::max(0.0, (slots_[slot].height - std::max(drawn, sum)) / 2);
        for (const Port& port : ports) {
            y[port.ribbon] = at;
            at += port.value * layout_.scale_px;
        }
    }

    const LayoutParams& params_;
    FlowLayout& layout_;
    double room_for_loot_ = 0;
    Room room_;
    std::vector<Slot> slots_;           // Nodes first, by their index; then lanes.
    std::vector<uint32_t> first_lane_;  // Of each ribbon, and the end of the last.
    std::vector<Piece> pieces_;
    Settled settled_;
    std::vector<uint32_t> order_;  // The slot of each node where it stands at the end.
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
