// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include <cordon/base/result.hpp>
#include <cordon/model/label.hpp>

#include "sqlite.hpp"
#include "store.hpp"

/// What is selected, and how a selected row becomes one of the model's types. Private to the room.
/// Each decoder takes the columns of its SELECT in their order; kCorrupt for what we never wrote.
namespace cordon::records {

inline constexpr std::string_view kLabelColumns =
    "SELECT l.chain, l.text, l.category, s.name, l.confidence, l.address, l.entity, l.detail, "
    "l.as_of, i.name FROM label l JOIN label_source s ON s.id = l.source "
    "JOIN label_list i ON i.id = l.list ";
inline constexpr std::string_view kAssetColumns =
    "SELECT chain, asset, symbol, decimals, status FROM asset ";
inline constexpr std::string_view kPriceColumns =
    "SELECT chain, asset, time_millis, usd FROM price ";
inline constexpr std::string_view kWalletColumns =
    "SELECT chain, address, wallet_set, entity, tier FROM wallet ";
/// One row a list, list 0 left out.
inline constexpr std::string_view kListColumns =
    "SELECT i.name, i.schema, i.as_of, i.sha256, coalesce(n.labels, 0) FROM label_list i "
    "LEFT JOIN (SELECT list, count(*) AS labels FROM label GROUP BY list) n ON n.list = i.id "
    "WHERE i.id <> 0 ";
inline constexpr std::string_view kFactColumns =
    "SELECT chain, txn, place, kind, key, contract, sender, receiver, asset, amount, fee, "
    "far_chain, far_asset FROM fact ";
inline constexpr std::string_view kInputColumns =
    "SELECT name, schema, bytes, sha256, rows FROM input ";

Result<Label> label_row(const Statement& row);
Result<AssetInfo> asset_row(const Statement& row);
Result<Price> price_row(const Statement& row);
Result<WalletAddress> wallet_row(const Statement& row);
Result<LabelList> list_row(const Statement& row);
Result<Fact> fact_row(const Statement& row);
Result<Input> input_row(const Statement& row);

}  // namespace cordon::records
