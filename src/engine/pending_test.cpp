// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "pending.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

namespace cordon::engine {
namespace {

namespace fs = std::filesystem;

TEST(Pending, round_trips_and_goes_away) {
    const fs::path folder = fs::temp_directory_path() / "cordon_pending_test";
    fs::create_directories(folder);
    EXPECT_TRUE(load_pending(folder.string()).value().empty());
    const std::vector<Pending> notes{{"transfers:/a b.csv", {{kBitcoin, 7}, {kEthereum, 9}}},
                                     {"btc-txs:tip", {}},
                                     {"btc-blocks:x", {{kBitcoin, 8}}}};
    for (std::size_t count = notes.size() + 1; count-- > 0;) {
        ASSERT_TRUE(save_pending(folder.string(), std::span{notes}.first(count)));
        EXPECT_EQ(load_pending(folder.string()).value(),
                  std::vector<Pending>(notes.begin(), notes.begin() + static_cast<long>(count)));
    }
    EXPECT_FALSE(fs::exists(folder / "ingest.pending"));
    fs::remove_all(folder);
}

TEST(Pending, refuses_a_note_that_lost_its_end_or_changed) {
    const fs::path folder = fs::temp_directory_path() / "cordon_pending_torn";
    fs::create_directories(folder);
    const Pending note{"transfers:x", {{kEthereum, 1234}}};
    ASSERT_TRUE(save_pending(folder.string(), {&note, 1}));
    std::ifstream in{folder / "ingest.pending", std::ios::binary};
    const std::string whole{std::istreambuf_iterator<char>{in}, {}};
    for (std::size_t size = 0; size < whole.size(); ++size) {
        std::ofstream{folder / "ingest.pending", std::ios::trunc} << whole.substr(0, size);
        EXPECT_EQ(load_pending(folder.string()).error().code, ErrorCode::kCorrupt) << size;
        std::string changed = whole;
        changed[size] ^= 1;
        std::ofstream{folder / "ingest.pending", std::ios::trunc} << changed;
        EXPECT_EQ(load_pending(folder.string()).error().code, ErrorCode::kCorrupt) << size;
    }
    fs::remove_all(folder);
}

TEST(Pending, refuses_a_note_that_is_not_ours) {
    const fs::path folder = fs::temp_directory_path() / "cordon_pending_bad";
    fs::create_directories(folder);
    for (const char* text : {"", "something else\n", "cordon ingest pending 1\n",
                             "cordon ingest pending 1\nsource x\ntip moon 3\n",
                             "cordon ingest pending 1\nsource x\ntip eth\n"}) {
        std::ofstream{folder / "ingest.pending"} << text;
        EXPECT_EQ(load_pending(folder.string()).error().code, ErrorCode::kCorrupt) << text;
    }
    fs::remove_all(folder);
}

}  // namespace
}  // namespace cordon::engine
