// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "classify.hpp"

#include <filesystem>
#include <limits>

#include <cordon/base/format.hpp>
#include <cordon/chain/loose_txns.hpp>
#include <cordon/chain/text.hpp>
#include <cordon/ledger/ledger.hpp>

#include "open.hpp"

namespace cordon::engine {
namespace {

constexpr BlockNum kLastBlock = std::numeric_limits<BlockNum>::max();

class Classifier {
public:
    Classifier(const ClassifyRequest& request,
               const std::function<Status(const ClassifiedTxn&)>& visit,
               const std::atomic<bool>* cancel)
        : request_{request}, visit_{visit}, cancel_{cancel} {}

    Status run() { return request_.ledger.empty() ? from_files() : from_ledger(); }

private:
    Status give(ChainId chain, const UtxoTxn& txn) {
        if (cancel_ != nullptr && cancel_->load())
            return fail(ErrorCode::kCancelled, "interrupted");
        return visit_({chain, txn.txid, patterns::classify(txn, request_.params)});
    }

    Status from_files() {
        // What is not seen to be blocks is read as txns, whose reader says best what is wrong.
        const auto sources = parse_source(request_.txs);
        if (sources && sources->size() == 1 && sources->front().schema == Schema::kBtcBlocks)
            return from_blocks(sources->front());
        std::string path = request_.txs;
        if (const std::string prefix = "btc-txs:"; path.starts_with(prefix))
            path.erase(0, prefix.size());
        CORDON_TRY(auto files, files_of(path));
        for (InputFile& file : files) {
            CORDON_TRY(auto txns, chain::LooseTxns::open(std::move(file), request_.chain));
            UtxoTxn txn;
            for (;;) {
                CORDON_TRY(const bool more, txns.next(txn));
                if (!more) break;
                CORDON_TRY(give(txns.network(), txn));
            }
        }
        return {};
    }

    Status from_blocks(const Source& source) {
        CORDON_TRY(const auto blocks, open_chain_source(source, request_.chain));
        Block block;
        for (;;) {
            CORDON_TRY(const bool more, blocks->read(block));
            if (!more) return {};
            for (const UtxoTxn& txn : block.utxo_txns) CORDON_TRY(give(block.chain, txn));
        }
    }

    Status from_ledger() {
        CORDON_TRY(const auto reader, ledger::open_reader(request_.ledger));
        std::vector<ChainId> found;
        for (const ledger::ChainSummary& each : reader->chains())
            if (is_utxo(each.chain) && request_.chain.value_or(each.chain) == each.chain)
                found.push_back(each.chain);
        if (found.empty())
            return fail(ErrorCode::kNotFound, "the ledger has no such chain of outputs (btc, …)");
        if (found.size() > 1)
            return fail(ErrorCode::kConflict,
                        "the ledger has several such chains: which? (--chain)");
        const ChainId chain = found.front();
        if (request_.txids.empty())
            return reader->scan(chain, 0, kLastBlock, [&](const Block& block) -> Status {
                for (const UtxoTxn& txn : block.utxo_txns) CORDON_TRY(give(chain, txn));
                return {};
            });
        for (const std::string& text : request_.txids) {
            CORDON_TRY(const Hash256 txid, chain::parse_hash(chain, text));
            CORDON_TRY(const auto at, reader->find_txn(chain, txid));
            if (!at) return fail(ErrorCode::kNotFound, format("{}: not in the ledger", text));
            CORDON_TRY(const auto placed, reader->utxo_txn(chain, *at));
            CORDON_TRY(give(chain, placed.txn));
        }
        return {};
    }

    const ClassifyRequest& request_;
    const std::function<Status(const ClassifiedTxn&)>& visit_;
    const std::atomic<bool>* cancel_;
};

}  // namespace

Status classify_txns(const ClassifyRequest& request,
                     const std::function<Status(const ClassifiedTxn&)>& visit,
                     const std::atomic<bool>* cancel) {
    return Classifier{request, visit, cancel}.run();
}

}  // namespace cordon::engine
