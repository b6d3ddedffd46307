// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
// Telling joint txns from ordinary ones: a mix of sizes as on the chain, and each kind of join for
// itself. Beside it the floor: reading every value and address kind of the same txns once.
#include <vector>

#include <benchmark/benchmark.h>

#include <cordon/patterns/classify.hpp>

#include "builders.hpp"

namespace cordon::patterns {
namespace {

constexpr std::size_t kTxns = 20'000;  // Some 30 MB: more than the caches hold.

class Random {
public:
    uint64_t below(uint64_t limit) {
        state_ = state_ * 48271 % 2147483647;  // MINSTD: the same txns on every machine.
        return state_ % limit;
    }

private:
    uint64_t state_ = 20240531;
};

void add(UtxoTxn& txn, uint64_t value, unsigned owner, bool input) {
    const Address address = test::address(owner, AddressKind::kP2wpkh);
    if (input)
        txn.inputs.push_back({{test::hash(owner), 0}, TxOut{value, address}});
    else
        txn.outputs.push_back({value, address});
}

/// 1.85 inputs and 2.25 outputs on average, and now and then a batch.
std::vector<UtxoTxn> ordinary() {
    Random random;
    std::vector<UtxoTxn> txns(kTxns);
    unsigned owner = 0;
    for (UtxoTxn& txn : txns) {
        const uint64_t kind = random.below(100);
        const uint64_t inputs = 1 + (kind % 10 < 5 ? 0 : random.below(3)) + (kind == 7 ? 30 : 0);
        const uint64_t outputs = kind < 8 ? 1 : kind < 90 ? 2 : kind < 97 ? 3 + kind % 3 : 12;
        for (uint64_t i = 0; i < inputs; ++i)
            add(txn, 1'000'000 + random.below(90'000'000), ++owner, true);
        for (uint64_t i = 0; i < outputs; ++i)
            add(txn, 1'000 + random.below(500'000), ++owner, false);
    }
    return txns;
}

void run(benchmark::State& state, const std::vector<UtxoTxn>& txns) {
    for (auto _ : state)
        for (const UtxoTxn& txn : txns) benchmark::DoNotOptimize(classify(txn).what);
    state.SetItemsProcessed(static_cast<int64_t>(state.iterations() * txns.size()));
}

void classify_ordinary(benchmark::State& state) { run(state, ordinary()); }
BENCHMARK(classify_ordinary)->Name("classify/ordinary")->Unit(benchmark::kMillisecond);

void floor_read(benchmark::State& state) {
    const std::vector<UtxoTxn> txns = ordinary();
    for (auto _ : state)
        for (const UtxoTxn& txn : txns) {
            uint64_t sum = 0;
            for (const TxIn& in : txn.inputs)
                if (in.spent)
                    sum += in.spent->value + static_cast<uint64_t>(in.spent->address.kind());
            for (const TxOut& out : txn.outputs)
                sum += out.value + static_cast<uint64_t>(out.address.kind());
            benchmark::DoNotOptimize(sum);
        }
    state.SetItemsProcessed(static_cast<int64_t>(state.iterations() * txns.size()));
}
BENCHMARK(floor_read)->Name("classify/floor:read once")->Unit(benchmark::kMillisecond);

void classify_joinmarket(benchmark::State& state) {
    UtxoTxn txn;
    Random random;
    for (unsigned n = 0; n < 8; ++n) {
        const uint64_t coin = 2'000'000 + random.below(50'000'000);
        add(txn, coin, 100 + n, true);
        add(txn, 1'500'000, 200 + n, false);
        add(txn, coin - 1'500'000 + (n == 0 ? 0 : 150) - (n == 0 ? 9'000 : 0), 300 + n, false);
    }
    run(state, {txn});
}
BENCHMARK(classify_joinmarket)->Name("classify/joinmarket of 8");

void classify_undecided(benchmark::State& state) {
    UtxoTxn txn;  // Coins that nearly fit everywhere: the search runs to its bound.
    for (unsigned n = 0; n < 24; ++n) add(txn, 300'000 + n * 7, 100 + n, true);
    for (unsigned n = 0; n < 8; ++n) add(txn, 700'000, 200 + n, false);
    for (unsigned n = 0; n < 8; ++n) add(txn, 111'111 + n * 1'000, 300 + n, false);
    run(state, {txn});
}
BENCHMARK(classify_undecided)->Name("classify/hostile");

void classify_wasabi2(benchmark::State& state) {
    UtxoTxn txn;
    for (unsigned n = 0; n < 200; ++n) {
        add(txn, 900'000'000 - n * 4'000'000, 1'000 + n, true);
        add(txn, uint64_t{1} << (29 - n / 12), 2'000 + n, false);
    }
    run(state, {txn});
}
BENCHMARK(classify_wasabi2)->Name("classify/wasabi2 of 200");

}  // namespace
}  // namespace cordon::patterns
