// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
// Multi-input clustering of a million txns with 1.85 inputs on average, as BlockSci was measured
// on; beside it the union-find alone, without sizes, members and the txns that made each union.
#include <algorithm>
#include <vector>

#include <benchmark/benchmark.h>

#include <cordon/ledger/cluster_file.hpp>
#include <cordon/ledger/clusters.hpp>
#include <cordon/patterns/join_filter.hpp>

namespace cordon::ledger {
namespace {

constexpr uint32_t kTxns = 1'000'000;

/// Senders of all txns, one after the other; most spend what addresses made lately received.
struct Inputs {
    std::vector<uint32_t> ids;
    std::vector<uint32_t> begin{0};

    explicit Inputs(uint32_t txns) {
        uint64_t state = 20240531;  // MINSTD: the same txns on every machine.
        const auto below = [&state](uint32_t limit) {
            state = state * 48271 % 2147483647;
            return static_cast<uint32_t>(state % limit);
        };
        for (uint32_t n = 0; n < txns; ++n) {
            const uint32_t made = 1000 + n * 2;
            for (uint32_t left = 1 + (below(100) < 55) + (below(100) < 30); left > 0; --left)
                ids.push_back(made - 1 - below(below(4) == 0 ? made : 1000));
            begin.push_back(static_cast<uint32_t>(ids.size()));
        }
    }
    std::span<const uint32_t> of(uint32_t txn) const {
        return std::span{ids}.subspan(begin[txn], begin[txn + 1] - begin[txn]);
    }
};

const Inputs& inputs() {
    static const Inputs all{kTxns};
    return all;
}

ClusterForest forest() {
    ClusterForest all;
    all.reserve(1000 + kTxns * 2);
    for (uint32_t n = 0; n < kTxns; ++n) all.add({n / 2000, n % 2000}, inputs().of(n));
    return all;
}

void cluster(benchmark::State& state) {
    inputs();
    for (auto _ : state) benchmark::DoNotOptimize(forest().joins());
    state.SetItemsProcessed(static_cast<int64_t>(state.iterations()) * kTxns);
}
BENCHMARK(cluster)->Name("cluster/1000000")->Unit(benchmark::kMillisecond);

/// Outputs beside the inputs: mostly two, as on the chain, some more, one in a thousand a join of
/// ten. What the filter has to look at.
struct Outputs {
    std::vector<uint32_t> receivers;
    std::vector<uint64_t> values;
    std::vector<uint32_t> begin{0};

    explicit Outputs(uint32_t txns) {
        uint64_t state = 20240601;
        for (uint32_t n = 0; n < txns; ++n) {
            state = state * 48271 % 2147483647;
            const auto kind = static_cast<uint32_t>(state % 1000);
            const uint32_t count = kind == 0 ? 20 : kind < 850 ? 2 : kind < 900 ? 1 : 3 + kind % 5;
            for (uint32_t i = 0; i < count; ++i) {
                receivers.push_back(1000 + n * 2 + i % 2);
                values.push_back(kind == 0 && i < 10 ? 10'000'000 : state % 100'000'007 + i * 977);
            }
            begin.push_back(static_cast<uint32_t>(values.size()));
        }
    }
};

/// Items are inputs. The joins are left out by their shape.
void cluster_filtered(benchmark::State& state) {
    const auto txns = static_cast<uint32_t>(state.range(0));
    const Inputs all{txns};
    const Outputs outputs{txns};
    const JoinFilter& filter = patterns::join_filter();
    for (auto _ : state) {
        ClusterForest forest;
        forest.reserve(1000 + uint64_t{txns} * 2);
        for (uint32_t n = 0; n < txns; ++n) {
            const uint32_t from = outputs.begin[n];
            const uint32_t count = outputs.begin[n + 1] - from;
            forest.add({{n / 2000, n % 2000},
                        all.of(n),
                        std::span{outputs.receivers}.subspan(from, count),
                        std::span{outputs.values}.subspan(from, count)},
                       filter);
        }
        benchmark::DoNotOptimize(forest.joins());
    }
    state.SetItemsProcessed(static_cast<int64_t>(state.iterations()) *
                            static_cast<int64_t>(all.ids.size()));
}
BENCHMARK(cluster_filtered)
    ->Name("cluster_filtered")
    ->Arg(1'000'000)
    ->Arg(5'000'000)
    ->Unit(benchmark::kMillisecond);

void plain(benchmark::State& state) {
    inputs();
    for (auto _ : state) {
        std::vector<uint32_t> parent(1000 + kTxns * 2);
        for (uint32_t id = 0; id < parent.size(); ++id) parent[id] = id;
        const auto root = [&](uint32_t id) {
            while (parent[id] != id) id = parent[id] = parent[parent[id]];
            return id;
        };
        for (uint32_t n = 0; n < kTxns; ++n) {
            const auto senders = inputs().of(n);
            for (const uint32_t other : senders.subspan(1)) {
                const uint32_t a = root(senders.front());
                const uint32_t b = root(other);
                parent[std::max(a, b)] = std::min(a, b);
            }
        }
        benchmark::DoNotOptimize(parent.data());
    }
    state.SetItemsProcessed(static_cast<int64_t>(state.iterations()) * kTxns);
}
BENCHMARK(plain)->Name("cluster/floor:union-find alone")->Unit(benchmark::kMillisecond);

void rewind_one(benchmark::State& state) {
    const ClusterForest whole = forest();
    for (auto _ : state) {
        ClusterForest copy = whole;
        copy.rewind(kTxns / 2000 - 2);
        benchmark::DoNotOptimize(copy.joins());
    }
}
BENCHMARK(rewind_one)->Name("cluster_rewind/1000000")->Unit(benchmark::kMillisecond);

void why(benchmark::State& state) {
    const ClusterForest whole = forest();
    const auto members = whole.members(whole.clusters().front().id);
    for (auto _ : state)
        benchmark::DoNotOptimize(whole.why(members.front(), members.back()).size());
}
BENCHMARK(why)->Name("cluster_why/1000000")->Unit(benchmark::kMillisecond);

void load(benchmark::State& state) {
    const Bytes bytes = encode_clusters({kBitcoin, 0, 0, {{1'000'000, {}}}, forest()});
    for (auto _ : state)
        benchmark::DoNotOptimize(decode_clusters(bytes, "bench", UINT32_MAX)->forest.joins());
    state.SetBytesProcessed(static_cast<int64_t>(state.iterations() * bytes.size()));
}
BENCHMARK(load)->Name("cluster_load/1000000")->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace cordon::ledger
