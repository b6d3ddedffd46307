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
        ledger::TransferQuery query;
        query.side = ledger::Side::kSender;
        const auto cursor = reader_->transfers_of(kEthereum, sender, query);
        while (edges.size() < limit) {
            const std::size_t room = std::min(page_.size(), limit - edges.size());
            const std::size_t found = must(cursor->next(std::span{page_}.first(room)));
            if (found == 0) break;
            for (const auto& [at, time, transfer] : std::span{page_}.first(found))
                edges.push_back({at, transfer.to, transfer.asset, transfer.amount});
        }
    }

    std::optional<TxnPosition> find_txn(const Hash256& hash) override {
        return must(reader_->find_txn(kEthereum, hash));
    }

    uint64_t scan(const Address& receiver) override {
        const auto id = must(reader_->address_id(kEthereum, receiver));
        if (!id) return 0;
        uint64_t count = 0;
        must(reader_->scan_field(
            kEthereum, ledger::Field::kReceiver,
            [&count, wanted = uint64_t{*id}](uint64_t, std::span<const uint64_t> page) -> Status {
                for (const uint64_t each : page) count += each == wanted ? 1 : 0;
                return {};
            }));
        return count;
    }

private:
    std::unique_ptr<ledger::Writer> writer_;
    std::shared_ptr<const ledger::Reader> reader_;
    std::array<ledger::PlacedTransfer, 64> page_;  // More than most addresses have.
};

}  // namespace

std::unique_ptr<Store> make_cordon_store(const std::string& directory) {
    return std::make_unique<CordonStore>(directory);
}

}  // namespace cordon::bench
