// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
// What opening a gate costs, by its number of verdicts: reading every entry, and from a snapshot
// that stands for all but the last ones. Each withdrawal was let through, bundled and seen to
// leave; the last day's spends are what limits need. CORDON_BENCH_QUICK takes a tenth.
#include <benchmark/benchmark.h>

#include <cordon/base/check.hpp>
#include <cordon/guard/gate/test_world.hpp>
#include <cordon/guard/prune.hpp>

namespace cordon::guard {
namespace {

const UnixMillis kNow = from_unix_seconds(1'700'000'000);

std::string policy() {
    return format(
        "version: 1\nchecks: {{explain: off, screening: off, feed: off}}\n"
        "rules:\n  - {{id: all, when: \"amount > 0\", then: allow}}\n"
        "limits:\n  - {{id: day, scope: wallet, window: 24h, usd: 900000000000}}\n"
        "people: {{alice: \"{}\"}}\ngroups: {{board: [alice]}}\n"
        "change: {{group: board, m: 1, delay: 24h}}\nreset: {{group: board, m: 1, delay: 0s}}\n",
        Person{"alice"}.key().text());
}

/// Three entries a verdict, ten seconds apart: a million are four months.
void live(const std::string& directory, TestWorld& world, uint64_t verdicts) {
    auto gate = Gate::open(directory, test_key(), policy(), world, {.disk = &fast_disk()}).value();
    for (uint64_t i = 0; i < verdicts; ++i) {
        const UnixMillis at = kNow + std::chrono::seconds{10 * i};
        WithdrawalRequest request = test_request(format("w{}", i), 1 + i % 900);
        request.to = test_address(static_cast<uint8_t>(i));
        CORDON_CHECK(gate->check(request, at));
        CORDON_CHECK(gate->bundle(request.id, at));
        Transfer transfer;
        transfer.from = request.from;
        transfer.to = request.to;
        transfer.asset = request.asset;
        transfer.amount = request.amount;
        Hash256 txn;
        for (unsigned byte = 0; byte < 8; ++byte)
            txn.bytes[byte] = static_cast<uint8_t>(i >> (8 * byte));
        CORDON_CHECK(gate->on_outflow(kEthereum, txn, transfer, at)->id == request.id);
    }
    CORDON_CHECK(gate->log().publish());
}

uint64_t bytes_of(const std::string& path) {
    uint64_t bytes = 0;
    for (const auto& each : std::filesystem::recursive_directory_iterator{path}) {
        // What the disk of tests removed has another name yet.
        const bool is_gone = each.path().filename().string().find(".gone-") != std::string::npos;
        if (each.is_regular_file() && !is_gone) bytes += each.file_size();
    }
    return bytes;
}

void open_it(benchmark::State& state, const std::string& directory, TestWorld& world) {
    for (auto _ : state) {
        auto gate = Gate::open(directory, test_key(), "", world, {.disk = &fast_disk()});
        if (!gate) return state.SkipWithError(gate.error().message.c_str());
        benchmark::DoNotOptimize(gate->get());
    }
    state.counters["MB"] = static_cast<double>(bytes_of(directory)) / 1e6;
}

void opening(benchmark::State& state) {
    const auto verdicts = static_cast<uint64_t>(state.range(0));
    // One history for both ways, the second after the first.
    static std::map<uint64_t, std::unique_ptr<TestFolder>> folders;
    static TestWorld world;
    world.wallets[test_address(1)] = "hot";
    auto& folder = folders[verdicts];
    if (!folder) {
        folder = std::make_unique<TestFolder>();
        live(*folder / "gate", world, verdicts);
    }
    if (state.range(1) != 0) {
        const auto done = prune_gate(
            *folder / "gate", test_key(),
            {.until = 3 * verdicts, .archive = {}, .by = "bench", .why = "bench", .now = kNow},
            fast_disk());
        CORDON_CHECK(done || done.error().code == ErrorCode::kInvalidParam);
    }
    open_it(state, *folder / "gate", world);
}

void sizes(benchmark::internal::Benchmark* bench) {
    const bool is_quick = std::getenv("CORDON_BENCH_QUICK") != nullptr;
    for (const int64_t verdicts : {is_quick ? 10'000 : 100'000, is_quick ? 100'000 : 1'000'000})
        for (const int64_t snapshot : {0, 1}) bench->Args({verdicts, snapshot});
}

BENCHMARK(opening)
    ->Name("open")
    ->ArgNames({"verdicts", "snapshot"})
    ->Apply(sizes)
    ->Iterations(1)
    ->MeasureProcessCPUTime()
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace cordon::guard
