// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <deque>
#include <map>
#include <string>
#include <vector>

#include "layout.hpp"

/// Synthetic thefts for tests of pictures and reports: books that add up, money that splits, peels,
/// rests, comes back and ends at services. Deterministic by `seed`.
namespace cordon::trace::test {

struct TheftShape {
    uint64_t seed = 1;
    std::size_t edges = 300;
    double back = 0.03;     ///< Part of the payments that go to a wallet already reached.
    double service = 0.12;  ///< Part that goes to a service.
    double clean = 0.25;    ///< Part of the wallets that mix clean money in.
    double peel = 0.5;      ///< Part of the wallets that peel; the others split.
    std::vector<std::string> services = {
        "Exchange A deposit", "Exchange B deposit", "Exchange C deposit", "Bridge X",  "Bridge Y",
        "Mixer pool 10",      "Mixer pool 100",     "Swap router",        "Dice house"};
    bool several_assets = false;  ///< A second stolen asset, and swaps into the first.
};

inline uint64_t next_random(uint64_t& state) {
    uint64_t z = state += 0x9E3779B97F4A7C15ULL;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
    return z ^ (z >> 31);
}

inline Address evm_address(uint64_t number) {
    std::array<uint8_t, 20> bytes{};
    uint64_t state = number;
    for (std::size_t i = 0; i < bytes.size(); ++i)
        bytes[i] = static_cast<uint8_t>(next_random(state) >> 56);
    return Address{AddressKind::kEvm, bytes};
}

inline Hash256 hash_of(uint64_t number) {
    Hash256 hash;
    uint64_t state = ~number;
    for (uint8_t& byte : hash.bytes) byte = static_cast<uint8_t>(next_random(state) >> 56);
    return hash;
}

inline Category category_of(const std::string& service) {
    if (service.find("Bridge") != std::string::npos) return Category::kBridge;
    if (service.find("Mixer") != std::string::npos) return Category::kMixer;
    if (service.find("Swap") != std::string::npos) return Category::kSwap;
    if (service.find("Dice") != std::string::npos) return Category::kGambling;
    return Category::kExchange;
}

class TheftMaker {
public:
    explicit TheftMaker(const TheftShape& shape) : shape_{shape}, state_{shape.seed} {}

    TraceResult make() {
        TraceResult result;
        result.params.stop = {Category::kExchange, Category::kBridge, Category::kMixer};
        Seed seed;
        seed.chain = kEthereum;
        seed.what = Seed::FromTxn{hash_of(7)};
        seed.text = "eth:theft";
        result.seeds.push_back(seed);
        wallet(0, true);
        wallets_[0].tainted[0] = wallets_[0].left[0] = kLoot;
        if (shape_.several_assets) wallets_[0].tainted[1] = wallets_[0].left[1] = kLoot * 2;
        std::deque<std::size_t> queue{0};
        while (!queue.empty() && edges_.size() < shape_.edges) {
            const std::size_t at = queue.front();
            queue.pop_front();
            for (const std::size_t next : spend(at)) queue.push_back(next);
        }
        finish(result);
        return result;
    }

    static Asset token() { return *Asset::parse("0xdac17f958d2ee523a2206206994597c13d831ec7"); }

private:
    static constexpr uint64_t kLoot = 30'000'000'000'000;  // 30,000 in units of 10^-9.

    struct Wallet {
        Address address;
        uint32_t hop = 0;
        bool seed = false;
        std::string service;
        std::array<uint64_t, 2> received{}, tainted{}, left{};
        std::optional<UnixMillis> first, last;
    };

    double chance() { return static_cast<double>(next_random(state_) >> 11) * 0x1p-53; }

    std::size_t wallet(uint32_t hop, bool seed = false, std::string service = {}) {
        Wallet& w = wallets_.emplace_back();
        w.address = evm_address(shape_.seed * 1'000'003 + wallets_.size());
        w.hop = hop;
        w.seed = seed;
        w.service = std::move(service);
        return wallets_.size() - 1;
    }

    std::size_t receiver(std::size_t from) {
        const double dice = chance();
        if (from != 0 && dice < shape_.back && wallets_.size() > 3) {
            const std::size_t to = next_random(state_) % wallets_.size();
            if (to != from && wallets_[to].service.empty() && !wallets_[to].seed) return to;
        }
        if (from != 0 && dice < shape_.back + shape_.service && !shape_.services.empty())
            return wallet(wallets_[from].hop + 1, false,
                          shape_.services[next_random(state_) % shape_.services.size()]);
        return wallet(wallets_[from].hop + 1);
    }

    std::vector<std::size_t> spend(std::size_t from) {
        std::vector<std::size_t> reached;
        if (!wallets_[from].service.empty()) return reached;
        for (std::size_t asset = 0; asset < 2; ++asset) {
            const uint64_t have = wallets_[from].left[asset];
            if (have < 1'000'000) continue;
            if (from != 0 && chance() < 0.08) continue;  // Rests.
            if (asset == 1 && chance() < 0.3) {
                swap(from, have);
                continue;
            }
            std::vector<uint64_t> parts;
            if (from == 0) {
                uint64_t rest = have;
                for (int i = 0; i < 11; ++i) parts.push_back(rest / 4), rest -= rest / 4;
                parts.push_back(rest);
            } else if (chance() < shape_.peel) {
                parts = {have - have / 7, have / 7};
            } else {
                const auto n = 2 + next_random(state_) % 4;
                for (uint64_t i = 0; i < n; ++i) parts.push_back(have / (n + 1));
            }
            const double mix = chance() < shape_.clean ? 0.2 + 0.7 * chance() : 1.0;
            for (const uint64_t part : parts)
                if (part > 0 && edges_.size() < shape_.edges)
                    reached.push_back(pay(from, asset, part, mix));
        }
        return reached;
    }

    std::size_t pay(std::size_t from, std::size_t asset, uint64_t part, double mix) {
        const std::size_t to = receiver(from);
        Edge& edge = add_edge(from, to, asset, part, mix);
        const auto amount = static_cast<uint64_t>(static_cast<double>(part) / mix);
        wallets_[from].left[asset] -= part;
        Wallet& w = wallets_[to];
        w.received[asset] += amount;
        w.tainted[asset] += part;
        w.left[asset] += part;
        if (!w.first) w.first = edge.time;
        w.last = edge.time;
        if (edge.kind == "native" && w.service.starts_with("Bridge")) {
            edge.kind = "bridge";
            edge.confidence = 0.97;
            edge.why = {"message-id"};
        }
        return to;
    }

    void swap(std::size_t at, uint64_t have) {
        Edge& edge = add_edge(at, at, 1, have, 1);
        edge.kind = "swap";
        edge.to_asset = Asset{};
        edge.to_amount = edge.to_tainted = Amount{have / 2} * Amount{1'000'000'000U};
        wallets_[at].left[1] -= have;
        wallets_[at].left[0] += have / 2;
        wallets_[at].tainted[0] += have / 2;
        wallets_[at].received[0] += have / 2;
        swapped_out_ += have;
        swapped_in_ += have / 2;
    }

    Edge& add_edge(std::size_t from, std::size_t to, std::size_t asset, uint64_t part, double mix) {
        Edge& edge = edges_.emplace_back();
        const uint64_t n = edges_.size();
        edge.chain = kEthereum;
        edge.txn = hash_of(n * 31 + shape_.seed);
        edge.at = {18'000'000 + n, 0};
        edge.time = from_unix_seconds(1'700'000'000 + static_cast<int64_t>(n) * 97);
        edge.from = wallets_[from].address;
        edge.to = wallets_[to].address;
        edge.asset = asset == 0 ? Asset{} : token();
        edge.tainted = Amount{part} * Amount{1'000'000'000U};
        edge.amount =
            Amount{static_cast<uint64_t>(static_cast<double>(part) / mix)} * Amount{1'000'000'000U};
        edge.amount = std::max(edge.amount, edge.tainted);
        edge.kind = asset == 0 ? "native" : "token";
        edge.hop = wallets_[to].hop;
        return edge;
    }

    void finish(TraceResult& result) {
        static constexpr Amount kGwei{1'000'000'000U};
        std::array<Amount, 2> resting{};
        std::vector<Node> nodes;
        std::vector<Endpoint> endpoints;
        for (const Wallet& w : wallets_) {
            Node node;
            node.chain = kEthereum;
            node.address = w.address;
            node.hop = w.hop;
            node.seed = w.seed;
            node.first_seen = w.first;
            node.last_seen = w.last;
            if (!w.service.empty())
                node.label = Label{kEthereum,   w.address, w.service, category_of(w.service),
                                   "test list", 0.9};
            for (std::size_t a = 0; a < 2; ++a) {
                if (w.tainted[a] == 0) continue;
                Holding holding;
                holding.asset = a == 0 ? Asset{} : token();
                holding.tainted = Amount{w.tainted[a]} * kGwei;
                holding.received = std::max(Amount{w.received[a]} * kGwei, holding.tainted);
                holding.resting = Amount{w.left[a]} * kGwei;
                node.holdings.push_back(holding);
                if (w.left[a] == 0) continue;
                node.stop = w.service.empty() ? Stop::kUnspent : Stop::kLabel;
                Endpoint end;
                end.chain = kEthereum;
                end.address = w.address;
                end.asset = holding.asset;
                end.tainted = holding.resting;
                end.stop = node.stop;
                end.label = node.label;
                endpoints.push_back(end);
                resting[a] += holding.resting;
            }
            nodes.push_back(std::move(node));
        }
        std::sort(nodes.begin(), nodes.end(), [](const Node& a, const Node& b) {
            return a.hop != b.hop ? a.hop < b.hop : a.address < b.address;
        });
        std::stable_sort(
            endpoints.begin(), endpoints.end(),
            [](const Endpoint& a, const Endpoint& b) { return a.tainted > b.tainted; });
        result.nodes = std::move(nodes);
        result.endpoints = std::move(endpoints);
        result.edges = std::move(edges_);
        for (std::size_t a = 0; a < (shape_.several_assets ? 2 : 1); ++a) {
            Total total;
            total.chain = kEthereum;
            total.asset = a == 0 ? Asset{} : token();
            total.seeded = Amount{kLoot * (a + 1)} * kGwei;
            total.resting = resting[a];
            (a == 0 ? total.swapped_in : total.swapped_out) =
                Amount{a == 0 ? swapped_in_ : swapped_out_} * kGwei;
            result.totals.push_back(total);
        }
    }

    TheftShape shape_;
    uint64_t state_;
    std::vector<Wallet> wallets_;
    std::vector<Edge> edges_;
    uint64_t swapped_in_ = 0, swapped_out_ = 0;
};

inline TraceResult make_theft(const TheftShape& shape = {}) { return TheftMaker{shape}.make(); }

/// Knows the assets of TheftMaker; prices them when `priced`.
class TheftContext final : public Context {
public:
    explicit TheftContext(bool priced = true) : priced_{priced} {}
    std::optional<Label> label(ChainId, const Address&) const override { return std::nullopt; }
    std::optional<AssetInfo> asset(ChainId chain, const Asset& asset) const override {
        return AssetInfo{chain, asset, asset.is_native() ? "ETH" : "USDX", 18,
                         AssetStatus::kVerified};
    }
    std::optional<double> usd(ChainId, const Asset& asset, const Amount& amount,
                              std::optional<UnixMillis>) const override {
        if (!priced_) return std::nullopt;
        return amount.to_double() * 1e-18 * (asset.is_native() ? 2'000.0 : 1'000.0);
    }

private:
    bool priced_;
};

}  // namespace cordon::trace::test
