// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
// What a watch costs: a transfer through the world's questions alone and through all shipped
// detectors, with ten million addresses remembered; a block of 500 txns with traces from event to
// alert; and the memory of an address and of a wallet of ours.
#include <benchmark/benchmark.h>

#include <cordon/base/time.hpp>
#include <cordon/detect/watch.hpp>

#include <array>
#include <cstdlib>

#include <malloc.h>

namespace cordon::detect {
namespace {

constexpr uint64_t kTransfersPerBlock = 200;
constexpr uint64_t kTokens = 1000;
constexpr uint64_t kWallets = 10'000;

/// Addresses that are remembered: fewer with CORDON_BENCH_QUICK, as tools/bench asks for.
uint64_t addresses() { return std::getenv("CORDON_BENCH_QUICK") ? 200'000 : 10'000'000; }

/// A linear congruence would show in the tables' buckets: SplitMix64.
uint64_t mixed(uint64_t x) {
    x += 0x9E3779B97F4A7C15ULL;
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9ULL;
    x = (x ^ (x >> 27)) * 0x94D049BB133111EBULL;
    return x ^ (x >> 31);
}

Address nth(uint64_t i) {
    std::array<uint8_t, 20> bytes{};
    const uint64_t a = mixed(i), b = mixed(~i);
    std::memcpy(bytes.data(), &a, 8);
    std::memcpy(bytes.data() + 8, &b, 8);
    return {AddressKind::kEvm, bytes};
}

/// Knows decimals of all tokens and prices of a fifth.
class Listed final : public Knowledge {
public:
    std::optional<AssetInfo> asset(ChainId chain, const Asset& asset) const override {
        return AssetInfo{chain, asset, "T", 18, AssetStatus::kVerified};
    }
    std::optional<double> price(ChainId, const Asset& asset, UnixMillis) const override {
        if (asset.is_native()) return 2000.0;
        if (std::hash<Asset>{}(asset) % 5 == 0) return 1.0;
        return std::nullopt;
    }
};

/// Ten thousand hot wallets of ours among all addresses, a bridge and a protocol.
WatchConfig ours() {
    WatchConfig config;
    for (uint64_t i = 0; i < kWallets; ++i)
        config.wallets.push_back(
            {kEthereum, nth(i), "set" + std::to_string(i % 10), "acme", "hot"});
    config.bridges.emplace_back().contracts = {{kEthereum, nth(kWallets)}};
    config.protocols.emplace_back().contracts = {{kEthereum, nth(kWallets + 1)}};
    return config;
}

/// Everybody pays everybody; one txn in a hundred is of a wallet of ours.
std::shared_ptr<const FeedEvent> block(uint64_t number, uint64_t txns, std::size_t calls) {
    static const std::vector<Asset> tokens = [] {
        std::vector<Asset> all;
        for (uint64_t i = 0; i < kTokens; ++i) all.push_back(Asset::contract(nth(i << 32)));
        return all;
    }();
    SeenBlock seen;
    seen.block.chain = kEthereum;
    seen.block.header.number = number;
    seen.block.header.time = from_unix_seconds(1'700'000'000 + static_cast<int64_t>(number) * 12);
    seen.activity.has_txns = true;
    seen.activity.has_logs = seen.activity.has_calls = calls > 0;
    for (uint64_t i = 0; i < txns; ++i) {
        const uint64_t dice = mixed(number * 1'000'003 + i);
        const uint64_t range = dice % 100 == 0 ? kWallets : addresses();
        Transfer transfer;
        transfer.from = nth(mixed(dice) % range);
        transfer.to = nth(mixed(dice + 1) % addresses());
        const bool is_native = dice % 3 == 0;
        if (!is_native) transfer.asset = tokens[mixed(dice + 2) % kTokens];
        transfer.kind = is_native ? TransferKind::kNative : TransferKind::kToken;
        transfer.amount = Amount{(dice >> 20) * 1'000'000};
        TxnActivity txn;
        std::memcpy(txn.hash.bytes.data(), &dice, 8);
        std::memcpy(txn.hash.bytes.data() + 8, &number, 8);
        txn.from = transfer.from;
        txn.to = is_native ? transfer.to : nth(dice << 32);
        txn.succeeded = true;
        if (!is_native) txn.input.resize(68, static_cast<uint8_t>(dice));
        if (calls > 0 && !is_native) {
            Log log;
            log.contract = txn.to;
            log.topics.resize(3);
            log.data.resize(32);
            txn.logs.push_back(log);
        }
        for (std::size_t k = 0; k < calls; ++k) {
            Call call;
            call.parent = k == 0 ? Call::kNoParent : static_cast<uint32_t>(k - 1);
            call.depth = static_cast<uint32_t>(k);
            call.from = k == 0 ? txn.from : txn.calls.back().to;
            call.to = k == 0 ? txn.to : nth(dice + k);
            call.input.resize(68, static_cast<uint8_t>(k));
            call.output.resize(32);
            txn.calls.push_back(std::move(call));
        }
        seen.block.account_txns.push_back({txn.hash, {transfer}, std::nullopt});
        seen.activity.txns.push_back(std::move(txn));
    }
    return std::make_shared<const FeedEvent>(std::move(seen));
}

class Counted final : public AlertSink {
public:
    uint64_t alerts = 0;
    void raise(const Alert&) override { ++alerts; }
};

/// A watch that has seen every address once.
void transfers(benchmark::State& state, const WatchConfig& config) {
    const Listed knowledge;
    WatchOptions options;
    options.addresses = addresses();
    Watch watch{config, knowledge, options};
    Counted sink;
    uint64_t number = 0;
    const uint64_t warm = addresses() / kTransfersPerBlock;
    while (number < warm) (void)watch.on(block(++number, kTransfersPerBlock, 0), sink);
    for (auto _ : state) {
        state.PauseTiming();
        constexpr std::size_t kAtOnce = 50;  // Blocks: stopping the clock costs as much as one.
        std::vector<std::shared_ptr<const FeedEvent>> events;
        for (std::size_t i = 0; i < kAtOnce; ++i)
            events.push_back(block(++number, kTransfersPerBlock, 0));
        state.ResumeTiming();
        for (auto& event : events)
            if (!watch.on(std::move(event), sink))
                return state.SkipWithError("a block was refused");
    }
    state.SetItemsProcessed(state.iterations() * 50 * static_cast<int64_t>(kTransfersPerBlock));
    state.counters["alerts"] = static_cast<double>(sink.alerts);
}

/// With nobody asked: what every watch pays for a transfer.
void transfers_world(benchmark::State& state) {
    static const WatchConfig config = [] {
        WatchConfig silent = ours();
        for (const Maker& maker : detectors()) silent.disabled.emplace_back(maker.descriptor->id);
        return silent;
    }();
    transfers(state, config);
}
BENCHMARK(transfers_world)->Name("transfers/world")->Unit(benchmark::kMillisecond);

void transfers_stateful(benchmark::State& state) {
    static const WatchConfig config = ours();
    transfers(state, config);
}
BENCHMARK(transfers_stateful)->Name("transfers/stateful")->Unit(benchmark::kMillisecond);

/// Event in, alerts out: 500 txns of ten frames each, the last of which takes a wallet's coins.
void block_to_alert(benchmark::State& state) {
    static const WatchConfig config = ours();
    const Listed knowledge;
    WatchOptions options;
    options.addresses = 200'000;
    Watch watch{config, knowledge, options};
    Counted sink;
    uint64_t number = 0;
    const Transfer in{
        0, nth(kWallets + 5), nth(7), {}, parse_units("5000", 18).value(), TransferKind::kNative};
    const auto with = [&](const Transfer& transfer) {
        auto seen = std::get<SeenBlock>(*block(++number, 500, 10));
        seen.block.account_txns.back().transfers = {transfer};
        return std::make_shared<const FeedEvent>(std::move(seen));
    };
    for (auto _ : state) {
        state.PauseTiming();
        (void)watch.on(with(in), sink);
        const uint64_t before = sink.alerts;
        Transfer out = in;
        std::swap(out.from, out.to);
        auto event = with(out);
        state.ResumeTiming();
        if (!watch.on(std::move(event), sink)) return state.SkipWithError("a block was refused");
        if (sink.alerts == before) return state.SkipWithError("the theft was not seen");
    }
}
BENCHMARK(block_to_alert)->Name("block/to alert")->Unit(benchmark::kMillisecond);

/// Tables of the world when every address was seen.
void memory(benchmark::State& state) {
    const WatchConfig config;
    const Knowledge nothing;
    for (auto _ : state) {
        World world{config, nothing, addresses()};
        Transfer transfer;
        for (uint64_t i = 0; i < addresses(); i += 2) {
            transfer.from = nth(i);
            transfer.to = nth(i + 1);
            world.apply(kEthereum, {&transfer, 1}, nullptr, nullptr, from_unix_seconds(1));
        }
        uint64_t bytes = 0;
        uint64_t seen = 0;
        for (const Table* table : world.tables()) {
            bytes += table->bytes();
            seen = std::max(seen, table->size());
        }
        state.counters["bytes_per_address"] =
            static_cast<double>(bytes) / static_cast<double>(seen);
        state.counters["forgotten"] = static_cast<double>(addresses() - seen);
    }
}
/// The heap of a watch in which two thousand wallets sent twenty tokens each to sixty addresses.
double heap_of(const WatchConfig& config) {
    constexpr uint64_t kActive = 2000, kPayments = 60, kHeld = 20;
    const auto used = [] {
        const struct mallinfo2 info = mallinfo2();
        return static_cast<double>(info.uordblks + info.hblkhd);
    };
    const Listed knowledge;
    const double before = used();
    WatchOptions options;
    options.undo_steps = 1;
    Watch watch{config, knowledge, options};
    Counted sink;
    for (uint64_t round = 0; round < kPayments; ++round) {
        SeenBlock seen = std::get<SeenBlock>(*block(round * 300 + 1, 0, 0));
        for (uint64_t i = 0; i < kActive; ++i) {
            Transfer out;
            out.from = nth(i);
            out.to = nth(kWallets + round);
            out.asset = Asset::contract(nth((round % kHeld) << 32));
            out.kind = TransferKind::kToken;
            out.amount = Amount{uint64_t{1} << 40};
            Transfer in = out;
            std::swap(in.from, in.to);
            in.amount = Amount{uint64_t{1} << 50};
            AccountTxn txn;
            txn.hash.bytes[0] = static_cast<uint8_t>(i);
            txn.transfers = {in, out};
            seen.block.account_txns.push_back(std::move(txn));
        }
        seen.activity.has_txns = false;
        (void)watch.on(std::make_shared<const FeedEvent>(std::move(seen)), sink);
    }
    (void)watch.on(block(kPayments * 300 + 1, 0, 0), sink);
    return (used() - before) / static_cast<double>(kActive);
}

/// What it costs that wallets are ours: beside the same txns of wallets that are nobody's.
void wallet_memory(benchmark::State& state) {
    const WatchConfig config = ours(), nobodys;
    for (auto _ : state) state.counters["bytes_per_wallet"] = heap_of(config) - heap_of(nobodys);
}
BENCHMARK(wallet_memory)->Name("memory/wallet")->Unit(benchmark::kSecond)->Iterations(1);

BENCHMARK(memory)->Name("memory/address")->Unit(benchmark::kSecond)->Iterations(1);

}  // namespace
}  // namespace cordon::detect
