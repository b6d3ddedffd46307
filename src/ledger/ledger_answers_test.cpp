// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
// Every question of ledger.hpp, asked of a reader and of a list of blocks.
#include "test_answers.hpp"
#include "test_truth.hpp"

namespace cordon::ledger::test {
namespace {

template <typename Row>
std::vector<Row> drain_pages(PageCursor<Row>& cursor, std::size_t size) {
    std::vector<Row> all, page(size);
    while (true) {
        const auto n = cursor.next(page);
        EXPECT_TRUE(n) << n.error().message;
        if (!n || *n == 0) return all;
        all.insert(all.end(), page.begin(), page.begin() + static_cast<std::ptrdiff_t>(*n));
    }
}

/// Asks one reader; gtest failures at what differs.
class Questions {
public:
    Questions(const Reader& reader, ChainId chain, const Naive& naive, uint64_t seed)
        : reader_{reader},
          chain_{chain},
          naive_{naive},
          blocks_{naive.blocks()},
          truth_{naive.blocks()},
          random_{seed} {}

    void ask() {
        blocks_and_txns();
        summary();
        ids();
        fields();
        scans();
        is_utxo(chain_) ? shapes() : numbers();
        // All addresses of a small chain, a choice of a large one.
        const auto& all = truth_.addresses();
        for (std::size_t i = 0; i < all.size(); i += 1 + random_() % (1 + all.size() / 16)) {
            txns_of(all[i]);
            is_utxo(chain_) ? outputs_of(all[i]) : transfers_of(all[i]);
        }
    }

private:
    std::optional<TxnPosition> any_place() {
        if (blocks_.empty() || random_() % 3 == 0) return std::nullopt;
        const Block& block = blocks_[random_() % blocks_.size()];
        return TxnPosition{block.header.number + random_() % 3 - 1,
                           random_() % 9 == 0 ? UINT32_MAX : static_cast<uint32_t>(random_() % 4)};
    }
    Order any_order() { return random_() % 2 == 0 ? Order::kAscending : Order::kDescending; }

    void blocks_and_txns() {
        EXPECT_EQ(scan_all(reader_, chain_), blocks_);
        for (const auto& [hash, at] : truth_.txns())
            EXPECT_EQ(reader_.find_txn(chain_, hash).value(), at);
        EXPECT_EQ(reader_.find_txn(chain_, hash(77, 77)).value(), std::nullopt);
        for (std::size_t i = 0; i < blocks_.size(); ++i) {
            const Block& block = blocks_[i];
            const BlockNum number = block.header.number;
            EXPECT_EQ(reader_.block(chain_, number).value(), block.header);
            if (i == 0 || blocks_[i - 1].header.number + 1 != number) {
                EXPECT_EQ(reader_.block(chain_, number - 1).value(), std::nullopt);
            }
            uint32_t n = 0;
            for (const AccountTxn& txn : block.account_txns) {
                const auto placed = reader_.account_txn(chain_, {number, n++});
                EXPECT_EQ(placed.value().txn, txn);
                EXPECT_EQ(placed.value().time, txn.time ? txn.time : block.header.time);
            }
            for (const UtxoTxn& txn : block.utxo_txns) {
                const auto placed = reader_.utxo_txn(chain_, {number, n++});
                EXPECT_EQ(placed.value().txn, txn);
                EXPECT_EQ(placed.value().time, block.header.time);
                for (const TxIn& input : txn.inputs)
                    EXPECT_EQ(reader_.spender(chain_, input.prevout).value(),
                              truth_.spender(input.prevout));
                for (uint32_t out = 0; out <= txn.outputs.size(); ++out)
                    EXPECT_EQ(reader_.spender(chain_, {txn.txid, out}).value(),
                              truth_.spender({txn.txid, out}));
            }
        }
    }

    void summary() {
        const auto chains = reader_.chains();
        ASSERT_EQ(chains.size(), blocks_.empty() ? 0u : 1u);
        if (blocks_.empty()) return;
        uint64_t txns = 0;
        for (const Block& block : blocks_)
            txns += block.account_txns.size() + block.utxo_txns.size();
        EXPECT_EQ(chains[0].first, blocks_.front().header);
        EXPECT_EQ(chains[0].tip, blocks_.back().header);
        EXPECT_EQ(chains[0].blocks, blocks_.size());
        EXPECT_EQ(chains[0].txns, txns);
        EXPECT_EQ(chains[0].transfers, truth_.rows().size());
    }

    void ids() {
        const auto& all = truth_.addresses();
        ASSERT_EQ(reader_.address_count(chain_), all.size());
        for (uint32_t id = 0; id < all.size(); ++id) {
            EXPECT_EQ(reader_.address(chain_, id).value(), all[id]);
            EXPECT_EQ(reader_.address_id(chain_, all[id]).value(), id);
        }
        EXPECT_EQ(reader_.address_id(chain_, address(9999)).value(), std::nullopt);
        EXPECT_FALSE(reader_.address(chain_, static_cast<uint32_t>(all.size())));
    }

    /// Every txn, and every address from a row on, in numbers; and nothing behind the last.
    void numbers() {
        const auto numbered = reader_.numbered(chain_);
        ASSERT_EQ(numbered == nullptr, blocks_.empty());
        if (!numbered) return;
        std::vector<NumberedRow> all, rows;
        uint64_t number = 0;
        for (const Block& block : blocks_) {
            EXPECT_EQ(numbered->number({block.header.number, 0}).value(), number);
            for (uint32_t i = 0; i < block.account_txns.size(); ++i, ++number) {
                const AccountTxn& txn = block.account_txns[i];
                const auto placed = numbered->txn(number).value();
                EXPECT_EQ(placed.at, (TxnPosition{block.header.number, i}));
                EXPECT_EQ(placed.time, txn.time ? txn.time : block.header.time);
                EXPECT_EQ(placed.own_time, txn.time);
                EXPECT_EQ(placed.hash, txn.hash);
                ASSERT_TRUE(numbered->rows_in(number, rows));
                ASSERT_EQ(rows.size(), txn.transfers.size());
                for (std::size_t n = 0; n < rows.size(); ++n) {
                    EXPECT_EQ(rows[n].row, all.size() + n);
                    EXPECT_EQ(rows[n].txn, number);
                    EXPECT_EQ(named(*numbered, rows[n]), txn.transfers[n]);
                }
                all.insert(all.end(), rows.begin(), rows.end());
            }
        }
        EXPECT_FALSE(numbered->txn(number));
        EXPECT_FALSE(numbered->rows_in(number, rows));
        const auto count = static_cast<uint32_t>(truth_.addresses().size());
        EXPECT_FALSE(numbered->address(count));
        for (uint32_t id = 0; id <= count; ++id) {
            uint64_t from = random_() % 3 == 0 ? random_() % (all.size() + 2) : 0;
            std::vector<NumberedRow> wanted, found, page(1 + random_() % 9);
            for (const NumberedRow& row : all)
                if ((row.from == id || row.to == id) && row.row >= from) wanted.push_back(row);
            for (std::size_t read = page.size(); read == page.size();) {
                read = numbered->rows_of(id, from, page).value();
                found.insert(found.end(), page.begin(),
                             page.begin() + static_cast<std::ptrdiff_t>(read));
                if (read > 0) from = page[read - 1].row + 1;
            }
            EXPECT_EQ(found, wanted);
        }
    }
    static Transfer named(NumberedRows& numbered, const NumberedRow& row) {
        return {row.index,
                numbered.address(row.from).value(),
                numbered.address(row.to).value(),
                numbered.asset(row.asset).value(),
                row.amount,
                row.kind};
    }

    std::vector<uint64_t> field(Field field) {
        std::vector<uint64_t> seen;
        const Status status = reader_.scan_field(
            chain_, field, [&](uint64_t first, std::span<const uint64_t> page) -> Status {
                EXPECT_EQ(first, seen.size());
                EXPECT_FALSE(page.empty());
                seen.insert(seen.end(), page.begin(), page.end());
                return {};
            });
        EXPECT_TRUE(status) << status.error().message;
        return seen;
    }
    template <typename Value>
    std::vector<uint64_t> expected(Value&& value) const {
        std::vector<uint64_t> all;
        for (const Truth::Row& row : truth_.rows()) all.push_back(value(row));
        return all;
    }
    void fields() {
        if (is_utxo(chain_)) {
            EXPECT_EQ(field(Field::kReceiver), expected([&](const Truth::Row& row) -> uint64_t {
                          return truth_.id_of(row.output.address);
                      }));
            EXPECT_EQ(field(Field::kValue),
                      expected([](const Truth::Row& row) { return row.output.value; }));
            return;
        }
        EXPECT_EQ(field(Field::kSender), expected([&](const Truth::Row& row) -> uint64_t {
                      return truth_.id_of(row.transfer.from);
                  }));
        EXPECT_EQ(field(Field::kReceiver), expected([&](const Truth::Row& row) -> uint64_t {
                      return truth_.id_of(row.transfer.to);
                  }));
        // Same number, same asset, and the other way round.
        const std::vector<uint64_t> assets = field(Field::kAsset);
        ASSERT_EQ(assets.size(), truth_.rows().size());
        std::map<uint64_t, Asset> by_number;
        std::map<std::string, uint64_t> by_text;
        for (std::size_t i = 0; i < assets.size(); ++i) {
            const Asset& asset = truth_.rows()[i].transfer.asset;
            EXPECT_EQ(by_number.emplace(assets[i], asset).first->second, asset);
            EXPECT_EQ(by_text.emplace(std::string{asset.text()}, assets[i]).first->second,
                      assets[i]);
        }
    }

    void scans() {
        for (BlockNum i = 0; i < 4 && !blocks_.empty(); ++i) {
            const BlockNum first = blocks_[random_() % blocks_.size()].header.number + i % 2;
            const BlockNum last = blocks_[random_() % blocks_.size()].header.number - i / 2;
            std::vector<BlockNum> seen, wanted;
            const Status status =
                reader_.scan(chain_, first, last, [&seen](const Block& block) -> Status {
                    seen.push_back(block.header.number);
                    return {};
                });
            EXPECT_TRUE(status) << status.error().message;
            for (const Block& block : blocks_)
                if (block.header.number >= first && block.header.number <= last)
                    wanted.push_back(block.header.number);
            EXPECT_EQ(seen, wanted) << first << " to " << last;
        }
    }

    void shapes() {
        for (int i = 0; i < 4; ++i) {
            const TxnPosition from = i == 0 ? TxnPosition{} : any_place().value_or(TxnPosition{});
            std::vector<Truth::Shape> seen, wanted;
            const Status status =
                reader_.scan_shapes(chain_, from, true, [&seen](const TxnShape& shape) -> Status {
                    seen.push_back({shape.at,
                                    {shape.senders.begin(), shape.senders.end()},
                                    {shape.receivers.begin(), shape.receivers.end()},
                                    {shape.values.begin(), shape.values.end()}});
                    return {};
                });
            EXPECT_TRUE(status) << status.error().message;
            for (const Truth::Shape& shape : truth_.shapes())
                if (shape.at >= from) wanted.push_back(shape);
            EXPECT_TRUE(seen == wanted) << "shapes from " << from.block << ":" << from.txn;
            std::size_t n = 0;
            const Status senders =
                reader_.scan_shapes(chain_, from, false, [&](const TxnShape& shape) -> Status {
                    EXPECT_TRUE(n < wanted.size() && shape.at == wanted[n].at &&
                                std::ranges::equal(shape.senders, wanted[n].senders));
                    ++n;
                    return {};
                });
            EXPECT_TRUE(senders && n == wanted.size());
        }
    }

    void txns_of(const Address& who) {
        for (const Side side : {Side::kSender, Side::kReceiver, Side::kEither}) {
            const std::vector<TxnPosition> all = naive_.txns_of(who, side);
            for (int i = 0; i < 4; ++i) {
                const auto from = i < 2 ? std::nullopt : any_place();
                const bool up = i % 2 == 0;
                std::vector<TxnPosition> wanted;
                for (const TxnPosition& at : all)
                    if (!from || (up ? at >= *from : at <= *from)) wanted.push_back(at);
                if (!up) std::reverse(wanted.begin(), wanted.end());
                EXPECT_EQ(drain(*cursor_of(reader_, chain_, who, side,
                                           up ? Order::kAscending : Order::kDescending, from)),
                          wanted);
            }
        }
    }

    void transfers_of(const Address& who) {
        for (const Side side : {Side::kSender, Side::kReceiver, Side::kEither}) {
            for (int i = 0; i < 4; ++i) {
                TransferQuery query;
                query.side = side;
                query.order = any_order();
                if (i > 0) query.from = any_place();
                const auto any_row = [this]() -> const Truth::Row& {
                    return truth_.rows()[random_() % truth_.rows().size()];
                };
                if (i > 1) query.asset = any_row().transfer.asset;
                if (i == 1 || i == 3) query.since = any_row().block_time;
                if (random_() % 3 == 0) query.until = any_row().block_time;
                const std::vector<Truth::Row> wanted = truth_.transfers(who, query);
                const auto seen =
                    drain_pages(*reader_.transfers_of(chain_, who, query), 1 + random_() % 7);
                ASSERT_EQ(seen.size(), wanted.size());
                for (std::size_t n = 0; n < seen.size(); ++n) {
                    EXPECT_EQ(seen[n].at, wanted[n].at);
                    EXPECT_EQ(seen[n].time, wanted[n].time);
                    EXPECT_EQ(seen[n].transfer, wanted[n].transfer);
                }
            }
        }
    }

    void outputs_of(const Address& who) {
        for (int i = 0; i < 4; ++i) {
            const Order order = any_order();
            const auto from = i == 0 ? std::nullopt : any_place();
            const std::vector<Truth::Row> wanted = truth_.outputs(who, order, from);
            const auto seen =
                drain_pages(*reader_.outputs_of(chain_, who, order, from), 1 + random_() % 7);
            ASSERT_EQ(seen.size(), wanted.size());
            for (std::size_t n = 0; n < seen.size(); ++n) {
                EXPECT_EQ(seen[n].at, wanted[n].at);
                EXPECT_EQ(seen[n].index, wanted[n].index);
                EXPECT_EQ(seen[n].value, wanted[n].output.value);
                const auto& spent_by = wanted[n].spent_by;
                EXPECT_EQ(seen[n].spent_by, spent_by ? std::optional{spent_by->at} : std::nullopt)
                    << seen[n].at.block << ":" << seen[n].at.txn << ":" << seen[n].index;
            }
        }
        Balance wanted;
        for (const Truth::Row& row : truth_.outputs(who, Order::kAscending, {})) {
            ++wanted.outputs;
            wanted.received += row.output.value;
            if (row.spent_by) continue;
            ++wanted.unspent;
            wanted.value += row.output.value;
        }
        const Balance seen = reader_.balance(chain_, who).value();
        EXPECT_EQ(seen.outputs, wanted.outputs);
        EXPECT_EQ(seen.received, wanted.received);
        EXPECT_EQ(seen.unspent, wanted.unspent);
        EXPECT_EQ(seen.value, wanted.value);
    }

    const Reader& reader_;
    ChainId chain_;
    const Naive& naive_;
    const std::vector<Block>& blocks_;
    Truth truth_;
    std::mt19937_64 random_;
};

}  // namespace

bool same_answers(const Reader& reader, ChainId chain, const Naive& naive, uint64_t seed) {
    const bool failed_before = ::testing::Test::HasFailure();
    Questions{reader, chain, naive, seed}.ask();
    return failed_before || !::testing::Test::HasFailure();
}

}  // namespace cordon::ledger::test
