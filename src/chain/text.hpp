// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <cordon/base/result.hpp>
#include <cordon/model/address.hpp>
#include <cordon/model/block.hpp>
#include <cordon/model/chain_id.hpp>

/// How each chain writes addresses and hashes. The only place that knows.
namespace cordon::chain {

/// Strict. EVM: 0x and 40 hex digits; mixed case must pass EIP-55. Bitcoin: base58check, bech32
/// (v0), bech32m (v1+) with the network's prefixes, and the "p2pk:<64 hex>" forms of scripts
/// without address text. Tron: base58check 0x41. kChecksum, kMalformed (with the offset),
/// kWrongChain (naming the chain that the text does fit, where one is clear).
Result<Address> parse_address(ChainId chain, std::string_view text);

/// The chain whose address form the text has: kEthereum stands for every EVM chain, kBitcoinTestnet
/// for the base58 forms that testnets and regtest share. Nothing when it is a valid address of
/// none.
std::optional<ChainId> guess_chain(std::string_view text);

/// The machine form: EVM and bech32 lower case, base58 as is. The inverse of parse_address. The
/// kind of the address decides the form and the chain the prefix; an empty address is an empty
/// text.
std::string format_address(ChainId chain, const Address& address);

/// EIP-55 for EVM chains, otherwise format_address: for people.
std::string display_address(ChainId chain, const Address& address);

/// A txn or block hash as the chain shows it: Bitcoin reversed and bare, EVM 0x, Tron bare. 64 hex
/// digits of any case.
Result<Hash256> parse_hash(ChainId chain, std::string_view text);
std::string format_hash(ChainId chain, const Hash256& hash);

/// "TXID:VOUT". kMalformed (with the offset), kOverflow when VOUT exceeds 32 bits.
Result<OutPoint> parse_outpoint(ChainId chain, std::string_view text);
std::string format_outpoint(ChainId chain, const OutPoint& point);

}  // namespace cordon::chain
