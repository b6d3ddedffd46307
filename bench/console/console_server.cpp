// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <sys/prctl.h>
#include <CLI/CLI.hpp>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <thread>

#include <cordon/base/format.hpp>
#include <cordon/net/event_hub.hpp>
#include <cordon/net/file_limit.hpp>
#include <cordon/net/http_server.hpp>

/// The server alone: HttpServer and EventHub with answers made beforehand, at the addresses of the
/// API. What the handlers of the program cost comes on top (console_load --url).
namespace {

using namespace cordon;
using namespace std::chrono_literals;

net::Route canned(std::string path, std::size_t bytes, bool quick) {
    const std::string body = format(R"({{"v":1,"data":"{}"}})", std::string(bytes, 'x'));
    return {
        .method = "GET",
        .path = std::move(path),
        .handler = [body](const net::ServerRequest&) { return net::ServerResponse{.body = body}; },
        .quick = quick};
}

/// When it was published goes along: clients on this machine read the same clock.
std::string batch(std::size_t bytes) {
    const auto now = std::chrono::steady_clock::now().time_since_epoch();
    return format(R"([{{"sent_ns":{}}},"{}"])",
                  std::chrono::duration_cast<std::chrono::nanoseconds>(now).count(),
                  std::string(bytes, 'x'));
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app{"An HttpServer with canned answers: prints its port, runs for --seconds"};
    uint16_t port = 0;
    unsigned lanes = net::ServerOptions{}.lanes, threads = net::ServerOptions{}.threads;
    unsigned seconds = 600;
    std::size_t bytes = 4096;
    bool quick = false;
    std::string certificate, key;
    app.add_option("--port", port);
    app.add_option("--lanes", lanes);
    app.add_option("--threads", threads);
    app.add_option("--seconds", seconds, "ends by itself");
    app.add_option("--bytes", bytes, "of one batch of events");
    app.add_flag("--quick", quick, "answers on the lanes");
    app.add_option("--certificate", certificate);
    app.add_option("--key", key);
    CLI11_PARSE(app, argc, argv);
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);

    constexpr uint64_t kFiles = 13'000;
    net::raise_file_limit(kFiles);
    const auto hub = std::make_shared<net::EventHub>();
    std::vector<net::Route> routes{
        // Sizes as a console asks for them: a page of alerts, a picture, small documents.
        canned("/api/alerts", 24'000, quick),
        canned("/api/watch", 4'000, quick),
        canned("/api/cases", 3'000, quick),
        canned("/api/guard/withdrawals", 8'000, quick),
        canned("/api/system", 500, quick),
        {.method = "GET",
         .path = "/api/events",
         .handler = [hub](const net::ServerRequest& request) {
             return net::ServerResponse{
                 .events = net::EventStream{.hub = hub, .last_seen = net::last_event_id(request)}};
         }}};
    const auto server = net::HttpServer::start(
        {.port = port, .threads = threads, .lanes = lanes, .certificate = certificate, .key = key},
        net::Routes::make(std::move(routes)).value());
    if (!server) {
        std::fputs((server.error().message + "\n").c_str(), stderr);
        return 1;
    }
    std::printf("%u\n", (*server)->port());
    std::fflush(stdout);
    const auto begin = std::chrono::steady_clock::now();
    for (auto next = begin; next < begin + std::chrono::seconds{seconds};) {
        hub->publish("alert", batch(bytes));
        std::this_thread::sleep_until(next += 1s);
    }
    return 0;
}
