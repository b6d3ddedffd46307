// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "spend.hpp"

#include <gtest/gtest.h>

#include <cordon/crypto/hash.hpp>

#include "opcodes.hpp"
#include "psbt_builder.hpp"
#include "script.hpp"

namespace cordon::chain {
namespace {

using namespace test;

/// A txn whose only input spends a P2WSH of `script` with these items before it.
SpendCheck spend(const Bytes& script, std::vector<Bytes> items, uint32_t sequence = 0,
                 uint32_t locktime = 0) {
    const Bytes pays =
        *script_of_address(Address{AddressKind::kP2wsh, crypto::sha256(ByteView{script})});
    items.push_back(script);
    TxnView txn;
    txn.version = 2;
    txn.locktime = locktime;
    txn.segwit = true;
    txn.inputs.push_back({{}, {}, sequence, 0, static_cast<uint32_t>(items.size())});
    for (const Bytes& item : items) txn.items.push_back(item);
    txn.outputs.push_back({1, {}});
    const OutputView spent{2, pays};
    const Sighasher hasher{txn, {&spent, 1}};
    SpendBudget budget;
    return check_spend(hasher, 0, spent, budget);
}

Bytes hash_lock(const Bytes& secret) {
    Bytes script{kOpSha256, 32};
    append_bytes(script, crypto::sha256(ByteView{secret}));
    script.push_back(kOpEqual);
    return script;
}

TEST(Spend, holds_when_the_script_ends_in_true) {
    EXPECT_EQ(spend(hash_lock({1, 2}), {{1, 2}}).verdict, SpendVerdict::kValid);
    EXPECT_EQ(spend(hash_lock({1, 2}), {{1, 3}}).verdict, SpendVerdict::kInvalid);
    EXPECT_EQ(spend(hash_lock({1, 2}), {{7}, {1, 2}}).verdict,
              SpendVerdict::kInvalid);  // Two left.
    EXPECT_EQ(spend(hash_lock({1, 2}), {}).verdict, SpendVerdict::kInvalid);
}

TEST(Spend, keeps_to_time_locks) {
    const Bytes after{0x02, 0x10, 0x27, kOpCheckLocktimeVerify};  // 10,000.
    EXPECT_EQ(spend(after, {}, 0, 10'000).verdict, SpendVerdict::kValid);
    EXPECT_EQ(spend(after, {}, 0, 9'999).verdict, SpendVerdict::kInvalid);
    EXPECT_EQ(spend(after, {}, 0xffffffff, 10'000).verdict, SpendVerdict::kInvalid);
    const Bytes older{0x02, 0x90, 0x00, kOpCheckSequenceVerify};  // 144.
    EXPECT_EQ(spend(older, {}, 144).verdict, SpendVerdict::kValid);
    EXPECT_EQ(spend(older, {}, 143).verdict, SpendVerdict::kInvalid);
    EXPECT_EQ(spend(older, {}, 144U | 1U << 22).verdict, SpendVerdict::kInvalid);  // A time.
}

TEST(Spend, does_not_judge_what_it_does_not_understand) {
    EXPECT_EQ(spend({0x51, 0xb0}, {}).verdict, SpendVerdict::kInconclusive);  // OP_NOP1.
    // Also where it is not reached.
    EXPECT_EQ(spend({0x51, 0x00, kOpIf, 0xb0, kOpEndIf}, {}).verdict, SpendVerdict::kInconclusive);
}

TEST(Spend, refuses_broken_scripts) {
    for (const Bytes& script :
         {Bytes{0x05, 1}, Bytes{kOpIf}, Bytes{kOpEndIf}, Bytes{kOpElse}, Bytes{kOpDrop},
          Bytes{kOpCheckSig}, Bytes{kOpCheckMultisig}, Bytes{0x51, kOpCheckMultisig},
          Bytes{kOpFromAltStack}, Bytes{kOpReturn}, Bytes{0x51, 0x51, kOpCheckSigAdd}})
        EXPECT_EQ(spend(script, {}).verdict, SpendVerdict::kInvalid);
    EXPECT_EQ(spend(Bytes(10'001, kOpNop), {}).verdict, SpendVerdict::kInvalid);
    EXPECT_EQ(spend(Bytes(300, kOpNop), {}).verdict, SpendVerdict::kInvalid);  // Above 201.
}

TEST(Spend, stops_at_its_budget) {
    Bytes script;
    for (int i = 0; i < 60; ++i) {
        append_bytes(script, Bytes{kOp0, 0x51});
        script.push_back(33);
        script.insert(script.end(), 33, 2);
        script.insert(script.end(), {0x51, kOpCheckMultisig, kOpDrop});
    }
    script.push_back(0x51);
    TxnView txn;
    const Bytes pays =
        *script_of_address(Address{AddressKind::kP2wsh, crypto::sha256(ByteView{script})});
    txn.inputs.push_back({{}, {}, 0, 0, 1});
    txn.items.push_back(script);
    const OutputView spent{2, pays};
    const Sighasher hasher{txn, {&spent, 1}};
    SpendBudget none{1, 1};
    EXPECT_NE(check_spend(hasher, 0, spent, none).verdict, SpendVerdict::kValid);
}

}  // namespace
}  // namespace cordon::chain
