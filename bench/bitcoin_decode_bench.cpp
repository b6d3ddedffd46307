// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
// Raw Bitcoin blocks to model::Block, in bytes and txns per CPU-second, and beside it the machine's
// limit for it: the double SHA-256 over the same bytes, which every decoder that computes txids
// must pay.
#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include <benchmark/benchmark.h>

#include <cordon/base/byte_source.hpp>
#include <cordon/chain/bitcoin/block_decoder.hpp>
#include <cordon/chain/bitcoin/check.hpp>
#include <cordon/chain/bitcoin/test_builder.hpp>
#include <cordon/crypto/hash.hpp>
#include <cordon/crypto/hash_many.hpp>

namespace {

using namespace cordon;
namespace fs = std::filesystem;

/// A block of 2,000 txns of two inputs and two outputs (about 230 bytes each, without signatures).
Bytes generated_block() {
    using namespace chain::test;
    std::vector<Bytes> txns{simple_txn({}, {{1, p2pkh_script(1)}}, height_script(500))};
    OutPoint point;
    for (uint32_t i = 1; i < 2000; ++i) {
        point.index = i;
        point.txid = crypto::sha256(txns.back());
        OutPoint other = point;
        other.index = i + 1;
        txns.push_back(
            simple_txn({point, other}, {{i, p2pkh_script(2)}, {i + 1, p2pkh_script(3)}}));
    }
    return make_block(crypto::sha256({}), 1'600'000'000, txns);
}

/// Every raw block of $CORDON_DATA, or the generated one.
const std::vector<Bytes>& blocks() {
    static const std::vector<Bytes> all = [] {
        std::vector<Bytes> out;
        const char* root = std::getenv("CORDON_DATA");
        const fs::path directory = fs::path{root == nullptr ? "" : root} / "btc/raw_blocks";
        std::vector<fs::path> paths;
        if (root != nullptr && fs::exists(directory))
            for (const auto& entry : fs::directory_iterator(directory))
                if (entry.path().filename().string().find(".raw") != std::string::npos)
                    paths.push_back(entry.path());
        std::sort(paths.begin(), paths.end());
        for (const fs::path& path : paths) {
            const auto file = input_file(path.string());
            if (!file) continue;
            auto source = file->open();
            if (!source) continue;
            auto bytes = read_all(**source, std::size_t{16} << 20);
            if (bytes) out.push_back(std::move(*bytes));
        }
        if (out.empty()) out.push_back(generated_block());
        return out;
    }();
    return all;
}

void report(benchmark::State& state, uint64_t bytes, uint64_t txns) {
    state.SetBytesProcessed(static_cast<int64_t>(bytes));
    state.counters["blocks"] = static_cast<double>(blocks().size());
    if (txns > 0)
        state.counters["txns_per_cpu_s"] =
            benchmark::Counter(static_cast<double>(txns), benchmark::Counter::kIsRate);
}

void BM_decode_to_model(benchmark::State& state) {
    blocks();  // Reading and decompressing them is not measured.
    chain::BlockDecoder decoder;
    Block decoded;
    uint64_t bytes = 0;
    uint64_t txns = 0;
    for (auto _ : state) {
        for (const Bytes& block : blocks()) {
            const auto facts = decoder.decode(block, kBitcoin, decoded);
            if (!facts) return state.SkipWithError(facts.error().message.c_str());
            txns += decoded.utxo_txns.size();
            bytes += block.size();
            benchmark::DoNotOptimize(decoded);
        }
    }
    report(state, bytes, txns);
}
BENCHMARK(BM_decode_to_model)->Unit(benchmark::kMillisecond);

void BM_check(benchmark::State& state) {
    blocks();  // Reading and decompressing them is not measured.
    uint64_t bytes = 0;
    uint64_t txns = 0;
    for (auto _ : state) {
        for (const Bytes& block : blocks()) {
            auto check = chain::check_block_bytes(block);
            if (!check) return state.SkipWithError(check.error().message.c_str());
            txns += check->facts.txns;
            bytes += block.size();
        }
    }
    report(state, bytes, txns);
}
BENCHMARK(BM_check)->Unit(benchmark::kMillisecond);

void BM_parse_only(benchmark::State& state) {
    blocks();  // Reading and decompressing them is not measured.
    uint64_t bytes = 0;
    uint64_t txns = 0;
    for (auto _ : state) {
        for (const Bytes& block : blocks()) {
            chain::Cursor cursor{block};
            cursor.take(chain::kHeaderSize, "the header");
            const uint64_t count = cursor.compact_size("the txns");
            chain::TxnView txn;
            for (uint64_t i = 0; i < count && chain::read_txn(cursor, txn); ++i)
                benchmark::DoNotOptimize(txn);
            txns += count;
            bytes += block.size();
        }
    }
    report(state, bytes, txns);
}
BENCHMARK(BM_parse_only)->Unit(benchmark::kMillisecond);

/// The floor: one sha256d over each txn as it lies there.
void BM_hashing_floor(benchmark::State& state) {
    std::vector<ByteView> raws;
    for (const Bytes& block : blocks()) {
        const auto visit = [&](const chain::TxnView& txn, const Hash256&, std::size_t) -> Status {
            raws.push_back(txn.raw);
            return {};
        };
        if (!chain::read_block(block, visit))
            return state.SkipWithError("a block that cannot be read");
    }
    uint64_t bytes = 0;
    for (auto _ : state) {
        for (const ByteView raw : raws) {
            benchmark::DoNotOptimize(crypto::sha256d(raw));
            bytes += raw.size();
        }
    }
    report(state, bytes, bytes == 0 ? 0 : raws.size() * static_cast<uint64_t>(state.iterations()));
}
BENCHMARK(BM_hashing_floor)->Unit(benchmark::kMillisecond);

/// What each way to hash costs on this machine, for docs/decisions/0006: messages of half to one
/// and a half times the size given, as txns differ in length, hashed twice, so many side by side.
void BM_hash_many(benchmark::State& state) {
    const auto lanes = static_cast<std::size_t>(state.range(0));
    const auto ways = crypto::hash_lanes();
    if (std::find(ways.begin(), ways.end(), lanes) == ways.end())
        return state.SkipWithError("not on this processor");
    const auto size = static_cast<std::size_t>(state.range(1));
    const Bytes bytes(2 * size, 7);
    std::vector<crypto::Pieces> messages;
    for (std::size_t i = 0; i < 2000; ++i)
        messages.push_back({{ByteView{bytes}.first(size / 2 + i * 7919 % (size + 1)), {}, {}}});
    std::vector<Hash256> out(messages.size());
    for (auto _ : state) {
        crypto::sha256_many_by(lanes, messages, out, true);
        benchmark::DoNotOptimize(out.data());
    }
    const int64_t hashed = state.iterations() * static_cast<int64_t>(messages.size());
    state.SetItemsProcessed(hashed);
    state.SetBytesProcessed(hashed * state.range(1));
}
BENCHMARK(BM_hash_many)->ArgsProduct({{1, 8, 16}, {64, 400, 1200}});

}  // namespace
