// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "activity_facts.hpp"

#include <map>

namespace cordon::chain {
namespace {

void read_txn(ChainId chain, const TxnActivity& txn, const FactReader& reader,
              std::vector<Fact>& out) {
    constexpr std::size_t kSelector = 4;
    std::map<uint32_t, Fact> facts;  // By place: of two that say the same place the later counts.
    const auto add = [&](std::optional<Fact> fact) {
        if (fact) facts.insert_or_assign(fact->index, *std::move(fact));
    };
    const ByteView input{txn.input};
    if (!txn.to.empty() && input.size() >= kSelector && reader.knows_call(input.first<kSelector>()))
        add(reader.read_call({chain, txn.hash, txn.from, txn.to, txn.value, input}));
    for (const Log& log : txn.logs)
        if (!log.topics.empty() && reader.knows_log(log.topics[0]))
            add(reader.read_log({chain, txn.hash, log.index, log.contract, log.topics, log.data}));
    for (auto& [place, fact] : facts) out.push_back(std::move(fact));
}

}  // namespace

std::vector<Fact> facts_of(const SeenBlock& seen, const FactReader& reader) {
    std::vector<Fact> out;
    auto moved = seen.block.account_txns.begin();
    const auto end = seen.block.account_txns.end();
    for (const TxnActivity& txn : seen.activity.txns) {
        if (moved == end) break;
        if (moved->hash != txn.hash) continue;
        ++moved;
        if (txn.succeeded != false) read_txn(seen.block.chain, txn, reader, out);
    }
    return out;
}

}  // namespace cordon::chain
