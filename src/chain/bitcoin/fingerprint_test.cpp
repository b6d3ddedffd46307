// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "fingerprint.hpp"

#include <gtest/gtest.h>

#include "builders.hpp"

namespace cordon::chain {
namespace {

UtxoTxn txn(uint32_t version, uint32_t locktime, const std::vector<AddressKind>& signs) {
    UtxoTxn made;
    made.version = version;
    made.locktime = locktime;
    for (const AddressKind kind : signs)
        made.inputs.push_back({{}, TxOut{1, test::address(1, kind)}});
    return made;
}

std::vector<std::string> breaks(const UtxoTxn& before, const UtxoTxn& after) {
    return differs(fingerprint(before), fingerprint(after));
}

TEST(Fingerprint, of_one_wallet_does_not_change) {
    EXPECT_TRUE(breaks(txn(2, 837'658, {AddressKind::kP2sh}), txn(2, 837'700, {AddressKind::kP2sh}))
                    .empty());
}

TEST(Fingerprint, a_break_is_told_in_words) {
    // The shape of the theft of May 2024: a wallet that writes heights, then one that does not.
    EXPECT_EQ(breaks(txn(2, 837'658, {AddressKind::kP2sh}), txn(1, 0, {AddressKind::kP2sh})),
              (std::vector<std::string>{"version 2, then 1", "locktime a height, then none"}));
    EXPECT_EQ(
        breaks(txn(2, 1'700'000'000, {AddressKind::kP2wpkh}), txn(2, 5, {AddressKind::kP2tr})),
        (std::vector<std::string>{"locktime a time, then a height", "signs p2wpkh, then p2tr"}));
}

TEST(Fingerprint, kinds_that_overlap_or_are_unknown_are_no_break) {
    const auto both = {AddressKind::kP2pkh, AddressKind::kP2wpkh};
    EXPECT_TRUE(breaks(txn(2, 0, {AddressKind::kP2pkh}), txn(2, 0, both)).empty());
    UtxoTxn unknown = txn(2, 0, {});
    unknown.inputs.push_back({{}, std::nullopt});
    EXPECT_TRUE(breaks(txn(2, 0, {AddressKind::kP2pkh}), unknown).empty());
    EXPECT_EQ(to_string(fingerprint(txn(1, 0, both))),
              "version 1, locktime none, signs p2pkh+p2wpkh");
    EXPECT_EQ(to_string(fingerprint(unknown)), "version 2, locktime none");
}

}  // namespace
}  // namespace cordon::chain
