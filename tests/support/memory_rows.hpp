// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <memory>
#include <unordered_map>
#include <vector>

#include <cordon/ledger/numbered_rows.hpp>

namespace cordon::test {

/// The numbers that a ledger would give to what the blocks of one account chain hold.
struct MemoryNumbers {
    std::vector<ledger::NumberedRow> rows;
    std::vector<ledger::NumberedRows::Txn> txns;
    std::vector<std::size_t> first_rows;  ///< By txn.
    std::vector<Address> addresses;
    std::vector<Asset> assets;
    std::unordered_map<Address, uint32_t> ids;
    std::vector<std::vector<std::size_t>> rows_of;  ///< By address.

    void add(const Block& block) {
        for (uint32_t i = 0; i < block.account_txns.size(); ++i) {
            const AccountTxn& txn = block.account_txns[i];
            first_rows.push_back(rows.size());
            for (const Transfer& row : txn.transfers) {
                const uint32_t from = note(row.from), to = note(row.to);
                rows_of[from].push_back(rows.size());
                if (to != from) rows_of[to].push_back(rows.size());
                rows.push_back({rows.size(), txns.size(), from, to, note(row.asset), row.index,
                                row.amount, row.kind});
            }
            txns.push_back({{block.header.number, i},
                            txn.time ? txn.time : block.header.time,
                            txn.time,
                            txn.hash});
        }
    }
    std::optional<uint32_t> id_of(const Address& address) const {
        const auto at = ids.find(address);
        return at == ids.end() ? std::nullopt : std::optional{at->second};
    }

private:
    uint32_t note(const Address& address) {
        const auto [at, fresh] = ids.emplace(address, static_cast<uint32_t>(addresses.size()));
        if (fresh) {
            addresses.push_back(address);
            rows_of.emplace_back();
        }
        return at->second;
    }
    uint32_t note(const Asset& asset) {
        const auto at = std::find(assets.begin(), assets.end(), asset);
        const auto number = static_cast<uint32_t>(at - assets.begin());
        if (at == assets.end()) assets.push_back(asset);
        return number;
    }
};

class MemoryRows final : public ledger::NumberedRows {
public:
    explicit MemoryRows(std::shared_ptr<const MemoryNumbers> all) : all_{std::move(all)} {}

    Result<std::size_t> rows_of(uint32_t address, uint64_t from,
                                std::span<ledger::NumberedRow> page) override {
        std::size_t count = 0;
        if (address >= all_->rows_of.size()) return count;
        const auto& list = all_->rows_of[address];
        for (auto at = std::lower_bound(list.begin(), list.end(), from);
             at != list.end() && count < page.size(); ++at)
            page[count++] = all_->rows[*at];
        return count;
    }
    Status rows_in(uint64_t txn, std::vector<ledger::NumberedRow>& rows) override {
        const auto first = all_->first_rows.at(txn);
        const auto end =
            txn + 1 < all_->first_rows.size() ? all_->first_rows[txn + 1] : all_->rows.size();
        rows.assign(all_->rows.begin() + static_cast<std::ptrdiff_t>(first),
                    all_->rows.begin() + static_cast<std::ptrdiff_t>(end));
        return {};
    }
    Result<Txn> txn(uint64_t number) override { return all_->txns.at(number); }
    Result<uint64_t> number(TxnPosition at) override {
        const auto found =
            std::lower_bound(all_->txns.begin(), all_->txns.end(), at,
                             [](const Txn& txn, TxnPosition p) { return txn.at < p; });
        return static_cast<uint64_t>(found - all_->txns.begin());
    }
    Result<Address> address(uint32_t number) override { return all_->addresses.at(number); }
    Result<Asset> asset(uint32_t number) override { return all_->assets.at(number); }

private:
    std::shared_ptr<const MemoryNumbers> all_;  // Owned with the ledger.
};

}  // namespace cordon::test
