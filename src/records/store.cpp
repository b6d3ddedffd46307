// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "store.hpp"

#include <algorithm>
#include <tuple>

#include <cordon/base/format.hpp>

#include "columns.hpp"
#include "sqlite_store.hpp"

namespace cordon::records {

Result<std::unique_ptr<Store>> SqliteStore::make(std::unique_ptr<Database> database) {
    std::unique_ptr<SqliteStore> store{new SqliteStore{std::move(database)}};
    CORDON_TRY(store->prepare());
    return store;
}

Status SqliteStore::prepare() {
    const std::pair<Statement*, std::string> statements[] = {
        {&find_source_, "SELECT id FROM label_source WHERE name = ?1"},
        {&add_source_, "INSERT INTO label_source (name) VALUES (?1) RETURNING id"},
        {&any_label_, "SELECT EXISTS (SELECT 1 FROM label)"},
        {&said_by_,
         "SELECT text, category, confidence, entity, detail, as_of FROM label "
         "WHERE address = ?1 AND chain = ?2 AND list = 0 AND source = ?3 ORDER BY text, category"},
        {&forget_said_,
         "DELETE FROM label WHERE address = ?1 AND chain = ?2 AND list = 0 AND source = ?3"},
        {&add_label_,
         "INSERT INTO label (address, chain, list, source, text, category, confidence, entity, "
         "detail, as_of) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)"},
        {&find_list_, "SELECT id FROM label_list WHERE name = ?1"},
        {&add_list_,
         "INSERT INTO label_list (name, schema, as_of, sha256) VALUES (?1, ?2, ?3, ?4) "
         "RETURNING id"},
        {&update_list_,
         "UPDATE label_list SET schema = ?2, as_of = ?3, sha256 = ?4 WHERE name = ?1"},
        {&of_list_, std::string{kLabelColumns} + "WHERE l.list = ?1"},
        {&forget_listed_, "DELETE FROM label WHERE address = ?1 AND chain = ?2 AND list = ?3"},
        {&add_asset_,
         "INSERT INTO asset (chain, asset, symbol, symbol_fold, decimals, status) "
         "VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT DO UPDATE SET symbol = excluded.symbol, "
         "symbol_fold = excluded.symbol_fold, decimals = excluded.decimals, status = "
         "excluded.status"},
        {&add_price_,
         "INSERT INTO price (chain, asset, time_millis, usd) VALUES (?1, ?2, ?3, ?4) "
         "ON CONFLICT DO UPDATE SET usd = excluded.usd"},
        {&add_wallet_,
         "INSERT INTO wallet (chain, address, wallet_set, entity, tier) VALUES (?1, ?2, ?3, ?4, "
         "?5) "
         "ON CONFLICT DO UPDATE SET wallet_set = excluded.wallet_set, entity = excluded.entity, "
         "tier = excluded.tier"},
        {&add_fact_,
         "INSERT INTO fact (chain, txn, place, kind, key, contract, sender, receiver, asset, "
         "amount, fee, far_chain, far_asset) "
         "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13) ON CONFLICT DO UPDATE "
         "SET kind = excluded.kind, key = excluded.key, contract = excluded.contract, "
         "sender = excluded.sender, receiver = excluded.receiver, asset = excluded.asset, "
         "amount = excluded.amount, fee = excluded.fee, far_chain = excluded.far_chain, "
         "far_asset = excluded.far_asset"},
        {&add_input_,
         "INSERT INTO input (sha256, name, schema, bytes, rows) VALUES (?1, ?2, ?3, ?4, ?5) "
         "ON CONFLICT DO UPDATE SET rows = excluded.rows WHERE excluded.rows > rows"},
        {&labels_, std::string{kLabelColumns} +
                       "WHERE l.address = ?1 AND l.chain IN (?2, '') "
                       "ORDER BY l.confidence DESC, s.name, l.text, l.category, l.chain, i.name"},
        {&anywhere_, std::string{kLabelColumns} +
                         "WHERE l.address = ?1 ORDER BY l.confidence DESC, s.name, l.text, "
                         "l.category, l.chain, i.name"},
        {&lists_, std::string{kListColumns} + "ORDER BY i.name"},
        {&labelled_,
         "SELECT DISTINCT address FROM label WHERE category = ?1 AND chain IN (?2, '')"},
        {&facts_of_, std::string{kFactColumns} + "WHERE chain = ?1 AND txn = ?2 ORDER BY place"},
        {&facts_with_,
         std::string{kFactColumns} + "WHERE kind = ?1 AND key = ?2 ORDER BY chain, txn, place"},
        {&facts_on_,
         std::string{kFactColumns} + "WHERE chain = ?1 AND kind = ?2 ORDER BY chain, txn, place"},
        {&every_labelled_, "SELECT DISTINCT address FROM label"},
        {&every_label_, std::string{kLabelColumns} + "ORDER BY l.address"},
        {&asset_, std::string{kAssetColumns} + "WHERE chain = ?1 AND asset = ?2"},
        {&by_symbol_, std::string{kAssetColumns} + "WHERE chain = ?1 AND symbol_fold = ?2"},
        {&price_, std::string{kPriceColumns} +
                      "WHERE chain = ?1 AND asset = ?2 AND time_millis <= ?3 "
                      "ORDER BY time_millis DESC LIMIT 1"},
        {&prices_,
         std::string{kPriceColumns} + "WHERE chain = ?1 AND asset = ?2 ORDER BY time_millis"},
        {&wallets_, std::string{kWalletColumns}},
        {&inputs_, std::string{kInputColumns} + "ORDER BY name, sha256"},
        {&counts_,
         "SELECT (SELECT count(*) FROM label), (SELECT count(*) FROM asset), "
         "(SELECT count(*) FROM price), (SELECT count(*) FROM wallet)"},
    };
    for (const auto& [statement, sql] : statements) {
        CORDON_TRY(*statement, database_->prepare(sql));
    }
    return {};
}

Status SqliteStore::begin(std::unique_ptr<Transaction>& db_txn) {
    if (database_->read_only())
        return fail(ErrorCode::kPermission,
                    format("{}: was opened for reading; open it for writing to change it",
                           database_->path()));
    CORDON_TRY(db_txn, Transaction::begin(*database_));
    return {};
}

Status SqliteStore::put_assets(std::span<const AssetInfo> assets) {
    CORDON_TRY(check_all(assets, "asset"));
    std::unique_ptr<Transaction> db_txn;
    CORDON_TRY(begin(db_txn));
    ChainTexts chains;
    for (const AssetInfo& info : assets) {
        const std::string folded = fold_symbol(info.symbol);
        add_asset_.bind(1, chains.of(info.chain));
        add_asset_.bind(2, info.asset.text());
        add_asset_.bind(3, info.symbol);
        add_asset_.bind(4, folded);
        add_asset_.bind(5, int64_t{info.decimals});
        add_asset_.bind(6, to_string(info.status));
        CORDON_TRY(add_asset_.run());
    }
    return db_txn->commit();
}

Status SqliteStore::put_prices(std::span<const Price> prices) {
    CORDON_TRY(check_all(prices, "price"));
    std::unique_ptr<Transaction> db_txn;
    CORDON_TRY(begin(db_txn));
    ChainTexts chains;
    for (const Price& price : prices) {
        add_price_.bind(1, chains.of(price.chain));
        add_price_.bind(2, price.asset.text());
        add_price_.bind(3, int64_t{price.time.time_since_epoch().count()});
        add_price_.bind(4, price.usd);
        CORDON_TRY(add_price_.run());
    }
    return db_txn->commit();
}

Status SqliteStore::put_wallets(std::span<const WalletAddress> wallets) {
    CORDON_TRY(check_all(wallets, "wallet"));
    std::unique_ptr<Transaction> db_txn;
    CORDON_TRY(begin(db_txn));
    ChainTexts chains;
    for (const WalletAddress& wallet : wallets) {
        const AddressBlob address{wallet.address};
        add_wallet_.bind(1, chains.of(wallet.chain));
        add_wallet_.bind(2, address.view());
        add_wallet_.bind(3, wallet.set);
        add_wallet_.bind(4, wallet.entity);
        add_wallet_.bind(5, wallet.tier);
        CORDON_TRY(add_wallet_.run());
    }
    return db_txn->commit();
}

Status SqliteStore::put_input(const Input& input) {
    CORDON_TRY(check(input));
    std::unique_ptr<Transaction> db_txn;
    CORDON_TRY(begin(db_txn));
    add_input_.bind(1, input.sha256);
    add_input_.bind(2, input.name);
    add_input_.bind(3, input.schema);
    add_input_.bind(4, static_cast<int64_t>(input.bytes));
    add_input_.bind(5, static_cast<int64_t>(input.rows));
    CORDON_TRY(add_input_.run());
    return db_txn->commit();
}

Result<std::optional<AssetInfo>> SqliteStore::asset(ChainId chain, const Asset& asset) const {
    const std::string chain_text = to_string(chain);
    const ResetLater reset_later{asset_};
    asset_.bind(1, chain_text);
    asset_.bind(2, asset.text());
    return read_one(asset_, asset_row);
}

Result<std::vector<AssetInfo>> SqliteStore::assets_by_symbol(ChainId chain,
                                                             std::string_view symbol) const {
    const std::string chain_text = to_string(chain);
    const std::string folded = fold_symbol(symbol);
    const ResetLater reset_later{by_symbol_};
    by_symbol_.bind(1, chain_text);
    by_symbol_.bind(2, folded);
    CORDON_TRY(std::vector<AssetInfo> found, read_all(by_symbol_, asset_row));
    std::ranges::sort(found, {}, &AssetInfo::asset);
    return found;
}

Result<std::optional<Price>> SqliteStore::price(ChainId chain, const Asset& asset,
                                                UnixMillis time) const {
    const std::string chain_text = to_string(chain);
    const ResetLater reset_later{price_};
    price_.bind(1, chain_text);
    price_.bind(2, asset.text());
    price_.bind(3, int64_t{time.time_since_epoch().count()});
    return read_one(price_, price_row);
}

Result<std::vector<Price>> SqliteStore::prices(ChainId chain, const Asset& asset) const {
    const std::string chain_text = to_string(chain);
    const ResetLater reset_later{prices_};
    prices_.bind(1, chain_text);
    prices_.bind(2, asset.text());
    return read_all(prices_, price_row);
}

Result<std::vector<Address>> SqliteStore::labelled() const {
    const ResetLater reset_later{every_labelled_};
    return read_all<Address>(every_labelled_,
                             [](const Statement& row) { return decode_address(row.blob(0)); });
}

Result<std::vector<WalletAddress>> SqliteStore::wallets() const {
    const ResetLater reset_later{wallets_};
    CORDON_TRY(std::vector<WalletAddress> found, read_all(wallets_, wallet_row));
    std::ranges::sort(found, [](const WalletAddress& a, const WalletAddress& b) {
        return std::tie(a.chain, a.address) < std::tie(b.chain, b.address);
    });
    return found;
}

Result<std::vector<Input>> SqliteStore::inputs() const {
    const ResetLater reset_later{inputs_};
    return read_all(inputs_, input_row);
}

Result<Store::Counts> SqliteStore::counts() const {
    const ResetLater reset_later{counts_};
    CORDON_TRY(counts_.step());
    const auto count = [&](int column) { return static_cast<uint64_t>(counts_.integer(column)); };
    return Counts{.labels = count(0), .assets = count(1), .prices = count(2), .wallets = count(3)};
}

}  // namespace cordon::records
