// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "layout_fold.hpp"

#include <algorithm>
#include <numeric>
#include <span>
#include <utility>

#include <cordon/base/format.hpp>

#include "layout_ribbons.hpp"

namespace cordon::trace::flow {
namespace {

/// More columns than this are hard to read side by side: runs of wallets are then drawn as one
/// chain each.
constexpr uint32_t kComfortableColumns = 11;
constexpr uint32_t kTimeColumns = 8;

enum class Band { kStolen, kMixed, kClean };
Band band_of(double taint) noexcept {
    return taint >= 2.0 / 3 ? Band::kStolen : taint >= 1.0 / 3 ? Band::kMixed : Band::kClean;
}
const char* band_name(Band band) noexcept {
    switch (band) {
        case Band::kStolen: return "wallets, stolen";
        case Band::kMixed: return "wallets, mixed";
        case Band::kClean: return "wallets, mostly clean";
    }
    return "wallets";
}

void append_hex(std::string& text, ByteView bytes) {
    static constexpr std::string_view kDigits = "0123456789abcdef";
    std::size_t at = text.size();
    text.resize(at + 2 * bytes.size());
    for (const uint8_t byte : bytes) {
        text[at++] = kDigits[byte >> 4];
        text[at++] = kDigits[byte & 15];
    }
}

std::string fallback_name(const Node& node) {
    const ByteView bytes = node.address.payload();
    std::string name;
    append_hex(name, bytes.size() <= 6 ? bytes : bytes.first(3));
    if (bytes.size() > 6) append_hex(name += "…", bytes.last(2));
    return name;
}

/// One group of vertices on its way to become a node.
struct Item {
    uint32_t first = 0, count = 0;  // Of Folder::members_.
    uint32_t column = 0;
    double through = 0;  // The larger of what arrives and what leaves or stays.
    double passed = 0, stolen = 0;
    bool seed = false;
    bool service = false;
    double taint() const noexcept { return passed > 0 ? std::min(1.0, stolen / passed) : 1.0; }
};

class Folder {
public:
    Folder(const Graph& whole, const Graph& graph, const LayoutParams& params, FlowLayout& layout)
        : whole_{whole}, graph_{graph}, params_{params}, layout_{layout} {}

    void run() {
        make_items();
        std::size_t top = params_.mode == FlowMode::kRaw ? items_.size() : params_.top_per_column;
        choose(top);
        // Fewer single wallets first, then fewer columns: what is left is at most one fold of each
        // sort in a column.
        while (layout_.nodes.size() > params_.max_nodes && params_.mode != FlowMode::kRaw &&
               top > 0)
            choose(--top);
        while (layout_.nodes.size() > params_.max_nodes && params_.mode != FlowMode::kRaw &&
               columns_ > 2) {
            limit_columns(columns_ - 1);
            choose(0);
        }
        add_ribbons(graph_, of_vertex_, shown_, params_, layout_);
        name_columns();
    }

private:
    void make_items() {
        const std::size_t n = graph_.vertices.size();
        std::vector<uint32_t> group(n);
        std::iota(group.begin(), group.end(), 0U);
        std::size_t groups = n;
        std::vector<uint32_t> column;
        if (params_.axis == FlowAxis::kTime) {
            column = time_columns();
        } else {
            column = assign_columns(whole_, group, groups);
            const bool many = !column.empty() &&
                              *std::max_element(column.begin(), column.end()) > kComfortableColumns;
            if (many && params_.mode != FlowMode::kRaw) {
                group = find_chains(whole_, groups);
                open_chains(group, groups);
                column = assign_columns(whole_, group, groups);
            }
        }
        items_.resize(groups);
        for (uint32_t v = 0; v < n; ++v) {
            Item& item = items_[group[v]];
            const Vertex& vertex = graph_.vertices[v];
            ++item.count;
            item.column = column[group[v]];
            item.through = std::max({item.through, vertex.in, vertex.out + vertex.rest});
            item.passed += vertex.all_that_passed();
            item.stolen += vertex.stolen_that_passed();
            item.seed = item.seed || vertex.start();
            item.service = item.service || vertex.service;
        }
        uint32_t first = 0;
        for (Item& item : items_) first = (item.first = first) + std::exchange(item.count, 0);
        members_.resize(n);
        for (uint32_t v = 0; v < n; ++v) {
            Item& item = items_[group[v]];
            members_[item.first + item.count++] = v;
        }
        columns_ = 1;
        for (const Item& item : items_) columns_ = std::max(columns_, item.column + 1);
        last_is_open_ = false;
        if (columns_ > params_.max_columns)
            limit_columns(static_cast<uint32_t>(params_.max_columns));
    }

    /// The chains that are to be shown open fall apart again.
    void open_chains(std::vector<uint32_t>& group, std::size_t& groups) {
        if (params_.opened.empty()) return;
        std::vector<std::vector<uint32_t>> members(groups);
        for (uint32_t v = 0; v < group.size(); ++v) members[group[v]].push_back(v);
        for (const std::vector<uint32_t>& run : members) {
            if (run.size() < 2 || !params_.opened.contains(chain_key(run.front()))) continue;
            shown_.insert(run.begin(), run.end());
            for (std::size_t i = 1; i < run.size(); ++i)
                group[run[i]] = static_cast<uint32_t>(groups++);
        }
    }

    std::string address_key(uint32_t vertex) const {
        const Node node = node_of(vertex);
        std::string key = cordon::to_string(node.chain) + ":";
        key.reserve(key.size() + 2 * node.address.payload().size());
        append_hex(key, node.address.payload());
        return key;
    }
    std::string chain_key(uint32_t first) const { return "chain:" + address_key(first); }

    /// The first members of a fold that is to be shown open, and its key for the rest of them.
    template <typename T>
    std::vector<T> open(std::vector<T>& members, std::string& key) {
        std::vector<T> shown;
        while (members.size() > 1 && params_.opened.contains(key) && opened_left_ > 0) {
            const std::size_t count =
                std::min({members.size(), params_.opened_members, opened_left_});
            opened_left_ -= count;
            const auto end = members.begin() + static_cast<std::ptrdiff_t>(count);
            shown.insert(shown.end(), members.begin(), end);
            members.erase(members.begin(), end);
            key += '+';
        }
        return shown;
    }

    /// What somebody asked to see is not left out as dust.
    void show(const FlowNode& node) { shown_.insert(node.members.begin(), node.members.end()); }

    void limit_columns(uint32_t count) {
        columns_ = std::max(2U, count);
        last_is_open_ = true;
        for (Item& item : items_) item.column = std::min(item.column, columns_ - 1);
    }

    /// Columns of about equally many first arrivals; a laundering day and a quiet year both get
    /// their room.
    std::vector<uint32_t> time_columns() {
        std::vector<int64_t> times;
        for (const Vertex& vertex : whole_.vertices)
            if (!vertex.start() && vertex.reached) times.push_back(*vertex.reached);
        std::sort(times.begin(), times.end());
        for (uint32_t i = 0; i < kTimeColumns && !times.empty(); ++i) {
            const int64_t start = times[times.size() * i / kTimeColumns];
            if (starts_.empty() || starts_.back() < start) starts_.push_back(start);
        }
        std::vector<uint32_t> column(whole_.vertices.size());
        for (std::size_t v = 0; v < column.size(); ++v) {
            const Vertex& vertex = whole_.vertices[v];
            if (vertex.start()) continue;
            if (!vertex.reached) {
                column[v] = static_cast<uint32_t>(std::max<std::size_t>(1, starts_.size()));
                continue;
            }
            const auto after = std::upper_bound(starts_.begin(), starts_.end(), *vertex.reached);
            column[v] = static_cast<uint32_t>(after - starts_.begin());
        }
        return column;
    }

    Node node_of(uint32_t vertex) const { return (*graph_.nodes)[vertex]; }

    std::string name(uint32_t vertex) const {
        const Node node = node_of(vertex);
        return params_.name ? params_.name(node) : fallback_name(node);
    }

    std::string holder(uint32_t vertex) const {
        return params_.holder ? params_.holder(node_of(vertex)) : name(vertex);
    }

    /// The first vertex of an item.
    uint32_t front(uint32_t item) const { return members_[items_[item].first]; }

    /// Makes the nodes anew, showing `top` wallets and services of each crowded column one by one.
    void choose(std::size_t top) {
        layout_.nodes.clear();
        layout_.omitted.folded_nodes = 0;
        of_vertex_.assign(graph_.vertices.size(), 0);
        if (params_.mode == FlowMode::kRaw) layout_.nodes.reserve(items_.size());
        // Half of the nodes, so that opening cannot push everything else together.
        opened_left_ = params_.opened_members == 0 ? 0 : params_.max_nodes / 2;
        std::vector<std::vector<uint32_t>> by_column(columns_);
        for (uint32_t i = 0; i < items_.size(); ++i) by_column[items_[i].column].push_back(i);
        for (uint32_t c = 0; c < columns_; ++c) {
            std::vector<uint32_t> seeds, services, wallets;
            for (const uint32_t i : by_column[c])
                (items_[i].seed ? seeds : items_[i].service ? services : wallets).push_back(i);
            if (params_.mode == FlowMode::kRaw) {
                add_raw(c, seeds, FlowKind::kSeed);
                add_raw(c, services, FlowKind::kService);
                add_raw(c, wallets, FlowKind::kWallet);
                continue;
            }
            std::map<std::pair<std::string, Category>, std::vector<uint32_t>> brands;
            for (const uint32_t i : services) {
                const uint32_t v = front(i);
                brands[{holder(v), node_of(v).label->category}].push_back(i);
            }
            const bool crowded = seeds.size() + brands.size() + wallets.size() > params_.crowded;
            const std::size_t keep = crowded || top < params_.top_per_column ? top : items_.size();
            add_singles(c, seeds, keep, FlowKind::kSeed);
            add_services(c, brands, keep);
            add_singles(c, wallets, keep, FlowKind::kWallet);
        }
    }

    /// Every item apart, the largest first.
    void add_raw(uint32_t column, std::vector<uint32_t>& items, FlowKind kind) {
        sort_by_value(items);
        // Equal services stand in the order of their numbers as text.
        for (auto begin = items.begin(); kind == FlowKind::kService && begin != items.end();) {
            const auto end = std::find_if(begin + 1, items.end(), [&](uint32_t i) {
                return items_[i].through != items_[*begin].through;
            });
            std::sort(begin, end,
                      [](uint32_t a, uint32_t b) { return std::to_string(a) < std::to_string(b); });
            begin = end;
        }
        // By value the vertices lie anywhere, and what add() reads of them is far apart.
        constexpr std::size_t kAhead = 8;
        for (std::size_t i = 0; i < items.size(); ++i) {
            if (i + kAhead < items.size())
                __builtin_prefetch(&graph_.vertices[front(items[i + kAhead])]);
            add(column, std::span{&items[i], 1}, kind);
        }
    }

    /// REQUIRES: equal ones stand in the order that they shall keep.
    void sort_by_value(std::vector<uint32_t>& items) const {
        std::vector<std::pair<double, uint32_t>> valued(items.size());
        for (std::size_t i = 0; i < items.size(); ++i)
            valued[i] = {items_[items[i]].through, items[i]};
        std::stable_sort(valued.begin(), valued.end(),
                         [](const auto& a, const auto& b) { return a.first > b.first; });
        for (std::size_t i = 0; i < items.size(); ++i) items[i] = valued[i].second;
    }

    void add_singles(uint32_t column, std::vector<uint32_t>& items, std::size_t keep,
                     FlowKind kind) {
        sort_by_value(items);
        std::map<Band, std::vector<uint32_t>> bands;
        for (std::size_t i = 0; i < items.size(); ++i) {
            if (i < keep)
                add(column, std::span{&items[i], 1}, kind);
            else
                bands[kind == FlowKind::kSeed ? Band::kStolen : band_of(items_[items[i]].taint())]
                    .push_back(items[i]);
        }
        for (auto& [band, members] : bands) {
            const std::string name = kind == FlowKind::kSeed ? "more seeds"
                                     : graph_.searched       ? "wallets"
                                                             : band_name(band);
            std::string key = format("fold:{}:{}", column, name);
            if (members.size() > 1)
                for (const uint32_t i : open(members, key))
                    show(add(column, std::span{&i, 1}, kind));
            if (members.size() == 1) add(column, members, kind);
            if (members.size() < 2) continue;
            FlowNode& node = add(column, members, FlowKind::kFold);
            node.name = name;
            node.key = key;
        }
    }

    void add_services(uint32_t column,
                      std::map<std::pair<std::string, Category>, std::vector<uint32_t>>& brands,
                      std::size_t keep) {
        std::vector<std::pair<double, const std::pair<const std::pair<std::string, Category>,
                                                      std::vector<uint32_t>>*>>
            order;
        for (const auto& brand : brands) {
            double sum = 0;
            for (const uint32_t i : brand.second) sum += items_[i].through;
            order.emplace_back(sum, &brand);
        }
        std::stable_sort(order.begin(), order.end(),
                         [](const auto& a, const auto& b) { return a.first > b.first; });
        std::map<Category, std::vector<const std::vector<uint32_t>*>> rest;
        for (std::size_t i = 0; i < order.size(); ++i) {
            const auto& [brand, members] = *order[i].second;
            if (i >= keep) {
                rest[brand.second].push_back(&members);
                continue;
            }
            add_service(column, members);
        }
        for (auto& [category, lists] : rest) {
            const std::string name = format("other {}", cordon::to_string(category));
            std::string key = format("fold:{}:{}", column, name);
            if (lists.size() > 1)
                for (const auto* list : open(lists, key)) {
                    add_service(column, *list);
                    show(layout_.nodes.back());
                }
            if (lists.size() == 1) add_service(column, *lists.front());
            if (lists.size() < 2) continue;
            std::vector<uint32_t> all;
            for (const auto* list : lists) all.insert(all.end(), list->begin(), list->end());
            FlowNode& node = add(column, all, FlowKind::kFold);
            node.category = category;
            node.name = name;
            node.key = key;
        }
    }

    /// One service, or its addresses one by one where they are to be shown.
    void add_service(uint32_t column, std::vector<uint32_t> members) {
        const std::string whose = holder(front(members.front()));
        const Category category = node_of(front(members.front())).label->category;
        // A holder's deposit addresses and its wallets stand apart: both have his name.
        std::string key = format("service:{}:{}:{}", column, cordon::to_string(category), whose);
        if (params_.opened.contains(key)) sort_by_value(members);
        for (const uint32_t i : open(members, key)) {
            FlowNode& node = add(column, std::span{&i, 1}, FlowKind::kService);
            node.key = address_key(node.members.front());
            show(node);
        }
        if (members.empty()) return;
        FlowNode& node = add(column, members, FlowKind::kService);
        if (members.size() > 1) node.name = whose;
        node.key = key;
    }

    FlowNode& add(uint32_t column, std::span<const uint32_t> items, FlowKind kind) {
        FlowNode& node = layout_.nodes.emplace_back();
        node.kind = kind;
        node.column = column;
        node.hop_first = std::numeric_limits<uint32_t>::max();
        double passed = 0;
        double stolen = 0;
        for (const uint32_t i : items) {
            const Item& item = items_[i];
            passed += item.passed;
            stolen += item.stolen;
            const auto first = members_.begin() + item.first;
            node.members.insert(node.members.end(), first, first + item.count);
        }
        node.taint = passed > 0 ? std::min(1.0, stolen / passed) : 1.0;
        double most = -1;
        for (const uint32_t v : node.members) {
            const Vertex& vertex = graph_.vertices[v];
            of_vertex_[v] = static_cast<uint32_t>(layout_.nodes.size() - 1);
            node.hop_first = std::min(node.hop_first, vertex.hop);
            node.hop_last = std::max(node.hop_last, vertex.hop);
            node.rest += vertex.rest;
            if (vertex.rest > most) most = vertex.rest, node.stop = vertex.stop;
        }
        const uint32_t first = node.members.front();
        const bool chain = items.size() == 1 && node.members.size() > 1;
        if (chain && kind == FlowKind::kWallet) {
            node.kind = FlowKind::kChain;
            node.name = "wallet chain";
        } else if (kind == FlowKind::kSeed || kind == FlowKind::kWallet ||
                   kind == FlowKind::kService) {
            node.name = name(first);
            if (const Node named = node_of(first); named.label)
                node.category = named.label->category;
        }
        node.key = node.kind == FlowKind::kChain ? chain_key(first) : address_key(first);
        std::sort(node.members.begin(), node.members.end(), [this](uint32_t a, uint32_t b) {
            const double x =
                std::max(graph_.vertices[a].in, graph_.vertices[a].out + graph_.vertices[a].rest);
            const double y =
                std::max(graph_.vertices[b].in, graph_.vertices[b].out + graph_.vertices[b].rest);
            return x != y ? x > y : a < b;
        });
        if (node.members.size() > 1) layout_.omitted.folded_nodes += node.members.size();
        return node;
    }

    std::string time_head(uint32_t column) const {
        if (column > starts_.size()) return "NO TIME";
        const int64_t key = starts_[column - 1];
        const UnixMillis time{UnixMillis::duration{graph_.backward ? -key : key}};
        const std::string text = format_rfc3339(time).substr(0, 16);
        const std::string date = text.substr(0, 10) + " " + text.substr(11);
        return graph_.backward ? "≤ " + date : date;
    }

    void name_columns() {
        // A column may have lost all its nodes to dust: close the gap, but keep the number of its
        // hop.
        std::vector<char> used(columns_);
        for (const FlowNode& node : layout_.nodes) used[node.column] = 1;
        std::vector<uint32_t> place(columns_);
        const bool backward = graph_.backward;
        for (uint32_t c = 0; c < columns_; ++c) {
            if (!used[c]) continue;
            place[c] = static_cast<uint32_t>(layout_.columns.size());
            FlowColumn& column = layout_.columns.emplace_back();
            if (c == 0) {
                column.head = backward || graph_.searched ? "START" : "THEFT";
            } else if (params_.axis == FlowAxis::kTime) {
                column.head = time_head(c);
            } else {
                column.head = format("HOP {}{}{}", backward ? "−" : "", c,
                                     last_is_open_ && c + 1 == columns_ ? "+" : "");
            }
        }
        for (FlowNode& node : layout_.nodes) node.column = place[node.column];
    }

    const Graph& whole_;  // Decides about columns and chains.
    const Graph& graph_;  // What is shown of it.
    const LayoutParams& params_;
    FlowLayout& layout_;
    std::vector<Item> items_;
    std::vector<uint32_t> members_;    // Vertices, by item.
    std::vector<uint32_t> of_vertex_;  // Vertex to node.
    std::vector<int64_t> starts_;      // Of the time columns, as Vertex::reached.
    uint32_t columns_ = 1;
    std::set<uint32_t> shown_;     // Vertices of what was opened.
    std::size_t opened_left_ = 0;  // Members that may still be shown of opened folds.
    bool last_is_open_ = false;    // The last column stands for its hop and all later ones.
};

}  // namespace

void fold(const Graph& whole, const Graph& shown, const LayoutParams& params, FlowLayout& layout) {
    Folder{whole, shown, params, layout}.run();
}

void turn_round(FlowLayout& layout) {
    layout.backward = true;
    const auto last = static_cast<uint32_t>(layout.columns.size()) - 1;
    std::reverse(layout.columns.begin(), layout.columns.end());
    for (FlowNode& node : layout.nodes) {
        node.column = last - node.column;
        std::swap(node.in, node.out);
        std::swap(node.dust_in, node.dust_out);
        // Where the walk back ended the money appears; where it began the money rests.
        const double began = node.source;
        node.source = node.rest + node.lost;
        node.rest = began;
        node.lost = 0;
    }
    for (Ribbon& ribbon : layout.ribbons) std::swap(ribbon.from, ribbon.to);
}

}  // namespace cordon::trace::flow
