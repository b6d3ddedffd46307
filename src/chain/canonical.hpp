// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>

#include <cordon/base/byte_source.hpp>
#include <cordon/model/label.hpp>
#include <cordon/model/watch.hpp>

/// The canonical side files (docs/formats/): labels:, assets:, prices:, wallets:, watch lists.
///
/// Each reader checks the whole file before the caller should store anything: `row` is called once
/// a good row, in file order, and the first bad row ends it with an Error "NAME:LINE: field X: what
/// was expected". Rules for all: UTF-8 without BOM problems (a leading BOM is skipped), LF or CRLF,
/// RFC 4180 quoting, the header names the columns in any order, an unknown or missing or repeated
/// column is refused. Memory: one row.
namespace cordon::chain {

template <typename Row>
using RowSink = std::function<Status(Row)>;

/// address,label,category,source,confidence[,chain]. Without a chain column the family is told from
/// the address text.
Status read_labels(const InputFile& file, const RowSink<Label>& row);
/// chain,asset,symbol,decimals,status
Status read_assets(const InputFile& file, const RowSink<AssetInfo>& row);
/// chain,asset,time,usd – time as unix seconds or RFC 3339.
Status read_prices(const InputFile& file, const RowSink<Price>& row);
/// chain,address,set,entity,tier
Status read_wallets(const InputFile& file, const RowSink<WalletAddress>& row);
/// chain,address,outpoint,asset,tainted,since,case,source,confidence – since as unix seconds, RFC
/// 3339 or empty. kConflict for an outpoint on an account chain.
Status read_watch_list(const InputFile& file, const RowSink<Watch>& row);

}  // namespace cordon::chain
