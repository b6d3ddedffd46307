// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <span>
#include <string_view>
#include <tuple>
#include <vector>

#include <cordon/base/format.hpp>

#include "rows.hpp"
#include "sqlite.hpp"
#include "store.hpp"

/// The store on SQLite; its parts are in store.cpp, labels.cpp, facts.cpp and verify.cpp. Private
/// to the room.
namespace cordon::records {

class SqliteStore final : public Store {
public:
    static Result<std::unique_ptr<Store>> make(std::unique_ptr<Database> database);

    Status put_labels(std::span<const Label> labels) override;
    Result<ListChange> put_label_list(const LabelList& list,
                                      std::span<const Label> labels) override;
    Status put_assets(std::span<const AssetInfo> assets) override;
    Status put_prices(std::span<const Price> prices) override;
    Status put_wallets(std::span<const WalletAddress> wallets) override;
    Status put_facts(std::span<const Fact> facts) override;
    Status put_input(const Input& input) override;

    Result<std::vector<Label>> labels(ChainId chain, const Address& address) const override;
    Result<std::vector<Label>> labels_anywhere(const Address& address) const override;
    Result<std::vector<LabelList>> label_lists() const override;
    Result<std::vector<Address>> labelled(ChainId chain, Category category) const override;
    Result<std::vector<Address>> labelled() const override;
    Status each_label(const std::function<bool(const Label&)>& visit) const override;
    Result<std::optional<AssetInfo>> asset(ChainId chain, const Asset& asset) const override;
    Result<std::vector<AssetInfo>> assets_by_symbol(ChainId chain,
                                                    std::string_view symbol) const override;
    Result<std::optional<Price>> price(ChainId chain, const Asset& asset,
                                       UnixMillis time) const override;
    Result<std::vector<Fact>> facts(ChainId chain, const Hash256& txn) const override;
    Result<std::vector<Fact>> facts(FactKind kind, std::string_view key) const override;
    Result<std::vector<Fact>> facts(ChainId chain, FactKind kind) const override;
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
    Status add_label(const Label& label, std::string_view chain, int64_t list, int64_t source);
    Result<int64_t> list_id(const LabelList& list, std::optional<LabelList>& before);
    Result<std::vector<Label>> said_by_list(int64_t list, const std::string& name);
    Status replace(std::span<const Label> gone, std::span<const Label> said, int64_t list,
                   std::map<std::string_view, int64_t>& sources);
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
    Statement find_list_, add_list_, update_list_, of_list_, forget_listed_;
    Statement add_asset_, add_price_, add_wallet_, add_fact_, add_input_;
    mutable Statement labels_, anywhere_, labelled_, every_labelled_, every_label_, lists_, asset_,
        by_symbol_, price_, prices_, wallets_, inputs_, counts_;
    mutable Statement facts_of_, facts_with_, facts_on_;
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
