// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "dry_run.hpp"

#include <cordon/base/byte_source.hpp>

#include "open.hpp"

namespace cordon::engine {

bool is_sound(const chain::BlockCheck& check) noexcept {
    const chain::BlockFacts& facts = check.facts;
    return facts.merkle_ok && !facts.merkle_mutated &&
           facts.witness != chain::WitnessCommitment::kBad && facts.pow_ok && facts.coinbase_ok &&
           check.reencodes;
}

Result<DryRun> dry_run(const IngestRequest& request,
                       const std::function<Status(const chain::BlockCheck&)>& visit,
                       const std::atomic<bool>* cancel) {
    DryRun done;
    SideRows rows;
    for (const Source& source : request.sources) {
        if (is_side_file(source.schema)) {
            CORDON_TRY(const uint64_t count,
                       read_side_file(source, request.chain, request.lists, rows));
            done.rows += count;
            if (is_label_list(source.schema))
                for (std::string& warning : warnings_of(rows.lists.back()))
                    done.warnings.push_back(std::move(warning));
            continue;
        }
        if (source.schema == Schema::kBtcBlocks) {
            CORDON_TRY(const auto files, files_of(source.path));
            CORDON_TRY(const auto key, xor_key_beside(source.path));
            const auto count = [&](const chain::BlockCheck& check) -> Status {
                if (cancel != nullptr && cancel->load())
                    return fail(ErrorCode::kCancelled, "interrupted");
                done.blocks += 1;
                done.txns += check.facts.txns;
                done.transfers += check.facts.outputs;
                done.unsound += is_sound(check) ? 0 : 1;
                return visit(check);
            };
            CORDON_TRY(chain::check_bitcoin_blocks(files, request.chain.value_or(kBitcoin), key,
                                                   count, done.warnings));
            continue;
        }
        CORDON_TRY(const auto blocks, open_chain_source(source, request.chain));
        for (;;) {
            if (cancel != nullptr && cancel->load())
                return fail(ErrorCode::kCancelled, "interrupted");
            CORDON_TRY(const auto block, blocks->next());
            if (!block) break;
            done.blocks += 1;
            done.txns += block->account_txns.size() + block->utxo_txns.size();
            done.transfers += transfers_of(*block);
        }
        for (std::string& warning : blocks->warnings()) done.warnings.push_back(std::move(warning));
    }
    return done;
}

}  // namespace cordon::engine
