// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <atomic>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <thread>

#include <sys/wait.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include <cordon/base/format.hpp>

#include "test_support.hpp"
#include "writer.hpp"

namespace cordon::ledger {
namespace {

using namespace test;

constexpr Limits kEager{.seal_rows = 25, .least_rows = 1};

/// What the writer of these tests writes: block `number` as it was in its `version`. A reorg writes
/// later versions, and each block names the one before it.
Hash256 name_of(BlockNum number, uint64_t version) { return hash(number << 32 | version, 1); }
Block block_of(BlockNum number, uint64_t version, const Hash256& parent) {
    Block block = simple_block(number);
    block.header.hash = name_of(number, version);
    if (number > 1) block.header.parent = parent;
    block.account_txns[0].hash = hash(number << 32 | version, 2);
    block.account_txns[0].transfers[0].amount = Amount{version};
    return block;
}

/// Empty when a reader shows one height and all its answers belong to it, else what is wrong. No
/// gtest in here: other processes ask too.
std::string what_is_wrong(const Reader& reader) {
    std::vector<Hash256> txns;
    std::vector<uint64_t> versions;
    std::optional<BlockHeader> last;
    const Status scanned = reader.scan(kEthereum, 0, UINT64_MAX, [&](const Block& block) -> Status {
        const BlockHeader& header = block.header;
        if (header.number != (last ? last->number + 1 : 1) ||
            (last && header.parent != std::optional{last->hash}))
            return fail(ErrorCode::kConflict,
                        format("block {} does not follow its parent", header.number));
        last = header;
        txns.push_back(block.account_txns.at(0).hash);
        versions.push_back(block.account_txns.at(0).transfers.at(0).amount.limbs()[0]);
        return {};
    });
    if (!scanned) return scanned.error().message;
    const auto chains = reader.chains();
    if (chains.empty()) return txns.empty() ? "" : "blocks without a chain";
    if (chains[0].blocks != txns.size() || chains[0].tip != *last) return "another tip";
    for (std::size_t i = 0; i < txns.size(); i += 7) {
        const auto found = reader.find_txn(kEthereum, txns[i]);
        if (!found) return found.error().message;
        if (*found != TxnPosition{i + 1, 0}) return format("txn of block {} is not found", i + 1);
    }
    const auto cursor = reader.transfers_of(kEthereum, address(1),
                                            TransferQuery{Side::kSender, {}, {}, {}, {}, {}});
    std::vector<PlacedTransfer> page(16);
    std::size_t at = 0;
    while (true) {
        const auto n = cursor->next(page);
        if (!n) return n.error().message;
        if (*n == 0) break;
        for (std::size_t i = 0; i < *n; ++i, ++at)
            if (at >= txns.size() || page[i].at != TxnPosition{at + 1, 0} ||
                page[i].transfer.amount != Amount{versions[at]})
                return format("transfer {} is of another height", at);
    }
    return at == txns.size() ? "" : format("{} transfers in {} blocks", at, txns.size());
}

std::string open_and_look(const std::string& directory) {
    const auto reader = open_reader(directory);
    if (!reader) return reader.error().code == ErrorCode::kNotFound ? "" : reader.error().message;
    return what_is_wrong(**reader);
}

/// Appends, seals, merges and rewinds for so many rounds.
void write_rounds(Writer& writer, int rounds) {
    std::vector<uint64_t> versions{0};  // Of the blocks that are there; [0] is not used.
    for (int round = 1; round <= rounds; ++round) {
        std::vector<Block> batch;
        for (int i = 0; i < 5; ++i) {
            const BlockNum number = versions.size();
            const auto version = static_cast<uint64_t>(round);
            batch.push_back(block_of(number, version, name_of(number - 1, versions.back())));
            versions.push_back(version);
        }
        const auto appended = writer.append(batch);
        ASSERT_TRUE(appended) << appended.error().message;
        // Shallow ones, into what is being sealed, and now and then into files.
        const std::size_t depth = round % 29 == 28 ? versions.size() / 2 : round % 7 == 3 ? 3 : 0;
        if (depth == 0) continue;
        versions.resize(versions.size() - depth);
        const Status status = writer.rewind(kEthereum, versions.size() - 1);
        ASSERT_TRUE(status) << status.error().message;
    }
}

/// A process that looks at a ledger until the file `stop` is there, and at least once.
class LookingProcess {
public:
    LookingProcess(const std::string& directory, const std::string& stop) : pid_{::fork()} {
        if (pid_ != 0) return;
        do {
            const std::string wrong = open_and_look(directory);
            if (wrong.empty()) continue;
            std::fputs((wrong + "\n").c_str(), stderr);
            ::_exit(1);
        } while (::access(stop.c_str(), F_OK) != 0 && ::getppid() != 1);
        ::_exit(0);
    }
    /// Whether all that it saw was right.
    bool saw_nothing_wrong() const {
        int status = 0;
        ::waitpid(pid_, &status, 0);
        return WIFEXITED(status) && WEXITSTATUS(status) == 0;
    }

private:
    pid_t pid_;
};

TEST(LedgerThreads, readers_of_all_kinds_see_one_height_while_the_writer_goes_on) {
    const TempDir dir;
    // Before there are threads: a child has only the one that forked.
    const std::string stop = dir / "stop";
    const LookingProcess first{dir / "l", stop}, second{dir / "l", stop}, third{dir / "l", stop};
    const auto writer = open_writer_on(system_disk(), dir / "l", {}, kEager).value();
    std::atomic<bool> done = false;
    std::vector<std::thread> readers;
    for (int i = 0; i < 4; ++i)
        readers.emplace_back([&] {
            do {
                const std::string wrong = open_and_look(dir / "l");
                ASSERT_EQ(wrong, "");
            } while (!done);
        });
    write_rounds(*writer, 150);
    done = true;
    std::ofstream{stop} << "now";
    for (std::thread& reader : readers) reader.join();
    EXPECT_TRUE(first.saw_nothing_wrong());
    EXPECT_TRUE(second.saw_nothing_wrong());
    EXPECT_TRUE(third.saw_nothing_wrong());
    ASSERT_TRUE(writer->seal());
    EXPECT_EQ(open_and_look(dir / "l"), "");
    EXPECT_TRUE(verify(dir / "l"));
}

TEST(LedgerThreads, snapshots_answer_many_threads_while_the_writer_goes_on) {
    const TempDir dir;
    const auto writer = open_writer_on(system_disk(), dir / "l", {}, kEager).value();
    write_rounds(*writer, 20);
    // From the files too, so that threads meet in the lazy checksums.
    const std::vector<std::shared_ptr<const Reader>> snapshots{writer->snapshot().value(),
                                                               open_reader(dir / "l").value()};
    const BlockHeader tip = snapshots[0]->chains()[0].tip;
    std::vector<std::thread> threads;
    for (int i = 0; i < 6; ++i)
        threads.emplace_back([&snapshots] {
            for (int n = 0; n < 20; ++n)
                for (const auto& snapshot : snapshots) ASSERT_EQ(what_is_wrong(*snapshot), "");
        });
    ASSERT_TRUE(writer->rewind(kEthereum, std::nullopt));
    write_rounds(*writer, 60);
    for (std::thread& thread : threads) thread.join();
    for (const auto& snapshot : snapshots) EXPECT_EQ(snapshot->chains()[0].tip, tip);
}

TEST(LedgerThreads, another_process_may_not_write_and_learns_who_does) {
    const TempDir dir;
    const auto writer = open_writer(dir / "l").value();
    const std::string expected = format("process {} is writing", ::getpid());
    const pid_t child = ::fork();
    if (child == 0) {
        const auto second = open_writer(dir / "l");
        const bool good = !second && second.error().code == ErrorCode::kLocked &&
                          second.error().message.find(expected) != std::string::npos;
        ::_exit(good ? 0 : 1);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

TEST(LedgerThreads, the_place_of_a_writer_that_was_killed_is_free) {
    const TempDir dir;
    const pid_t child = ::fork();
    if (child == 0) {
        const auto writer = open_writer(dir / "l");
        const Block block = block_of(1, 1, {});
        if (writer && (*writer)->append(std::span{&block, 1})) ::kill(::getpid(), SIGKILL);
        ::_exit(1);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    ASSERT_TRUE(WIFSIGNALED(status));
    const auto writer = open_writer(dir / "l");
    ASSERT_TRUE(writer) << writer.error().message;
    EXPECT_EQ((*writer)->tip(kEthereum)->number, 1u);
}

}  // namespace
}  // namespace cordon::ledger
