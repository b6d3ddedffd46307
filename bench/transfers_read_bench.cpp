// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <cstring>

#include <benchmark/benchmark.h>

#include <cordon/base/byte_source.hpp>
#include <cordon/base/check.hpp>
#include <cordon/base/format.hpp>
#include <cordon/base/hex.hpp>
#include <cordon/chain/block_source.hpp>
#include <cordon/chain/csv.hpp>
#include <cordon/chain/transfers_writer.hpp>
#include <cordon/crypto/hash.hpp>

namespace {

using namespace cordon;

/// Rows as they come from an export: 150 a block, one or two a txn, addresses and hashes that do
/// not repeat.
std::string sample(std::size_t rows) {
    std::string text{chain::transfers_header()};
    for (std::size_t i = 0; i < rows; ++i) {
        const auto hex = [](std::string_view what, std::size_t n, std::size_t length) {
            const std::string name = format("{}{}", what, n);
            const Hash256 hash =
                crypto::sha256({reinterpret_cast<const uint8_t*>(name.data()), name.size()});
            return "0x" + to_hex(hash).substr(0, length);
        };
        const std::size_t txn = i - i % 3 / 2;  // Every third row belongs to the txn before.
        text += format("eth,{},{},{},{},{},{},{},{},{}\n", i / 150, 1'600'000'000 + i / 150 * 12,
                       hex("tx", txn, 64), i - txn, hex("a", i % 5000, 40),
                       hex("a", i * 7 % 5000, 40), i % 2 == 0 ? "native" : hex("t", i % 50, 40),
                       i * 1'000'000'007 * 999'999, i % 2 == 0 ? "native" : "token");
    }
    return text;
}

InputFile file_of(const std::string& text) {
    return memory_file("sample.csv", {reinterpret_cast<const uint8_t*>(text.data()), text.size()});
}

void csv_rows(benchmark::State& state) {
    const std::string text = sample(100'000);
    for (auto _ : state) {
        auto csv = chain::CsvReader::open(file_of(text));
        while (true) {
            const auto more = csv->next();
            CORDON_CHECK(more.has_value());
            if (!*more) break;
        }
    }
    state.SetBytesProcessed(static_cast<int64_t>(state.iterations() * text.size()));
}
BENCHMARK(csv_rows)->Unit(benchmark::kMillisecond);

void transfers_to_blocks(benchmark::State& state) {
    constexpr std::size_t kRows = 100'000;
    const std::string text = sample(kRows);
    for (auto _ : state) {
        auto source = chain::open_transfers(file_of(text));
        Block block;
        while (true) {
            const auto more = (*source)->read(block);
            CORDON_CHECK(more.has_value());
            if (!*more) break;
        }
    }
    state.SetBytesProcessed(static_cast<int64_t>(state.iterations() * text.size()));
    state.SetItemsProcessed(static_cast<int64_t>(state.iterations() * kRows));
}
BENCHMARK(transfers_to_blocks)->Unit(benchmark::kMillisecond);

/// The floor: read the same bytes in the same way and find the ends of their lines. Every reader of
/// text must do that; what is above it is the price of splitting, checking and decoding.
void floor_read_and_memchr(benchmark::State& state) {
    const std::string text = sample(100'000);
    for (auto _ : state) {
        const auto source = file_of(text).open();
        CORDON_CHECK(source.has_value());
        const auto bytes = read_all(**source, text.size());
        CORDON_CHECK(bytes.has_value());
        std::size_t lines = 0;
        const uint8_t* at = bytes->data();
        const uint8_t* const end = at + bytes->size();
        while (const void* found = std::memchr(at, '\n', static_cast<std::size_t>(end - at))) {
            at = static_cast<const uint8_t*>(found) + 1;
            ++lines;
        }
        benchmark::DoNotOptimize(lines);
    }
    state.SetBytesProcessed(static_cast<int64_t>(state.iterations() * text.size()));
    state.SetItemsProcessed(static_cast<int64_t>(state.iterations() * 100'000));
}
BENCHMARK(floor_read_and_memchr)->Unit(benchmark::kMillisecond);

}  // namespace
