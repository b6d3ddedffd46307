// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "open.hpp"

#include <gtest/gtest.h>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <cordon/base/format.hpp>
#include <cordon/crypto/hash.hpp>

namespace cordon::feed {
namespace {

/// A txn that waits, as we write it; `nonce` is a field or nothing.
std::string line(int number, std::string_view nonce) {
    return format(
        R"({{"type":"pending","chain":"eth","seen":"2023-11-14T22:13:20Z","hash":"0x{:064x}",)"
        R"("transfers":[],"from":"0x0000000000000000000000000000000000000b0b"{}}})"
        "\n",
        number, nonce);
}

Hash256 sha256(const std::string& text) {
    return crypto::sha256({reinterpret_cast<const uint8_t*>(text.data()), text.size()});
}

/// A file that a watch has read up to a place and goes on with.
class OpenTail : public ::testing::Test {
protected:
    void SetUp() override {
        std::string name = (std::filesystem::temp_directory_path() / "open.XXXXXX").string();
        ASSERT_TRUE(mkdtemp(name.data()));
        folder_ = name;
    }
    void TearDown() override { std::filesystem::remove_all(folder_); }

    /// The number of the first txn told, when the file begins with `first` and `place` is kept.
    uint64_t first_told(const std::string& first, const TailPlace& place) const {
        const std::string path = folder_ + "/queue";
        std::ofstream{path} << first << line(2, R"(,"nonce":1)");
        LiveOptions options;
        options.tails["tail:" + path] = place;
        const auto feed = open_live({"tail:" + path}, options);
        FeedEvent event;
        if (!feed || !(*feed)->read(event).value_or(false)) return 0;
        return std::get<PendingTxn>(event).activity.hash.bytes.back();
    }

    std::string folder_;
};

TEST_F(OpenTail, goes_on_behind_what_was_read) {
    for (const std::string nonce : {"", R"(,"nonce":0)", R"(,"nonce":7)"}) {
        LiveOptions options;
        const std::string path = folder_ + "/first";
        std::ofstream{path} << line(1, nonce);
        FeedEvent event;
        ASSERT_TRUE((*open_live({"tail:" + path}, options))->read(event).value_or(false));
        EXPECT_EQ(first_told(line(1, nonce), {digest(event), 1}), 2U) << nonce;
    }
}

TEST_F(OpenTail, goes_on_where_a_version_stopped_that_left_a_nonce_of_0_out) {
    const TailPlace place{sha256(line(1, "")), 1};
    EXPECT_EQ(first_told(line(1, R"(,"nonce":0)"), place), 2U);
    EXPECT_EQ(first_told(line(1, ""), place), 2U);
    EXPECT_EQ(first_told(line(1, R"(,"nonce":7)"), {sha256(line(1, R"(,"nonce":7)")), 1}), 2U);
}

TEST_F(OpenTail, begins_anew_with_another_file) {
    const TailPlace place{sha256(line(1, "")), 1};
    EXPECT_EQ(first_told(line(1, R"(,"nonce":7)"), place), 1U);
    EXPECT_EQ(first_told(line(3, R"(,"nonce":0)"), place), 3U);
}

TEST(EventDigest, leaves_a_nonce_of_0_out_of_blocks_too) {
    const auto block = [](std::optional<uint64_t> nonce) {
        SeenBlock seen;
        seen.block.chain = kEthereum;
        seen.activity.has_txns = true;
        seen.activity.txns.resize(2);
        seen.activity.txns[1].nonce = nonce;
        return digest(seen);
    };
    EXPECT_EQ(block(0), block(std::nullopt));
    EXPECT_NE(block(1), block(0));
}

}  // namespace
}  // namespace cordon::feed
