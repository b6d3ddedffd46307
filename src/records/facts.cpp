// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "columns.hpp"
#include "sqlite_store.hpp"

namespace cordon::records {
namespace {

/// What is not said is stored as an empty blob.
class MaybeAddress {
public:
    explicit MaybeAddress(const Address& address) noexcept
        : blob_{address}, empty_{address.empty()} {}
    ByteView view() const noexcept { return empty_ ? blob_.view().first(0) : blob_.view(); }

private:
    AddressBlob blob_;
    bool empty_;
};

}  // namespace

Status SqliteStore::put_facts(std::span<const Fact> facts) {
    if (facts.empty()) return {};
    CORDON_TRY(check_all(facts, "fact"));
    std::unique_ptr<Transaction> db_txn;
    CORDON_TRY(begin(db_txn));
    ChainTexts chains;
    for (const Fact& fact : facts) {
        const MaybeAddress contract{fact.contract}, sender{fact.sender}, receiver{fact.receiver};
        const std::string amount = fact.amount.to_string(), fee = fact.fee.to_string();
        add_fact_.bind(1, chains.of(fact.chain));
        add_fact_.bind(2, ByteView{fact.txn});
        add_fact_.bind(3, int64_t{fact.index});
        add_fact_.bind(4, to_string(fact.kind));
        add_fact_.bind(5, fact.key);
        add_fact_.bind(6, contract.view());
        add_fact_.bind(7, sender.view());
        add_fact_.bind(8, receiver.view());
        add_fact_.bind(9, fact.asset.text());
        add_fact_.bind(10, amount);
        add_fact_.bind(11, fee);
        add_fact_.bind(12, fact.far_chain ? chains.of(*fact.far_chain) : std::string_view{});
        add_fact_.bind(13, fact.far_asset ? fact.far_asset->text() : std::string_view{});
        CORDON_TRY(add_fact_.run());
    }
    return db_txn->commit();
}

Result<std::vector<Fact>> SqliteStore::facts(ChainId chain, const Hash256& txn) const {
    const std::string chain_text = to_string(chain);
    const ResetLater reset_later{facts_of_};
    facts_of_.bind(1, chain_text);
    facts_of_.bind(2, ByteView{txn});
    return read_all(facts_of_, fact_row);
}

Result<std::vector<Fact>> SqliteStore::facts(FactKind kind, std::string_view key) const {
    const ResetLater reset_later{facts_with_};
    facts_with_.bind(1, to_string(kind));
    facts_with_.bind(2, key);
    return read_all(facts_with_, fact_row);
}

Result<std::vector<Fact>> SqliteStore::facts(ChainId chain, FactKind kind) const {
    const std::string chain_text = to_string(chain);
    const ResetLater reset_later{facts_on_};
    facts_on_.bind(1, chain_text);
    facts_on_.bind(2, to_string(kind));
    return read_all(facts_on_, fact_row);
}

}  // namespace cordon::records
