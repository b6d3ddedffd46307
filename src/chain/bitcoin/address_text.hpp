// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include <cordon/base/result.hpp>
#include <cordon/model/address.hpp>
#include <cordon/model/chain_id.hpp>

/// Bitcoin's address forms. Everyone outside this room uses ../text.hpp.
namespace cordon::chain {

/// REQUIRES: a chain of ChainFamily::kBitcoin. kWrongChain names the network that the text belongs
/// to.
Result<Address> parse_bitcoin_address(ChainId network, std::string_view text);
std::string format_bitcoin_address(ChainId network, const Address& address);

}  // namespace cordon::chain
