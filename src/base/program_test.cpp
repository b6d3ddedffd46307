// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "program.hpp"

#include <gtest/gtest.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <exception>
#include <limits>
#include <new>
#include <stdexcept>
#include <system_error>
#include <thread>
#include <vector>

namespace cordon {
namespace {

constexpr ProgramWords kWords{"cordon-test", "all is whole: do the same again"};

int run(const std::function<int()>& work) { return run_program(kWords, work); }

template <typename T>
std::function<int()> throws(T thrown) {
    return [thrown]() -> int { throw thrown; };
}

std::function<int()> on_a_thread(std::function<int()> work) {
    return [work = std::move(work)] {
        std::thread{[&] { work(); }}.join();
        return 0;
    };
}

TEST(Program, ends_with_the_code_of_its_work) {
    EXPECT_EQ(run([] { return 0; }), 0);
    EXPECT_EQ(run([] { return 3; }), 3);
}

TEST(ProgramDeathTest, says_that_memory_ran_out_and_what_to_do) {
    const auto said = testing::ExitedWithCode(70);
    const char* words = "^cordon-test: out of memory; all is whole: do the same again\n$";
    EXPECT_EXIT(std::exit(run(throws(std::bad_alloc{}))), said, words);
    EXPECT_EXIT(std::exit(run(on_a_thread(throws(std::bad_alloc{})))), said, words);
    const std::system_error no_thread{EAGAIN, std::generic_category()};
    EXPECT_EXIT(std::exit(run(throws(no_thread))), said,
                "^cordon-test: out of memory or of threads");
    // More than any machine has.
    volatile std::size_t size = std::numeric_limits<std::ptrdiff_t>::max();
    EXPECT_EXIT(std::exit(run([&] { return static_cast<int>(std::vector<char>(size).back()); })),
                said, words);
}

TEST(ProgramDeathTest, calls_a_bug_a_bug) {
    const auto code = testing::ExitedWithCode(70);
    EXPECT_EXIT(std::exit(run(throws(std::logic_error{"odd"}))), code,
                "^cordon-test: internal error: odd. This is a bug: please report it.\n$");
    const std::system_error bad_disk{EIO, std::generic_category()};
    EXPECT_EXIT(std::exit(run(throws(bad_disk))), code, "^cordon-test: internal error: Input");
    EXPECT_EXIT(std::exit(run(throws(7))), code, "^cordon-test: internal error. This is a bug");
    // With a core to look at.
    EXPECT_EXIT(std::exit(run(on_a_thread(throws(std::logic_error{"odd"})))),
                testing::KilledBySignal(SIGABRT),
                "^cordon-test: internal error: odd. This is a bug");
    EXPECT_EXIT(run([]() -> int { std::terminate(); }), testing::KilledBySignal(SIGABRT),
                "^cordon-test: internal error. This is a bug");
}

}  // namespace
}  // namespace cordon
