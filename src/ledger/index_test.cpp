// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "index.hpp"

#include "index_builder.hpp"
#include "test_support.hpp"

namespace cordon::ledger {
namespace {

using index::Table;

/// Random blocks as columns: of them only what an index is made of.
class HeadMaker {
public:
    HeadMaker(ChainId chain, uint64_t seed) : head{chain}, random_{seed} {}

    void add_block(unsigned txns) {
        head.begin_block({head.blocks.size() + 1, BlockNumKind::kHeight, {}, {}, {}});
        const bool utxo = is_utxo(head.chain);
        for (unsigned i = 0; i < txns; ++i) {
            head.hash.push_back(test::hash(random_(), 2));
            head.row_begin.push_back(static_cast<uint32_t>(head.to.size()));
            head.input_begin.push_back(static_cast<uint32_t>(head.spent.size()));
            for (uint64_t n = utxo ? below(3) : 0; n != 0; --n) add_input();
            for (uint64_t n = below(4); n != 0; --n) {
                head.to.push_back(some_address());
                if (!utxo) head.from.push_back(some_address());
            }
        }
    }

    uint64_t below(uint64_t n) { return random_() % n; }

    Head head;

private:
    void add_input() {
        const auto input = head.spent.size();
        const bool foreign = head.to.empty() || below(4) == 0;
        head.spent.push_back(foreign ? 0 : 1 + below(head.to.size()));
        head.sender.push_back(foreign && below(2) == 0 ? kNoId : some_address());
        if (foreign)
            head.foreign.push_back({input, {test::hash(random_(), 4), 0}, head.sender.back(), 0});
    }
    uint32_t some_address() {
        const auto known = static_cast<uint32_t>(head.addresses.size());
        if (known != 0 && below(4) != 0) return static_cast<uint32_t>(below(known));
        const Hash256 payload = test::hash(random_());
        head.addresses.push_back({AddressKind::kEvm, ByteView{payload.bytes}.first(20)});
        return known;
    }

    std::mt19937_64 random_;
};

Bytes index_bytes(const Head& head, std::size_t first, std::size_t end) {
    Bytes bytes;
    IndexScratch scratch;
    EXPECT_TRUE(write_index(memory_sink(bytes), head, first, end, scratch));
    return bytes;
}

std::shared_ptr<const Index> open(Bytes bytes) {
    const auto index = Index::from_bytes(std::move(bytes), "index", false);
    EXPECT_TRUE(index) << index.error().message;
    return index ? *index : nullptr;
}

Result<Bytes> merge(std::initializer_list<IndexSource> sources) {
    Bytes bytes;
    const std::atomic<bool> cancel{false};
    const std::vector<IndexSource> all{sources};
    CORDON_TRY(merge_indexes(memory_sink(bytes), all, cancel));
    return bytes;
}

IndexSource source(const Head& head, std::size_t first, std::size_t end) {
    return {open(index_bytes(head, first, end)), head.at(end)};
}

/// The index again, with right checksums and one column changed.
template <typename Change>
std::shared_ptr<const Index> rewrite(const Index& index, std::size_t column, Change&& change) {
    Bytes bytes;
    ColumnFileWriter out{index::kFile, kEthereum, memory_sink(bytes)};
    for (std::size_t i = 0; i < index::kColumnCount; ++i) {
        const Column& from = index.file().column(i);
        std::vector<uint64_t> numbers(static_cast<std::size_t>(from.count()));
        EXPECT_TRUE(from.unpack(0, numbers.size(), numbers.data()));
        if (i == column) change(numbers);
        out.put_packed(i, numbers);
    }
    EXPECT_TRUE(out.finish(index.file().footer().counters));
    return open(std::move(bytes));
}

class IndexOf : public testing::TestWithParam<ChainId> {};
INSTANTIATE_TEST_SUITE_P(Chains, IndexOf, testing::Values(kEthereum, kBitcoin),
                         [](const auto& of) { return is_utxo(of.param) ? "utxo" : "account"; });

TEST_P(IndexOf, many_blocks_is_the_same_whether_it_was_merged_or_made_at_once) {
    HeadMaker maker{GetParam(), 1};
    // Far apart in size, in both orders, and blocks without any txn.
    for (const unsigned txns : {0U, 3U, 9'000U, 1U, 700U, 0U, 2'500U, 40U}) maker.add_block(txns);
    const Head& head = maker.head;
    const Bytes whole = index_bytes(head, 0, 8);
    for (std::size_t a = 1; a < 8; ++a)
        for (std::size_t b = a + 1; b < 8; ++b) {
            const auto merged = merge({source(head, 0, a), source(head, a, b), source(head, b, 8)});
            ASSERT_TRUE(merged) << merged.error().message;
            EXPECT_EQ(*merged, whole) << a << ' ' << b;
        }
}

TEST_P(IndexOf, an_address_with_more_than_is_put_together_at_once_is_merged_like_any_other) {
    HeadMaker maker{GetParam(), 8};
    for (int i = 0; i < 3; ++i) maker.add_block(50'000);
    Head& head = maker.head;
    for (std::size_t row = 0; row < head.to.size(); row += 2) head.to[row] = 1;
    ASSERT_GT(head.to.size() / 2, 70'000U);
    const auto merged = merge({source(head, 0, 1), source(head, 1, 3)});
    ASSERT_TRUE(merged) << merged.error().message;
    EXPECT_EQ(*merged, index_bytes(head, 0, 3));
    Index::List list;
    ASSERT_TRUE(open(*merged)->list(true, 1, list));
    EXPECT_GE(list.end - list.begin, (head.to.size() + 1) / 2);
}

TEST_P(IndexOf, addresses_that_all_have_a_list_needs_no_directory) {
    HeadMaker maker{GetParam(), 9};
    for (int i = 0; i < 3; ++i) maker.add_block(2'000);
    Head& head = maker.head;
    // Those that a block brings receive all that it has, one after the other.
    std::vector<std::vector<uint64_t>> rows_of(head.addresses.size());
    for (std::size_t block = 0; block < 3; ++block) {
        const Totals begin = head.at(block), end = head.at(block + 1);
        ASSERT_GT(end.rows - begin.rows, end.addresses - begin.addresses);
        for (uint64_t row = begin.rows; row < end.rows; ++row) {
            const uint64_t id =
                begin.addresses + (row - begin.rows) % (end.addresses - begin.addresses);
            head.to[row] = static_cast<uint32_t>(id);
            rows_of[id].push_back(row);
        }
    }
    const Bytes whole = index_bytes(head, 0, 3);
    const auto merged = merge({source(head, 0, 1), source(head, 1, 3)});
    ASSERT_TRUE(merged) << merged.error().message;
    EXPECT_EQ(*merged, whole);
    const auto index = open(whole);
    EXPECT_EQ(index->file().column(index::kInDirectory).size(), 0U);
    Index::List list;
    for (std::size_t id = 0; id < rows_of.size(); ++id) {
        ASSERT_TRUE(index->list(true, id, list));
        std::vector<uint64_t> rows(static_cast<std::size_t>(list.end - list.begin));
        for (std::size_t i = 0; i < rows.size(); ++i)
            ASSERT_TRUE(index->entry(true, list.begin + i, rows[i]));
        ASSERT_EQ(rows, rows_of[id]);
    }
    for (std::size_t id = rows_of.size(); id < rows_of.size() + 3; ++id) {
        ASSERT_TRUE(index->list(true, id, list));
        EXPECT_EQ(list.begin, list.end);
    }
}

TEST_P(IndexOf, blocks_that_were_cut_has_nothing_of_them_once_it_is_merged) {
    HeadMaker old{GetParam(), 2};
    for (int i = 0; i < 6; ++i) old.add_block(300);
    HeadMaker now{GetParam(), 3};
    now.head = old.head;
    now.head.truncate(4);
    now.add_block(500);
    now.add_block(20);
    const IndexSource cut{open(index_bytes(old.head, 0, 6)), old.head.at(4)};
    const auto merged = merge({cut, source(now.head, 4, 6)});
    ASSERT_TRUE(merged) << merged.error().message;
    EXPECT_EQ(*merged, index_bytes(now.head, 0, 6));
}

TEST(Index, finds_every_txn_and_no_other) {
    HeadMaker maker{kEthereum, 4};
    maker.add_block(20'000);
    const Head& head = maker.head;
    const auto index = open(index_bytes(head, 0, 1));
    uint64_t asked = 0;
    const auto find = [&](const Hash256& hash, uint64_t end, uint64_t& number) {
        return index->find(
            Table::kTxns, hash_of(hash), end,
            [&](uint64_t txn) {
                ++asked;
                return head.hash[txn] == hash ? Probe::kYes : Probe::kNo;
            },
            number);
    };
    for (uint64_t i = 0; i < head.hash.size(); ++i) {
        uint64_t number = 0;
        ASSERT_EQ(find(head.hash[i], head.hash.size(), number), Probe::kYes);
        ASSERT_EQ(number, i);
        ASSERT_EQ(find(head.hash[i], i, number), Probe::kNo);  // It is not visible.
    }
    EXPECT_LT(asked, head.hash.size() + 10);
    for (uint64_t i = 0; i < 20'000; ++i) {
        uint64_t number = 0;
        ASSERT_EQ(find(test::hash(i, 9), head.hash.size(), number), Probe::kNo);
    }
    EXPECT_LT(asked, head.hash.size() + 20);
}

TEST(Index, finds_the_later_of_two_that_have_one_hash) {
    HeadMaker maker{kBitcoin, 5};
    maker.add_block(400);
    maker.head.hash[390] = maker.head.hash[7];
    const auto index = open(index_bytes(maker.head, 0, 1));
    const auto found = [&](uint64_t end) {
        uint64_t number = UINT64_MAX;
        index->find(
            Table::kTxns, hash_of(maker.head.hash[7]), end, [](uint64_t) { return Probe::kYes; },
            number);
        return number;
    };
    EXPECT_EQ(found(400), 390U);
    EXPECT_EQ(found(390), 7U);
    EXPECT_EQ(found(7), UINT64_MAX);
}

TEST(Index, finds_what_lies_far_from_where_it_is_expected) {
    // Hashes of a sixteenth of all prefixes, and of one forty: entries stand where an even spread
    // has none, in buckets of any size.
    for (const unsigned txns : {1U, 11U, 12U, 13U, 63U, 64U, 300U, 3'000U}) {
        HeadMaker maker{kBitcoin, txns};
        maker.add_block(txns);
        Head& head = maker.head;
        uint64_t seed = 0;
        for (Hash256& hash : head.hash) {
            while (index::prefix_of(hash_of(hash)) >> (index::kPrefixBits - 4) != txns % 16)
                hash = test::hash(++seed, 3);
            if (maker.below(8) == 0) hash = head.hash[maker.below(txns)];
        }
        for (uint64_t i = 0; i < std::min(40U, txns / 2); ++i)
            head.hash[maker.below(txns)] = head.hash.front();
        const auto index = open(index_bytes(head, 0, 1));
        for (uint64_t i = 0; i < txns; ++i) {
            const uint64_t end = maker.below(txns + 1);
            uint64_t expected = UINT64_MAX;
            for (uint64_t j = 0; j < end; ++j)
                if (head.hash[j] == head.hash[i]) expected = j;
            uint64_t number = UINT64_MAX;
            const auto is = [&](uint64_t txn) {
                return head.hash[txn] == head.hash[i] ? Probe::kYes : Probe::kNo;
            };
            ASSERT_EQ(index->find(Table::kTxns, hash_of(head.hash[i]), end, is, number),
                      expected == UINT64_MAX ? Probe::kNo : Probe::kYes);
            ASSERT_EQ(number, expected) << i << " of " << txns << " below " << end;
        }
    }
}

TEST(Index, is_found_to_be_wrong_in_a_merge_when_only_its_checksums_are_right) {
    HeadMaker maker{kEthereum, 6};
    maker.add_block(200);
    maker.add_block(200);
    const Head& head = maker.head;
    const IndexSource second = source(head, 1, 2);
    const auto good = open(index_bytes(head, 0, 1));
    const auto with = [&](std::size_t column, uint64_t at, uint64_t number) {
        return rewrite(*good, column, [&](std::vector<uint64_t>& numbers) {
            numbers[static_cast<std::size_t>(at)] = number;
        });
    };
    const auto failed = [&](std::size_t column, uint64_t at, uint64_t number) {
        const auto merged = merge({{with(column, at, number), head.at(1)}, second});
        return !merged && merged.error().code == ErrorCode::kCorrupt &&
               merged.error().message.find(index::kNames[column]) != std::string::npos;
    };
    uint64_t entry = 0;
    ASSERT_TRUE(good->file().column(index::kTxnTable).read(17, entry));
    EXPECT_TRUE(merge({{with(index::kTxnTable, 17, entry), head.at(1)}, second}));
    constexpr uint64_t kNoTxn = uint64_t{4'000} << index::kPrefixBits;
    EXPECT_TRUE(failed(index::kTxnTable, 17, entry | kNoTxn));
    uint64_t address = 0;
    ASSERT_TRUE(good->file().column(index::kAddressTable).read(0, address));
    EXPECT_TRUE(failed(index::kAddressTable, 0, address | kNoTxn));

    // Lists: one that begins behind the next one, one behind the column, addresses that do not
    // rise, an address that is not there, and a row that is not.
    uint64_t key = 0;
    ASSERT_TRUE(good->file().column(index::kInKey).read(5, key));
    const unsigned low = good->low_bits(true);
    EXPECT_TRUE(merge({{with(index::kInKey, 5, key), head.at(1)}, second}));
    EXPECT_TRUE(failed(index::kInKey, 5, key + (uint64_t{1'000} << low)));
    EXPECT_TRUE(failed(index::kInKey, good->key_count(true), uint64_t{100'000} << low));
    ASSERT_NE(low, 0U);
    EXPECT_TRUE(failed(index::kInKey, 5, key ^ packed_mask(low)));
    const auto no_row = with(index::kIn, 3, head.to.size() + 7);
    const auto merged = merge({{no_row, head.at(2)}, second});
    ASSERT_FALSE(merged);
    EXPECT_EQ(merged.error().code, ErrorCode::kCorrupt);
}

TEST(Index, that_counts_more_than_there_can_be_is_not_opened) {
    struct Case {
        uint64_t txns, entries;  // Entries of receivers, of no rows.
        uint64_t addresses;      // Before it.
        bool opens;
    };
    constexpr uint64_t kTooMany = uint64_t{1} << 32;
    for (const Case each : {Case{UINT32_MAX, 0, UINT32_MAX, true},
                            {kTooMany, 0, 0, false},
                            {1, 1, 0, false},
                            {1, 0, kTooMany, false}}) {
        Bytes bytes;
        ColumnFileWriter out{index::kFile, kEthereum, memory_sink(bytes)};
        for (const std::size_t table :
             {index::kTxnTable, index::kAddressTable, index::kSpendTable}) {
            out.put_constant(table, 0, table == index::kTxnTable ? each.txns : 0);
            out.put_constant(index::table_directory(table), 0, 1);
        }
        for (const bool receiving : {false, true})
            out.put_constant(Index::directory(receiving), 0, (each.addresses >> 32) + 2);
        out.put_constant(index::kIn, 0, each.entries);
        std::array<uint64_t, kCounters> counters{};
        counters[index::kOwn + 1] = each.txns;  // Blocks, txns, rows, inputs, addresses, assets.
        counters[index::kFirst + 4] = each.addresses;
        counters[index::kLowBits] = 32 | 32 << 8;
        ASSERT_TRUE(out.finish(counters));
        EXPECT_EQ(Index::from_bytes(bytes, "index", false).has_value(), each.opens) << each.txns;
    }
}

TEST(Index, is_not_followed_where_a_directory_leads_outside) {
    for (const uint64_t begin : {uint64_t{1} << 40, 0 - (uint64_t{1} << 40)}) {
        HeadMaker maker{kEthereum, 7};
        maker.add_block(500);
        const auto good = open(index_bytes(maker.head, 0, 1));
        const auto index =
            rewrite(*good, index::kTxnDirectory, [begin](std::vector<uint64_t>& numbers) {
                std::fill(numbers.begin(), numbers.end(), begin);
            });
        ASSERT_TRUE(index);
        uint64_t number = 0;
        EXPECT_EQ(
            index->find(
                Table::kTxns, UINT64_MAX / 3, 500, [](uint64_t) { return Probe::kYes; }, number),
            Probe::kDamaged);
        EXPECT_FALSE(merge({{index, maker.head.at(1)}}));
    }
}

TEST(Index, has_no_list_where_a_directory_counts_more_keys_than_there_are) {
    HeadMaker maker{kEthereum, 7};
    maker.add_block(500);
    const auto good = open(index_bytes(maker.head, 0, 1));
    for (const uint64_t keys : {good->key_count(true) + 1, UINT64_MAX}) {
        const uint64_t even = index::even_keys(uint64_t{1} << good->low_bits(true),
                                               good->key_count(true), good->end().addresses);
        const auto index = rewrite(*good, index::kInDirectory, [&](std::vector<uint64_t>& numbers) {
            numbers.at(0) = 0;
            numbers.at(1) = keys - even;
        });
        ASSERT_TRUE(index);
        Index::List list;
        EXPECT_TRUE(good->list(true, 0, list));
        EXPECT_FALSE(index->list(true, 0, list)) << keys;
    }
}

}  // namespace
}  // namespace cordon::ledger
