// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "layout_value.hpp"
#include "trace.hpp"

/// The picture of a trace as numbers: columns of nodes joined by ribbons that conserve value.
/// Whoever draws it (SVG, browser, PDF) draws the same picture.
namespace cordon::trace {

enum class FlowMode : uint8_t {
    kStolenOnly,  ///< Ribbons are as wide as the taint they carry; folded. The default.
    kAllMoney,    ///< Ribbons are as wide as all that moved; folded.
    kRaw,  ///< As kStolenOnly, nothing folded and no dust dropped; LayoutParams::raw_ribbons at
           ///< most.
};
enum class FlowAxis : uint8_t { kHop, kTime };

struct FlowLayout;

/// Somebody whom a node of the picture paid, or who paid it, outside of the trace: asked of the
/// ledger by who looks for what stands around the stolen money. Nothing stolen is known of it.
struct ContextNode {
    std::string of;        ///< Key of the node it is shown beside.
    bool paid_it = false;  ///< It paid that node; else that node paid it.
    std::string key;       ///< The same one beside two nodes has one key, and is drawn once.
    std::string name;
    std::string address;  ///< "eth:0x…"; empty: `count` of them in one.
    std::optional<Category> category;
    std::string moved;  ///< How much, for people: "12.4 ETH".
    uint64_t count = 1;
    uint64_t movements = 0;
    std::optional<UnixMillis> first, last;
};

struct LayoutParams {
    FlowMode mode = FlowMode::kStolenOnly;
    FlowAxis axis = FlowAxis::kHop;
    double width = 1440;  ///< At least; grows when there are too many columns to label them.
    double height = 810;  ///< At least; grows when a column has too many nodes to tell them apart.
    double font_size = 11;
    std::size_t max_nodes = 400;
    std::size_t max_ribbons = 1'500;
    std::size_t raw_ribbons = 50'000;
    std::size_t max_columns = 16;  ///< Later hops share the last one.
    std::size_t top_per_column =
        9;  ///< Wallets, and names of services, that a crowded column shows one by one.
    std::size_t crowded =
        22;  ///< A column with more nodes than this is folded: so many labels fit in 810 px.
    /// Keys of folds, chains and merged services (FlowNode::key) to show member by member, the
    /// largest first, `opened_members` of each; what is left is a fold again, with a key of its
    /// own. The bounds above hold all the same. Unknown keys mean nothing.
    std::set<std::string> opened;
    std::size_t opened_members = 40;
    /// Only movements of this time, and of these assets (none: all), are drawn. Columns, chains and
    /// the measure stay those of the whole trace, so that nothing jumps.
    std::optional<UnixMillis> since, until;
    std::set<std::pair<ChainId, Asset>> assets;
    bool shows_part() const noexcept { return since || until || !assets.empty(); }
    /// Who is shown beside the nodes of the picture, in the column before or after. One whose `of`
    /// is not in the picture is left out.
    std::vector<ContextNode> context;
    double dust = 0.0005;  ///< Ribbons below this share of the loot are left out, counted and said.
    /// The name to show for a node: its label, or its shortened address. Must be clean text of one
    /// line.
    std::function<std::string(const Node&)> name;
    /// Whose a service's addresses are, which stand together under it; else those of one name do.
    std::function<std::string(const Node&)> holder;
    /// An earlier picture of the same case: nodes that are in both keep their order.
    const FlowLayout* previous = nullptr;
};

struct Box {
    double x = 0, y = 0, width = 0, height = 0;
    double right() const noexcept { return x + width; }
    double bottom() const noexcept { return y + height; }
};

enum class FlowKind : uint8_t {
    kSeed,     ///< Where the trace starts: a seed, or who paid in a seed txn.
    kWallet,   ///< One address.
    kService,  ///< One or several addresses of one labelled service.
    kChain,    ///< A run of wallets, each passing most of its money to the next: a peel chain.
    kFold,     ///< Several wallets (or services) that stand together for want of room.
    kContext,  ///< LayoutParams::context: no part of the trace, and no value.
};

struct FlowNode {
    FlowKind kind = FlowKind::kWallet;
    std::string key;   ///< The same for the same thing in a later picture.
    std::string name;  ///< "Exchange A", "0x39cd…14dd", "wallets, mostly stolen".
    std::optional<Category> category;
    std::vector<uint32_t> members;  ///< Indices into TraceResult::nodes, most tainted first.
    uint32_t column = 0;
    uint32_t hop_first = 0, hop_last = 0;
    Stop stop = Stop::kNone;  ///< Of the largest resting part.
    // kContext only, which has no members.
    std::string address;  ///< ContextNode::address.
    std::string moved;    ///< ContextNode::moved, of the first that it stands beside.
    uint64_t others = 0;  ///< ContextNode::count.
    /// Addresses that it stands for.
    uint64_t count() const noexcept { return kind == FlowKind::kContext ? others : members.size(); }

    // Values by ValueScale. in + source + dust_in = out + rest + lost + dust_out.
    double in = 0;    ///< Arrives by ribbons.
    double out = 0;   ///< Leaves by ribbons.
    double rest = 0;  ///< Stays.
    double source =
        0;  ///< Appears here: stolen here (seeds), inherited by overspending, or clean (all money).
    double lost = 0;      ///< Fees, burned, and what swapping cost.
    double dust_in = 0;   ///< Arrives by ribbons that are left out.
    double dust_out = 0;  ///< Leaves by ribbons that are left out.
    double internal = 0;  ///< Moves between members.
    /// Share of stolen money in all that passed, 0..1: of what arrived or appeared; at a start, of
    /// what left.
    double taint = 1;
    double through() const noexcept { return in + source + dust_in; }

    Box box;
    double rest_top = 0;  ///< From here to the bottom of the box: what rests.
    std::string label;    ///< What fits; empty when there is no room for any.
    std::string amount;   ///< The end of `label` that says how much (and how many).
    Box label_box;        ///< With room for an icon at its left where there is a category.
    static constexpr double kIconRoom = 1.4;  ///< In font sizes.
};

struct Ribbon {
    uint32_t from = 0, to = 0;  ///< Indices into FlowLayout::nodes.
    double value = 0;           ///< Tainted value (all value in kAllMoney).
    double taint = 1;           ///< Tainted share of what moved.
    uint64_t movements = 0;     ///< Edges of the trace that it stands for.
    double confidence = 1;      ///< The least of its edges.
    std::optional<UnixMillis> first, last;
    std::vector<std::string> kinds;  ///< "native", "bridge", ... each once.
    double width = 0;                ///< value in pixels; the same at both ends.
    bool back = false;               ///< Leads to the same or an earlier column: drawn as an arc.
    bool context = false;  ///< From or to a kContext: carries nothing stolen, and has no width.
    /// Upper edge of `width` at the right side of `from`, at each column it passes on its way, and
    /// at the left side of `to`.
    struct Point {
        double x = 0, y = 0;
    };
    std::vector<Point> path;
};

struct FlowColumn {
    double x = 0;  ///< Left edge of its nodes.
    std::string head;
    Box head_box;
};

/// What is not drawn one by one. Nothing is dropped silently: these numbers stand in the legend.
struct FlowOmitted {
    bool ribbons_full =
        false;  ///< LayoutParams::max_ribbons left out ribbons above the dust limit.
    uint64_t dust_movements = 0;
    uint64_t dust_nodes = 0;
    double dust_value = 0;            ///< Sum over dropped ribbons; money may pass several of them.
    uint64_t internal_movements = 0;  ///< Inside a fold, a chain or one address.
    uint64_t fee_movements = 0;
    double fee_value = 0;
    uint64_t folded_nodes = 0;  ///< Addresses that stand in folds, chains and merged services.
    uint64_t labels = 0;        ///< Nodes drawn without label.
    uint64_t outside = 0;       ///< Movements of another time or asset than what is shown.
};

struct FlowLayout {
    double width = 0, height = 0;
    double font_size = 11;
    double node_width = 8;
    double scale_px = 0;  ///< Pixels of one unit of value.
    FlowMode mode = FlowMode::kStolenOnly;
    FlowAxis axis = FlowAxis::kHop;
    /// Of a backward trace: the start stands in the last column, `source` is where the walk ended,
    /// `rest` of the start is what was traced back.
    bool backward = false;
    ValueScale scale;
    std::vector<FlowColumn> columns;
    std::vector<FlowNode> nodes;  ///< By column, then from top to bottom.
    std::vector<Ribbon> ribbons;  ///< Wide first, so that thin ones are drawn above.
    FlowOmitted omitted;
    std::vector<std::string> notes;  ///< Sentences a reader of the picture must know.
};

/// Places a trace. Deterministic: the same result, context and parameters give the same picture to
/// the last bit.
///
/// A node stands in the column of its hop along its main inflows (so that money flows to the
/// right); money that goes back or sideways becomes an arc. `context` may be absent (nothing is
/// priced). Never fails: an empty result is an empty layout. Cost: O(E log E); 50,000 edges take
/// tens of milliseconds.
FlowLayout lay_out(const TraceResult& result, const Context* context,
                   const LayoutParams& params = {});

/// The centre line of a ribbon that leads back, as a cubic curve with the width to draw it in. All
/// of it stays on the canvas.
struct Arc {
    std::array<Ribbon::Point, 4> points;
    double width = 0;
    bool narrowed =
        false;  ///< Drawn less wide than its value: a wide loop hides what it returns to.
};
Arc arc_of(const FlowLayout& layout, const Ribbon& ribbon);

/// Width of text in a common sans-serif, an upper estimate in pixels: text drawn into it fits.
double text_width(std::string_view text, double font_size) noexcept;

}  // namespace cordon::trace
