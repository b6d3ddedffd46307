// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <gtest/gtest.h>

#include <cordon/base/fault_disk.hpp>
#include "test_answers.hpp"
#include "writer.hpp"

namespace cordon::ledger {
namespace {

using namespace test;

TEST(Ledger, keeps_what_was_appended_across_a_reopen) {
    const TempDir dir;
    for (const ChainId chain : {kEthereum, kBitcoin}) {
        Naive naive;
        Stream stream{chain, 1};
        std::vector<Block> batch;
        {
            auto writer = open_writer(dir / to_string(chain)).value();
            for (int i = 0; i < 30; ++i) {
                batch.push_back(stream.next());
                naive.append(batch.back());
                if (i % 7 != 6) continue;
                const auto appended = writer->append(batch);
                ASSERT_TRUE(appended) << appended.error().message;
                EXPECT_EQ(appended->blocks, 7u);
                batch.clear();
                if (i == 13) {
                    ASSERT_TRUE(writer->seal());
                }
            }
            ASSERT_TRUE(writer->append(batch));
            EXPECT_TRUE(same_answers(*writer->snapshot().value(), chain, naive));
        }
        EXPECT_TRUE(same_answers(*open_reader(dir / to_string(chain)).value(), chain, naive));
        auto writer = open_writer(dir / to_string(chain)).value();
        EXPECT_TRUE(same_answers(*writer->snapshot().value(), chain, naive));
        ASSERT_TRUE(writer->seal());
        EXPECT_TRUE(same_answers(*open_reader(dir / to_string(chain)).value(), chain, naive));
        EXPECT_TRUE(verify(dir / to_string(chain)));
    }
}

/// A writer on a disk that does not wait, and what it says to a batch.
struct Desk {
    TempDir dir;
    FaultDisk disk = FaultDisk::none();
    std::unique_ptr<Writer> writer = open_writer_on(disk, dir / "l", {}, Limits{}).value();

    Result<Writer::Appended> append(std::vector<Block> batch) { return writer->append(batch); }
    ErrorCode refusal(std::vector<Block> batch) {
        const std::vector<Block> before = blocks();
        const auto result = writer->append(batch);
        EXPECT_FALSE(result);
        EXPECT_EQ(blocks(), before) << "a refused batch left something behind";
        return result ? ErrorCode{} : result.error().code;
    }
    std::shared_ptr<const Reader> reader() { return writer->snapshot().value(); }
    std::vector<Block> blocks() {
        std::vector<Block> all = scan_all(*reader(), kEthereum);
        for (Block& block : scan_all(*reader(), kBitcoin)) all.push_back(std::move(block));
        return all;
    }
};

TEST(LedgerAppend, takes_an_empty_batch_for_nothing) {
    Desk desk;
    EXPECT_EQ(desk.append({})->blocks, 0u);
    EXPECT_TRUE(desk.reader()->chains().empty());
}

TEST(LedgerAppend, skips_what_it_has_and_stores_the_rest) {
    Desk desk;
    ASSERT_TRUE(desk.append({simple_block(1), simple_block(2)}));
    const auto appended = desk.append({simple_block(1), simple_block(2), simple_block(9)});
    EXPECT_EQ(appended->skipped, 2u);
    EXPECT_EQ(appended->blocks, 1u);
    EXPECT_EQ(desk.writer->tip(kEthereum)->number, 9u);
}

TEST(LedgerAppend, refuses_another_block_of_a_known_number) {
    for (const bool sealed : {false, true}) {
        Desk desk;
        ASSERT_TRUE(desk.append({simple_block(1), simple_block(2)}));
        if (sealed) {
            ASSERT_TRUE(desk.writer->seal());
        }
        Block other = simple_block(1);
        other.header.hash = hash(77);
        EXPECT_EQ(desk.refusal({other}), ErrorCode::kConflict);
    }
}

TEST(LedgerAppend, refuses_a_block_in_a_gap_below_the_tip) {
    Desk desk;
    ASSERT_TRUE(desk.append({simple_block(1), simple_block(5)}));
    EXPECT_EQ(desk.refusal({simple_block(3)}), ErrorCode::kConflict);
}

TEST(LedgerAppend, refuses_a_parent_that_is_not_the_tip) {
    Desk desk;
    ASSERT_TRUE(desk.append({simple_block(1)}));
    Block next = simple_block(2);
    next.header.parent = hash(99);
    EXPECT_EQ(desk.refusal({next}), ErrorCode::kConflict);
    next.header.parent = simple_block(1).header.hash;
    EXPECT_TRUE(desk.append({next}));
    Block far = simple_block(4);  // The block before it is not stored: nothing to check against.
    far.header.parent = hash(99);
    EXPECT_TRUE(desk.append({far}));
}

TEST(LedgerAppend, refuses_disorder) {
    Desk desk;
    EXPECT_EQ(desk.refusal({simple_block(2), simple_block(1)}), ErrorCode::kOrder);
    EXPECT_EQ(desk.refusal({simple_block(2), simple_block(2)}), ErrorCode::kOrder);
    Block earlier = simple_block(3);
    earlier.header.time = from_unix_seconds(5);
    EXPECT_EQ(desk.refusal({simple_block(2), earlier}), ErrorCode::kOrder);
    Block rows = simple_block(1);
    rows.account_txns[0].transfers.push_back(transfer(0, 1, 2, 5u));
    EXPECT_EQ(desk.refusal({rows}), ErrorCode::kOrder);
}

TEST(LedgerAppend, lets_time_fall_on_a_utxo_chain) {
    Desk desk;
    Block first = utxo_block(1, {}), second = utxo_block(2, {});
    first.header.time = from_unix_seconds(100);
    second.header.time = from_unix_seconds(90);
    EXPECT_TRUE(desk.append({first, second}));
}

TEST(LedgerAppend, refuses_a_txn_hash_twice_within_a_block_a_batch_and_the_ledger) {
    for (const bool sealed : {false, true}) {
        Desk desk;
        Block twice = simple_block(1);
        twice.account_txns.push_back(twice.account_txns[0]);
        EXPECT_EQ(desk.refusal({twice}), ErrorCode::kDuplicate);
        Block second = simple_block(2);
        second.account_txns = simple_block(1).account_txns;
        EXPECT_EQ(desk.refusal({simple_block(1), second}), ErrorCode::kDuplicate);
        ASSERT_TRUE(desk.append({simple_block(1)}));
        if (sealed) {
            ASSERT_TRUE(desk.writer->seal());
        }
        EXPECT_EQ(desk.refusal({second}), ErrorCode::kDuplicate);
        ASSERT_TRUE(desk.writer->rewind(kEthereum, std::nullopt));
        EXPECT_TRUE(desk.append({second}));
    }
}

TEST(LedgerAppend, refuses_every_old_txn_while_what_it_remembers_of_them_grows) {
    for (const bool background : {false, true}) {
        const TempDir dir;
        FaultDisk disk = FaultDisk::none();
        // Through all layers of the filter and beyond what it has room for, 85 times the first.
        const auto writer =
            open_writer_on(
                disk, dir / "l", {},
                {.seal_rows = 30, .least_rows = 1, .filtered_txns = 16, .background = background})
                .value();
        const auto append = [&](const Block& block) {
            return writer->append(std::span{&block, 1});
        };
        for (BlockNum number = 1; number <= 1'500; ++number) {
            ASSERT_TRUE(append(simple_block(number))) << number;
            for (const BlockNum old : {number, number * number / 7 % number + 1, number / 2 + 1}) {
                Block block = simple_block(number + 1);
                block.account_txns[0].hash = simple_block(old).account_txns[0].hash;
                const auto refused = append(block);
                ASSERT_FALSE(refused) << old << " again after " << number;
                ASSERT_EQ(refused.error().code, ErrorCode::kDuplicate);
            }
            // A short reorg: what is forgotten may come again, what stays may not.
            if (number % 100 != 99) continue;
            ASSERT_TRUE(writer->rewind(kEthereum, number - 20));
            for (BlockNum again = number - 19; again <= number; ++again)
                ASSERT_TRUE(append(simple_block(again))) << again;
        }
    }
}

TEST(LedgerAppend, refuses_a_batch_of_two_chains_or_of_the_other_model) {
    Desk desk;
    Block polygon = simple_block(2);
    polygon.chain = ChainId{ChainFamily::kEvm, 137};
    EXPECT_EQ(desk.refusal({simple_block(1), polygon}), ErrorCode::kInvalidParam);
    Block odd = simple_block(1);
    odd.utxo_txns.push_back(coinbase(1, 5, 1));
    EXPECT_EQ(desk.refusal({odd}), ErrorCode::kInvalidParam);
    Block nameless = simple_block(1);
    nameless.chain = ChainId{ChainFamily::kBitcoin, 99};
    EXPECT_EQ(desk.refusal({nameless}), ErrorCode::kInvalidParam);
}

TEST(LedgerUtxo, knows_what_an_input_spends_and_who_spends_an_output) {
    for (const bool sealed : {false, true}) {
        Desk desk;
        const OutPoint point{hash(1, 3), 0};
        ASSERT_TRUE(desk.append({utxo_block(1, {coinbase(1, 50, 7)})}));
        if (sealed) {
            ASSERT_TRUE(desk.writer->seal());
        }
        ASSERT_TRUE(desk.append(
            {utxo_block(2, {spend(2, {point}, {{50, address(8, AddressKind::kP2wpkh)}})})}));
        const auto reader = desk.reader();
        const auto spender = reader->spender(kBitcoin, point).value();
        ASSERT_TRUE(spender);
        EXPECT_EQ(spender->at, (TxnPosition{2, 0}));
        EXPECT_EQ(reader->utxo_txn(kBitcoin, {2, 0})->txn.inputs[0].spent->value, 50u);
        const auto sent = reader->utxo_txns_of(kBitcoin, address(7, AddressKind::kP2wpkh),
                                               Side::kSender, Order::kAscending, {});
        EXPECT_EQ(drain(*sent), (std::vector<TxnPosition>{{2, 0}}));
        EXPECT_EQ(reader->spender(kBitcoin, {hash(2, 3), 0}).value(), std::nullopt);
    }
}

TEST(LedgerUtxo, spends_outputs_of_the_same_block) {
    Desk desk;
    ASSERT_TRUE(desk.append(
        {utxo_block(1, {coinbase(1, 50, 7), spend(2, {{hash(1, 3), 0}}, {}), coinbase(3, 1, 1)})}));
    EXPECT_EQ(desk.reader()->spender(kBitcoin, {hash(1, 3), 0}).value()->at, (TxnPosition{1, 1}));
}

TEST(LedgerUtxo, refuses_to_spend_an_output_twice) {
    for (const bool sealed : {false, true}) {
        Desk desk;
        const OutPoint point{hash(1, 3), 0}, unknown{hash(9, 9), 4};
        EXPECT_EQ(desk.refusal({utxo_block(1, {coinbase(1, 50, 7), spend(2, {point, point}, {})})}),
                  ErrorCode::kConflict);
        ASSERT_TRUE(
            desk.append({utxo_block(1, {coinbase(1, 50, 7), spend(2, {point, unknown}, {})})}));
        if (sealed) {
            ASSERT_TRUE(desk.writer->seal());
        }
        EXPECT_EQ(desk.refusal({utxo_block(2, {spend(3, {point}, {})})}), ErrorCode::kConflict);
        EXPECT_EQ(desk.refusal({utxo_block(2, {spend(3, {unknown}, {})})}), ErrorCode::kConflict);
        EXPECT_EQ(desk.refusal({utxo_block(2, {spend(3, {{hash(1, 3), 1}}, {})})}),
                  ErrorCode::kConflict);
    }
}

TEST(LedgerUtxo, may_spend_again_what_a_rewind_freed) {
    for (const bool sealed : {false, true}) {
        Desk desk;
        const OutPoint point{hash(1, 3), 0};
        ASSERT_TRUE(desk.append(
            {utxo_block(1, {coinbase(1, 50, 7)}), utxo_block(2, {spend(2, {point}, {})})}));
        if (sealed) {
            ASSERT_TRUE(desk.writer->seal());
        }
        ASSERT_TRUE(desk.writer->rewind(kBitcoin, 1));
        EXPECT_EQ(desk.reader()->spender(kBitcoin, point).value(), std::nullopt);
        EXPECT_TRUE(desk.append({utxo_block(2, {spend(3, {point}, {})})}));
        EXPECT_EQ(desk.reader()->find_txn(kBitcoin, hash(2, 3)).value(), std::nullopt);
    }
}

TEST(LedgerUtxo, refuses_a_source_that_contradicts_the_ledger) {
    Desk desk;
    UtxoTxn liar = spend(2, {{hash(1, 3), 0}}, {});
    liar.inputs[0].spent = TxOut{51, address(7, AddressKind::kP2wpkh)};
    EXPECT_EQ(desk.refusal({utxo_block(1, {coinbase(1, 50, 7), liar})}), ErrorCode::kConflict);
}

TEST(LedgerUtxo, refuses_more_coins_than_there_are) {
    Desk desk;
    EXPECT_EQ(desk.refusal({utxo_block(1, {coinbase(1, 2'100'000'000'000'001, 7)})}),
              ErrorCode::kOverflow);
    UtxoTxn wraps = coinbase(1, 2'100'000'000'000'000, 7);
    wraps.outputs.push_back({UINT64_MAX, address(1)});
    EXPECT_EQ(desk.refusal({utxo_block(1, {wraps})}), ErrorCode::kOverflow);
}

TEST(LedgerUtxo, lets_the_later_of_two_bip30_coinbases_shadow_the_earlier_until_it_is_rewound) {
    UtxoTxn twice = coinbase(1, 50, 7);
    twice.txid = bip30_twin(0);
    for (const bool sealed : {false, true}) {
        Desk desk;
        ASSERT_TRUE(desk.append({utxo_block(91812, {twice}), utxo_block(91842, {twice})}));
        if (sealed) {
            ASSERT_TRUE(desk.writer->seal());
        }
        EXPECT_EQ(desk.reader()->find_txn(kBitcoin, twice.txid).value(), (TxnPosition{91842, 0}));
        ASSERT_TRUE(desk.writer->rewind(kBitcoin, 91812));
        EXPECT_EQ(desk.reader()->find_txn(kBitcoin, twice.txid).value(), (TxnPosition{91812, 0}));
        UtxoTxn not_coinbase = twice;
        not_coinbase.coinbase = false;
        EXPECT_EQ(desk.refusal({utxo_block(91900, {not_coinbase})}), ErrorCode::kDuplicate);
    }
}

TEST(LedgerAppend, takes_one_large_batch_and_many_small_ones) {
    Desk desk;
    Block large = simple_block(1);
    for (uint32_t i = 0; i < 100'000; ++i)
        large.account_txns.push_back({hash(i, 5), {transfer(0, i % 1000, i % 777, Amount{i})}});
    ASSERT_TRUE(desk.append({large}));
    for (BlockNum number = 2; number < 2000; ++number) {
        const Block block = simple_block(number);
        ASSERT_TRUE(desk.writer->append(std::span{&block, 1}));
        if (number % 100 == 0) {
            EXPECT_EQ(desk.reader()->chains()[0].tip.number, number);
        }
    }
    EXPECT_EQ(desk.reader()->chains()[0].txns, 100'001u + 1998u);
}

TEST(LedgerOpen, refuses_a_second_writer_and_names_the_first) {
    const TempDir dir;
    const auto first = open_writer(dir / "l").value();
    const auto second = open_writer(dir / "l");
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, ErrorCode::kLocked);
    EXPECT_NE(second.error().message.find(format("process {} ", ::getpid())), std::string::npos)
        << second.error().message;
}

TEST(LedgerOpen, finds_no_ledger_where_there_is_none) {
    const TempDir dir;
    EXPECT_EQ(open_reader(dir / "none").error().code, ErrorCode::kNotFound);
    EXPECT_EQ(open_reader(dir.path()).error().code, ErrorCode::kNotFound);
    EXPECT_EQ(open_writer(dir / "none", {.create = false}).error().code, ErrorCode::kNotFound);
    EXPECT_FALSE(std::filesystem::exists(dir / "none"));
    EXPECT_EQ(verify(dir / "none").error().code, ErrorCode::kNotFound);
}

TEST(LedgerOpen, refuses_a_ledger_of_another_version_and_says_which_it_is) {
    for (const auto& [version, said] :
         {std::pair{'1', "earlier version"}, {'3', "earlier version"}, {'5', "later version"}}) {
        const TempDir dir;
        open_writer(dir / "l").value();
        Bytes text{'c', 'o', 'r', 'd', 'o', 'n', ' ', 'l', 'e', 'd', 'g', 'e', 'r', ' ', '?', '\n'};
        text[14] = static_cast<uint8_t>(version);
        ASSERT_TRUE(system_disk().create(dir / "l/FORMAT").value()->write(text));
        for (const Error& error :
             {open_reader(dir / "l").error(), open_writer(dir / "l").error()}) {
            EXPECT_EQ(error.code, ErrorCode::kUnsupported);
            EXPECT_NE(error.message.find(said), std::string::npos) << error.message;
        }
    }
}

TEST(LedgerReader, answers_nothing_about_what_it_does_not_have) {
    Desk desk;
    ASSERT_TRUE(desk.append({simple_block(5)}));
    const auto reader = desk.reader();
    EXPECT_EQ(reader->block(kEthereum, 4).value(), std::nullopt);
    EXPECT_EQ(reader->block(kTronMainnet, 5).value(), std::nullopt);
    EXPECT_EQ(reader->find_txn(kEthereum, hash(12345)).value(), std::nullopt);
    EXPECT_EQ(reader->find_txn(kTronMainnet, hash(5, 2)).value(), std::nullopt);
    EXPECT_EQ(reader->spender(kBitcoin, {}).value(), std::nullopt);
    EXPECT_TRUE(drain(*reader->account_txns_of(kEthereum, address(99), Side::kEither,
                                               Order::kAscending, {}))
                    .empty());
    EXPECT_TRUE(drain(*reader->account_txns_of(kTronMainnet, address(1), Side::kEither,
                                               Order::kAscending, {}))
                    .empty());
    EXPECT_EQ(reader->account_txn(kEthereum, {5, 1}).error().code, ErrorCode::kNotFound);
    EXPECT_EQ(reader->account_txn(kEthereum, {6, 0}).error().code, ErrorCode::kNotFound);
}

TEST(LedgerReader, refuses_questions_for_the_other_value_model) {
    Desk desk;
    ASSERT_TRUE(desk.append({simple_block(5)}));
    const auto reader = desk.reader();
    EXPECT_EQ(reader->utxo_txn(kEthereum, {5, 0}).error().code, ErrorCode::kInvalidParam);
    EXPECT_EQ(reader->account_txn(kBitcoin, {5, 0}).error().code, ErrorCode::kInvalidParam);
    EXPECT_EQ(reader->spender(kEthereum, {}).error().code, ErrorCode::kInvalidParam);
    EXPECT_EQ(reader->utxo_txns_of(kEthereum, address(1), Side::kEither, Order::kAscending, {})
                  ->next()
                  .error()
                  .code,
              ErrorCode::kInvalidParam);
}

TEST(LedgerReader, passes_on_the_error_of_a_scan) {
    Desk desk;
    ASSERT_TRUE(desk.append({simple_block(1), simple_block(2)}));
    int seen = 0;
    const Status status = desk.reader()->scan(kEthereum, 0, 9, [&seen](const Block&) -> Status {
        ++seen;
        return fail(ErrorCode::kCancelled, "enough");
    });
    EXPECT_EQ(status.error().code, ErrorCode::kCancelled);
    EXPECT_EQ(seen, 1);
}

}  // namespace
}  // namespace cordon::ledger
