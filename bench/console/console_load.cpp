// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <cstdio>

#include <cordon/net/file_limit.hpp>
#include <cordon/net/url.hpp>

#include "load.hpp"

int main(int argc, char** argv) {
    using namespace cordon;
    CLI::App app{"Load on a console's server; prints one JSON object"};
    app.require_subcommand(1);
    std::string url;
    bench::Target target;
    bench::StreamLoad streams;
    bench::ApiLoad api;
    for (auto* part : {app.add_subcommand("streams", "clients that listen to events"),
                       app.add_subcommand("api", "reads at a fixed rate")}) {
        part->add_option("--url", url, "http://IPV4:PORT")->required();
        part->add_option("--header", target.headers, "sent along, may be repeated");
        part->add_option("--pid", target.pid, "of the server: its CPU time and memory");
    }
    auto* listen = app.get_subcommand("streams");
    listen->add_option("--path", streams.path);
    listen->add_option("--clients", streams.clients);
    listen->add_option("--seconds", streams.seconds);
    auto* ask = app.get_subcommand("api");
    ask->add_option("--path", api.paths, "may be repeated: they take turns")->required();
    ask->add_option("--rate", api.rate, "a second; 0: as fast as answers come");
    ask->add_option("--post", api.body, "JSON; ten @ in it are the number of the request");
    ask->add_option("--connections", api.connections);
    ask->add_option("--seconds", api.seconds);
    ask->add_flag("--revalidate", api.revalidate, "with the ETag of the answer before");
    CLI11_PARSE(app, argc, argv);

    const auto parsed = net::parse_url(url);
    if (!parsed || parsed->secure()) {
        std::fputs("--url: expected http://IPV4:PORT\n", stderr);
        return 2;
    }
    target.address = parsed->host;
    target.port = parsed->port;
    constexpr uint64_t kBeside = 64;  // Files that are no connections.
    const uint64_t wanted = std::max(streams.clients, api.connections) + kBeside;
    if (const uint64_t files = net::raise_file_limit(wanted); *listen && files < wanted) {
        std::fprintf(stderr, "this process may have %llu files open, and needs %llu: ulimit -Hn\n",
                     static_cast<unsigned long long>(files),
                     static_cast<unsigned long long>(wanted));
        return 2;
    }
    std::puts((*listen ? run_streams(target, streams) : run_api(target, api)).c_str());
    return 0;
}
