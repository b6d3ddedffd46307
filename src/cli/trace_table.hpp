// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include <cordon/trace/trace.hpp>

namespace cordon::cli {

/// What a trace found, for a terminal: the loot, where it rests, hop by hop, and what was not
/// followed.
std::string trace_table(const trace::TraceResult& result, const trace::Context& context,
                        std::size_t width);

/// Names addresses of a result: as a seed is written, "polygon:0x…", where it is of several chains.
class PlaceNames {
public:
    explicit PlaceNames(const trace::TraceResult& result)
        : several_{result.nodes.chains().size() > 1} {}
    std::string of(ChainId chain, const Address& address) const;

private:
    bool several_;
};

/// An amount to read: its size, not every wei. Exact figures are in the machine formats.
std::string money(const trace::Context& context, ChainId chain, const Asset& asset,
                  const Amount& amount);

}  // namespace cordon::cli
