// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "words.hpp"

#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

#include <cordon/base/format.hpp>

#include "test_support.hpp"

namespace cordon::ledger {
namespace {

using namespace test;

constexpr std::size_t kFew = 1000, kMany = (std::size_t{1} << 18) + 12'345;

/// How many mappings of this process are files that have no name in `directory`.
std::size_t mapped_in(const std::string& directory) {
    std::ifstream maps{"/proc/self/maps"};
    std::size_t count = 0;
    for (std::string line; std::getline(maps, line);)
        if (line.find(directory + "/") != std::string::npos && line.ends_with("(deleted)")) ++count;
    return count;
}

void expect_words(Words words, std::size_t size) {
    ASSERT_EQ(words.size(), size);
    for (std::size_t i = 0; i < size; ++i) ASSERT_EQ(words[i], 0) << i;
    for (std::size_t i = 0; i < size; ++i) words[i] = i * i;
    Words moved;
    moved = std::move(words);
    for (std::size_t i = 0; i < size; ++i) ASSERT_EQ(moved[i], i * i) << i;
    moved.wipe();
    for (std::size_t i = 0; i < size; ++i) ASSERT_EQ(moved[i], 0) << i;
}

TEST(Words, are_zero_and_writable_wherever_they_lie) {
    const TempDir directory;
    for (const std::size_t size : {kFew, kMany})
        for (const std::string& where : {std::string{}, directory.path(), directory / "missing"}) {
            SCOPED_TRACE(format("{} words in '{}'", size, where));
            expect_words(Words{size, where}, size);
        }
}

TEST(Words, that_are_many_lie_in_a_file_without_a_name_until_they_go) {
    const TempDir directory;
    const std::string where = directory.path();
    const Words few{kFew, where};
    EXPECT_EQ(mapped_in(where), 0);
    {
        const Words many{kMany, where};
        if (mapped_in(where) == 0) GTEST_SKIP() << "no nameless files in " << where;
        EXPECT_EQ(mapped_in(where), 1);
        EXPECT_TRUE(std::filesystem::is_empty(directory.path()));
    }
    EXPECT_EQ(mapped_in(where), 0);
}

TEST(WordsMaker, gives_what_is_asked_for_whatever_was_prepared) {
    const TempDir directory;
    for (const std::string& where : {std::string{}, directory.path()}) {
        WordsMaker maker{where};
        for (const std::size_t size : {kFew, kMany})
            for (const std::size_t prepared : {std::size_t{0}, size, 2 * kMany}) {
                if (prepared != 0) maker.prepare(prepared);
                Words words = maker.take(size);
                // Only what is prepared is worth a file.
                if (prepared != size || size == kFew) {
                    EXPECT_EQ(mapped_in(directory.path()), 0);
                }
                expect_words(std::move(words), size);
                maker.drop(maker.take(size));
            }
    }
    EXPECT_TRUE(std::filesystem::is_empty(directory.path()));
}

TEST(WordsMaker, makes_the_next_of_what_comes_back) {
    const TempDir directory;
    for (const std::string& where : {std::string{}, directory.path(), directory / "missing"}) {
        SCOPED_TRACE(where);
        WordsMaker maker{where};
        std::size_t size = kMany;
        for (unsigned round = 0; round < 4; ++round, size += size / 2) {
            maker.prepare(size);
            Words words = maker.take(size);
            ASSERT_EQ(words.size(), size);
            for (std::size_t i = 0; i < size; ++i) ASSERT_EQ(words[i], 0) << round << ' ' << i;
            for (std::size_t i = 0; i < size; ++i) words[i] = ~i;
            const std::size_t files = mapped_in(directory.path());
            maker.drop(std::move(words));
            if (where == directory.path()) {
                EXPECT_EQ(mapped_in(where), files);
            }
        }
        // One that is smaller than what came back.
        maker.prepare(kMany);
        expect_words(maker.take(kMany), kMany);
    }
    EXPECT_EQ(mapped_in(directory.path()), 0);
    EXPECT_TRUE(std::filesystem::is_empty(directory.path()));
}

TEST(Words, that_settle_stay_what_they_are) {
    const TempDir directory;
    WordsMaker maker{directory.path()};
    maker.prepare(kMany);
    Words words = maker.take(kMany);
    words[kMany - 1] = 7;
    words.settle();
    EXPECT_EQ(words[kMany - 1], 7);
    maker.drop(std::move(words));
    expect_words(maker.take(kMany), kMany);
}

}  // namespace
}  // namespace cordon::ledger
