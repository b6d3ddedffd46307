// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>

#include <cordon/base/bytes.hpp>
#include <cordon/model/block.hpp>

namespace cordon::chain {

/// keccak256("Transfer(address,address,uint256)"): ERC-20 and ERC-721 share it.
extern const Hash256 kTransferTopic;

/// What a log says about value.
struct TransferLog {
    Address from;
    Address to;
    Amount amount;
    bool non_fungible =
        false;  ///< ERC-721: `amount` is the id of the one thing moved, not a quantity.
};

/// Reads a Transfer event. Nothing when the log is none.
///
/// ERC-20 has three topics and 32 bytes of data. Old tokens forgot to index their addresses, so any
/// split of the three words between topics and data counts; four topics without data are ERC-721.
/// Words of addresses must be clean (12 zero bytes): the Solidity ABI cannot produce others.
std::optional<TransferLog> decode_transfer_log(std::span<const Hash256> topics, ByteView data);

/// kMint from the zero address, kBurn to it, otherwise kToken.
TransferKind token_transfer_kind(const Address& from, const Address& to) noexcept;

}  // namespace cordon::chain
