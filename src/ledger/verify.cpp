// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "chain_view.hpp"

namespace cordon::ledger {

Status verify(const std::string& directory) {
    CORDON_TRY(const std::vector<ChainId> chains, list_chains(directory));
    for (const ChainId chain : chains) {
        // Reads the manifest and the logs in full, so it decodes every record.
        CORDON_TRY(const ChainView view, load_chain(directory, chain));
        for (const Part& part : view.parts) CORDON_TRY(part.segment->file().verify());
        for (const Run& run : view.runs) CORDON_TRY(run.index->file().verify());
    }
    return {};
}

}  // namespace cordon::ledger
