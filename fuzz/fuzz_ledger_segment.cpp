// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
// Arbitrary bytes as a segment whose checksums were believed: every question ends in an answer or
// kCorrupt.
#include <cordon/base/check.hpp>
#include <cordon/ledger/chain_view.hpp>
#include <cordon/ledger/segment_builder.hpp>

#include "ledger_repair.hpp"

namespace {

using namespace cordon;

/// Any answer is right but an Error of another kind, or a crash.
template <typename T>
void expect_clean(const Result<T>& result) {
    CORDON_CHECK(result || result.error().code == ErrorCode::kCorrupt ||
                 result.error().code == ErrorCode::kNotFound);
}

void ask(const ledger::Reader& reader, ChainId chain) {
    std::vector<Address> addresses;
    std::vector<OutPoint> points;
    std::vector<Hash256> hashes;
    expect_clean(reader.scan(chain, 0, UINT64_MAX, [&](const Block& block) -> Status {
        for (const AccountTxn& txn : block.account_txns) {
            hashes.push_back(txn.hash);
            for (const Transfer& transfer : txn.transfers) addresses.push_back(transfer.from);
        }
        for (const UtxoTxn& txn : block.utxo_txns) {
            hashes.push_back(txn.txid);
            for (const TxIn& input : txn.inputs) points.push_back(input.prevout);
            for (const TxOut& output : txn.outputs) addresses.push_back(output.address);
        }
        return {};
    }));
    addresses.resize(std::min<std::size_t>(addresses.size(), 20));
    for (const Address& address : addresses)
        for (const auto order : {ledger::Order::kAscending, ledger::Order::kDescending}) {
            const auto cursor =
                is_utxo(chain)
                    ? reader.utxo_txns_of(chain, address, ledger::Side::kEither, order, {})
                    : reader.account_txns_of(chain, address, ledger::Side::kEither, order, {});
            for (int i = 0; i < 100; ++i) {
                const auto at = cursor->next();
                expect_clean(at);
                if (!at || !*at) break;
                if (is_utxo(chain))
                    expect_clean(reader.utxo_txn(chain, **at));
                else
                    expect_clean(reader.account_txn(chain, **at));
            }
        }
    for (const Hash256& hash : hashes) expect_clean(reader.find_txn(chain, hash));
    points.resize(std::min<std::size_t>(points.size(), 20));
    for (const OutPoint& point : points) expect_clean(reader.spender(chain, point));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
    Bytes file{data, data + size};
    expect_clean(ledger::Segment::from_bytes(file, "raw", false));
    fuzz::repair_segment(file);
    const auto segment = ledger::Segment::from_bytes(std::move(file), "fuzz", true);
    if (!segment || (*segment)->header().blocks == 0) return 0;
    const ChainId chain = (*segment)->header().chain;
    auto part = ledger::make_part(*segment, static_cast<uint32_t>((*segment)->header().blocks));
    if (!part) return 0;
    ledger::ChainView view{chain, {}};
    view.parts.push_back(std::move(*part));
    ask(*ledger::make_reader({std::move(view)}), chain);
    return 0;
}
