// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "../detector.hpp"
#include "flow.hpp"

/// What detectors of one txn say about it in words and money.
namespace cordon::detect {

/// The address as its chain writes it.
std::string text_of(const TxnView& txn, const Address& address);

/// The largest loss of a dealing in money, and in words: "12.5 ETH". Without prices: the loss in
/// the asset that sorts first.
struct Loss {
    std::optional<Cents> usd;
    std::string text;
};
Loss loss_of(const TxnView& txn, const World& world, const Dealing& dealing);
/// What a dealing's partners lost in all, as far as priced; none: nothing is.
std::optional<Cents> losses_usd(const TxnView& txn, const World& world, const TxnFlow& flow);

/// Known to be worth less than a detector cares for. What has no price is never too small.
bool is_small(std::optional<Cents> usd, double least_usd) noexcept;

/// Who else takes part: our side and who lost, for grouping.
std::vector<Address> related_to(const TxnFlow& flow);

/// Joins "a", "b", "c" to "a; b; c".
std::string join(const std::vector<std::string>& parts);

/// Whether a contract is younger than `age` by what the stream or the records know; what nobody
/// ever saw before this txn is young.
bool is_young(const TxnView& txn, const World& world, const Address& contract, Seconds age);

}  // namespace cordon::detect
