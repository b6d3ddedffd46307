// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "watch_source.hpp"

#include <algorithm>

#include <cordon/base/format.hpp>

#include "guard_events.hpp"

namespace cordon::engine {
namespace {

/// Sources that only a watch reads; nothing for others.
Result<std::unique_ptr<chain::EventSource>> open_event_files(std::string_view text,
                                                             std::optional<ChainId> chain) {
    const std::size_t colon = text.find(':');
    const std::string_view schema = text.substr(0, colon);
    const std::string path{colon == std::string_view::npos ? "" : text.substr(colon + 1)};
    if (schema == "events") {
        CORDON_TRY(InputFile file, input_file(path));
        return chain::open_events(std::move(file));
    }
    if (schema == "guard") return open_guard_events(path);
    if (schema == "rpc-blocks") {
        CORDON_TRY(InputFile file, input_file(path));
        return chain::open_rpc_blocks(std::move(file));
    }
    if (schema == "evm-traces") {
        CORDON_TRY(auto files, files_of(path));
        return chain::open_evm_traces(std::move(files), chain.value_or(kEthereum));
    }
    return nullptr;
}

/// As parse_source, which knows what ingest takes; with what only a watch does.
Result<std::vector<Source>> parse_watch_source(const std::string& text) {
    for (const std::string_view scheme : {"http://", "https://", "ws://", "wss://"})
        if (text.starts_with(scheme))  // Not shown: it may hold a key.
            return fail(ErrorCode::kInvalidParam,
                        "a URL does not say what kind of node it is: write evm-rpc:URL for "
                        "Ethereum and its like and Tron, btc-rpc:URL for Bitcoin");
    auto found = parse_source(text);
    if (!found && found.error().message.starts_with("unknown schema"))
        return fail(found.error().code,
                    found.error().message +
                        " evm-rpc: btc-rpc: tail: guard: events: rpc-blocks: evm-traces:");
    return found;
}

struct TimeOf {
    std::optional<UnixMillis> operator()(const SeenBlock& seen) const {
        return seen.block.header.time;
    }
    std::optional<UnixMillis> operator()(const Rewind&) const { return std::nullopt; }
    std::optional<UnixMillis> operator()(const PendingTxn& txn) const { return txn.seen; }
    std::optional<UnixMillis> operator()(const auto& timed) const { return timed.time; }
};

}  // namespace

Result<std::vector<WatchSource>> open_watch_sources(const std::vector<std::string>& sources,
                                                    std::optional<ChainId> chain, SideRows& rows) {
    std::vector<WatchSource> opened;
    for (const std::string& text : sources) {
        CORDON_TRY(auto events, open_event_files(text, chain));
        if (events) {
            opened.push_back({text, std::move(events)});
            continue;
        }
        CORDON_TRY(const std::vector<Source> found, parse_watch_source(text));
        for (const Source& source : found) {
            if (is_side_file(source.schema)) {
                CORDON_TRY(read_side_file(source, chain, {}, rows));
                continue;
            }
            std::unique_ptr<chain::EventSource> read;
            if (source.schema == Schema::kEvmEtl) {  // With what txns did beside moving value.
                CORDON_TRY(auto files, files_of(source.path));
                CORDON_TRY(read,
                           chain::open_evm_etl_events(std::move(files), chain.value_or(kEthereum)));
            } else {
                CORDON_TRY(auto blocks, open_chain_source(source, chain));
                read = chain::events_of(std::move(blocks));
            }
            opened.push_back(
                {format("{}:{}", to_string(source.schema), source.path), std::move(read)});
        }
    }
    return opened;
}

std::optional<UnixMillis> time_of(const FeedEvent& event) noexcept {
    return std::visit(TimeOf{}, event);
}

MergedEvents::MergedEvents(std::vector<WatchSource> sources) {
    for (WatchSource& source : sources) heads_.push_back({std::move(source), {}, {}, true});
}

Status MergedEvents::fill(Head& head) {
    CORDON_TRY(head.more, head.source.events->read(head.event));
    if (head.more) head.time = std::max(head.time, time_of(head.event).value_or(head.time));
    return {};
}

Result<bool> MergedEvents::read(FeedEvent& event) {
    if (!begun_)
        for (Head& head : heads_) CORDON_TRY(fill(head));
    begun_ = true;
    Head* first = nullptr;
    for (Head& head : heads_)
        if (head.more && (!first || head.time < first->time)) first = &head;
    if (!first) return false;
    std::swap(event, first->event);  // So that its memory is used again.
    CORDON_TRY(fill(*first));
    return true;
}

uint64_t MergedEvents::bytes_read() const noexcept {
    uint64_t sum = 0;
    for (const Head& head : heads_) sum += head.source.events->bytes_read();
    return sum;
}

uint64_t MergedEvents::bytes_total() const noexcept {
    uint64_t sum = 0;
    for (const Head& head : heads_) {
        if (head.source.events->bytes_total() == 0) return 0;
        sum += head.source.events->bytes_total();
    }
    return sum;
}

std::vector<std::string> MergedEvents::warnings() const {
    std::vector<std::string> all;
    for (const Head& head : heads_)
        for (std::string& warning : head.source.events->warnings())
            all.push_back(std::move(warning));
    return all;
}

}  // namespace cordon::engine
