// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <filesystem>
#include <system_error>

#include <cordon/base/format.hpp>

#include "chain_view.hpp"
#include "head_log.hpp"
#include "ledger.hpp"

namespace cordon::ledger {
namespace {

namespace fs = std::filesystem;

/// The same file under another name, or a copy of it on another file system. kNotFound.
Status link_file(Disk& disk, const std::string& from, const std::string& to) {
    std::error_code error;
    fs::create_hard_link(from, to, error);
    if (!error) return {};
    if (error == std::errc::no_such_file_or_directory)
        return fail(ErrorCode::kNotFound, format("{}: is not there", from));
    CORDON_TRY(const MappedFile file, MappedFile::open(from));
    return write_file(disk, to, file.bytes());
}

Status copy_chain(Disk& disk, const std::string& from, const std::string& to,
                  const ChainState& state) {
    for (const ChainState::Segment& entry : state.segments)
        CORDON_TRY(link_file(disk, segment_path(from, entry.id), segment_path(to, entry.id)));
    for (const ChainState::Index& entry : state.indexes)
        CORDON_TRY(link_file(disk, index_path(from, entry.id), index_path(to, entry.id)));
    for (const ChainState::Log& log : state.logs) {
        // A log grows: what of it is whole now is what is acknowledged now.
        CORDON_TRY(const Bytes bytes, read_file(log_path(from, log.id), true));
        CORDON_TRY(const LogContent content, read_log(bytes, log_path(from, log.id)));
        CORDON_TRY(write_file(disk, log_path(to, log.id), ByteView{bytes}.first(content.end)));
    }
    const std::string draft = manifest_path(to) + ".tmp";
    CORDON_TRY(LogWriter manifest, LogWriter::create(disk, draft));
    Bytes frame(kFrameHeader);
    put_state(frame, state);
    CORDON_TRY(manifest.append(frame));
    CORDON_TRY(disk.rename(draft, manifest_path(to)));
    return disk.sync_directory(to);
}

}  // namespace

Status copy_snapshot(const std::string& directory, const std::string& target) {
    CORDON_TRY(const std::vector<ChainId> chains, list_chains(directory));
    std::error_code error;
    if (fs::exists(target, error) && !fs::is_empty(target, error))
        return fail(ErrorCode::kConflict,
                    format("{}: is there and not empty; name a directory that is not", target));
    Disk& disk = system_disk();
    CORDON_TRY(disk.make_directory(target));
    for (const ChainId chain : chains) {
        const std::string from = chain_directory(directory, chain);
        const std::string to = chain_directory(target, chain);
        std::optional<ChainState> last;
        while (true) {
            CORDON_TRY(disk.make_directory(to));
            CORDON_TRY(const Manifest manifest, read_manifest(from));
            const Status status = copy_chain(disk, from, to, manifest.state);
            if (status) break;
            // The writer may have moved on in between, and the manifest names others by now.
            if (status.error().code != ErrorCode::kNotFound || last == manifest.state)
                return status;
            last = manifest.state;
            fs::remove_all(to, error);
        }
    }
    CORDON_TRY(disk.make_directory(target + "/chains"));
    CORDON_TRY(disk.sync_directory(target + "/chains"));
    // Comes last: until now the directory is no ledger.
    return make_ledger(disk, target);
}

namespace {

Result<ChainFiles> files_of(const std::string& from, ChainId chain, const Manifest& manifest) {
    ChainFiles files{.chain = chain, .parts = {}};
    const auto add_file = [&files](const ColumnFile& file) {
        files.bytes += file.size();
        for (std::size_t i = 0; i < file.footer().columns.size(); ++i) {
            const std::string name{file.column_name(i)};
            const auto at = std::find_if(files.parts.begin(), files.parts.end(),
                                         [&name](const auto& part) { return part.name == name; });
            if (at == files.parts.end())
                files.parts.push_back({name, file.column_bytes(i)});
            else
                at->bytes += file.column_bytes(i);
        }
    };
    CORDON_TRY(const ChainView view, open_view(from, chain, manifest.state));
    for (const Part& part : view.parts) add_file(part.segment->file());
    for (const Run& run : view.runs) add_file(run.index->file());
    files.segments = view.parts.size();
    files.indexes = view.runs.size();
    Totals at = view.end();
    for (const ChainState::Log& log : manifest.state.logs) {
        CORDON_TRY(const Bytes bytes, read_file(log_path(from, log.id)));
        CORDON_TRY(const HeadLog read,
                   read_head(bytes, log_path(from, log.id), chain, at, std::nullopt));
        const std::size_t blocks =
            static_cast<std::size_t>(std::min<uint64_t>(log.blocks, read.head.blocks.size()));
        at = read.head.at(blocks);
        files.head_blocks += blocks;
        files.head_bytes += bytes.size();
    }
    files.bytes += files.head_bytes + manifest.end;
    std::erase_if(files.parts, [](const auto& part) { return part.bytes == 0; });
    std::sort(files.parts.begin(), files.parts.end(),
              [](const auto& a, const auto& b) { return a.bytes > b.bytes; });
    return files;
}

}  // namespace

Result<std::vector<ChainFiles>> chain_files(const std::string& directory) {
    CORDON_TRY(const std::vector<ChainId> chains, list_chains(directory));
    std::vector<ChainFiles> all;
    for (const ChainId chain : chains) {
        const std::string from = chain_directory(directory, chain);
        std::optional<ChainState> last;
        while (true) {
            CORDON_TRY(const Manifest manifest, read_manifest(from));
            Result<ChainFiles> files = files_of(from, chain, manifest);
            if (files) {
                all.push_back(std::move(*files));
                break;
            }
            // The writer may have moved on in between, and the manifest names others by now.
            if (files.error().code != ErrorCode::kNotFound || last == manifest.state)
                return fail(files.error());
            last = manifest.state;
        }
    }
    return all;
}

}  // namespace cordon::ledger
