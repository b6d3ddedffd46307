// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>
#include <array>
#include <charconv>
#include <deque>
#include <random>

#include <cordon/base/format.hpp>

#include "load.hpp"

namespace cordon::bench {
namespace {

/// A keep-alive connection with at most one request under way.
struct Connection {
    int fd = -1;
    Clock::time_point due = {};
    std::string heard = {};
    std::size_t whole = 0;  // Bytes of the answer, once its head is known.
};

struct Run {
    const Target& target;
    std::vector<std::string> requests;
    int epoll = ::epoll_create1(EPOLL_CLOEXEC);
    std::vector<Connection> connections = {};
    std::vector<std::size_t> idle = {};
    std::deque<Clock::time_point> due = {};  // Without a connection yet.
    std::size_t asked = 0, good = 0, bad = 0, reconnected = 0;
    Latencies times = {};

    ~Run() {
        for (const Connection& connection : connections)
            if (connection.fd >= 0) ::close(connection.fd);
        ::close(epoll);
    }

    void open(std::size_t index) {
        Connection& connection = connections[index];
        if (connection.fd >= 0) {
            ::close(connection.fd);
            ++reconnected;
        }
        connection = {.fd = target.connect(index)};
        epoll_event event{.events = EPOLLIN, .data = {.u64 = index}};
        ::epoll_ctl(epoll, EPOLL_CTL_ADD, connection.fd, &event);
        idle.push_back(index);
    }

    void send_due() {
        while (!due.empty() && !idle.empty()) {
            const std::size_t index = idle.back();
            idle.pop_back();
            Connection& connection = connections[index];
            connection.due = due.front();
            due.pop_front();
            const std::string& request = requests[asked++ % requests.size()];
            if (::send(connection.fd, request.data(), request.size(), MSG_NOSIGNAL) !=
                static_cast<ssize_t>(request.size()))
                fail(index);
        }
    }
    void fail(std::size_t index) {
        ++bad;
        open(index);
    }

    void read(std::size_t index) {
        Connection& connection = connections[index];
        std::array<char, 64 * 1024> chunk;
        const ssize_t got = ::recv(connection.fd, chunk.data(), chunk.size(), 0);
        if (got < 0 && errno == EAGAIN) return;
        if (got <= 0) return fail(index);
        connection.heard.append(chunk.data(), static_cast<std::size_t>(got));
        if (connection.whole == 0) {
            const std::size_t end = connection.heard.find("\r\n\r\n");
            if (end == std::string::npos) return;
            constexpr std::string_view kLength = "Content-Length: ";
            const std::size_t at = connection.heard.find(kLength);
            std::size_t length = 0;
            if (at < end)
                std::from_chars(connection.heard.data() + at + kLength.size(),
                                connection.heard.data() + end, length);
            connection.whole = end + 4 + length;
        }
        if (connection.heard.size() < connection.whole) return;
        times.add(Clock::now() - connection.due);
        const bool fine = connection.heard.starts_with("HTTP/1.1 2") ||
                          connection.heard.starts_with("HTTP/1.1 304");
        ++(fine ? good : bad);
        connection.heard.clear();
        connection.whole = 0;
        idle.push_back(index);
    }

    void turn(Clock::duration wait) {
        const auto ns = std::max<int64_t>(
            std::chrono::duration_cast<std::chrono::nanoseconds>(wait).count(), 0);
        const timespec most{.tv_sec = ns / 1'000'000'000, .tv_nsec = ns % 1'000'000'000};
        std::array<epoll_event, 256> ready;
        const int count =
            ::epoll_pwait2(epoll, ready.data(), static_cast<int>(ready.size()), &most, nullptr);
        for (int i = 0; i < count; ++i) read(ready[static_cast<std::size_t>(i)].data.u64);
    }
};

}  // namespace

std::string run_api(const Target& target, const ApiLoad& load) {
    Run run{.target = target, .requests = {}};
    for (const std::string& path : load.paths) run.requests.push_back(target.request(path));
    run.connections.resize(load.connections);
    for (std::size_t i = 0; i < load.connections; ++i) run.open(i);
    run.reconnected = 0;

    std::mt19937_64 random{1};  // The same arrivals in every run.
    std::exponential_distribution<double> gap{load.rate};
    const auto next_gap = [&] {
        return std::chrono::duration_cast<Clock::duration>(
            std::chrono::duration<double>{gap(random)});
    };
    constexpr std::chrono::seconds kWarm{1}, kDrain{5};
    const auto begin = Clock::now(), measured = begin + kWarm,
               end = measured + std::chrono::seconds{load.seconds};
    double server = 0, own = 0;
    bool warm = true;
    std::size_t due = 0;
    for (auto next = begin; next < end;) {
        const auto now = Clock::now();
        if (warm && now >= measured) {
            warm = false;
            run.times.clear();
            run.good = run.bad = due = 0;
            server = cpu_seconds(target.pid);
            own = cpu_seconds(::getpid());
        }
        for (; next <= now && next < end; next += next_gap(), ++due) run.due.push_back(next);
        run.send_due();
        run.turn(std::min(next, end) - Clock::now());
        run.send_due();
    }
    const double took = load.seconds;
    server = (cpu_seconds(target.pid) - server) / took;
    own = (cpu_seconds(::getpid()) - own) / took;
    const auto late = Clock::now();
    while ((run.idle.size() < run.connections.size() || !run.due.empty()) &&
           Clock::now() - late < kDrain) {
        run.send_due();
        run.turn(std::chrono::milliseconds{1});
    }
    const std::size_t unanswered = run.due.size() + run.connections.size() - run.idle.size();
    return format(
        R"({{"rate":{:.0f},"due":{},"good":{},"bad":{},"unanswered":{},"reconnected":{},"p50_ms":{:.3f},)"
        R"("p99_ms":{:.3f},"p999_ms":{:.3f},"max_ms":{:.3f},"server_cpu":{:.4f},"client_cpu":{:.4f},"server_mib":{:.1f}}})",
        load.rate, due, run.good, run.bad, unanswered, run.reconnected, run.times.at(0.5),
        run.times.at(0.99), run.times.at(0.999), run.times.at(1), server, own,
        resident_mib(target.pid));
}

}  // namespace cordon::bench
