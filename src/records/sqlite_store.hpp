// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <span>
#include <string_view>
#include <tuple>
#include <vector>

#include <cordon/base/format.hpp>

#include "rows.hpp"
#include "sqlite.hpp"
#include "store.hpp"

/// The store on SQLite; its parts are in store.cpp, labels.cpp and verify.cpp. Private to the room.
namespace cordon::records {

class SqliteStore final : public Store {
public:
    static Result<std::unique_ptr<Store>> make(std::unique_ptr<Database> database);

    Status put_labels(std::span<const Label> labels) override;
    Status put_assets(std::span<const AssetInfo> assets) override;
    Status put_prices(std::span<const Price> prices) override;
    Status put_wallets(std::span<const WalletAddress> wallets) override;
    Status put_input(const Input& input) override;

    Result<std::vector<Label>> labels(ChainId chain, const Address& address) const override;
    Result<std::vector<Address>> labelled() const override;
    Result<std::optional<AssetInfo>> asset(ChainId chain, const Asset& asset) const override;
    Result<std::vector<AssetInfo>> assets_by_symbol(ChainId chain,
                                                    std::string_view symbol) const override;
    Result<std::optional<Price>> price(ChainId chain, const Asset& asset,
                                       UnixMillis time) const override;
    Result<std::vector<Price>> prices(ChainId chain, const Asset& asset) const override;
    Result<std::vector<WalletAddress>> wallets() const override;
    Result<std::vector<Input>> inputs() const override;
    Result<Counts> counts() const override;
    Status verify() const override;
    Status copy_to(const std::string& path) const override;

private:
    explicit SqliteStore(std::unique_ptr<Database> database) noexcept
        : database_{std::move(database)} {}

    /// One statement of a source about an address, ready to be sorted and stored.
    struct Said {
        const Label* label;
        std::string_view chain;
        int64_t source;
        std::size_t place;  ///< In the span: of equals, the last one counts.

        auto subject() const { return std::tie(label->address, chain, source); }
        auto key() const {
            return std::tie(label->address, chain, source, label->text, label->category);
        }
    };

    Status prepare();
    Status begin(std::unique_ptr<Transaction>& db_txn);
    Result<int64_t> source_id(const std::string& name);
    Result<bool> already_said(std::span<const Said> group, bool& any);
    Status put_group(std::span<const Said> group, bool look_first);
    template <typename Row>
    Result<std::vector<Row>> read_all(Statement& statement,
                                      Result<Row> (*decode)(const Statement&)) const;
    template <typename Row>
    Result<std::optional<Row>> read_one(Statement& statement,
                                        Result<Row> (*decode)(const Statement&)) const;
    Status verify_size() const;
    template <typename Row>
    Status verify_table(std::string_view sql, Result<Row> (*decode)(const Statement&)) const;

    std::unique_ptr<Database> database_;  // First: the statements point at it.
    Statement find_source_, add_source_, any_label_, said_by_, forget_said_, add_label_;
    Statement add_asset_, add_price_, add_wallet_, add_input_;
    mutable Statement labels_, labelled_, asset_, by_symbol_, price_, prices_, wallets_, inputs_,
        counts_;
};

/// Checks all rows before the first is written; the Error says which.
template <typename Row>
Status check_all(std::span<const Row> rows, std::string_view what) {
    for (std::size_t i = 0; i < rows.size(); ++i)
        if (Status status = check(rows[i]); !status)
            return fail(status.error().in(format("{} {}", what, i)));
    return {};
}

template <typename Row>
Result<std::vector<Row>> SqliteStore::read_all(Statement& statement,
                                               Result<Row> (*decode)(const Statement&)) const {
    std::vector<Row> rows;
    for (;;) {
        CORDON_TRY(const bool more, statement.step());
        if (!more) return rows;
        Result<Row> row = decode(statement);
        if (!row) return fail(row.error().in(database_->path()));
        rows.push_back(*std::move(row));
    }
}

template <typename Row>
Result<std::optional<Row>> SqliteStore::read_one(Statement& statement,
                                                 Result<Row> (*decode)(const Statement&)) const {
    CORDON_TRY(const bool found, statement.step());
    if (!found) return std::nullopt;
    Result<Row> row = decode(statement);
    if (!row) return fail(row.error().in(database_->path()));
    return *std::move(row);
}

}  // namespace cordon::records
