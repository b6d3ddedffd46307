// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "columns.hpp"

#include "rows.hpp"

namespace cordon::records {
namespace {

std::optional<UnixMillis> time_of(const Statement& row, int column) {
    if (row.is_null(column)) return std::nullopt;
    return UnixMillis{std::chrono::milliseconds{row.integer(column)}};
}

}  // namespace

Result<Label> label_row(const Statement& row) {
    Label label;
    if (const std::string_view chain = row.text(0); !chain.empty()) {
        CORDON_TRY(label.chain, decode_chain(chain));
    }
    label.text = row.text(1);
    CORDON_TRY(label.category, decode_category(row.text(2)));
    label.source = row.text(3);
    label.confidence = row.real(4);
    CORDON_TRY(label.address, decode_address(row.blob(5)));
    label.entity = row.text(6);
    label.detail = row.text(7);
    label.as_of = time_of(row, 8);
    label.list = row.text(9);
    return label;
}

Result<LabelList> list_row(const Statement& row) {
    return LabelList{.name = std::string{row.text(0)},
                     .schema = std::string{row.text(1)},
                     .as_of = time_of(row, 2),
                     .sha256 = std::string{row.text(3)},
                     .labels = static_cast<uint64_t>(row.integer(4))};
}

Result<AssetInfo> asset_row(const Statement& row) {
    AssetInfo info;
    CORDON_TRY(info.chain, decode_chain(row.text(0)));
    CORDON_TRY(info.asset, decode_asset(row.text(1)));
    info.symbol = row.text(2);
    info.decimals = static_cast<unsigned>(row.integer(3));
    CORDON_TRY(info.status, decode_status(row.text(4)));
    return info;
}

Result<Price> price_row(const Statement& row) {
    Price price;
    CORDON_TRY(price.chain, decode_chain(row.text(0)));
    CORDON_TRY(price.asset, decode_asset(row.text(1)));
    price.time = UnixMillis{std::chrono::milliseconds{row.integer(2)}};
    price.usd = row.real(3);
    return price;
}

Result<WalletAddress> wallet_row(const Statement& row) {
    WalletAddress wallet;
    CORDON_TRY(wallet.chain, decode_chain(row.text(0)));
    CORDON_TRY(wallet.address, decode_address(row.blob(1)));
    wallet.set = row.text(2);
    wallet.entity = row.text(3);
    wallet.tier = row.text(4);
    return wallet;
}

Result<Fact> fact_row(const Statement& row) {
    Fact fact;
    CORDON_TRY(fact.chain, decode_chain(row.text(0)));
    CORDON_TRY(fact.txn, decode_hash(row.blob(1)));
    CORDON_TRY(fact.index, decode_place(row.integer(2)));
    CORDON_TRY(fact.kind, decode_fact_kind(row.text(3)));
    fact.key = row.text(4);
    for (const auto& [column, address] :
         {std::pair{5, &fact.contract}, std::pair{6, &fact.sender}, std::pair{7, &fact.receiver}}) {
        if (row.blob(column).empty()) continue;
        CORDON_TRY(*address, decode_address(row.blob(column)));
    }
    CORDON_TRY(fact.asset, decode_asset(row.text(8)));
    CORDON_TRY(fact.amount, decode_amount(row.text(9)));
    CORDON_TRY(fact.fee, decode_amount(row.text(10)));
    if (const std::string_view chain = row.text(11); !chain.empty()) {
        CORDON_TRY(fact.far_chain, decode_chain(chain));
    }
    if (const std::string_view asset = row.text(12); !asset.empty()) {
        CORDON_TRY(fact.far_asset, decode_asset(asset));
    }
    return fact;
}

Result<Input> input_row(const Statement& row) {
    Input input;
    input.name = row.text(0);
    input.schema = row.text(1);
    input.bytes = static_cast<uint64_t>(row.integer(2));
    input.sha256 = row.text(3);
    input.rows = static_cast<uint64_t>(row.integer(4));
    return input;
}

}  // namespace cordon::records
