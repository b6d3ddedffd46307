// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "open_ahead.hpp"

#include <cordon/base/check.hpp>
#include <cordon/chain/read_ahead.hpp>

#include "open.hpp"

namespace cordon::engine {
namespace {

Result<std::unique_ptr<chain::BlockSource>> open(const Source& source,
                                                 std::optional<ChainId> chain) {
    CORDON_TRY(auto blocks, open_chain_source(source, chain));
    return chain::read_ahead(std::move(blocks));
}

}  // namespace

OpenAhead::OpenAhead(std::vector<Source> sources, std::optional<ChainId> chain)
    : sources_{std::move(sources)}, chain_{chain} {}

Result<std::unique_ptr<chain::BlockSource>> OpenAhead::next() {
    CORDON_CHECK(at_ < sources_.size());
    Opened opened = ahead_.valid() ? ahead_.get() : open(sources_[at_], chain_);
    ++at_;
    // Loose txns are sorted in memory: two such files at once would need it twice.
    const bool more = opened && at_ < sources_.size() && sources_[at_].schema != Schema::kBtcTxs;
    if (more) ahead_ = std::async(std::launch::async, open, sources_[at_], chain_);
    return opened;
}

}  // namespace cordon::engine
