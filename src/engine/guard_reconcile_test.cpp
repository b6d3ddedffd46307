// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "guard_reconcile.hpp"

#include <gtest/gtest.h>

#include <cordon/guard/gate/test_stage.hpp>

namespace cordon::engine {
namespace {

namespace stage = guard::stage;

/// A block with one payment of the wallet.
Block block(BlockNum number, uint64_t amount, uint8_t version = 0) {
    Block out;
    out.chain = kEthereum;
    out.header.number = number;
    out.header.time = stage::kNow + std::chrono::seconds{number};
    out.header.hash.bytes.fill(static_cast<uint8_t>(number + 50 * version));
    AccountTxn txn;
    txn.hash.bytes.fill(static_cast<uint8_t>(100 + number + 50 * version));
    txn.transfers = {{0, guard::test_address(1), guard::test_address(2), Asset{}, Amount{amount},
                      TransferKind::kNative}};
    out.account_txns = {txn};
    return out;
}

TEST(LedgerReconciler, takes_what_a_ledger_gains_once_and_again_after_a_reorg) {
    stage::Stage gate;
    gate.world.wallets[guard::test_address(1)] = "hot";
    gate.check(guard::test_request("wd-1", 50));
    const std::string ledger = gate.folder / "ledger";
    const auto writer = ledger::open_writer(ledger).value();
    const auto append = [&](const Block& each) {
        ASSERT_TRUE(writer->append(std::span{&each, 1}));
    };
    append(block(1, 7));
    std::vector<std::string> told;
    Reconciler reconciler{*gate.gate,
                          {WalletAddress{kEthereum, guard::test_address(1), "hot", "acme", "hot"}},
                          stage::kNow,
                          [&](ChainId, const Hash256&, const guard::Reconciled& found) -> Status {
                              told.push_back(found.id);
                              return {};
                          }};
    LedgerReconciler looking{ledger, reconciler};
    const UnixMillis now = stage::kNow + std::chrono::minutes{1};
    ASSERT_TRUE(looking.look(now));
    EXPECT_EQ(told, std::vector<std::string>{""});
    ASSERT_TRUE(looking.look(now));
    EXPECT_EQ(told.size(), 1U);
    append(block(2, 50));
    append(block(3, 9));
    ASSERT_TRUE(looking.look(now));
    EXPECT_EQ(told, (std::vector<std::string>{"", "wd-1", ""}));
    EXPECT_TRUE(gate.gate->unaccounted(now).empty());
    EXPECT_EQ(gate.gate->strays(10).value().size(), 2U);
    // Block 3 is another one now: its payment is news, what stands is known.
    ASSERT_TRUE(writer->rewind(kEthereum, 2));
    append(block(3, 11, 1));
    ASSERT_TRUE(looking.look(now));
    EXPECT_EQ(gate.gate->strays(10).value().size(), 3U);
    EXPECT_EQ(gate.gate->strays(1).value().front().transfer.amount, Amount{uint64_t{11}});
}

TEST(LedgerReconciler, begins_again_where_it_failed) {
    stage::Stage gate;
    Reconciler reconciler{*gate.gate, {}, stage::kNow, {}};
    LedgerReconciler looking{gate.folder / "none", reconciler};
    EXPECT_EQ(looking.look(stage::kNow).error().code, ErrorCode::kNotFound);
}

}  // namespace
}  // namespace cordon::engine
