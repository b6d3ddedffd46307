// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
// What the change consensus costs a txn: the heuristics alone, and with the look-ups in a sealed
// ledger that gather what they ask. Txns of one to three inputs and two outputs, as most are.
#include <benchmark/benchmark.h>
#include <unistd.h>
#include <filesystem>

#include <cordon/patterns/change.hpp>

#include "builders.hpp"

namespace cordon::patterns {
namespace {

constexpr uint32_t kTxns = 100'000;
constexpr uint32_t kTxnsPerBlock = 2'000;

/// The generator of MINSTD: the same chain on every machine.
class Random {
public:
    uint32_t below(uint32_t limit) {
        state_ = state_ * 48271 % 2147483647;
        return static_cast<uint32_t>(state_ % limit);
    }

private:
    uint64_t state_ = 20240531;
};

Address any_address(Random& random, uint32_t fresh) {
    const bool reused = fresh > 1'000 && random.below(5) == 0;
    return test::address(reused ? random.below(fresh) : fresh,
                         random.below(3) == 0 ? AddressKind::kP2sh : AddressKind::kP2wpkh);
}

/// Txn 0 makes the first coins; every other spends old ones and makes two.
std::vector<Block> make_chain() {
    Random random;
    std::vector<Block> blocks;
    std::vector<std::pair<OutPoint, uint64_t>> coins;
    uint32_t addresses = 1;
    for (uint32_t n = 0; n < kTxns; ++n) {
        if (n % kTxnsPerBlock == 0) {
            Block& block = blocks.emplace_back();
            block.chain = kBitcoin;
            block.header.number = blocks.size();
            block.header.hash = test::hash(1'000'000'000 + blocks.size());
        }
        UtxoTxn txn;
        txn.txid = test::hash(n + 1);
        txn.version = 1 + random.below(2);
        txn.locktime = random.below(2) * 700'000;
        uint64_t left = 0;
        if (n == 0) {
            txn.coinbase = true;
            for (uint32_t k = 0; k < 10'000; ++k)
                txn.outputs.push_back({5'000'000, any_address(random, addresses++)});
        } else {
            for (uint32_t k = 1 + random.below(3); k > 0 && !coins.empty(); --k) {
                std::swap(coins[random.below(static_cast<uint32_t>(coins.size()))], coins.back());
                txn.inputs.push_back({coins.back().first, std::nullopt});
                left += coins.back().second;
                coins.pop_back();
            }
            const uint64_t paid = left / 3;
            txn.outputs.push_back({paid, any_address(random, addresses++)});
            txn.outputs.push_back({left - paid, any_address(random, addresses++)});
            if (coins.size() < 5'000) txn.outputs.push_back({1, any_address(random, addresses++)});
        }
        for (uint32_t k = 0; k < txn.outputs.size(); ++k)
            coins.push_back({{txn.txid, k}, txn.outputs[k].value});
        blocks.back().utxo_txns.push_back(std::move(txn));
    }
    return blocks;
}

/// A sealed ledger of the chain, gone with the program.
class Sealed {
public:
    Sealed()
        : folder_{std::filesystem::temp_directory_path() /
                  ("cordon_change_bench_" + std::to_string(::getpid()))} {
        const auto writer = ledger::open_writer(folder_.string()).value();
        for (const Block& block : make_chain()) writer->append({&block, 1}).value();
        static_cast<void>(writer->seal());
        reader_ = ledger::open_reader(folder_.string()).value();
    }
    ~Sealed() { std::filesystem::remove_all(folder_); }
    const ledger::Reader& reader() const { return *reader_; }
    ChangeFacts facts(uint32_t txn) const {
        const TxnPosition at{1 + txn / kTxnsPerBlock, txn % kTxnsPerBlock};
        return change_facts(*reader_, kBitcoin, reader_->utxo_txn(kBitcoin, at).value(), false)
            .value();
    }

private:
    std::filesystem::path folder_;
    std::shared_ptr<const ledger::Reader> reader_;
};

const Sealed& sealed() {
    static const Sealed ledger;
    return ledger;
}

void consensus(benchmark::State& state) {
    std::vector<ChangeFacts> facts;
    for (uint32_t n = 1; n <= 10'000; ++n) facts.push_back(sealed().facts(n * 9));
    for (auto _ : state)
        for (const ChangeFacts& each : facts) benchmark::DoNotOptimize(change_of(each).confidence);
    state.SetItemsProcessed(static_cast<int64_t>(state.iterations() * facts.size()));
}
BENCHMARK(consensus)->Name("change/consensus alone")->Unit(benchmark::kMillisecond);

void with_facts(benchmark::State& state) {
    sealed();
    uint32_t n = 0;
    for (auto _ : state) {
        n = n % (kTxns - 1) + 1;
        benchmark::DoNotOptimize(change_of(sealed().facts(n)).confidence);
    }
    state.SetItemsProcessed(state.iterations());
}
BENCHMARK(with_facts)->Name("change/consensus with look-ups")->Unit(benchmark::kMicrosecond);

void read_alone(benchmark::State& state) {
    sealed();
    uint32_t n = 0;
    for (auto _ : state) {
        n = n % (kTxns - 1) + 1;
        const TxnPosition at{1 + n / kTxnsPerBlock, n % kTxnsPerBlock};
        benchmark::DoNotOptimize(sealed().reader().utxo_txn(kBitcoin, at)->txn.outputs.size());
    }
    state.SetItemsProcessed(state.iterations());
}
BENCHMARK(read_alone)->Name("change/floor:reading the txn")->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace cordon::patterns
