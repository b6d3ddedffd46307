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
    std::size_t asked = 0;  // Which request.
};

constexpr std::string_view kNumber = "@@@@@@@@@@";

/// The value of a header in the head of an answer; empty: it has none. `name` as our server writes
/// it, with ": ".
std::string_view header_of(std::string_view head, std::string_view name) {
    const std::size_t at = head.find(name);
    if (at == std::string_view::npos) return {};
    const std::string_view rest = head.substr(at + name.size());
    return rest.substr(0, rest.find("\r\n"));
}

struct Run {
    const Target& target;
    const ApiLoad& load;
    std::vector<std::string> requests;
    bool is_closed = false;  // The next is due as soon as a connection is free.
    int epoll = ::epoll_create1(EPOLL_CLOEXEC);
    std::vector<Connection> connections = {};
    std::vector<std::size_t> idle = {};
    std::deque<Clock::time_point> due = {};     // Without a connection yet.
    std::size_t number_at = std::string::npos;  // Of the one request that has a number.
    std::size_t asked = 0, good = 0, bad = 0, reconnected = 0, unchanged = 0;
    uint64_t bytes = 0;
    Latencies times = {};
    std::vector<Latencies> by_path = {};

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
        while ((is_closed || !due.empty()) && !idle.empty()) {
            const std::size_t index = idle.back();
            idle.pop_back();
            Connection& connection = connections[index];
            if (is_closed) {
                connection.due = Clock::now();
            } else {
                connection.due = due.front();
                due.pop_front();
            }
            connection.asked = asked % requests.size();
            std::string& request = requests[connection.asked];
            if (number_at != std::string::npos)
                request.replace(number_at, kNumber.size(), format("{:0{}}", asked, kNumber.size()));
            ++asked;
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
            const std::string_view head = std::string_view{connection.heard}.substr(0, end + 2);
            const std::string_view digits = header_of(head, "\r\nContent-Length: ");
            std::size_t length = 0;
            std::from_chars(digits.data(), digits.data() + digits.size(), length);
            connection.whole = end + 4 + length;
            const std::string_view etag = header_of(head, "\r\nETag: ");
            if (load.revalidate && !etag.empty())
                requests[connection.asked] = target.request(load.paths[connection.asked],
                                                            format("If-None-Match: {}\r\n", etag));
        }
        if (connection.heard.size() < connection.whole) return;
        const auto took = Clock::now() - connection.due;
        times.add(took);
        by_path[connection.asked].add(took);
        bytes += connection.whole;
        const bool same = connection.heard.starts_with("HTTP/1.1 304");
        unchanged += same ? 1 : 0;
        ++(same || connection.heard.starts_with("HTTP/1.1 2") ? good : bad);
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
    Run run{.target = target, .load = load, .requests = {}};
    for (const std::string& path : load.paths)
        run.requests.push_back(target.request(path, {}, load.body));
    run.by_path.resize(load.paths.size());
    run.is_closed = load.rate <= 0;
    if (!load.body.empty()) run.number_at = run.requests.front().find(kNumber);
    run.connections.resize(load.connections);
    for (std::size_t i = 0; i < load.connections; ++i) run.open(i);
    run.reconnected = 0;

    std::mt19937_64 random{1};  // The same arrivals in every run.
    std::exponential_distribution<double> gap{run.is_closed ? 1 : load.rate};
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
    for (auto next = run.is_closed ? end : begin;
         run.is_closed ? Clock::now() < end : next < end;) {
        const auto now = Clock::now();
        if (warm && now >= measured) {
            warm = false;
            run.times.clear();
            for (Latencies& each : run.by_path) each.clear();
            run.good = run.bad = run.unchanged = run.bytes = due = 0;
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
    const std::size_t good = run.good;
    const auto late = Clock::now();
    run.is_closed = false;  // What is under way is waited for.
    while ((run.idle.size() < run.connections.size() || !run.due.empty()) &&
           Clock::now() - late < kDrain) {
        run.send_due();
        run.turn(std::chrono::milliseconds{1});
    }
    const std::size_t unanswered = run.due.size() + run.connections.size() - run.idle.size();
    std::string paths;  // p50 and p99 of each, in their order.
    for (Latencies& each : run.by_path)
        paths += format("{}[{:.3f},{:.3f}]", paths.empty() ? "" : ",", each.at(0.5), each.at(0.99));
    return format(
        R"({{"rate":{:.0f},"answered_each_second":{:.1f},"due":{},"good":{},"bad":{},"unchanged":{},"unanswered":{},)"
        R"("reconnected":{},"bytes":{},"p50_ms":{:.3f},"p99_ms":{:.3f},"p999_ms":{:.3f},"max_ms":{:.3f},)"
        R"("server_cpu":{:.4f},"client_cpu":{:.4f},"server_mib":{:.1f},"by_path":[{}]}})",
        load.rate, static_cast<double>(good) / took, due, run.good, run.bad, run.unchanged,
        unanswered, run.reconnected, run.bytes, run.times.at(0.5), run.times.at(0.99),
        run.times.at(0.999), run.times.at(1), server, own, resident_mib(target.pid), paths);
}

}  // namespace cordon::bench
