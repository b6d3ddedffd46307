// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
// Multi-input clustering of a million txns with 1.85 inputs on average, as BlockSci was measured
// on; beside it the union-find alone, without sizes, members and the txns that made each union.
#include <algorithm>
#include <vector>

#include <benchmark/benchmark.h>

#include <cordon/ledger/cluster_file.hpp>
#include <cordon/ledger/clusters.hpp>

namespace cordon::ledger {
namespace {

constexpr uint32_t kTxns = 1'000'000;

/// Senders of all txns, one after the other; most spend what addresses made lately received.
struct Inputs {
    std::vector<uint32_t> ids;
    std::vector<uint32_t> begin{0};

    Inputs() {
        uint64_t state = 20240531;  // MINSTD: the same txns on every machine.
        const auto below = [&state](uint32_t limit) {
            state = state * 48271 % 2147483647;
            return static_cast<uint32_t>(state % limit);
        };
        for (uint32_t n = 0; n < kTxns; ++n) {
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
    static const Inputs all;
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
