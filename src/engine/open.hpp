// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <cordon/base/byte_source.hpp>
#include <cordon/chain/block_source.hpp>
#include <cordon/model/label.hpp>

#include "label_source.hpp"
#include "source.hpp"

namespace cordon::engine {

/// Rows of side files, kept until everything is known to be good.
struct SideRows {
    std::vector<Label> labels;
    std::vector<AssetInfo> assets;
    std::vector<Price> prices;
    std::vector<WalletAddress> wallets;
    std::vector<ReadList> lists;
};

/// True for labels, assets, prices, wallets and published lists: rows for records, not blocks for
/// the ledger.
bool is_side_file(Schema schema) noexcept;

/// Appends the rows of one side file; how many. REQUIRES: is_side_file(source.schema). kDuplicate
/// for a second list of the same name: it would replace the first.
Result<uint64_t> read_side_file(const Source& source, std::optional<ChainId> chain,
                                const ListSettings& settings, SideRows& rows);

/// The file, or every file of the folder.
Result<std::vector<InputFile>> files_of(const std::string& path);

/// The key in xor.dat beside blk files (Bitcoin Core 28 and later); empty when there is none.
Result<std::vector<uint8_t>> xor_key_beside(const std::string& path);

/// REQUIRES: not is_side_file(source.schema). `chain` is for sources that do not say it; default
/// btc or eth.
Result<std::unique_ptr<chain::BlockSource>> open_chain_source(const Source& source,
                                                              std::optional<ChainId> chain);

/// Transfers (account chains) or outputs (UTXO chains) of a block.
uint64_t transfers_of(const Block& block) noexcept;

}  // namespace cordon::engine
