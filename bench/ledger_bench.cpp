// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
// The ledger on the stream of docs/decisions/0003: ingest rate, size, memory, look-ups, scan.
#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <random>

#include <sys/resource.h>
#include <time.h>

#include <benchmark/benchmark.h>

#include <cordon/ledger/ledger.hpp>

namespace {

using namespace cordon;

double cpu_seconds() {
    timespec now{};
    ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

double peak_mb() {
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    return static_cast<double>(usage.ru_maxrss) / 1024;
}

/// Preferential attachment: 15 % new receivers, 25 % recent ones, 60 % any earlier one; about 1.54
/// transfers a txn, 150 to 350 rows a block, amounts of 20 to 83 bits, 510 assets. The same blocks
/// on every machine.
class Generator {
public:
    explicit Generator(uint64_t rows) : rows_left_{rows} {
        assets_.emplace_back();
        for (unsigned i = 0; i < 509; ++i)
            assets_.push_back(Asset::contract(address(1'000'000'000 + i)));
        for (unsigned i = 0; i < 1000; ++i) ends_.push_back(new_address());
    }
    bool next(Block& block) {
        if (rows_left_ == 0) return false;
        block = Block{kEthereum,
                      {++number_,
                       BlockNumKind::kHeight,
                       from_unix_seconds(1'600'000'000 + 12 * static_cast<int64_t>(number_)),
                       hash(),
                       {}},
                      {},
                      {}};
        for (uint64_t rows = std::min<uint64_t>(rows_left_, 150 + random_() % 201); rows > 0;) {
            AccountTxn txn;
            txn.hash = hash();
            const uint64_t count =
                std::min<uint64_t>(rows, 1 + (random_() % 100 < 36 ? 1 + random_() % 2 : 0));
            for (uint32_t i = 0; i < count; ++i) txn.transfers.push_back(transfer(i));
            rows -= count;
            rows_left_ -= count;
            block.account_txns.push_back(std::move(txn));
        }
        return true;
    }
    Address address(uint64_t n) const {
        // As spread as the hashes that real addresses are.
        std::array<uint8_t, 20> payload;
        std::mt19937_64 spread{n};
        for (std::size_t i = 0; i < payload.size(); ++i)
            payload[i] = static_cast<uint8_t>(spread() >> 13);
        return {AddressKind::kEvm, payload};
    }
    const std::vector<Address>& all() const { return addresses_; }
    const std::vector<Hash256>& txns() const { return sample_; }

private:
    uint32_t new_address() {
        addresses_.push_back(address(addresses_.size()));
        return static_cast<uint32_t>(addresses_.size() - 1);
    }
    Hash256 hash() {
        Hash256 value;
        for (std::size_t i = 0; i < 4; ++i) {
            const uint64_t word = random_();
            std::memcpy(value.bytes.data() + i * 8, &word, 8);
        }
        if (random_() % 64 == 0) sample_.push_back(value);
        return value;
    }
    Transfer transfer(uint32_t index) {
        const uint32_t from = ends_[random_() % ends_.size()];
        const uint64_t dice = random_() % 100;
        const uint32_t to =
            dice < 15 ? new_address()
            : dice < 40
                ? ends_[ends_.size() - 1 - random_() % std::min<std::size_t>(ends_.size(), 10'000)]
                : ends_[random_() % ends_.size()];
        ends_.push_back(from);
        ends_.push_back(to);
        const unsigned bits = 20 + static_cast<unsigned>(random_() % 64);
        const uint64_t low = random_() | 1;
        const Amount amount =
            bits <= 64 ? Amount{low >> (64 - bits)}
                       : Amount::from_limbs({low, (random_() >> (128 - bits)) | 1, 0, 0});
        const auto asset =
            static_cast<std::size_t>(random_() % 2 == 0 ? 0 : random_() % assets_.size());
        return {index,          addresses_[from],
                addresses_[to], assets_[asset],
                amount,         asset == 0 ? TransferKind::kNative : TransferKind::kToken};
    }

    uint64_t rows_left_;
    BlockNum number_ = 0;
    std::mt19937_64 random_{42};
    std::vector<Asset> assets_;
    std::vector<Address> addresses_;
    std::vector<uint32_t> ends_;
    std::vector<Hash256> sample_;
};

uint64_t bytes_below(const std::string& directory) {
    uint64_t sum = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(directory))
        if (entry.is_regular_file()) sum += entry.file_size();
    return sum;
}

template <typename Run>
std::vector<double> time_each(std::size_t n, Run&& run) {
    std::vector<double> micros;
    for (std::size_t i = 0; i < n; ++i) {
        const auto begin = std::chrono::steady_clock::now();
        run(i);
        micros.push_back(
            std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - begin)
                .count());
    }
    std::sort(micros.begin(), micros.end());
    return micros;
}

/// CORDON_BENCH_ROWS rows (default 2 million) through every question that a trace asks.
void whole_life(benchmark::State& state) {
    const char* wanted = std::getenv("CORDON_BENCH_ROWS");
    const uint64_t rows = wanted != nullptr ? std::strtoull(wanted, nullptr, 10) : 2'000'000;
    const std::string directory =
        (std::filesystem::temp_directory_path() / "cordon-ledger-bench").string();
    for (auto unused : state) {
        static_cast<void>(unused);
        std::filesystem::remove_all(directory);
        Generator generator{rows};
        double ingest = 0, slowest = 0;
        {
            auto writer = ledger::open_writer(directory).value();
            std::vector<Block> batch;
            Block block;
            bool more = true;
            while (more) {
                more = generator.next(block);
                if (more) batch.push_back(std::move(block));
                if (batch.size() < 100 && more) continue;
                const double begin = cpu_seconds();
                if (!writer->append(batch)) return state.SkipWithError("append failed");
                slowest = std::max(slowest, cpu_seconds() - begin);
                ingest += cpu_seconds() - begin;
                batch.clear();
            }
            const double begin = cpu_seconds();
            if (!writer->seal()) return state.SkipWithError("seal failed");
            ingest += cpu_seconds() - begin;
        }
        state.counters["rows_per_cpu_s"] = static_cast<double>(rows) / ingest;
        state.counters["slowest_append_s"] = slowest;
        state.counters["bytes_per_row"] =
            static_cast<double>(bytes_below(directory)) / static_cast<double>(rows);
        state.counters["peak_mb"] = peak_mb();

        const auto reader = ledger::open_reader(directory).value();
        std::mt19937_64 random{7};
        const auto& addresses = generator.all();
        const auto& txns = generator.txns();
        for (const bool warm : {false, true}) {
            const auto edges = time_each(20'000, [&](std::size_t) {
                const auto cursor =
                    reader->account_txns_of(kEthereum, addresses[random() % addresses.size()],
                                            ledger::Side::kSender, ledger::Order::kAscending, {});
                for (int i = 0; i < 100; ++i) {
                    const auto at = cursor->next();
                    if (!at || !*at) break;
                    benchmark::DoNotOptimize(*at);
                }
            });
            const auto found = time_each(20'000, [&](std::size_t) {
                benchmark::DoNotOptimize(reader->find_txn(kEthereum, txns[random() % txns.size()]));
            });
            if (!warm) continue;
            state.counters["edges_p50_us"] = edges[edges.size() / 2];
            state.counters["edges_p99_us"] = edges[edges.size() * 99 / 100];
            state.counters["txn_p50_us"] = found[found.size() / 2];
            state.counters["txn_p99_us"] = found[found.size() * 99 / 100];
        }
        uint64_t seen = 0;
        const double begin = cpu_seconds();
        const auto status =
            reader->scan(kEthereum, 0, UINT64_MAX, [&seen](const Block& each) -> Status {
                for (const AccountTxn& txn : each.account_txns) seen += txn.transfers.size();
                return {};
            });
        if (!status || seen != rows) return state.SkipWithError("scan failed");
        state.counters["scan_rows_per_cpu_s"] = static_cast<double>(rows) / (cpu_seconds() - begin);
        std::filesystem::remove_all(directory);
    }
}
BENCHMARK(whole_life)->Iterations(1)->Unit(benchmark::kSecond);

}  // namespace
