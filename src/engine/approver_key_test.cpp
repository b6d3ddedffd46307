// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "approver_key.hpp"

#include <cstdio>
#include <filesystem>

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cordon/base/private_file.hpp>

namespace cordon::engine {
namespace {

wallet::Statement statement(std::string by) {
    wallet::Statement out;
    out.by = std::move(by);
    out.subject = wallet::Subject::kBreaker;
    out.time = from_unix_seconds(1'767'225'600);
    out.expires = out.time + Seconds{3600};
    out.about = wallet::breaker_text("global", out.time).value();
    return out;
}

TEST(ApproverKeyFile, gives_the_same_key_back_with_and_without_passphrase) {
    const ApproverSigner made = ApproverSigner::generate("alice").value();
    for (const std::string passphrase : {"", "three words long"}) {
        const std::string text = made.file_text(passphrase).value();
        EXPECT_EQ(is_sealed_key(text), !passphrase.empty());
        const ApproverSigner read = ApproverSigner::parse(text, passphrase).value();
        EXPECT_EQ(read.name(), "alice");
        EXPECT_EQ(read.key(), made.key());
        const wallet::SignedStatement by = read.sign(statement("alice")).value();
        EXPECT_TRUE(wallet::verify_signed(by, made.key()));
    }
}

TEST(ApproverKeyFile, sealed_opens_with_its_passphrase_alone_and_unchanged) {
    const ApproverSigner made = ApproverSigner::generate("alice").value();
    const std::string text = made.file_text("right").value();
    const auto code = [](const Result<ApproverSigner>& read) {
        return read ? std::string{} : std::string{to_string(read.error().code)};
    };
    EXPECT_EQ(code(ApproverSigner::parse(text, "wrong")), "permission");
    EXPECT_EQ(code(ApproverSigner::parse(text, "")), "permission");
    std::string other = text;
    other.replace(other.find("alice"), 5, "mally");
    EXPECT_EQ(code(ApproverSigner::parse(other, "right")), "permission");
    const std::size_t end = text.size() - 3;
    other = text;
    other[end - 4] = other[end - 4] == 'A' ? 'B' : 'A';
    EXPECT_EQ(code(ApproverSigner::parse(other, "right")), "permission");
    other = text;
    other.replace(other.find("67108864"), 8, "67108864000000");
    EXPECT_EQ(code(ApproverSigner::parse(other, "right")), "limit");
}

TEST(ApproverKeyFile, that_is_cut_or_continued_or_mixed_is_refused) {
    const std::string text = ApproverSigner::generate("alice").value().file_text("").value();
    for (std::size_t size = 0; size < text.size(); ++size)
        EXPECT_FALSE(ApproverSigner::parse(text.substr(0, size), "")) << size;
    EXPECT_FALSE(ApproverSigner::parse(text + "\n", ""));
    EXPECT_FALSE(ApproverSigner::parse(std::string(5'000, 'x'), ""));
    const std::string bob = ApproverSigner::generate("bob").value().file_text("").value();
    const std::string mixed = text.substr(0, text.find("secret")) + bob.substr(bob.find("secret"));
    EXPECT_EQ(ApproverSigner::parse(mixed, "").error().code, ErrorCode::kChecksum);
}

TEST(ApproverKeyFile, signs_for_its_own_name_and_only_what_reads_back) {
    const ApproverSigner alice = ApproverSigner::generate("alice").value();
    EXPECT_FALSE(alice.sign(statement("bob")));
    wallet::Statement bad = statement("alice");
    bad.about += "\x1b[2K\n";
    EXPECT_FALSE(alice.sign(bad));
    bad = statement("alice");
    bad.time += std::chrono::milliseconds{1};
    EXPECT_FALSE(alice.sign(bad));
    for (const char* name : {"", "a\nb", " a"}) EXPECT_FALSE(ApproverSigner::generate(name));
}

TEST(ApproverKeyFile, is_its_owners_alone_and_never_overwritten) {
    const std::string path = std::filesystem::temp_directory_path() /
                             ("approver_key_test." + std::to_string(::getpid()));
    const ApproverSigner alice = ApproverSigner::generate("alice").value();
    ASSERT_TRUE(write_approver_key(path, alice, ""));
    struct stat status{};
    ASSERT_EQ(::stat(path.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777, 0600U);
    EXPECT_EQ(write_approver_key(path, alice, "").error().code, ErrorCode::kDuplicate);
    EXPECT_TRUE(read_approver_key(path));
    ASSERT_EQ(::chmod(path.c_str(), 0640), 0);
    EXPECT_EQ(read_approver_key(path).error().code, ErrorCode::kPermission);
    std::remove(path.c_str());
}

}  // namespace
}  // namespace cordon::engine
