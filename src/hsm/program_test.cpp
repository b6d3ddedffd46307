// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "program.hpp"

#include <gmock/gmock.h>

#include <cordon/base/hex.hpp>
#include <cordon/chain/evm/txn.hpp>
#include <cordon/chain/text.hpp>
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
        ASSERT_EQ(run({"new-key", "--quorum", path("quorum.json"), "--chain", "eth", "--kind",
                       "evm", "--label", "hot 1"}),
                  0)
            << console.told;

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
    Address account() const {
        const auto signer = Token::signer(token(), "hot 1").value();
        return vault::evm_account(*signer, {}).value();
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
    int sign(const std::vector<std::string>& approvers) {
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
        return run({"sign", "--label", "hot 1", "--bundle", path("bundle.json")});
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
