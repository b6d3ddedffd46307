// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "program.hpp"

#include <gmock/gmock.h>
#include <boost/json.hpp>

#include <cordon/base/base64.hpp>
#include <cordon/base/hex.hpp>
#include <cordon/chain/bitcoin/ext_key.hpp>
#include <cordon/chain/bitcoin/psbt_builder.hpp>
#include <cordon/chain/bitcoin/script.hpp>
#include <cordon/chain/bitcoin/txn.hpp>
#include <cordon/chain/evm/txn.hpp>
#include <cordon/chain/text.hpp>
#include <cordon/crypto/hash.hpp>
#include <cordon/explain/safe_tx.hpp>
#include <cordon/vault/key_facts.hpp>
#include <cordon/vault/sign/kinds.hpp>
#include <cordon/wallet/test_signer.hpp>

#include "soft_hsm.hpp"

namespace cordon::hsm {
namespace {

using testing::HasSubstr;

const UnixMillis kNow = from_unix_seconds(1'760'000'000);

class Script final : public vault::Console {
public:
    Result<vault::LockedBytes> ask_secret(std::string_view) override {
        return fail(ErrorCode::kUnavailable, "nobody is there");
    }
    Result<std::string> ask(std::string_view) override { return answer; }
    void tell(std::string_view text) override { told += text; }
    Status put(std::string_view text) override {
        out += text;
        return {};
    }
    std::string answer, told, out;
};

/// A key "hot 1" in a token, which asks for two of alice, bob and carol.
class HsmProgram : public SoftHsmTest {
protected:
    void SetUp() override {
        SoftHsmTest::SetUp();
        if (IsSkipped()) return;
        write("pin", "1234\n");
        std::filesystem::permissions(folder_ / "pin", std::filesystem::perms::owner_read);
        wallet::Quorum quorum;
        for (const char* name : {"alice", "bob", "carol"})
            quorum.members.push_back({name, person(name).key()});
        quorum.needed = 2;
        write("quorum.json", vault::format_quorum(quorum));
        make_key("hot 1", "evm");

        chain::EvmTxn txn;
        txn.type = chain::EvmTxnType::kDynamicFee;
        txn.chain_id = 1;
        txn.max_fee_per_gas = Amount{uint64_t{20'000'000'000}};
        txn.max_priority_fee_per_gas = Amount{uint64_t{1'000'000'000}};
        txn.gas_limit = Amount{uint64_t{21'000}};
        txn.to = request.to =
            chain::parse_address(kEthereum, "0x00000000000000000000000000000000000c0ffe").value();
        txn.value = request.amount = Amount{uint64_t{5'000}};
        request.id = "W-1";
        request.chain = kEthereum;
        request.from = account();
        request.requester = "dave";
        request.time = kNow - Seconds{900};
        request.payload = {"evm", to_hex0x(chain::encode_evm_txn(txn))};
    }

    static wallet::TestSigner person(std::string_view name) {
        return wallet::TestSigner{wallet::ApproverKey::Kind::kEd25519,
                                  static_cast<uint8_t>(name[0])};
    }
    Address account(const std::string& label = "hot 1") const {
        const auto signer = Token::signer(token(), label).value();
        return vault::evm_account(*signer, {}).value();
    }
    void make_key(const std::string& label, const std::string& kind) {
        ASSERT_EQ(run({"new-key", "--quorum", path("quorum.json"), "--chain",
                       kind == "psbt" ? "btc" : "eth", "--kind", kind, "--label", label}),
                  0)
            << console.told;
    }
    std::string path(const std::string& name) const { return (folder_ / name).string(); }
    void write(const std::string& name, std::string_view text) const {
        std::ofstream{folder_ / name} << text;
    }
    int run(std::vector<std::string> args) {
        args.insert(args.end(), {"--module", module_path_});
        if (args[0] != "slots")
            args.insert(args.end(), {"--token", "custody", "--pin-file", path("pin")});
        console.told.clear();
        console.out.clear();
        return run_hsm_signer(args, {console, kNow, {}, "test"});
    }
    int sign(const std::vector<std::string>& approvers, const std::string& label = "hot 1") {
        wallet::Bundle bundle{request, {}, {}};
        bundle.policy.bytes.fill(7);
        for (const std::string& name : approvers) {
            wallet::Statement statement;
            statement.policy = bundle.policy;
            statement.by = name;
            statement.time = kNow - Seconds{60};
            statement.expires = kNow + Seconds{600};
            statement.about = wallet::withdrawal_text(request).value();
            bundle.approvals.push_back(person(name).sign(statement));
        }
        write("bundle.json", wallet::format_bundle(bundle));
        return run({"sign", "--label", label, "--bundle", path("bundle.json")});
    }

    Script console;
    WithdrawalRequest request;
};

TEST_F(HsmProgram, signs_what_two_people_agreed_to) {
    console.answer = vault::evm_hash({request, {}}).value().substr(2, 6);
    ASSERT_EQ(sign({"alice", "bob"}), 0) << console.told;
    std::string text = console.out;
    text.pop_back();
    const auto txn = chain::parse_evm_txn(parse_hex0x(text).value()).value();
    EXPECT_EQ(chain::sender_of(txn).value(), account());
    EXPECT_EQ(txn.to, request.to);
    EXPECT_THAT(console.told, HasSubstr("AGREED BY alice, bob"));
}

TEST_F(HsmProgram, the_rules_in_the_token_are_the_ones_that_count) {
    EXPECT_EQ(sign({"alice"}), 5);
    EXPECT_EQ(console.out, "");
    console.answer = "000000";
    EXPECT_EQ(sign({"alice", "bob"}), 5);  // Nobody looked at the hash.
    EXPECT_EQ(console.out, "");
    request.payload.type = "safe";
    EXPECT_NE(sign({"alice", "bob"}), 0);
    EXPECT_EQ(console.out, "");
}

TEST_F(HsmProgram, a_key_without_rules_signs_nothing) {
    ASSERT_TRUE(token()->generate("bare"));
    console.answer = vault::evm_hash({request, {}}).value().substr(2, 6);
    ASSERT_EQ(sign({"alice", "bob"}), 0);
    EXPECT_EQ(run({"sign", "--label", "bare", "--bundle", path("bundle.json")}), 3);
    EXPECT_THAT(console.told, HasSubstr("no data \"bare\""));
    ASSERT_EQ(run({"keys"}), 0);
    EXPECT_THAT(console.out, HasSubstr("no rules: signs nothing"));
    EXPECT_THAT(console.out, HasSubstr("2 of 3 must agree"));
    ASSERT_EQ(run({"slots"}), 0);
    EXPECT_THAT(console.out, HasSubstr("custody"));
}

TEST_F(HsmProgram, signs_a_safe_transaction_as_an_owner_with_a_v_that_recovers_it) {
    make_key("safe 1", "safe");
    const Address safe =
        chain::parse_address(kEthereum, "0x5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a").value();
    request.from = safe;
    // SoftHSM's nonces are random, and half of its signatures have a high s: several are asked for.
    constexpr int kTimes = 8;
    for (int nonce = 0; nonce < kTimes; ++nonce) {
        request.id = format("S-{}", nonce);
        request.payload = {
            "safe", format(R"({{"safe":"{}","chainId":1,"version":"1.4.1","to":"{}","value":"{}",)"
                           R"("data":"0x","operation":0,"safeTxGas":"0","baseGas":"0",)"
                           R"("gasPrice":"0","nonce":"{}"}})",
                           chain::format_address(kEthereum, safe),
                           chain::format_address(kEthereum, request.to), request.amount.to_string(),
                           nonce)};
        const std::string hash = vault::safe_hash({request, {}}).value();
        console.answer = hash.substr(2, 6);
        ASSERT_EQ(sign({"alice", "bob"}, "safe 1"), 0) << console.told;
        const auto made = boost::json::parse(console.out).as_object();
        const Bytes blob = parse_hex0x(made.at("signature").as_string()).value();
        ASSERT_EQ(blob.size(), 65U);
        EXPECT_TRUE(blob[64] == 27 || blob[64] == 28);
        Hash256 digest;
        const Bytes digest_bytes = parse_hex0x(hash).value();
        std::copy(digest_bytes.begin(), digest_bytes.end(), digest.bytes.begin());
        const auto parts = explain::read_safe_signatures(blob, digest);
        ASSERT_TRUE(parts.has_value());
        EXPECT_EQ(parts->front().signer, account("safe 1"));
        crypto::EcdsaSignature signature;
        std::copy_n(blob.begin(), 32, signature.r.bytes.begin());
        std::copy_n(blob.begin() + 32, 32, signature.s.bytes.begin());
        EXPECT_TRUE(signature.has_low_s());
    }
    // Agreed to by one alone, or another key's kind: nothing.
    EXPECT_EQ(sign({"alice"}, "safe 1"), 5);
    EXPECT_EQ(sign({"alice", "bob"}, "hot 1"), 5);
    EXPECT_EQ(console.out, "");
}

TEST_F(HsmProgram, signs_a_psbt_into_a_txn_that_runs) {
    make_key("coins 1", "psbt");
    // Nobody else may hold the token while the program runs.
    const crypto::PublicKey key = Token::signer(token(), "coins 1").value()->public_key({}).value();
    const Address ours{AddressKind::kP2wpkh, crypto::hash160(key.compressed())};
    request.chain = kBitcoin;
    request.from = ours;
    request.to = Address{AddressKind::kP2wpkh, Bytes(20, 9)};
    const Bytes script = chain::script_of_address(ours).value();
    constexpr uint64_t kIn = 100'000, kOut = 99'000;
    request.amount = Amount{kOut};
    // A txn that pays us, and one that spends it.
    const auto txn_of = [](ByteView spends, uint32_t sequence, uint64_t amount, const Bytes& to) {
        Bytes out;
        chain::append_number(out, uint32_t{2});
        out.push_back(1);
        chain::append_bytes(out, spends);
        chain::append_number(out, uint32_t{0});
        out.push_back(0);
        chain::append_number(out, sequence);
        out.push_back(1);
        chain::append_bytes(out, chain::test::output_bytes(amount, to));
        chain::append_number(out, uint32_t{0});
        return out;
    };
    constexpr int kTimes = 8;  // As above: half of them have a high s at first.
    for (int i = 0; i < kTimes; ++i) {
        const Bytes parent =
            txn_of(Bytes(32, static_cast<uint8_t>(i + 1)), 0xffffffff, kIn, script);
        const Bytes spend = txn_of(ByteView{crypto::sha256d(parent)}, 0xfffffffe, kOut,
                                   chain::script_of_address(request.to).value());
        chain::test::PsbtMaps maps = chain::test::psbt_v0(spend, 1, 1);
        // A token derives nothing: the key is its own root, and has no steps.
        const auto print = chain::fingerprint_of(key);
        maps.inputs[0].push_back({Bytes{0x00}, parent});
        maps.inputs[0].push_back(
            {chain::test::joined({0x06}, key.compressed()), Bytes(print.begin(), print.end())});
        request.id = format("B-{}", i);
        request.payload = {"psbt", to_base64(maps.bytes())};
        const std::string hash = vault::psbt_hash({request, {}}).value();
        console.answer = hash.substr(0, 6);
        ASSERT_EQ(sign({"alice", "bob"}, "coins 1"), 0) << console.told;
        std::string text = console.out;
        text.pop_back();
        const Bytes raw = parse_hex(text).value();
        const chain::TxnView txn = chain::parse_txn(raw).value();
        EXPECT_EQ(chain::format_hash(kBitcoin, chain::txid_of(txn)), hash);
        // The witness: two items, DER with one byte of sighash type, the key.
        const std::size_t end = text.rfind(to_hex(key.compressed())) - 2;
        Bytes der;
        for (std::size_t size = 60; size <= 73 && der.empty(); ++size)
            if (text.substr(end - 2 * size - 4, 4) == format("02{:02x}", size))
                der = parse_hex(text.substr(end - 2 * size, 2 * (size - 1))).value();
        const auto signature = crypto::parse_ecdsa_der(der);
        ASSERT_TRUE(signature.has_value()) << text;
        EXPECT_TRUE(signature->has_low_s());
    }
    request.to = ours;
    EXPECT_EQ(sign({"alice", "bob"}, "coins 1"), 5) << "another payee than the payload's";
    EXPECT_EQ(console.out, "");
}

TEST_F(HsmProgram, a_key_is_rotated_by_a_new_one_in_the_token_and_the_old_keeps_its_rules) {
    // A token has no `rotate`: a new key with its own rules, then the money moves.
    make_key("hot 2", "evm");
    EXPECT_NE(account("hot 1"), account("hot 2"));
    request.from = account("hot 2");
    console.answer = vault::evm_hash({request, {}}).value().substr(2, 6);
    ASSERT_EQ(sign({"alice", "bob"}, "hot 2"), 0) << console.told;
    std::string text = console.out;
    text.pop_back();
    const auto txn = chain::parse_evm_txn(parse_hex0x(text).value()).value();
    EXPECT_EQ(chain::sender_of(txn).value(), account("hot 2"));
    // The new key signs nothing of the old account, and the other way round.
    EXPECT_NE(sign({"alice", "bob"}, "hot 1"), 0);
    EXPECT_EQ(console.out, "");
    // Neither a key nor rules of the same name twice.
    EXPECT_NE(run({"new-key", "--quorum", path("quorum.json"), "--chain", "eth", "--kind", "evm",
                   "--label", "hot 2"}),
              0);
    EXPECT_EQ(account("hot 2"), request.from);
}

TEST_F(HsmProgram, wrong_pins_and_words_have_their_exit_codes) {
    std::filesystem::permissions(folder_ / "pin", std::filesystem::perms::owner_all);
    write("pin", "9999\n");
    EXPECT_EQ(run({"keys"}), 5);
    EXPECT_THAT(console.told, HasSubstr("CKR_PIN_INCORRECT"));
    EXPECT_EQ(console.told.find("9999"), std::string::npos);
    std::filesystem::permissions(folder_ / "pin", std::filesystem::perms::others_read,
                                 std::filesystem::perm_options::add);
    EXPECT_EQ(run({"keys"}), 5);
    EXPECT_EQ(run({"dance"}), 2);
}

}  // namespace
}  // namespace cordon::hsm
