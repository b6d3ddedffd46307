// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <unistd.h>
#include <charconv>
#include <cstdio>
#include <cstring>

#include <cordon/base/format.hpp>
#include <cordon/chain/event_source.hpp>
#include <cordon/chain/text.hpp>
#include <cordon/feed/open.hpp>

using namespace cordon;

namespace {

[[noreturn]] void usage() {
    std::fputs(
        "usage: feed_lines [--from BLOCK] [--seen CHAIN:BLOCK:HASH]... [--no-pending] SOURCE...\n"
        "Prints every event of live sources as a line of events:, until standard input ends.\n",
        stderr);
    std::exit(2);
}

uint64_t number(std::string_view text) {
    uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) usage();
    return value;
}

}  // namespace

int main(int count, char** arguments) {
    feed::LiveOptions options;
    std::vector<std::string> sources;
    for (int i = 1; i < count; ++i) {
        const std::string_view word = arguments[i];
        const auto next = [&] {
            return i + 1 < count ? std::string_view{arguments[++i]} : (usage(), "");
        };
        if (word == "--from") {
            options.from = number(next());
        } else if (word == "--seen") {
            const std::string_view text = next();
            const std::size_t last = text.rfind(':');
            const std::size_t middle = text.rfind(':', last - 1);
            const auto chain = parse_chain(text.substr(0, middle));
            if (!chain) usage();
            const auto hash = chain::parse_hash(*chain, text.substr(last + 1));
            if (!hash) usage();
            options.seen[*chain].push_back(
                {number(text.substr(middle + 1, last - middle - 1)), *hash});
        } else if (word == "--no-pending") {
            options.pending = false;
        } else {
            sources.emplace_back(word);
        }
    }
    if (sources.empty()) usage();
    auto opened = feed::open_live(sources, options);
    if (!opened) {
        std::fprintf(stderr, "%s\n", opened.error().message.c_str());
        return 4;
    }
    feed::MergedFeed& live = **opened;
    ::fcntl(STDIN_FILENO, F_SETFL, ::fcntl(STDIN_FILENO, F_GETFL) | O_NONBLOCK);
    for (;;) {
        FeedEvent event;
        const auto polled = live.poll(event, std::chrono::milliseconds{20});
        if (!polled) {
            std::fprintf(stderr, "%s\n", polled.error().message.c_str());
            return 4;
        }
        if (*polled == feed::MergedFeed::Polled::kEnd) break;
        if (*polled == feed::MergedFeed::Polled::kEvent) {
            const std::string line = chain::format_event(event);
            std::fwrite(line.data(), 1, line.size(), stdout);
            std::fflush(stdout);
            continue;
        }
        char byte = 0;
        const ssize_t got = ::read(STDIN_FILENO, &byte, 1);
        if (got == 0) break;
    }
    for (const std::string& text : live.warnings())
        std::fprintf(stderr, "warning: %s\n", text.c_str());
    return 0;
}
