// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <cordon/base/result.hpp>
#include <cordon/model/block.hpp>

/// Answers of Bitcoin nodes (Bitcoin Core, btcd) to the model. Pure; errors name the field.
namespace cordon::feed {

/// getblockchaininfo: which network. Test networks of one address form are one chain.
Result<ChainId> parse_bitcoin_network(std::string_view json);

/// getblockheader with verbosity.
Result<BlockHeader> parse_bitcoin_header(std::string_view json);

/// getblock with verbosity 3: calls `visit` for every output that is spent, with what it held. The
/// node takes these from its undo data and needs no index. What has no prevout is passed over.
Status read_bitcoin_prevouts(std::string_view json,
                             const std::function<void(const OutPoint&, const TxOut&)>& visit);

/// getrawmempool: txids.
Result<std::vector<Hash256>> parse_bitcoin_mempool(std::string_view json);

/// getrawmempool with verbosity: calls `visit` for every txn, with the unix second in which the
/// node took it in.
Status read_bitcoin_mempool(std::string_view json,
                            const std::function<void(const Hash256&, uint32_t)>& visit);

/// An amount in BTC as Bitcoin Core writes it, to satoshi, without going through a double: at most
/// eight decimals, no sign, no exponent but "0E-8". kMalformed, kOverflow above all coins.
Result<uint64_t> parse_satoshi(std::string_view number);

}  // namespace cordon::feed
