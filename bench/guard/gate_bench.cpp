// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
// What a durable verdict costs: one client, and 64 that share syncs, beside a bare fdatasync of the
// same size in the same run. The world answers from memory; the policy has 200 rules.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdlib>
#include <thread>

#include <fcntl.h>
#include <unistd.h>

#include <cordon/base/check.hpp>
#include <cordon/guard/gate/test_world.hpp>

namespace cordon::guard {
namespace {

using Clock = std::chrono::steady_clock;

const UnixMillis kNow = from_unix_seconds(1'700'000'000);
constexpr std::size_t kEntryBytes = 700;  // About what a verdict of this bench takes in the log.

bool quick() { return std::getenv("CORDON_BENCH_QUICK") != nullptr; }

/// Rules of every kind that a payment of a customer must be held against.
std::string policy_of_200_rules() {
    std::string text = format(
        "version: 1\npeople: {{alice: \"{}\"}}\ngroups: {{board: [alice]}}\n"
        "checks: {{explain: off}}\n"
        "change: {{group: board, m: 1, delay: 24h}}\nreset: {{group: board, m: 1, delay: 1h}}\n"
        "limits:\n"
        "  - {{id: day, scope: wallet, window: 24h, usd: 1000000000}}\n"
        "  - {{id: hour, scope: all, window: 1h, count: 100000000}}\n"
        "  - {{id: payee, scope: destination, window: 24h, usd: 100000000}}\n"
        "rules:\n"
        "  - {{id: small, when: \"usd <= 1000\", then: allow}}\n"
        "  - {{id: sanctioned, when: \"screen.hit\", then: deny}}\n"
        "  - {{id: doubtful, when: \"screen.review\", then: hold}}\n",
        Person{"alice"}.key().text());
    for (int i = 0; i < 197; ++i)
        text += i % 2 == 0 ? format(
                                 "  - {{id: q{0}, when: \"requester == 'desk{0}' and usd > {1}\", "
                                 "then: deny}}\n",
                                 i, 100 + i)
                           : format(
                                 "  - {{id: a{0}, when: \"chain == 'bsc' and amount > {0}000 and "
                                 "tier == 'cold'\", then: hold}}\n",
                                 i);
    return text;
}

class Folder {
public:
    Folder() {
        const char* at = std::getenv("TMPDIR");
        path_ = std::string{at ? at : "/tmp"} + "/gate-bench-XXXXXX";
        CORDON_CHECK(mkdtemp(path_.data()));
    }
    ~Folder() { std::filesystem::remove_all(path_); }
    const std::string& path() const { return path_; }

private:
    std::string path_;
};

void tell(benchmark::State& state, std::vector<double>& micros) {
    std::sort(micros.begin(), micros.end());
    state.SetItemsProcessed(static_cast<int64_t>(micros.size()));
    state.counters["p50_us"] = micros[micros.size() / 2];
    state.counters["p99_us"] = micros[micros.size() * 99 / 100];
}

double micros_since(Clock::time_point begin) {
    return std::chrono::duration<double, std::micro>{Clock::now() - begin}.count();
}

/// A write of an entry's size at the end of a file, and its sync: what nothing durable can beat.
void bare_sync(benchmark::State& state) {
    std::vector<double> micros;
    for (auto _ : state) {
        const Folder folder;
        const int fd = ::open((folder.path() + "/f").c_str(), O_WRONLY | O_CREAT, 0600);
        CORDON_CHECK(fd >= 0);
        const Bytes bytes(kEntryBytes, 7);
        for (int i = quick() ? 100 : 1'000; i > 0; --i) {
            const auto begin = Clock::now();
            CORDON_CHECK(::write(fd, bytes.data(), bytes.size()) ==
                         static_cast<ssize_t>(bytes.size()));
            CORDON_CHECK(::fdatasync(fd) == 0);
            micros.push_back(micros_since(begin));
        }
        ::close(fd);
    }
    tell(state, micros);
}

void check(benchmark::State& state, std::size_t clients, std::size_t each) {
    static const std::string policy = policy_of_200_rules();
    TestWorld world;
    world.wallets[test_address(1)] = "hot";
    std::vector<double> all;
    for (auto _ : state) {
        state.PauseTiming();
        const Folder folder;
        auto gate = Gate::open(folder.path() + "/gate", test_key(), policy, world);
        if (!gate) return state.SkipWithError(gate.error().message.c_str());
        std::vector<std::vector<double>> micros(clients);
        state.ResumeTiming();
        std::vector<std::thread> threads;
        for (std::size_t client = 0; client < clients; ++client)
            threads.emplace_back([&, client] {
                for (std::size_t i = 0; i < each; ++i) {
                    WithdrawalRequest request =
                        test_request(format("{}-{}", client, i), 1 + i % 900);
                    request.to = test_address(static_cast<uint8_t>(client * 7 + i));
                    const auto begin = Clock::now();
                    const auto verdict =
                        (*gate)->check(request, kNow + std::chrono::milliseconds{i});
                    micros[client].push_back(micros_since(begin));
                    CORDON_CHECK(verdict && verdict->decision == Decision::kAllow);
                }
            });
        for (std::thread& thread : threads) thread.join();
        state.PauseTiming();
        for (const auto& some : micros) all.insert(all.end(), some.begin(), some.end());
        gate->reset();
        state.ResumeTiming();
    }
    tell(state, all);
}

void one_client(benchmark::State& state) { check(state, 1, quick() ? 100 : 1'000); }
void clients(benchmark::State& state) { check(state, 64, quick() ? 50 : 500); }

BENCHMARK(bare_sync)->Name("one client/floor:fdatasync")->Iterations(1)->UseRealTime();
BENCHMARK(one_client)->Name("one client/check")->Iterations(1)->UseRealTime();
BENCHMARK(clients)->Name("64 clients/check")->Iterations(1)->UseRealTime();

}  // namespace
}  // namespace cordon::guard
