// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cordon/chain/evm/message.hpp>
#include <cordon/chain/evm/txn.hpp>
#include <cordon/explain/safe.hpp>

#include "../curve.hpp"
#include "../test_world.hpp"
#include "review.hpp"

namespace cordon::vault {
namespace {

using namespace test;

const Address kPayee =
    chain::parse_address(kEthereum, "0x00000000000000000000000000000000000c0ffe").value();

chain::EvmTxn transfer(const Address& to, uint64_t wei, uint64_t gas_price = 20'000'000'000) {
    chain::EvmTxn out;
    out.type = chain::EvmTxnType::kDynamicFee;
    out.chain_id = 1;
    out.nonce = 3;
    out.max_fee_per_gas = Amount{gas_price};
    out.max_priority_fee_per_gas = Amount{uint64_t{1'000'000'000}};
    out.gas_limit = Amount{uint64_t{21'000}};
    out.to = to;
    out.value = Amount{wei};
    return out;
}
std::string hex_of(const chain::EvmTxn& txn) { return to_hex0x(chain::encode_evm_txn(txn)); }

class Evm : public testing::Test {
protected:
    World world;
    KeyFile key = world.seed_key(world.facts(kEthereum, "evm"));
    KeyRing ring = KeyRing::make(key).value();
    Address account = evm_account(ring, evm_path(4)).value();
    WithdrawalRequest request = request_of(kEthereum, account, kPayee, Amount{uint64_t{5'000}},
                                           "evm", hex_of(transfer(kPayee, 5'000)));

    Review judged(const wallet::Bundle& bundle, UnixMillis now = kNow) {
        return review(bundle, key.facts, {}, now).value();
    }
    bool refused(const wallet::Bundle& bundle, UnixMillis now = kNow) {
        const auto outcome = review(bundle, key.facts, {}, now);
        return !outcome || !outcome->refusals.empty();
    }
};

TEST_F(Evm, signs_what_two_people_agreed_to) {
    const Review said = judged(world.agreed(request));
    EXPECT_EQ(said.refusals, std::vector<std::string>{});
    EXPECT_EQ(said.remarks, std::vector<std::string>{});
    EXPECT_EQ(said.agreed.who, (std::vector<std::string>{"alice", "bob"}));
    const SignedPayload made = sign_evm(ring, {request, key.facts}).value();
    const Bytes raw = parse_hex0x(made.text).value();
    const chain::EvmTxn txn = chain::parse_evm_txn(raw).value();
    EXPECT_EQ(chain::sender_of(txn).value(), account);
    EXPECT_EQ(to_hex0x(txn.signing_hash), said.hash);
    // The same key and payload give the same bytes.
    EXPECT_EQ(sign_evm(ring, {request, key.facts})->text, made.text);
}

TEST_F(Evm, signs_types_0_and_1_too_and_no_others) {
    chain::EvmTxn txn = transfer(kPayee, 5'000);
    for (const auto type : {chain::EvmTxnType::kLegacy, chain::EvmTxnType::kAccessList}) {
        txn.type = type;
        txn.max_priority_fee_per_gas = txn.max_fee_per_gas;
        request.payload.data = hex_of(txn);
        EXPECT_FALSE(refused(world.agreed(request)));
        EXPECT_TRUE(sign_evm(ring, {request, key.facts}));
    }
    txn = transfer(kPayee, 5'000);
    txn.type = chain::EvmTxnType::kBlob;
    txn.blob_hashes.resize(1);
    txn.blob_hashes[0].bytes[0] = 1;
    request.payload.data = hex_of(txn);
    EXPECT_EQ(sign_evm(ring, {request, key.facts}).error().code, ErrorCode::kUnsupported);
    txn = transfer(kPayee, 5'000);
    txn.type = chain::EvmTxnType::kLegacy;
    txn.chain_id.reset();
    request.payload.data = hex_of(txn);
    EXPECT_EQ(sign_evm(ring, {request, key.facts}).error().code, ErrorCode::kUnsupported);
    request.payload.data = R"({"to":"0x00000000000000000000000000000000000c0ffe"})";
    EXPECT_FALSE(sign_evm(ring, {request, key.facts}));
    request.payload.data.clear();
    EXPECT_FALSE(sign_evm(ring, {request, key.facts}));
}

TEST_F(Evm, refuses_a_payload_swapped_after_approval) {
    wallet::Bundle bundle = world.agreed(request);
    bundle.request.payload.data = hex_of(transfer(account, 5'000));
    EXPECT_TRUE(refused(bundle));
    bundle = world.agreed(request);
    bundle.request.amount = Amount{uint64_t{5'001}};
    EXPECT_TRUE(refused(bundle));
    // A replay: the approvals of one request under another.
    bundle = world.agreed(request);
    bundle.request.id = "W-2";
    EXPECT_TRUE(refused(bundle));
    bundle = world.agreed(request);
    bundle.policy.bytes[0] ^= 1;
    EXPECT_TRUE(refused(bundle));
}

TEST_F(Evm, refuses_a_payload_that_is_not_what_people_agreed_to) {
    // All have signed, and the payload pays somebody else, or more, or from another account.
    request.payload.data = hex_of(transfer(account, 5'000));
    EXPECT_TRUE(refused(world.agreed(request)));
    request.payload.data = hex_of(transfer(kPayee, 5'001));
    EXPECT_TRUE(refused(world.agreed(request)));
    request.payload.data = hex_of(transfer(kPayee, 5'000));
    request.from = kPayee;
    EXPECT_EQ(sign_evm(ring, {request, key.facts}).error().code, ErrorCode::kNotFound);
    request.chain = ChainId{ChainFamily::kEvm, 56};
    EXPECT_TRUE(refused(world.agreed(request)));
}

TEST_F(Evm, refuses_a_call_that_it_does_not_understand) {
    chain::EvmTxn txn = transfer(kPayee, 5'000);
    const Bytes data{1, 2, 3, 4, 5};
    txn.data = data;
    txn.gas_limit = Amount{uint64_t{90'000}};
    request.payload.data = hex_of(txn);
    EXPECT_TRUE(refused(world.agreed(request)));
}

TEST_F(Evm, refuses_without_enough_people) {
    wallet::Bundle bundle{request, world.policy, {world.says("alice", request)}};
    EXPECT_TRUE(refused(bundle));
    // One person twice; somebody who is no member.
    bundle.approvals.push_back(world.says("alice", request));
    EXPECT_TRUE(refused(bundle));
    bundle.approvals.push_back(world.says("mallory", request));
    EXPECT_TRUE(refused(bundle));
    // Alice's words with Bob's name on them.
    wallet::SignedStatement forged = world.says("bob", request);
    forged.signature = world.says("alice", request).signature;
    bundle.approvals.back() = forged;
    EXPECT_TRUE(refused(bundle));
    bundle.approvals.back() = world.says("bob", request);
    EXPECT_FALSE(refused(bundle));
    // A rejection weighs more than two approvals.
    bundle.approvals.push_back(world.says("carol", request, false));
    EXPECT_TRUE(refused(bundle));
}

TEST_F(Evm, refuses_approvals_out_of_their_time_and_of_the_requester) {
    const wallet::Bundle bundle = world.agreed(request);
    EXPECT_TRUE(refused(bundle, kNow + Seconds{601}));
    EXPECT_TRUE(refused(bundle, kNow - Seconds{3600}));  // The clock was set back.
    request.requester = "alice";
    EXPECT_TRUE(refused(world.agreed(request)));
}

TEST_F(Evm, asks_for_the_gate_where_the_key_says_so) {
    key.facts.quorum.gate = world.gate.key();
    wallet::Bundle bundle = world.agreed(request);
    EXPECT_TRUE(refused(bundle));
    bundle.approvals.push_back(world.says("gate", request));
    EXPECT_FALSE(refused(bundle));
    // A gate that is taken over cannot answer for people.
    bundle.approvals = {world.says("gate", request)};
    EXPECT_TRUE(refused(bundle));
}

TEST_F(Evm, refuses_by_the_state_and_the_purpose_of_the_key) {
    const wallet::Bundle bundle = world.agreed(request);
    key.facts.state = KeyState::kRetiring;
    EXPECT_FALSE(refused(bundle));
    EXPECT_EQ(judged(bundle).remarks.size(), 1U);
    key.facts.state = KeyState::kRetired;
    EXPECT_TRUE(refused(bundle));
    key.facts.state = KeyState::kActive;
    key.facts.kinds = {"safe"};
    EXPECT_TRUE(refused(bundle));
    key.facts.kinds = {"evm"};
    key.facts.chains = {kBitcoin};
    EXPECT_TRUE(refused(bundle));
}

TEST_F(Evm, makes_a_person_think_about_a_huge_fee) {
    request.payload.data = hex_of(transfer(kPayee, 5'000, 50'000'000'000'000'000));
    EXPECT_FALSE(judged(world.agreed(request)).remarks.empty());
}

TEST_F(Evm, signs_one_payload_only) {
    request.payload.data += "\n" + request.payload.data;
    EXPECT_TRUE(refused(world.agreed(request)));
    EXPECT_FALSE(sign_evm(ring, {request, key.facts}));
    request.payload.type = "message";
    EXPECT_TRUE(refused(world.agreed(request)));
}

TEST(Curve, makes_low_s_and_nothing_without_a_key) {
    Secret<32> secret;
    EXPECT_FALSE(public_key_of(secret));
    EXPECT_FALSE(sign_ecdsa(secret, {}));
    EXPECT_FALSE(sign_schnorr(secret, {}));
    secret.bytes().fill(0xff);
    EXPECT_FALSE(sign_ecdsa(secret, {}));
    secret.bytes().fill(1);
    for (uint8_t i = 0; i < 50; ++i) {
        Hash256 digest;
        digest.bytes.fill(i);
        const RecoverableSignature made = sign_ecdsa(secret, digest).value();
        EXPECT_TRUE(made.signature.has_low_s());
        EXPECT_EQ(crypto::parse_ecdsa_der(der_of(made.signature)).value(), made.signature);
    }
}

class Safe : public Evm {
protected:
    Address safe =
        chain::parse_address(kEthereum, "0x5afe000000000000000000000000000000005afe").value();

    std::string proposal(std::string_view extra = "", std::string_view version = "1.4.1") const {
        return format(R"({{"safe":"{}","to":"{}","value":"5000","data":"0x","operation":0,)"
                      R"("safeTxGas":"0","baseGas":"0","gasPrice":"0",)"
                      R"("gasToken":"0x0000000000000000000000000000000000000000",)"
                      R"("refundReceiver":"0x0000000000000000000000000000000000000000",)"
                      R"("nonce":"7","chainId":"1"{}{}}})",
                      chain::display_address(kEthereum, safe),
                      chain::display_address(kEthereum, kPayee),
                      version.empty() ? "" : format(R"(,"version":"{}")", version), extra);
    }
    void SetUp() override {
        key.facts.kinds = {"safe"};
        request = request_of(kEthereum, safe, kPayee, Amount{uint64_t{5'000}}, "safe", proposal());
    }
};

TEST_F(Safe, signs_as_an_owner_and_sorts_its_signature_among_the_others) {
    const Review said = judged(world.agreed(request));
    EXPECT_EQ(said.refusals, std::vector<std::string>{});
    const SignedPayload first = sign_safe(ring, {request, key.facts}).value();
    const auto root = first_evm_key(ring).value();
    const std::string owner = chain::format_address(kEthereum, evm_account(ring, root).value());
    EXPECT_NE(first.text.find(owner), std::string::npos);
    EXPECT_NE(first.text.find(said.hash), std::string::npos);

    const Address other = evm_account(ring, evm_path(9)).value();
    const std::string second = sign_safe(ring, {request, key.facts, other})->text;
    const std::size_t at = second.find(R"("signature":")") + 13;
    const std::string signature = second.substr(at, 132);
    request.payload.data =
        proposal(format(R"(,"confirmations":[{{"owner":"{}","signature":"{}"}}])",
                        chain::display_address(kEthereum, other), signature));
    const std::string both = sign_safe(ring, {request, key.facts})->text;
    const std::size_t blob = both.find(R"("signatures":"0x)") + 16;
    const Bytes bytes = parse_hex(both.substr(blob, 260)).value();
    const auto read = explain::read_safe_signatures(
        bytes, *[&] {
            Hash256 hash;
            EXPECT_TRUE(parse_hex_into(said.hash.substr(2), hash.bytes));
            return std::optional{hash};
        }());
    ASSERT_TRUE(read);
    ASSERT_EQ(read->size(), 2U);
    EXPECT_LT((*read)[0].signer, (*read)[1].signer);
}

TEST_F(Safe, refuses_what_it_would_have_to_guess_or_believe) {
    request.payload.data = proposal("", "");
    EXPECT_FALSE(sign_safe(ring, {request, key.facts}));
    request.payload.data = proposal(format(R"(,"safeTxHash":"0x{}")", std::string(64, '1')));
    EXPECT_FALSE(sign_safe(ring, {request, key.facts}));
    EXPECT_TRUE(refused(world.agreed(request)));
    request.payload.data = proposal();
    request.from = kPayee;
    EXPECT_FALSE(sign_safe(ring, {request, key.facts}));
    request.payload.data = "[]";
    EXPECT_FALSE(sign_safe(ring, {request, key.facts}));
    request.from = safe;
    request.payload.data = proposal();
    EXPECT_FALSE(sign_safe(ring, {request, key.facts, kPayee}));
}

TEST_F(Safe, refuses_what_took_bybit) {
    // A delegatecall to an unknown contract, dressed as a transfer: all owners had agreed to it.
    std::string data = proposal();
    data.replace(data.find(R"("operation":0)"), 13, R"("operation":1)");
    request.payload.data = data;
    EXPECT_TRUE(refused(world.agreed(request)));
}

}  // namespace
}  // namespace cordon::vault
