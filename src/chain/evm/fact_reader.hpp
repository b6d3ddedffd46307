// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>

#include <cordon/model/fact.hpp>

namespace cordon::chain {

/// The call that a txn makes. Lifetime of what it looks at: the call of the reader.
struct CallView {
    ChainId chain;
    Hash256 txn;
    Address from, to;
    Amount value;
    ByteView input;
};

struct LogView {
    ChainId chain;
    Hash256 txn;
    uint32_t index = 0;
    Address contract;
    std::span<const Hash256> topics;
    ByteView data;
};

/// Says what is worth keeping of calls and logs while a block is read. Implemented in patterns.
/// Pure; any thread may call it.
class FactReader {
public:
    virtual ~FactReader() = default;
    /// Whether calls with these first four bytes are worth decoding at all.
    virtual bool knows_call(std::span<const uint8_t, 4> selector) const = 0;
    virtual bool knows_log(const Hash256& topic) const = 0;
    /// Nothing when it says nothing, also for bytes that are not what they should be: anyone can
    /// call anything.
    virtual std::optional<Fact> read_call(const CallView& call) const = 0;
    virtual std::optional<Fact> read_log(const LogView& log) const = 0;
};

}  // namespace cordon::chain
