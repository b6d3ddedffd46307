// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <cordon/base/result.hpp>
#include <cordon/model/chain_id.hpp>

namespace cordon::engine {

/// What a SOURCE argument of `ingest` holds.
enum class Schema {
    kTransfers,
    kLabels,
    kAssets,
    kPrices,
    kWallets,
    kBtcBlocks,
    kBtcTxs,
    kEvmEtl,
    kExplorerLabels,
    kTagPack,
    kTagTable,
    kOfac,
};
std::string_view to_string(Schema schema) noexcept;

/// One SOURCE argument, understood.
struct Source {
    Schema schema{};
    std::string path;
    std::optional<ChainId> chain = {};  ///< "explorer-labels:bsc=PATH".
};

/// "SCHEMA:PATH", "explorer-labels:CHAIN=PATH", "tagpack:FOLDER" (every *.yaml and *.yml in it that
/// is no actor pack), or a bare PATH whose schema is told from what lies there (detect_sources).
/// kMalformed lists the schemas; kNotFound names the path.
Result<std::vector<Source>> parse_source(std::string_view text);

/// What a file or a folder holds, told by content and canonical names: transfers.csv, labels.csv,
/// assets.csv, prices.csv, wallets.csv, btc-txs.jsonl (each also compressed), a folder of raw
/// blocks, of raw txns in hex, or of ethereum-etl exports. Side files come first. kUnsupported when
/// nothing is recognised, saying what was looked for.
Result<std::vector<Source>> detect_sources(const std::string& path);

}  // namespace cordon::engine
