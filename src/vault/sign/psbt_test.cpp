// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "psbt.hpp"

#include <gtest/gtest.h>

#include <cordon/base/base64.hpp>
#include <cordon/chain/bitcoin/psbt_builder.hpp>
#include <cordon/chain/bitcoin/script.hpp>
#include <cordon/chain/bitcoin/spend.hpp>
#include <cordon/chain/bitcoin/taproot.hpp>
#include <cordon/crypto/hash.hpp>

#include "../test_world.hpp"
#include "review.hpp"

namespace cordon::vault {
namespace {

using namespace test;
using chain::test::joined;
using chain::test::le32;
using chain::test::output_bytes;
using chain::test::PsbtMaps;

constexpr uint64_t kIn = 100'000, kOut = 99'000;
constexpr uint32_t kHard = chain::kHardened;

Bytes to_bytes(ByteView view) { return {view.begin(), view.end()}; }

/// A wallet of one seed; PSBTs that spend its outputs to a payee.
class Psbts : public testing::Test {
protected:
    World world;
    KeyFile key = world.seed_key(world.facts(kBitcoin, "psbt"));
    KeyRing ring = KeyRing::make(key).value();
    Address payee{AddressKind::kP2wpkh, Bytes(20, 9)};

    struct Coin {
        Bytes script, parent;
        KeyPath path;
        chain::test::Rows rows;
    };

    crypto::PublicKey at(const KeyPath& path) { return ring.public_key(path).value(); }
    Bytes origin(const KeyPath& path) {
        Bytes out = to_bytes(chain::fingerprint_of(at({})));
        for (const uint32_t step : path) chain::append_number(out, step);
        return out;
    }
    /// A txn that pays the script, as its output 0.
    static Bytes parent_of(const Bytes& script) {
        Bytes out;
        chain::append_number(out, uint32_t{2});
        out.push_back(1);
        out.insert(out.end(), 32, 7);
        chain::append_number(out, uint32_t{0});
        out.push_back(0);
        chain::append_number(out, uint32_t{0xffffffff});
        out.push_back(1);
        chain::append_bytes(out, output_bytes(kIn, script));
        chain::append_number(out, uint32_t{0});
        return out;
    }
    Coin wpkh(uint32_t index) {
        Coin out;
        out.path = {84 | kHard, kHard, kHard, 0, index};
        out.script = *chain::script_of_address(
            {AddressKind::kP2wpkh, crypto::hash160(at(out.path).compressed())});
        out.rows = {{joined({0x06}, at(out.path).compressed()), origin(out.path)}};
        return out;
    }
    Coin taproot(const std::optional<Hash256>& root = {}) {
        Coin out;
        out.path = {86 | kHard, kHard, kHard, 0, 0};
        const Hash256 internal = at(out.path).x_only();
        out.script = *chain::script_of_address(
            {AddressKind::kP2tr, chain::tap_output_key(internal, root)->x_only()});
        out.rows = {{joined({0x16}, internal), joined({0}, origin(out.path))},
                    {{0x17}, to_bytes(internal)}};
        if (root) out.rows.push_back({{0x18}, to_bytes(*root)});
        return out;
    }

    /// `claimed`: only what the PSBT says of an amount, in place of the txn that made it.
    PsbtMaps psbt(std::vector<Coin> coins, uint64_t amount = kOut, bool claimed = false,
                  uint32_t version = 0) {
        Bytes txn;
        chain::append_number(txn, uint32_t{2});
        chain::append_compact_size(txn, coins.size());
        for (Coin& coin : coins) {
            // Coins of one script are of different txns.
            coin.parent = parent_of(coin.script);
            coin.parent[5] = static_cast<uint8_t>(&coin - coins.data() + 1);
            chain::append_bytes(txn, crypto::sha256d(coin.parent));
            chain::append_number(txn, uint32_t{0});
            txn.push_back(0);
            chain::append_number(txn, uint32_t{0xfffffffe});
        }
        txn.push_back(1);
        const Bytes script = *chain::script_of_address(payee);
        chain::append_bytes(txn, output_bytes(amount, script));
        chain::append_number(txn, uint32_t{0});
        PsbtMaps out = chain::test::psbt_v0(txn, coins.size(), 1);
        if (version == 2) {
            Bytes value;
            chain::append_number(value, amount);
            out.globals = {{{0x02}, le32(2)},
                           {{0x04}, {static_cast<uint8_t>(coins.size())}},
                           {{0x05}, {1}},
                           {{0x06}, {3}},
                           {{0xfb}, le32(2)}};
            out.outputs = {{{{0x03}, value}, {{0x04}, script}}};
        }
        for (std::size_t i = 0; i < coins.size(); ++i) {
            if (claimed)
                out.inputs[i].push_back({{0x01}, output_bytes(kIn, coins[i].script)});
            else
                out.inputs[i].push_back({{0x00}, coins[i].parent});
            out.inputs[i].insert(out.inputs[i].end(), coins[i].rows.begin(), coins[i].rows.end());
            if (version == 2) {
                out.inputs[i].push_back({{0x0e}, to_bytes(crypto::sha256d(coins[i].parent))});
                out.inputs[i].push_back({{0x0f}, le32(0)});
                out.inputs[i].push_back({{0x10}, le32(0xfffffffe)});
            }
        }
        return out;
    }
    WithdrawalRequest request(const PsbtMaps& maps, const Coin& coin, uint64_t amount = kOut) {
        return request_of(kBitcoin, chain::address_of_script(coin.script), payee, Amount{amount},
                          "psbt", to_base64(maps.bytes()));
    }
    Result<SignedPayload> sign(const PsbtMaps& maps, const Coin& coin) {
        const WithdrawalRequest asked = request(maps, coin);
        return sign_psbt(ring, {asked, key.facts});
    }
};

TEST_F(Psbts, become_a_txn_that_runs) {
    for (const uint32_t version : {0U, 2U})
        for (const Coin& coin : {wpkh(3), taproot(), taproot(Hash256{{1, 2, 3}})}) {
            const PsbtMaps maps = psbt({coin}, kOut, false, version);
            const WithdrawalRequest asked = request(maps, coin);
            const auto said = review(world.agreed(asked), key.facts, {}, kNow);
            ASSERT_TRUE(said) << said.error().message;
            EXPECT_EQ(said->refusals, std::vector<std::string>{});
            const auto made = sign_psbt(ring, {asked, key.facts});
            ASSERT_TRUE(made) << made.error().message;
            EXPECT_TRUE(made->complete);
            const Bytes raw = parse_hex(made->text).value();
            const chain::TxnView txn = chain::parse_txn(raw).value();
            EXPECT_EQ(chain::format_hash(kBitcoin, chain::txid_of(txn)), said->hash);
        }
}

TEST_F(Psbts, of_many_inputs_are_signed_whole) {
    const auto made = sign(psbt({wpkh(0), taproot(), wpkh(8)}, 2 * kOut), wpkh(0));
    ASSERT_TRUE(made) << made.error().message;
    EXPECT_TRUE(made->complete);
}

TEST_F(Psbts, must_prove_what_their_inputs_hold) {
    // A lie in the amount of another input is paid as a fee (CVE-2020-14199).
    EXPECT_EQ(sign(psbt({wpkh(0), wpkh(1)}, kOut, true), wpkh(0)).error().code,
              ErrorCode::kPermission);
    // Taproot's signatures cover all amounts, and one input's covers its own.
    EXPECT_TRUE(sign(psbt({taproot()}, kOut, true), taproot()));
    EXPECT_TRUE(sign(psbt({wpkh(0)}, kOut, true), wpkh(0)));
    PsbtMaps bare = psbt({wpkh(0)});
    bare.inputs[0].erase(bare.inputs[0].begin());
    EXPECT_FALSE(sign(bare, wpkh(0)));
}

TEST_F(Psbts, with_other_sighash_types_are_refused_unless_the_key_allows_them) {
    for (const uint32_t type : {2U, 3U, 0x81U, 0x82U, 0x83U}) {
        PsbtMaps maps = psbt({wpkh(0)});
        maps.inputs[0].insert(maps.inputs[0].begin() + 1, {{0x03}, le32(type)});
        EXPECT_EQ(sign(maps, wpkh(0)).error().code, ErrorCode::kPermission) << type;
        const auto said = [&] {
            return *review(world.agreed(request(maps, wpkh(0))), key.facts, {}, kNow);
        };
        EXPECT_FALSE(said().refusals.empty() && said().remarks.empty()) << type;
        key.facts.sighashes = {static_cast<uint8_t>(type)};
        EXPECT_TRUE(sign(maps, wpkh(0))) << type;
        EXPECT_TRUE(said().refusals.empty() && !said().remarks.empty()) << type;
        key.facts.sighashes.clear();
    }
    PsbtMaps maps = psbt({wpkh(0)});
    maps.inputs[0].insert(maps.inputs[0].begin() + 1, {{0x03}, le32(1)});
    EXPECT_TRUE(sign(maps, wpkh(0)));
}

TEST_F(Psbts, of_others_are_not_signed) {
    Coin coin = wpkh(0);
    coin.rows.clear();
    EXPECT_EQ(sign(psbt({coin}), coin).error().code, ErrorCode::kNotFound);
    // Our fingerprint and steps with somebody else's key.
    coin.rows = {{joined({0x06}, at({1, 2}).compressed()), origin({84 | kHard, 7})}};
    EXPECT_EQ(sign(psbt({coin}), coin).error().code, ErrorCode::kNotFound);
}

TEST_F(Psbts, refuse_a_huge_fee_and_another_payee) {
    const auto refused = [&](const WithdrawalRequest& asked) {
        const auto said = review(world.agreed(asked), key.facts, {}, kNow);
        return !said || !said->refusals.empty();
    };
    EXPECT_FALSE(refused(request(psbt({wpkh(0)}), wpkh(0))));
    EXPECT_TRUE(refused(request(psbt({wpkh(0)}, 1'000), wpkh(0))));
    EXPECT_FALSE(
        review(world.agreed(request(psbt({wpkh(0)}, 50'000), wpkh(0), 50'000)), key.facts, {}, kNow)
            ->remarks.empty());
    payee = Address{AddressKind::kP2wpkh, Bytes(20, 10)};
    WithdrawalRequest asked = request(psbt({wpkh(0)}), wpkh(0));
    asked.to = Address{AddressKind::kP2wpkh, Bytes(20, 9)};
    EXPECT_TRUE(refused(asked));
    asked.payload.data = "cHNidP8=";
    EXPECT_TRUE(refused(asked));
    asked.payload.data.clear();
    EXPECT_TRUE(refused(asked));
}

/// 2 of 3, of which two keys are other people's.
class Multisig : public Psbts {
protected:
    KeyFile other_file = [&] {
        KeyFile out = world.seed_key(world.facts(kBitcoin, "psbt"));
        out.secret = LockedBytes{Bytes(32, 6)};
        return out;
    }();
    KeyRing other = KeyRing::make(other_file).value();
    KeyPath path{48 | kHard, 0, 5};

    Coin coin() {
        Bytes script{0x52};
        Coin out;
        out.path = path;
        for (KeyRing* each : {&ring, &other}) {
            const auto point = each->public_key(path)->compressed();
            script.push_back(33);
            chain::append_bytes(script, point);
            Bytes from = to_bytes(chain::fingerprint_of(each->public_key({}).value()));
            for (const uint32_t step : path) chain::append_number(from, step);
            out.rows.push_back({joined({0x06}, point), from});
        }
        script.push_back(33);
        chain::append_bytes(script, crypto::PublicKey::generator().compressed());
        script.insert(script.end(), {0x53, 0xae});
        out.rows.insert(out.rows.begin(), {{0x05}, script});
        out.script = *chain::script_of_address({AddressKind::kP2wsh, crypto::sha256(script)});
        return out;
    }
};

TEST_F(Multisig, is_complete_when_enough_have_signed) {
    const PsbtMaps maps = psbt({coin()});
    const auto first = sign(maps, coin());
    ASSERT_TRUE(first) << first.error().message;
    EXPECT_FALSE(first->complete);
    WithdrawalRequest asked = request(maps, coin());
    asked.payload.data = first->text;
    EXPECT_EQ(sign_psbt(ring, {asked, key.facts}).error().code, ErrorCode::kNotFound);
    const auto second = sign_psbt(other, {asked, key.facts});
    ASSERT_TRUE(second) << second.error().message;
    EXPECT_TRUE(second->complete);
    EXPECT_TRUE(parse_hex(second->text));
}

TEST_F(Multisig, hands_on_no_signature_that_does_not_fit) {
    const PsbtMaps maps = psbt({coin()});
    WithdrawalRequest asked = request(maps, coin());
    Bytes bytes = parse_base64(sign(maps, coin())->text).value();
    // A byte of the number s: still a signature, of something else.
    const auto sig = chain::parse_psbt(bytes)->inputs[0].signatures.at(0).signature;
    bytes[static_cast<std::size_t>(sig.data() - bytes.data()) + sig.size() - 5] ^= 1;
    asked.payload.data = to_base64(bytes);
    EXPECT_EQ(sign_psbt(other, {asked, key.facts}).error().code, ErrorCode::kCorrupt);
}

TEST_F(Psbts, spend_by_a_script_of_a_tree_too) {
    // The internal key is nobody's that we have; the leaf is "KEY OP_CHECKSIG" with ours.
    const KeyPath path{86 | kHard, kHard, kHard, 0, 3};
    const Hash256 mine = at(path).x_only();
    Bytes script{32};
    chain::append_bytes(script, mine);
    script.push_back(0xac);
    const Hash256 leaf = chain::tap_leaf_hash(chain::kTapscriptLeaf, script);
    const Hash256 internal = crypto::PublicKey::generator().x_only();
    const auto output = chain::tap_output_key(internal, leaf).value();
    Bytes control{static_cast<uint8_t>(chain::kTapscriptLeaf | (output.has_odd_y() ? 1 : 0))};
    chain::append_bytes(control, internal);
    Coin coin;
    coin.script = *chain::script_of_address({AddressKind::kP2tr, output.x_only()});
    Bytes from{1};
    chain::append_bytes(from, leaf);
    chain::append_bytes(from, origin(path));
    coin.rows = {{joined({0x15}, control), joined(script, Bytes{chain::kTapscriptLeaf})},
                 {joined({0x16}, mine), from},
                 {{0x17}, to_bytes(internal)},
                 {{0x18}, to_bytes(leaf)}};
    const auto made = sign(psbt({coin}), coin);
    ASSERT_TRUE(made) << made.error().message;
    EXPECT_TRUE(made->complete);
    // A leaf that is not in the output's tree is not signed for.
    coin.rows[0].second[3] ^= 1;
    EXPECT_FALSE(sign(psbt({coin}), coin));
}

TEST_F(Psbts, of_version_2_are_closed_to_additions_by_the_signature) {
    Coin stranger = wpkh(1);
    stranger.rows.clear();
    const auto made = sign(psbt({wpkh(0), stranger}, kOut, false, 2), wpkh(0));
    ASSERT_TRUE(made) << made.error().message;
    EXPECT_FALSE(made->complete);
    const Bytes bytes = parse_base64(made->text).value();
    EXPECT_EQ(chain::parse_psbt(bytes)->modifiable, 0);
}

}  // namespace
}  // namespace cordon::vault
