// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
// What a watch costs: a transfer through the world's questions alone and through all shipped
// detectors, with ten million addresses remembered; a block of 500 txns with traces from event to
// alert; and the memory of an address and of a wallet of ours.
#include <benchmark/benchmark.h>

#include <cordon/base/time.hpp>
#include <cordon/crypto/hash.hpp>
#include <cordon/detect/rules/rule_set.hpp>
#include <cordon/detect/watch.hpp>

#include <algorithm>
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
    // Also the end: addresses that end alike look like each other (D10, D34).
    const auto end = static_cast<uint32_t>(mixed(a ^ b));
    std::memcpy(bytes.data() + 16, &end, 4);
    return {AddressKind::kEvm, bytes};
}

constexpr uint64_t kHot = 10;  // Of our wallets: they pay out; the others take deposits.
constexpr uint64_t kVault = uint64_t{1} << 50;  // Ours; nobody pays it but the theft's benchmark.
constexpr uint64_t kCustomers = 5'000;          // Of each hot wallet.

const std::vector<Asset>& tokens() {
    static const std::vector<Asset> all = [] {
        std::vector<Asset> made;
        for (uint64_t i = 0; i < kTokens; ++i) made.push_back(Asset::contract(nth(i << 32)));
        return made;
    }();
    return all;
}

/// Knows decimals of all tokens, prices of a fifth, and that hot wallets hold plenty.
class Listed final : public Knowledge {
public:
    Listed() {
        for (uint64_t i = 0; i < kHot; ++i) hot_.push_back(nth(i));
    }
    std::optional<AssetInfo> asset(ChainId chain, const Asset& asset) const override {
        return AssetInfo{chain, asset, "T", 18, AssetStatus::kVerified};
    }
    std::optional<double> price(ChainId, const Asset& asset, UnixMillis) const override {
        if (asset.is_native()) return 2000.0;
        if (std::hash<Asset>{}(asset) % 5 == 0) return 1.0;
        return std::nullopt;
    }
    std::optional<Amount> balance(ChainId, const Address& address, const Asset&) const override {
        if (std::find(hot_.begin(), hot_.end(), address) == hot_.end()) return Amount{};
        return parse_units("100000000", 18).value();
    }
    std::vector<Asset> assets_of(ChainId, const Address& address) const override {
        if (std::find(hot_.begin(), hot_.end(), address) == hot_.end()) return {};
        return {Asset{}};
    }

private:
    std::vector<Address> hot_;
};

/// Ten exchanges of a thousand wallets each among all addresses, a vault, a bridge and a protocol.
WatchConfig ours() {
    WatchConfig config;
    for (uint64_t i = 0; i < kWallets; ++i)
        config.wallets.push_back({kEthereum, nth(i), "set" + std::to_string(i % kHot), "acme",
                                  i < kHot ? "hot" : "deposit"});
    config.wallets.push_back({kEthereum, nth(kVault), "vault", "acme", "cold"});
    config.bridges.emplace_back().contracts = {{kEthereum, nth(kWallets)}};
    config.protocols.emplace_back().contracts = {{kEthereum, nth(kWallets + 1)}};
    return config;
}

/// Everybody pays everybody, half of them within one address in a hundred, and one in thirty is
/// paid for the first time. Of two hundred txns one is paid out by a hot wallet to a customer of it
/// and one is a customer's deposit.
Transfer transfer_of(uint64_t dice) {
    const auto anybody = [](uint64_t draw) {
        const uint64_t all = addresses() - kWallets - 2;
        return nth(kWallets + 2 + mixed(draw) % (draw % 2 == 0 ? all : all / 100));
    };
    constexpr uint64_t kNew = uint64_t{1} << 40;
    const uint64_t kind = dice % 200;
    Transfer transfer;
    if (kind < 2) {
        const uint64_t hot = mixed(dice + 3) % kHot;
        const uint64_t customer = kWallets + 2 + hot * kCustomers + mixed(dice + 4) % kCustomers;
        transfer.from = nth(kind == 0 ? hot : customer);
        transfer.to = nth(kind == 0 ? customer : hot + kHot * (1 + mixed(dice + 5) % 999));
        transfer.amount = Amount{(dice >> 40) * 50'000'000'000};  // To 0.8.
    } else {
        transfer.from = anybody(mixed(dice));
        transfer.to = kind % 32 == 3 ? nth(kNew + dice % kNew) : anybody(mixed(dice + 1));
        transfer.amount = Amount{(dice >> 20) * 1'000'000};
    }
    const bool is_native = dice % 3 == 0;
    // Customers deal in few tokens.
    if (!is_native) transfer.asset = tokens()[mixed(dice + 2) % (kind < 2 ? 5 : kTokens)];
    transfer.kind = is_native ? TransferKind::kNative : TransferKind::kToken;
    return transfer;
}

Bytes calldata(std::string_view function, std::initializer_list<Address> to, uint64_t amount) {
    const Hash256 name =
        crypto::keccak256({reinterpret_cast<const uint8_t*>(function.data()), function.size()});
    Bytes input{name.bytes.begin(), name.bytes.begin() + 4};
    for (const Address& address : to) {
        input.resize(input.size() + 12);
        input.insert(input.end(), address.payload().begin(), address.payload().end());
    }
    input.resize(input.size() + 32);
    std::memcpy(input.data() + input.size() - 8, &amount, 8);
    return input;
}

/// Frames and logs of a trade: a router moves one token into a pool, which looks at its balances
/// and pays another; what is left of the frames goes down through proxies.
void trade(TxnActivity& txn, std::size_t calls) {
    static const Hash256 kTransferred = [] {
        constexpr std::string_view kName = "Transfer(address,address,uint256)";
        return crypto::keccak256({reinterpret_cast<const uint8_t*>(kName.data()), kName.size()});
    }();
    uint64_t dice = 0;
    std::memcpy(&dice, txn.hash.bytes.data(), 8);
    const Address router = txn.to, pool = nth((dice % 1000) << 32);
    const std::array<Address, 2> token{nth((dice % 700) << 34), nth((dice % 900) << 35)};
    const auto call = [&](uint32_t parent, uint32_t depth, CallKind kind, const Address& from,
                          const Address& to, Bytes input) {
        Call one;
        one.parent = parent;
        one.depth = depth;
        one.kind = kind;
        one.from = from;
        one.to = to;
        one.input = std::move(input);
        one.output.resize(32);
        one.output.back() = 1;
        txn.calls.push_back(std::move(one));
    };
    const auto log = [&](const Address& contract, const Address& from, const Address& to,
                         uint64_t amount) {
        Log one;
        one.contract = contract;
        one.topics = {kTransferred, {}, {}};
        std::copy_n(from.payload().begin(), 20, one.topics[1].bytes.begin() + 12);
        std::copy_n(to.payload().begin(), 20, one.topics[2].bytes.begin() + 12);
        one.data.resize(32);
        std::memcpy(one.data.data() + 24, &amount, 8);
        txn.logs.push_back(std::move(one));
    };
    constexpr CallKind kCall = CallKind::kCall, kStatic = CallKind::kStaticCall;
    call(Call::kNoParent, 0, kCall, txn.from, router, txn.input);
    if (txn.input.empty()) return;  // A payment.
    call(0, 1, kCall, router, token[0],
         calldata("transferFrom(address,address,uint256)", {txn.from, pool}, dice));
    log(token[0], txn.from, pool, dice);
    call(0, 1, kCall, router, pool, calldata("swap(uint256,uint256,address,bytes)", {pool}, dice));
    call(2, 2, kCall, pool, token[1], calldata("transfer(address,uint256)", {txn.from}, dice / 3));
    log(token[1], pool, txn.from, dice / 3);
    for (const Address& one : token)
        call(2, 2, kStatic, pool, one, calldata("balanceOf(address)", {pool}, 0));
    for (auto k = static_cast<uint32_t>(txn.calls.size()); k < calls; ++k)
        call(k - 1, txn.calls.back().depth + 1, CallKind::kDelegateCall, txn.calls.back().to,
             nth(dice + k), calldata("balanceOf(address)", {pool}, 0));
}

SeenBlock empty_block(uint64_t number) {
    SeenBlock seen;
    seen.block.chain = kEthereum;
    seen.block.header.number = number;
    seen.block.header.time = from_unix_seconds(1'700'000'000 + static_cast<int64_t>(number) * 12);
    return seen;
}

std::shared_ptr<const FeedEvent> block(uint64_t number, uint64_t txns, std::size_t calls) {
    SeenBlock seen = empty_block(number);
    seen.activity.has_txns = true;
    seen.activity.has_logs = seen.activity.has_calls = calls > 0;
    for (uint64_t i = 0; i < txns; ++i) {
        const uint64_t dice = mixed(number * 1'000'003 + i);
        const Transfer transfer = transfer_of(dice);
        const bool is_native = transfer.asset.is_native();
        TxnActivity txn;
        std::memcpy(txn.hash.bytes.data(), &dice, 8);
        std::memcpy(txn.hash.bytes.data() + 8, &number, 8);
        txn.from = transfer.from;
        txn.to = is_native ? transfer.to : nth(dice << 32);
        txn.succeeded = true;
        if (!is_native) txn.input.resize(68, static_cast<uint8_t>(dice));
        if (calls > 0) trade(txn, calls);
        seen.block.account_txns.push_back({txn.hash, {transfer}, std::nullopt});
        seen.activity.txns.push_back(std::move(txn));
    }
    return std::make_shared<const FeedEvent>(std::move(seen));
}

/// Long ago each of these addresses paid the next one.
std::shared_ptr<const FeedEvent> everybody(uint64_t number, uint64_t first, uint64_t count) {
    SeenBlock seen = empty_block(number);
    seen.block.header.time = from_unix_seconds(1'600'000'000 + static_cast<int64_t>(number) * 12);
    for (uint64_t i = first; i < std::min(first + count, addresses()); i += 2) {
        if (i < kWallets + 2) continue;
        Transfer transfer{0, nth(i), nth(i + 1), {}, Amount{uint64_t{1}}, TransferKind::kNative};
        Hash256 hash;
        std::memcpy(hash.bytes.data(), &i, 8);
        seen.block.account_txns.push_back({hash, {transfer}, std::nullopt});
    }
    return std::make_shared<const FeedEvent>(std::move(seen));
}

class Counted final : public AlertSink {
public:
    uint64_t alerts = 0;
    void raise(const Alert&) override { ++alerts; }
};

/// A watch that has seen every address once, and some traffic: made once, since that takes longest.
struct Seasoned {
    Listed knowledge;
    WatchConfig config;
    std::unique_ptr<Watch> watch;
    Counted sink;
    uint64_t number = 0;

    Seasoned(WatchConfig with, std::vector<std::unique_ptr<Detector>> more) : config{with} {
        WatchOptions options;
        options.addresses = addresses();
        watch = std::make_unique<Watch>(config, knowledge, options, std::move(more));
        constexpr uint64_t kPart = 2'000, kTraffic = 1'000;
        for (uint64_t i = 0; i < addresses(); i += kPart)
            (void)watch->on(everybody(++number, i, kPart), sink);
        for (uint64_t i = 0; i < kTraffic; ++i)
            (void)watch->on(block(++number, kTransfersPerBlock, 0), sink);
    }
};

void transfers(benchmark::State& state, Seasoned& seasoned) {
    const uint64_t before = seasoned.sink.alerts;
    for (auto _ : state) {
        state.PauseTiming();
        constexpr std::size_t kAtOnce = 50;  // Blocks: stopping the clock costs as much as one.
        std::vector<std::shared_ptr<const FeedEvent>> events;
        for (std::size_t i = 0; i < kAtOnce; ++i)
            events.push_back(block(++seasoned.number, kTransfersPerBlock, 0));
        state.ResumeTiming();
        for (auto& event : events)
            if (!seasoned.watch->on(std::move(event), seasoned.sink))
                return state.SkipWithError("a block was refused");
    }
    const int64_t items = state.iterations() * 50 * static_cast<int64_t>(kTransfersPerBlock);
    state.SetItemsProcessed(items);
    state.counters["alerts_per_million"] =
        static_cast<double>(seasoned.sink.alerts - before) * 1e6 / static_cast<double>(items);
}

WatchConfig silent() {
    WatchConfig config = ours();
    for (const Maker& maker : detectors()) config.disabled.emplace_back(maker.descriptor->id);
    return config;
}

/// With nobody asked: what every watch pays for a transfer.
void transfers_world(benchmark::State& state) {
    static Seasoned seasoned{silent(), {}};
    transfers(state, seasoned);
}
BENCHMARK(transfers_world)->Name("transfers/world")->Unit(benchmark::kMillisecond);

/// With the shipped rules alone.
void transfers_rules(benchmark::State& state) {
    static Seasoned seasoned = [] {
        std::vector<std::unique_ptr<Detector>> rules;
        const CompiledRules compiled = compile_rules(shipped_rules());
        CORDON_CHECK(compiled.ok());
        rules.push_back(std::make_unique<RuleSet>(compiled.program));
        return Seasoned{silent(), std::move(rules)};
    }();
    transfers(state, seasoned);
}
BENCHMARK(transfers_rules)->Name("transfers/rules")->Unit(benchmark::kMillisecond);

void transfers_stateful(benchmark::State& state) {
    static Seasoned seasoned{ours(), {}};
    transfers(state, seasoned);
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
    const Transfer in{0,
                      nth(kWallets + 5),
                      nth(kVault),
                      {},
                      parse_units("5000", 18).value(),
                      TransferKind::kNative};
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
            (void)world.movements(kEthereum, {&transfer, 1}, from_unix_seconds(1));
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
