// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "program.hpp"

#include <gtest/gtest.h>
#include <filesystem>
#include <fstream>

#include <unistd.h>

#include <cordon/chain/evm/txn.hpp>

#include "../test_world.hpp"
#include "commands.hpp"

namespace cordon::vault {
namespace {

using namespace test;

class FakeConsole final : public Console {
public:
    std::string typed;  // The answer to the next question.
    std::string told, out;
    Result<LockedBytes> ask_secret(std::string_view) override {
        return fail(ErrorCode::kUnavailable, "nobody");
    }
    Result<std::string> ask(std::string_view) override { return typed; }
    void tell(std::string_view text) override { told += text; }
    Status put(std::string_view text) override {
        out += text;
        return {};
    }
};

class Program : public testing::Test {
protected:
    World world;
    FakeConsole console;
    UnixMillis now = kNow;
    std::filesystem::path folder =
        std::filesystem::path{testing::TempDir()} / format("cordon-signer-{}", ::getpid());

    void SetUp() override {
        std::filesystem::remove_all(folder);
        std::filesystem::create_directories(folder);
        write("quorum", format_quorum(world.facts(kEthereum, "evm").quorum));
        write("pass", "correct horse battery staple\n");
        write("pass2", "another twelve signs\n");
    }
    void TearDown() override { std::filesystem::remove_all(folder); }

    std::string path(const std::string& name) const { return (folder / name).string(); }
    void write(const std::string& name, std::string_view text) {
        std::ofstream{path(name), std::ios::binary} << text;
        std::filesystem::permissions(path(name), std::filesystem::perms{0600});
    }
    /// "@x" stands for the file x.
    int run(const std::string& line) {
        console.told.clear();
        console.out.clear();
        std::vector<std::string> args;
        std::string word;
        for (std::istringstream words{line}; words >> word;)
            args.push_back(word.starts_with('@') ? path(word.substr(1)) : word);
        return run_signer(args, {console, now, kCheap, "1"});
    }
    int make(const std::string& more = "") {
        return run(
            "new-key -o @key --new-passphrase-file @pass --label cold --quorum @quorum "
            "--chain eth --chain btc --kind evm --kind psbt " +
            more);
    }
    std::string field(std::string_view name) const {
        const std::size_t at = console.out.find("\n" + std::string{name});
        if (at == std::string::npos) return {};
        const std::size_t value = console.out.find_first_not_of(' ', at + 1 + name.size());
        return console.out.substr(value, console.out.find_first_of(" \n", value) - value);
    }
    /// A bundle that two people agreed to; returns the hash that is to be typed.
    std::string bundle(const std::string& account) {
        const Address payee{AddressKind::kEvm, Bytes(20, 9)};
        chain::EvmTxn txn;
        txn.type = chain::EvmTxnType::kDynamicFee;
        txn.chain_id = 1;
        txn.max_fee_per_gas = txn.max_priority_fee_per_gas = Amount{uint64_t{1'000'000'000}};
        txn.gas_limit = Amount{uint64_t{21'000}};
        txn.to = payee;
        txn.value = Amount{uint64_t{5}};
        const Bytes bytes = chain::encode_evm_txn(txn);
        const WithdrawalRequest request =
            request_of(kEthereum, chain::parse_address(kEthereum, account).value(), payee,
                       Amount{uint64_t{5}}, "evm", to_hex0x(bytes));
        write("bundle", wallet::format_bundle(world.agreed(request)));
        return to_hex(chain::parse_evm_txn(bytes)->signing_hash);
    }
};

TEST_F(Program, makes_a_key_shows_it_and_signs_with_it) {
    ASSERT_EQ(make(), 0) << console.told;
    EXPECT_EQ(make(), 3);  // Never written over.
    ASSERT_EQ(run("show --key @key --passphrase-file @pass"), 0) << console.told;
    EXPECT_NE(console.out.find("alice"), std::string::npos);
    EXPECT_NE(console.out.find("tr(["), std::string::npos);
    const std::string account = field("account");
    console.typed = bundle(account).substr(0, 6);
    EXPECT_EQ(run("verify-bundle --key @key --passphrase-file @pass --bundle @bundle"), 0)
        << console.told;
    ASSERT_EQ(run("sign --key @key --passphrase-file @pass --bundle @bundle -o @signed"), 0)
        << console.told;
    EXPECT_EQ(run("sign --key @key --passphrase-file @pass --bundle @bundle -o @signed"), 3);
    EXPECT_EQ(run("sign --key @key --passphrase-file @pass --bundle @bundle"), 0);
    console.out.pop_back();
    const Bytes raw = parse_hex0x(console.out).value();
    EXPECT_EQ(chain::display_address(kEthereum, *chain::sender_of(*chain::parse_evm_txn(raw))),
              account);
}

TEST_F(Program, signs_nothing_without_the_digits_of_the_hash) {
    ASSERT_EQ(make(), 0);
    run("show --key @key --passphrase-file @pass");
    const std::string hash = bundle(field("account"));
    for (const std::string& typed :
         {std::string{}, std::string{"yes"}, hash.substr(0, 5), hash, hash.substr(1, 6)}) {
        console.typed = typed;
        EXPECT_EQ(run("sign --key @key --passphrase-file @pass --bundle @bundle -o @signed"), 5);
        EXPECT_FALSE(std::filesystem::exists(path("signed")));
    }
}

TEST_F(Program, refuses_a_bundle_that_nobody_agreed_to_and_says_why) {
    ASSERT_EQ(make(), 0);
    run("show --key @key --passphrase-file @pass");
    console.typed = bundle(field("account")).substr(0, 6);
    now = kNow + Seconds{86'400};
    EXPECT_EQ(run("sign --key @key --passphrase-file @pass --bundle @bundle"), 5);
    EXPECT_NE(console.told.find("expired"), std::string::npos);
    EXPECT_EQ(console.out, "");
    write("bundle", "{}");
    EXPECT_EQ(run("sign --key @key --passphrase-file @pass --bundle @bundle"), 3);
}

TEST_F(Program, changes_the_passphrase_rotates_and_retires) {
    ASSERT_EQ(make(), 0);
    run("show --key @key --passphrase-file @pass");
    const std::string root = field("root"), account = field("account");
    ASSERT_EQ(run("passphrase --key @key --passphrase-file @pass --new-passphrase-file @pass2"), 0);
    EXPECT_EQ(run("show --key @key --passphrase-file @pass"), 5);
    ASSERT_EQ(
        run("rotate --key @key --passphrase-file @pass2 -o @next --new-passphrase-file @pass"), 0)
        << console.told;
    ASSERT_EQ(run("show --key @next --passphrase-file @pass"), 0);
    EXPECT_EQ(field("follows"), root);
    EXPECT_NE(field("root"), root);
    EXPECT_EQ(
        run("rotate --key @key --passphrase-file @pass2 -o @third --new-passphrase-file @pass"), 3);
    // A retiring key signs still, so that its money can move.
    console.typed = bundle(account).substr(0, 6);
    EXPECT_EQ(run("sign --key @key --passphrase-file @pass2 --bundle @bundle"), 0) << console.told;
    ASSERT_EQ(run("retire --key @key --passphrase-file @pass2"), 0);
    EXPECT_EQ(run("sign --key @key --passphrase-file @pass2 --bundle @bundle"), 5);
    EXPECT_EQ(run("retire --key @key --passphrase-file @pass2"), 3);
}

TEST_F(Program, brings_a_key_back_from_its_shares) {
    ASSERT_EQ(make(), 0);
    run("show --key @key --passphrase-file @pass");
    const std::string root = field("root");
    ASSERT_EQ(run("backup --key @key --passphrase-file @pass --groups 1 --share 2-of-3 -o @shares"),
              0)
        << console.told;
    const std::string restore =
        "restore -o @again --new-passphrase-file @pass --label cold --quorum @quorum --chain eth "
        "--kind evm --share @shares/group-1-share-1.txt";
    EXPECT_NE(run(restore), 0);
    ASSERT_EQ(run(restore + " --share @shares/group-1-share-3.txt"), 0) << console.told;
    run("show --key @again --passphrase-file @pass");
    EXPECT_EQ(field("root"), root);
}

TEST_F(Program, says_no_secret) {
    ASSERT_EQ(make(), 0);
    std::string all = console.told + console.out;
    for (const char* line : {"show --key @key --passphrase-file @pass --count 3",
                             "backup --key @key --passphrase-file @pass --groups 1 --share 2-of-2 "
                             "-o @shares",
                             "show --key @key --passphrase-file @pass2"}) {
        run(line);
        all += console.told + console.out;
    }
    const KeyFile key =
        open_key_file(read_key_file(path("key")).value(), view_of("correct horse battery staple"))
            .value();
    const KeyRing ring = KeyRing::make(key).value();
    EXPECT_EQ(all.find(to_hex(key.secret.view())), std::string::npos);
    EXPECT_EQ(all.find("xprv"), std::string::npos);
    EXPECT_EQ(all.find("staple"), std::string::npos);
}

TEST_F(Program, refuses_weak_and_open_passphrases_and_wrong_lines) {
    write("weak", "short\n");
    EXPECT_EQ(run("new-key -o @key --new-passphrase-file @weak --label cold --quorum @quorum "
                  "--chain eth --kind evm"),
              3);
    std::filesystem::permissions(path("pass"), std::filesystem::perms{0644});
    EXPECT_EQ(make(), 5);
    EXPECT_FALSE(std::filesystem::exists(path("key")));
    EXPECT_EQ(run(""), 2);
    EXPECT_EQ(run("sign"), 2);
    EXPECT_EQ(run("sing --key @key"), 2);
    EXPECT_EQ(run("--help"), 0);
    EXPECT_EQ(run("sign --help"), 0);
    EXPECT_NE(console.out.find("--bundle"), std::string::npos);
    EXPECT_EQ(run("--version"), 0);
}

TEST_F(Program, signs_unattended_only_when_nothing_asks_for_a_thought) {
    KeyFacts facts = world.facts(kEthereum, "evm");
    facts.quorum.gate = world.gate.key();
    write("quorum", format_quorum(facts.quorum));
    ASSERT_EQ(make("--unattended"), 0) << console.told;
    run("show --key @key --passphrase-file @pass");
    bundle(field("account"));
    EXPECT_EQ(run("sign --key @key --passphrase-file @pass --bundle @bundle"), 5);
    auto with_gate = wallet::parse_bundle(read_text(path("bundle")).value()).value();
    with_gate.approvals.push_back(world.says("gate", with_gate.request));
    write("bundle", wallet::format_bundle(with_gate));
    EXPECT_EQ(run("sign --key @key --passphrase-file @pass --bundle @bundle"), 0) << console.told;
}

}  // namespace
}  // namespace cordon::vault
