// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <future>
#include <memory>
#include <optional>
#include <vector>

#include <cordon/chain/block_source.hpp>

#include "source.hpp"

namespace cordon::engine {

/// Chain sources one after the other, each decoded on a thread of its own; the one that follows is
/// opened and begun while the caller is busy with the one before. Confined to one thread; the
/// destructor waits for an opening that is under way.
class OpenAhead {
public:
    /// REQUIRES: no side files.
    OpenAhead(std::vector<Source> sources, std::optional<ChainId> chain);
    /// The next source, or why it cannot be opened. REQUIRES: there is one.
    Result<std::unique_ptr<chain::BlockSource>> next();

private:
    using Opened = Result<std::unique_ptr<chain::BlockSource>>;

    std::vector<Source> sources_;
    std::optional<ChainId> chain_;
    std::size_t at_ = 0;
    std::future<Opened> ahead_;
};

}  // namespace cordon::engine
