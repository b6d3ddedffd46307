// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include <cordon/chain/evm/abi.hpp>

#include "walk.hpp"

namespace cordon::explain {

using Arguments = std::vector<chain::AbiValue>;

/// A function whose meaning is known wherever it is found under its selector, as far as a called
/// contract keeps to its name.
struct KnownCall {
    std::string_view text;  ///< As parse_abi_signature() takes it.
    void (*read)(Walk&, const Call&, const Arguments&);
};

// One list a kind of contract, each in its own file.
std::span<const KnownCall> token_calls() noexcept;  ///< ERC-20/721/1155, WETH, Permit2.
std::span<const KnownCall> admin_calls() noexcept;  ///< Owners, roles, proxies, bridges.
std::span<const KnownCall> safe_calls() noexcept;   ///< What a Safe does to itself, or is told to.
std::span<const KnownCall> batch_calls() noexcept;  ///< Calls in calls.
std::span<const KnownCall> delay_calls() noexcept;  ///< Zodiac's Delay, a module that waits.

/// In whose name the Delay acts, as the caller's book has it; nothing when it does not say.
std::optional<Address> delayed_account(const Walk& walk, const Address& delay);
/// execTransactionFromModule of a Delay: the call waits there.
void queue_call(Walk& walk, const Call& call, const Arguments& arguments, const Address& account);

/// A known call with its parsed signature.
struct ReadyCall {
    chain::AbiSignature signature;
    const KnownCall* known;
};
/// By the first four bytes of `data`; nullptr when it is none of the known calls.
const ReadyCall* find_call(ByteView data);
/// All of them, sorted by selector. Parsed at first use.
std::span<const ReadyCall> known_calls();

/// Packed transactions of MultiSend: operation, to, value, length, data. Walks each part as a call
/// of `call.from`. False, and nothing walked, when the bytes are not whole parts and nothing else.
bool walk_multi_send(Walk& walk, const Call& call, ByteView packed, bool call_only);

/// What an official contract does under DELEGATECALL; false when the data is not one of its calls.
bool read_official(Walk& walk, const Call& call);

}  // namespace cordon::explain
