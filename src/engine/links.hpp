// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <cordon/patterns/bridge.hpp>
#include <cordon/patterns/mixer.hpp>
#include <cordon/records/store.hpp>

#include "context.hpp"

namespace cordon::engine {

struct LinksRequest {
    std::string ledger;
    std::string kind;     ///< "mixer", "bridge"; empty: all.
    std::string address;  ///< Only crossings in which this address takes part; empty: all.
    double min_confidence = 0;
};

/// Value that left by one txn and arrived by another, all over a ledger.
struct Links {
    std::shared_ptr<const ledger::Reader> ledger;
    std::unique_ptr<records::Store> records;
    std::unique_ptr<RecordsContext> context;
    std::vector<trace::Crossing> crossings;
    std::vector<patterns::MixerSummary> pools;
    std::vector<patterns::BridgeSummary> lanes;
    uint64_t bridge_deposits = 0, bridge_payouts = 0;  ///< Seen at all.
    std::vector<std::string> warnings;
};

/// kInvalidParam for an address that no chain of the ledger can have. Errors of the ledger, of
/// records and of the recognisers.
Result<Links> find_links(const LinksRequest& request);

}  // namespace cordon::engine
