// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>

#include <boost/json/fwd.hpp>

#include <cordon/chain/bitcoin/check.hpp>
#include <cordon/ledger/ledger.hpp>

namespace cordon::cli {

/// What a ledger holds, for machines and for people.
boost::json::array chains_json(std::span<const ledger::ChainSummary> chains);
/// Every fact of one raw Bitcoin block that another program can be compared with.
boost::json::object block_json(const chain::BlockCheck& check, ChainId chain);
std::string chains_table(std::span<const ledger::ChainSummary> chains);

}  // namespace cordon::cli
