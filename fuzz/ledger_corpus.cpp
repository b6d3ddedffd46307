// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
// ledger_corpus CHAIN LOG NAME CORPUS: a head log of a ledger as inputs of fuzz_ledger_log and
// fuzz_ledger_segment (CORPUS/TARGET/NAME). fuzz/make_ledger_corpus calls it.
#include <cstdio>
#include <fstream>
#include <string>

#include <cordon/ledger/chain_files.hpp>
#include <cordon/ledger/head_log.hpp>
#include <cordon/ledger/index_builder.hpp>
#include <cordon/ledger/segment_builder.hpp>

namespace cordon::ledger {
namespace {

bool save(const std::string& path, const Bytes& bytes) {
    std::ofstream out{path, std::ios::binary};
    out.write(reinterpret_cast<const char*>(bytes.data()),
              static_cast<std::streamsize>(bytes.size()));
    return out.good();
}

Status make(const std::string& chain_name, const std::string& log, const std::string& name,
            const std::string& corpus) {
    CORDON_TRY(const ChainId chain, parse_chain(chain_name));
    CORDON_TRY(const Bytes bytes, read_file(log));
    CORDON_TRY(const LogContent content, read_log(bytes, log));
    Bytes records{static_cast<uint8_t>(is_utxo(chain) ? 1 : 0)};
    for (const ByteView record : content.records) {
        if (record.size() > UINT16_MAX) return fail(ErrorCode::kLimit, "a record above 64 KB");
        put_fixed(records, static_cast<uint16_t>(record.size()));
        put_bytes(records, record);
    }
    CORDON_TRY(const HeadLog read, read_head(bytes, log, chain, {}, std::nullopt));
    const std::size_t blocks = read.head.blocks.size();
    Bytes segment, index, both;
    CORDON_TRY(write_segment(memory_sink(segment), read.head, 0, blocks));
    IndexScratch scratch;
    CORDON_TRY(write_index(memory_sink(index), read.head, 0, blocks, scratch));
    put_fixed(both, static_cast<uint32_t>(segment.size()));
    put_bytes(both, segment);
    put_bytes(both, index);
    if (!save(corpus + "/fuzz_ledger_log/" + name, records) ||
        !save(corpus + "/fuzz_ledger_segment/" + name, both))
        return fail(ErrorCode::kIo, corpus + ": cannot be written");
    return {};
}

}  // namespace
}  // namespace cordon::ledger

int main(int argc, char** argv) {
    if (argc != 5) {
        std::fputs("usage: ledger_corpus CHAIN LOG NAME CORPUS\n", stderr);
        return 2;
    }
    const cordon::Status made = cordon::ledger::make(argv[1], argv[2], argv[3], argv[4]);
    if (!made) std::fprintf(stderr, "ledger_corpus: %s\n", made.error().message.c_str());
    return made ? 0 : 1;
}
