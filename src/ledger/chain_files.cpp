// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "chain_files.hpp"

#include <algorithm>
#include <filesystem>
#include <set>
#include <system_error>

#include <cordon/base/format.hpp>

#include "coding.hpp"

namespace cordon::ledger {
namespace {

constexpr uint8_t kStateVersion = 2;
constexpr std::string_view kFormat = "cordon ledger 4\n";

std::string format_path(const std::string& ledger) { return ledger + "/FORMAT"; }

ByteView view(std::string_view text) noexcept {
    return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

}  // namespace

void put_state(Bytes& out, const ChainState& state) {
    out.push_back(kStateVersion);
    put_varint(out, state.segments.size());
    for (const ChainState::Segment& entry : state.segments) {
        put_varint(out, entry.id);
        put_varint(out, entry.blocks);
        put_fixed(out, entry.identity);
    }
    put_varint(out, state.indexes.size());
    for (const ChainState::Index& entry : state.indexes) {
        put_varint(out, entry.id);
        put_varint(out, entry.segments);
        put_fixed(out, entry.identity);
    }
    put_varint(out, state.logs.size());
    for (const ChainState::Log& entry : state.logs) {
        put_varint(out, entry.id);
        put_varint(out, entry.blocks);
    }
    put_varint(out, state.next_id);
}

Result<ChainState> take_state(ByteView record, const std::string& name) {
    Decoder in{record};
    const uint8_t version = in.u8();
    ChainState state;
    state.segments.resize(in.count(6));
    for (ChainState::Segment& entry : state.segments) {
        entry.id = in.varint();
        entry.blocks = in.varint32();
        entry.identity = in.u32();
    }
    state.indexes.resize(in.count(6));
    uint64_t covered = 0;
    for (ChainState::Index& entry : state.indexes) {
        entry.id = in.varint();
        entry.segments = in.varint32();
        entry.identity = in.u32();
        covered += entry.segments;
    }
    state.logs.resize(in.count(2));
    for (ChainState::Log& entry : state.logs) {
        entry.id = in.varint();
        entry.blocks = in.varint();
    }
    state.next_id = in.varint();
    if (version != kStateVersion || !in.ok() || in.left() != 0 || state.logs.empty() ||
        covered != state.segments.size())
        return fail(
            ErrorCode::kCorrupt,
            format("{}: its last record does not decode; restore this ledger from a copy or "
                   "ingest it anew",
                   name));
    return state;
}

std::string chains_directory(const std::string& ledger) { return ledger + "/chains"; }
std::string chain_directory(const std::string& ledger, ChainId chain) {
    return format("{}/{}", chains_directory(ledger), to_string(chain));
}
std::string manifest_path(const std::string& directory) { return directory + "/manifest"; }
std::string segment_path(const std::string& directory, uint64_t id) {
    return format("{}/segment-{}", directory, id);
}
std::string index_path(const std::string& directory, uint64_t id) {
    return format("{}/index-{}", directory, id);
}
std::string log_path(const std::string& directory, uint64_t id) {
    return format("{}/log-{}", directory, id);
}

Result<Manifest> read_manifest(const std::string& directory) {
    const std::string path = manifest_path(directory);
    CORDON_TRY(const Bytes bytes, read_file(path, true));
    CORDON_TRY(const LogContent content, read_log(bytes, path));
    if (content.records.empty())
        return fail(
            ErrorCode::kCorrupt,
            format("{}: holds no record; restore this ledger from a copy or ingest it anew", path));
    CORDON_TRY(const ChainState state, take_state(content.records.back(), path));
    return Manifest{state, content.end};
}

Result<std::vector<ChainId>> list_chains(const std::string& ledger) {
    const auto bytes = read_file(format_path(ledger));
    if (!bytes) {
        if (bytes.error().code != ErrorCode::kNotFound) return fail(bytes.error());
        return fail(ErrorCode::kNotFound,
                    format("{}: there is no ledger here; make one with cordon ingest", ledger));
    }
    const std::string_view text{reinterpret_cast<const char*>(bytes->data()), bytes->size()};
    if (text != kFormat) {
        constexpr std::string_view kAny = "cordon ledger ";
        // One digit so far: versions compare like their texts.
        if (text.size() == kFormat.size() && text.starts_with(kAny) && text < kFormat)
            return fail(ErrorCode::kUnsupported,
                        format("{}: this ledger has the files of an earlier version; ingest its "
                               "sources anew into another directory",
                               format_path(ledger)));
        return fail(
            text.starts_with(kAny) ? ErrorCode::kUnsupported : ErrorCode::kCorrupt,
            format("{}: expected \"{}\"{}", format_path(ledger),
                   kFormat.substr(0, kFormat.size() - 1),
                   text.starts_with(kAny) ? "; this ledger was written by a later version" : ""));
    }
    std::vector<ChainId> chains;
    const auto names = list_directory(chains_directory(ledger));
    if (!names && names.error().code == ErrorCode::kNotFound)
        return chains;  // Nothing was ever ingested.
    if (!names) return fail(names.error());
    for (const std::string& name : *names) {
        const Result<ChainId> chain = parse_chain(name);
        // A directory without manifest: a crash came before the chain's first block was
        // acknowledged.
        if (!chain) continue;
        std::error_code error;
        const bool has_manifest =
            std::filesystem::exists(manifest_path(chain_directory(ledger, *chain)), error);
        if (error)
            return fail(system_error(error.value(), chain_directory(ledger, *chain), "look into"));
        if (has_manifest) chains.push_back(*chain);
    }
    std::sort(chains.begin(), chains.end());
    return chains;
}

Status make_ledger(Disk& disk, const std::string& ledger) {
    CORDON_TRY(disk.make_directory(chains_directory(ledger)));
    CORDON_TRY(write_file(disk, format_path(ledger), view(kFormat)));
    return disk.sync_directory(ledger);
}

Status write_file(Disk& disk, const std::string& path, ByteView bytes) {
    return write_columns(disk, path,
                         [bytes](const ColumnFileWriter::Sink& sink) -> Result<uint32_t> {
                             CORDON_TRY(sink(bytes));
                             return 0;
                         })
        .map([](uint32_t) {});
}

Result<uint32_t> write_columns(
    Disk& disk, const std::string& path,
    const std::function<Result<uint32_t>(const ColumnFileWriter::Sink&)>& write) {
    const std::string draft = path + ".tmp";
    const Result<uint32_t> identity = [&]() -> Result<uint32_t> {
        CORDON_TRY(auto file, disk.create(draft));
        CORDON_TRY(const uint32_t written, write(file_sink(*file)));
        CORDON_TRY(file->sync());
        CORDON_TRY(disk.rename(draft, path));
        return written;
    }();
    if (!identity) static_cast<void>(disk.remove(draft));
    return identity;
}

void remove_strays(Disk& disk, const std::string& directory, const ChainState& state) {
    std::set<std::string> wanted{manifest_path(directory)};
    for (const ChainState::Segment& entry : state.segments)
        wanted.insert(segment_path(directory, entry.id));
    for (const ChainState::Index& entry : state.indexes)
        wanted.insert(index_path(directory, entry.id));
    for (const ChainState::Log& entry : state.logs) wanted.insert(log_path(directory, entry.id));
    const auto names = list_directory(directory);
    if (!names) return;  // Strays cost space, nothing else.
    for (const std::string& name : *names) {
        const std::string path = format("{}/{}", directory, name);
        const bool ours = name.starts_with("segment-") || name.starts_with("index-") ||
                          name.starts_with("log-") || name.ends_with(".tmp");
        if (ours && !wanted.contains(path)) static_cast<void>(disk.remove(path));
    }
}

}  // namespace cordon::ledger
