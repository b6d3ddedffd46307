// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <cordon/ledger/ledger.hpp>

#include "must.hpp"
#include "store.hpp"

namespace cordon::bench {
namespace {

class CordonStore final : public Store {
public:
    explicit CordonStore(const std::string& directory)
        : writer_{must(ledger::open_writer(directory))} {}

    void add(std::span<const Block> blocks) override { must(writer_->append(blocks)); }

    void finish() override {
        must(writer_->seal());
        reader_ = must(writer_->snapshot());
    }

    void out_edges(const Address& sender, std::size_t limit, std::vector<Edge>& edges) override {
        edges.clear();
        const auto cursor = reader_->account_txns_of(kEthereum, sender, ledger::Side::kSender,
                                                     ledger::Order::kAscending, {});
        while (edges.size() < limit) {
            const auto at = must(cursor->next());
            if (!at) break;
            const auto placed = must(reader_->account_txn(kEthereum, *at));
            for (const Transfer& each : placed.txn.transfers)
                if (each.from == sender && edges.size() < limit)
                    edges.push_back({*at, each.to, each.asset, each.amount});
        }
    }

    std::optional<TxnPosition> find_txn(const Hash256& hash) override {
        return must(reader_->find_txn(kEthereum, hash));
    }

    uint64_t scan(const Address& receiver) override {
        uint64_t count = 0;
        must(reader_->scan(kEthereum, 0, UINT64_MAX, [&](const Block& block) -> Status {
            for (const AccountTxn& txn : block.account_txns)
                for (const Transfer& each : txn.transfers) count += each.to == receiver ? 1 : 0;
            return {};
        }));
        return count;
    }

private:
    std::unique_ptr<ledger::Writer> writer_;
    std::shared_ptr<const ledger::Reader> reader_;
};

}  // namespace

std::unique_ptr<Store> make_cordon_store(const std::string& directory) {
    return std::make_unique<CordonStore>(directory);
}

}  // namespace cordon::bench
