// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "read_ahead.hpp"

#include <atomic>
#include <new>
#include <thread>

#include <gtest/gtest.h>

#include <cordon/base/format.hpp>

namespace cordon::chain {
namespace {

using namespace std::chrono_literals;

/// Gives blocks 0, 1, 2, ... of as many txns, then ends or fails.
class Numbers final : public BlockSource {
public:
    Numbers(uint64_t count, bool fails, std::atomic<uint64_t>* calls = nullptr,
            bool outputs = false)
        : count_{count}, fails_{fails}, calls_{calls}, outputs_{outputs} {}
    Result<bool> read(Block& block) override {
        if (calls_ != nullptr) ++*calls_;
        if (at_ == count_ && fails_) return fail(ErrorCode::kMalformed, "numbers:7: the end");
        if (at_ == count_) return false;
        block.header.number = at_;
        block.utxo_txns.resize(at_ % 50);
        for (UtxoTxn& txn : block.utxo_txns) txn.outputs.resize(outputs_ ? 1 : 0);
        ++at_;
        return true;
    }
    uint64_t bytes_read() const noexcept override { return at_ * 10; }
    uint64_t bytes_total() const noexcept override { return count_ * 10; }
    std::vector<std::string> warnings() const override {
        return at_ < 3 ? std::vector<std::string>{}
                       : std::vector<std::string>{format("at {}", at_)};
    }

private:
    uint64_t count_;
    bool fails_;
    std::atomic<uint64_t>* calls_;
    bool outputs_;
    uint64_t at_ = 0;
};

/// Two blocks, then there is no memory.
class RunsOut final : public BlockSource {
public:
    Result<bool> read(Block&) override {
        if (++at_ > 2) throw std::bad_alloc{};
        return true;
    }
    uint64_t bytes_read() const noexcept override { return at_; }
    uint64_t bytes_total() const noexcept override { return 0; }

private:
    uint64_t at_ = 0;
};

/// One block, then nothing until it may go on to its end.
class Stalls final : public BlockSource {
public:
    Stalls(std::atomic<uint64_t>& calls, const std::atomic<bool>& go_on)
        : calls_{calls}, go_on_{go_on} {}
    Result<bool> read(Block&) override {
        if (calls_++ == 0) return true;
        while (!go_on_) std::this_thread::sleep_for(1ms);
        return false;
    }
    uint64_t bytes_read() const noexcept override { return 0; }
    uint64_t bytes_total() const noexcept override { return 0; }

private:
    std::atomic<uint64_t>& calls_;
    const std::atomic<bool>& go_on_;
};

TEST(ReadAhead, gives_the_same_blocks_in_order_whatever_waits) {
    for (const std::size_t room : {0U, 1U, 2U, 7U, 2000U}) {
        const auto source = read_ahead(std::make_unique<Numbers>(1000, false), {room});
        EXPECT_EQ(source->bytes_total(), 10'000u);
        Block block;
        for (uint64_t i = 0; i < 1000; ++i) {
            ASSERT_TRUE(source->read(block).value());
            ASSERT_EQ(block.header.number, i);
            ASSERT_EQ(block.utxo_txns.size(), i % 50);
            ASSERT_EQ(source->bytes_read(), (i + 1) * 10);
            ASSERT_EQ(source->warnings().size(), i < 2 ? 0u : 1u);
            if (i >= 2) {
                ASSERT_EQ(source->warnings()[0], format("at {}", i + 1));
            }
        }
        EXPECT_FALSE(source->read(block).value());
        EXPECT_FALSE(source->read(block).value());
    }
}

TEST(ReadAhead, passes_an_error_on_after_the_blocks_before_it_and_for_ever) {
    const auto source = read_ahead(std::make_unique<Numbers>(5, true), {3});
    for (uint64_t i = 0; i < 5; ++i) EXPECT_EQ(source->next().value()->header.number, i);
    for (int i = 0; i < 3; ++i) {
        const auto block = source->next();
        ASSERT_FALSE(block);
        EXPECT_EQ(block.error().code, ErrorCode::kMalformed);
        EXPECT_EQ(block.error().message, "numbers:7: the end");
    }
}

TEST(ReadAhead, throws_on_the_callers_thread_what_the_source_threw) {
    const auto source = read_ahead(std::make_unique<RunsOut>());
    Block block;
    for (int i = 0; i < 2; ++i) ASSERT_TRUE(source->read(block).value());
    for (int i = 0; i < 3; ++i)
        EXPECT_THROW(static_cast<void>(source->read(block)), std::bad_alloc);
    EXPECT_EQ(source->bytes_read(), 2u);
}

TEST(ReadAhead, of_an_empty_source_is_empty) {
    const auto source = read_ahead(std::make_unique<Numbers>(0, false));
    EXPECT_FALSE(source->next().value());
    EXPECT_EQ(source->bytes_read(), 0u);
}

TEST(ReadAhead, may_be_dropped_at_any_moment) {
    for (uint64_t taken = 0; taken < 50; ++taken) {
        const auto source =
            read_ahead(std::make_unique<Numbers>(UINT64_MAX, false), {taken % 5, 100});
        Block block;
        for (uint64_t i = 0; i < taken; ++i) ASSERT_TRUE(source->read(block).value());
    }
}

TEST(ReadAhead, reads_no_further_than_it_has_room) {
    std::atomic<uint64_t> calls = 0;
    const auto source = read_ahead(std::make_unique<Numbers>(1000, false, &calls), {4});
    for (int i = 0; i < 2000 && calls < 4; ++i) std::this_thread::sleep_for(1ms);
    std::this_thread::sleep_for(5ms);
    EXPECT_EQ(calls, 4u);
    // Two of them free are worth waking up for.
    ASSERT_TRUE(source->next().value());
    ASSERT_TRUE(source->next().value());
    for (int i = 0; i < 2000 && calls < 6; ++i) std::this_thread::sleep_for(1ms);
    std::this_thread::sleep_for(5ms);
    EXPECT_EQ(calls, 6u);
}

TEST(ReadAhead, counts_rows_not_only_blocks) {
    std::atomic<uint64_t> calls = 0;
    // Block i has i rows: 0 + 1 + ... + 14 are the first 105.
    const auto source =
        read_ahead(std::make_unique<Numbers>(1000, false, &calls, true), {1000, 100});
    for (int i = 0; i < 2000 && calls < 15; ++i) std::this_thread::sleep_for(1ms);
    std::this_thread::sleep_for(5ms);
    EXPECT_EQ(calls, 15u);
    for (uint64_t i = 0; i < 100; ++i) EXPECT_EQ(source->next().value()->header.number, i);
}

TEST(ReadAhead, shows_the_blocks_of_a_source_that_stands_still) {
    std::atomic<uint64_t> calls = 0;
    std::atomic<bool> go_on = false;
    const auto source = read_ahead(std::make_unique<Stalls>(calls, go_on));
    EXPECT_TRUE(source->next().value());
    go_on = true;
    EXPECT_FALSE(source->next().value());
}

}  // namespace
}  // namespace cordon::chain
