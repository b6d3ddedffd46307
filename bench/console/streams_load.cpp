// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>
#include <array>
#include <charconv>
#include <unordered_map>

#include <cordon/base/format.hpp>

#include "load.hpp"

namespace cordon::bench {
namespace {

struct Client {
    int fd = -1;
    bool asked = false, answered = false;
    std::string heard;
};

/// The number behind `name`; 0: none.
uint64_t number_after(std::string_view text, std::string_view name) {
    const std::size_t at = text.find(name);
    uint64_t value = 0;
    if (at != std::string_view::npos)
        std::from_chars(text.data() + at + name.size(), text.data() + text.size(), value);
    return value;
}

struct Run {
    const std::string request;
    int epoll = ::epoll_create1(EPOLL_CLOEXEC);
    std::vector<Client> clients;
    std::size_t answered = 0, lost = 0, refused = 0, resets = 0, events = 0, bytes = 0;
    bool measuring = false;
    Latencies delivery = {};
    std::unordered_map<uint64_t, Clock::time_point> first = {};  // By id, for data without a time.

    ~Run() {
        for (const Client& client : clients)
            if (client.fd >= 0) ::close(client.fd);
        ::close(epoll);
    }

    void open(const Target& target, std::size_t index) {
        Client& client = clients[index];
        client.fd = target.connect(index);
        if (client.fd < 0) return void(++lost);
        epoll_event event{.events = EPOLLIN | EPOLLOUT, .data = {.u64 = index}};
        ::epoll_ctl(epoll, EPOLL_CTL_ADD, client.fd, &event);
    }
    void lose(Client& client) {
        ::close(client.fd);
        client.fd = -1;
        ++lost;
        if (client.answered) --answered;
    }

    void event(std::string_view text, Clock::time_point now) {
        if (!measuring || text.find("\ndata: ") == std::string_view::npos) return;
        if (text.starts_with("event: reset")) return void(++resets);
        ++events;
        const uint64_t sent = number_after(text, "\"sent_ns\":");
        const auto since = sent > 0
                               ? Clock::time_point{std::chrono::nanoseconds{sent}}
                               : first.emplace(number_after(text, "\nid: "), now).first->second;
        delivery.add(now - since);
    }

    void read(Client& client) {
        std::array<char, 64 * 1024> chunk;
        const ssize_t got = ::recv(client.fd, chunk.data(), chunk.size(), 0);
        if (got == 0 || (got < 0 && errno != EAGAIN)) return lose(client);
        if (got < 0) return;
        const auto now = Clock::now();
        bytes += static_cast<std::size_t>(got);
        client.heard.append(chunk.data(), static_cast<std::size_t>(got));
        if (!client.answered) {
            const std::size_t end = client.heard.find("\r\n\r\n");
            if (end == std::string::npos) return;
            if (!client.heard.starts_with("HTTP/1.1 200")) {
                ++refused;
                return lose(client);
            }
            client.answered = true;
            ++answered;
            client.heard.erase(0, end + 4);
        }
        std::size_t from = 0;
        for (std::size_t end; (end = client.heard.find("\n\n", from)) != std::string::npos;
             from = end + 2)
            event(std::string_view{client.heard}.substr(from, end - from), now);
        client.heard.erase(0, from);
        if (client.heard.empty() && client.heard.capacity() > 4096) client.heard.shrink_to_fit();
    }

    void turn(int wait_ms) {
        std::array<epoll_event, 256> ready;
        const int count =
            ::epoll_wait(epoll, ready.data(), static_cast<int>(ready.size()), wait_ms);
        for (int i = 0; i < count; ++i) {
            Client& client = clients[ready[static_cast<std::size_t>(i)].data.u64];
            if (client.fd < 0) continue;
            if (!client.asked) {
                client.asked = true;
                if (::send(client.fd, request.data(), request.size(), MSG_NOSIGNAL) !=
                    static_cast<ssize_t>(request.size())) {
                    lose(client);
                    continue;
                }
                epoll_event event{.events = EPOLLIN,
                                  .data = ready[static_cast<std::size_t>(i)].data};
                ::epoll_ctl(epoll, EPOLL_CTL_MOD, client.fd, &event);
            } else {
                read(client);
            }
        }
    }
};

}  // namespace

std::string run_streams(const Target& target, const StreamLoad& load) {
    Run run{.request = target.request(load.path), .clients = std::vector<Client>(load.clients)};
    const auto begin = Clock::now();
    // A bounded number under way: no more than a listening socket's queue takes.
    constexpr std::size_t kUnderWay = 200;
    constexpr std::chrono::seconds kLongest{60};
    std::size_t opened = 0;
    while (run.answered + run.lost < load.clients && Clock::now() - begin < kLongest) {
        while (opened < load.clients && opened - run.answered - run.lost < kUnderWay)
            run.open(target, opened++);
        run.turn(10);
    }
    const double connecting = std::chrono::duration<double>{Clock::now() - begin}.count();
    const std::size_t listening = run.answered;
    // One batch goes by first: what was published while clients came.
    for (const auto start = Clock::now(); Clock::now() - start < std::chrono::seconds{2};)
        run.turn(10);
    run.measuring = true;
    run.bytes = 0;
    const double server = cpu_seconds(target.pid), own = cpu_seconds(::getpid());
    const auto start = Clock::now();
    while (Clock::now() - start < std::chrono::seconds{load.seconds}) run.turn(10);
    const double took = std::chrono::duration<double>{Clock::now() - start}.count();
    return format(
        R"({{"clients":{},"listening":{},"lost":{},"refused":{},"connecting_s":{:.2f},"seconds":{:.2f},"events":{},)"
        R"("events_each_second":{:.4f},"resets":{},"bytes":{},"p50_ms":{:.2f},"p99_ms":{:.2f},"max_ms":{:.2f},)"
        R"("server_cpu":{:.4f},"client_cpu":{:.4f},"server_mib":{:.1f}}})",
        load.clients, listening, run.lost, run.refused, connecting, took, run.events,
        static_cast<double>(run.events) / static_cast<double>(std::max<std::size_t>(listening, 1)) /
            took,
        run.resets, run.bytes, run.delivery.at(0.5), run.delivery.at(0.99), run.delivery.at(1),
        (cpu_seconds(target.pid) - server) / took, (cpu_seconds(::getpid()) - own) / took,
        resident_mib(target.pid));
}

}  // namespace cordon::bench
