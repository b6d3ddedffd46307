// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/json/fwd.hpp>

#include <cordon/engine/lookup.hpp>

/// What is looked up, as JSON. Private to the room.
namespace cordon::server {

boost::json::object label_json(const Label& label);
boost::json::object facts_json(const engine::AddressFacts& facts);
boost::json::object transfer_json(ChainId chain, const engine::TransferRow& row);
boost::json::object counterparties_json(ChainId chain, const engine::Counterparties& found);

/// data of txn.info: of an account txn its transfers, of a UTXO txn inputs and outputs with what
/// spent them; labels, and the links that the patterns know. At most kMostParts of each; `cut` says
/// that there are more.
inline constexpr std::size_t kMostParts = 1'000;
Result<boost::json::object> txn_json(const ledger::Reader& ledger, const records::Store* records,
                                     ChainId chain, TxnPosition at);

}  // namespace cordon::server
