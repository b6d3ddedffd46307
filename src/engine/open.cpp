// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "open.hpp"

#include <filesystem>

#include <cordon/base/format.hpp>
#include <cordon/chain/canonical.hpp>
#include <cordon/patterns/contract_facts.hpp>

namespace cordon::engine {
namespace {

namespace fs = std::filesystem;

template <typename Row>
chain::RowSink<Row> collect(std::vector<Row>& rows) {
    return [&rows](Row row) -> Status {
        rows.push_back(std::move(row));
        return {};
    };
}

}  // namespace

bool is_side_file(Schema schema) noexcept {
    return is_label_list(schema) || schema == Schema::kLabels || schema == Schema::kAssets ||
           schema == Schema::kPrices || schema == Schema::kWallets;
}

Result<uint64_t> read_side_file(const Source& source, std::optional<ChainId> chain,
                                const ListSettings& settings, SideRows& rows) {
    if (is_label_list(source.schema)) {
        CORDON_TRY(ReadList read, read_label_list(source, chain, settings));
        for (const ReadList& other : rows.lists)
            if (other.list.name == read.list.name)
                return fail(
                    ErrorCode::kDuplicate,
                    format("{}: a second list \"{}\" would replace the first; take it in by "
                           "itself with --list-name NAME",
                           source.path, read.list.name));
        rows.lists.push_back(std::move(read));
        return rows.lists.back().published.rows;
    }
    CORDON_TRY(const InputFile file, input_file(source.path));
    switch (source.schema) {
        case Schema::kLabels: {
            const std::size_t before = rows.labels.size();
            CORDON_TRY(chain::read_labels(file, collect(rows.labels)));
            return rows.labels.size() - before;
        }
        case Schema::kAssets: {
            const std::size_t before = rows.assets.size();
            CORDON_TRY(chain::read_assets(file, collect(rows.assets)));
            return rows.assets.size() - before;
        }
        case Schema::kPrices: {
            const std::size_t before = rows.prices.size();
            CORDON_TRY(chain::read_prices(file, collect(rows.prices)));
            return rows.prices.size() - before;
        }
        default: {
            const std::size_t before = rows.wallets.size();
            CORDON_TRY(chain::read_wallets(file, collect(rows.wallets)));
            return rows.wallets.size() - before;
        }
    }
}

Result<std::vector<InputFile>> files_of(const std::string& path) {
    std::error_code ignored;
    if (fs::is_directory(path, ignored)) return input_files(path);
    CORDON_TRY(InputFile file, input_file(path));
    std::vector<InputFile> files;
    files.push_back(std::move(file));
    return files;
}

Result<std::vector<uint8_t>> xor_key_beside(const std::string& path) {
    std::error_code ignored;
    const fs::path folder =
        fs::is_directory(path, ignored) ? fs::path{path} : fs::path{path}.parent_path();
    const fs::path key = folder / "xor.dat";
    if (!fs::exists(key, ignored)) return std::vector<uint8_t>{};
    CORDON_TRY(const InputFile file, input_file(key.string()));
    CORDON_TRY(const auto stream, file.open());
    CORDON_TRY(auto bytes, read_all(*stream, 64));
    if (bytes.size() != 8)
        return fail(ErrorCode::kMalformed,
                    format("{}: expected 8 bytes, found {}", key.string(), bytes.size()));
    return bytes;
}

Result<std::unique_ptr<chain::BlockSource>> open_chain_source(const Source& source,
                                                              std::optional<ChainId> chain) {
    CORDON_TRY(std::vector<InputFile> files, files_of(source.path));
    switch (source.schema) {
        case Schema::kTransfers:
            if (files.size() != 1)
                return fail(ErrorCode::kIo,
                            format("{}: a folder; transfers: takes one CSV file", source.path));
            return chain::open_transfers(std::move(files.front()));
        case Schema::kEvmEtl:
            return chain::open_evm_etl(std::move(files), chain.value_or(kEthereum),
                                       &patterns::contract_facts());
        case Schema::kBtcTxs:
            return chain::open_bitcoin_txs(std::move(files), chain.value_or(kBitcoin));
        default: {
            CORDON_TRY(auto key, xor_key_beside(source.path));
            return chain::open_bitcoin_blocks(std::move(files), chain.value_or(kBitcoin),
                                              std::move(key));
        }
    }
}

uint64_t transfers_of(const Block& block) noexcept {
    uint64_t count = 0;
    for (const AccountTxn& txn : block.account_txns) count += txn.transfers.size();
    for (const UtxoTxn& txn : block.utxo_txns) count += txn.outputs.size();
    return count;
}

}  // namespace cordon::engine
