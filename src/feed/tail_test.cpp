// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "tail.hpp"

#include <gtest/gtest.h>
#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <thread>

namespace cordon::feed {
namespace {

using namespace std::chrono_literals;

/// A file that grows, and a reader of it on a thread, as a feed has one.
class Tail : public ::testing::Test {
protected:
    void SetUp() override {
        std::string name = (std::filesystem::temp_directory_path() / "tail.XXXXXX").string();
        ASSERT_TRUE(mkdtemp(name.data()));
        folder_ = name;
        path_ = name + "/queue";
    }
    void TearDown() override {
        cancel_ = true;
        if (reader_.joinable()) reader_.join();
        std::filesystem::remove_all(folder_);
    }
    void append(std::string_view text) { std::ofstream{path_, std::ios::app} << text; }
    void follow() {
        reader_ = std::thread{[this] {
            const InputFile file = tail_file(path_, {1ms, &cancel_});
            auto source = file.open().value();
            std::array<uint8_t, 7> piece{};
            for (;;) {
                const auto count = source->read(piece);
                const std::scoped_lock lock{mutex_};
                if (!count) error_ = count.error();
                ended_ = !count || *count == 0;
                if (ended_) return;
                text_.append(piece.begin(), piece.begin() + static_cast<std::ptrdiff_t>(*count));
            }
        }};
    }
    std::string text() {
        const std::scoped_lock lock{mutex_};
        return text_;
    }
    bool comes(std::string_view wanted) {
        for (int i = 0; i < 2000 && text() != wanted; ++i) std::this_thread::sleep_for(1ms);
        return text() == wanted;
    }
    bool ends() {
        for (int i = 0; i < 2000; ++i) {
            {
                const std::scoped_lock lock{mutex_};
                if (ended_) return true;
            }
            std::this_thread::sleep_for(1ms);
        }
        return false;
    }

    std::string folder_, path_;
    std::atomic<bool> cancel_ = false;
    std::thread reader_;
    std::mutex mutex_;
    std::string text_;
    bool ended_ = false;
    std::optional<Error> error_;
};

TEST_F(Tail, waits_for_a_file_and_gives_whole_lines_only) {
    follow();
    append("one\ntw");
    EXPECT_TRUE(comes("one\n"));
    std::this_thread::sleep_for(10ms);
    EXPECT_EQ(text(), "one\n");
    append("o\n\nthree\n");
    EXPECT_TRUE(comes("one\ntwo\n\nthree\n"));
    cancel_ = true;
    EXPECT_TRUE(ends());
    EXPECT_FALSE(error_);
}

TEST_F(Tail, goes_on_with_the_file_that_takes_its_place) {
    append("one\n");
    follow();
    EXPECT_TRUE(comes("one\n"));
    std::filesystem::rename(path_, path_ + ".1");
    append("two\n");
    EXPECT_TRUE(comes("one\ntwo\n"));
}

TEST_F(Tail, refuses_a_file_that_became_shorter) {
    append("one\ntwo\n");
    follow();
    EXPECT_TRUE(comes("one\ntwo\n"));
    std::filesystem::resize_file(path_, 4);
    EXPECT_TRUE(ends());
    EXPECT_EQ(error_->code, ErrorCode::kConflict);
}

TEST_F(Tail, refuses_what_is_no_file) {
    std::filesystem::create_directory(path_);
    follow();
    EXPECT_TRUE(ends());
    EXPECT_EQ(error_->code, ErrorCode::kIo);
}

}  // namespace
}  // namespace cordon::feed
