// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "ingest.hpp"

#include <algorithm>
#include <filesystem>
#include <map>
#include <memory>

#include <cordon/base/byte_source.hpp>
#include <cordon/base/format.hpp>
#include <cordon/chain/block_source.hpp>
#include <cordon/chain/text.hpp>

#include "digest.hpp"
#include "intake.hpp"
#include "open.hpp"
#include "open_ahead.hpp"
#include "pending.hpp"

namespace cordon::engine {
namespace {

namespace fs = std::filesystem;

Status record_inputs(records::Store& store, const IngestResult::PerSource& done) {
    if (done.source.path == "-") return {};
    CORDON_TRY(auto files, files_of(done.source.path));
    if (const auto comments = comments_beside(done.source)) {
        CORDON_TRY(InputFile file, input_file(*comments));
        files.push_back(std::move(file));
    }
    for (const InputFile& file : files) {
        CORDON_TRY(const std::string sha256, file_sha256(file.name));
        CORDON_TRY(store.put_input({.name = fs::path{file.name}.filename().string(),
                                    .schema = std::string{to_string(done.source.schema)},
                                    .bytes = file.size,
                                    .sha256 = sha256,
                                    .rows = file.name == done.source.path ? done.rows : 0}));
    }
    return {};
}

Status store_side_rows(records::Store& store, const SideRows& rows) {
    CORDON_TRY(store.put_assets(rows.assets));
    CORDON_TRY(store.put_prices(rows.prices));
    CORDON_TRY(store.put_wallets(rows.wallets));
    return store.put_labels(rows.labels);
}

Status store_lists(records::Store& store, std::vector<ReadList> lists, IngestResult& result) {
    for (ReadList& read : lists) {
        CORDON_TRY(records::ListChange change,
                   store.put_label_list(read.list, read.published.labels));
        read.list.labels = read.published.labels.size();
        read.published.labels = {};
        for (std::string& warning : warnings_of(read))
            result.warnings.push_back(std::move(warning));
        for (std::string& warning : warnings_of(read.list, change))
            result.warnings.push_back(std::move(warning));
        result.lists.push_back({std::move(read), std::move(change)});
    }
    return {};
}

std::string name_of(const Source& source) {
    std::error_code ignored;
    return format("{}:{}", to_string(source.schema), fs::absolute(source.path, ignored).string());
}

/// The notes of LEDGER/ingest.pending during one call.
class Notes {
public:
    explicit Notes(std::string directory) : directory_{std::move(directory)} {}

    /// Keeps what earlier runs noted of the sources to come; of others it says so and lets go.
    Status load(std::span<const Source> sources, std::vector<std::string>& warnings) {
        CORDON_TRY(notes_, load_pending(directory_));
        std::erase_if(notes_, [&](const Pending& note) {
            const bool comes = std::any_of(sources.begin(), sources.end(), [&](const Source& each) {
                return name_of(each) == note.source;
            });
            if (!comes)
                warnings.push_back(
                    format("an earlier ingest of {} stopped halfway; what it stored stays: run it "
                           "again to complete it",
                           note.source));
            return !comes;
        });
        return {};
    }

    /// Where the chains stood before the source: as an interrupted run of it noted, or now.
    Result<Pending> begin(const ledger::Writer& writer, const std::string& name) {
        for (const Pending& note : notes_)
            if (note.source == name) return note;
        Pending note{name, {}};
        CORDON_TRY(const auto snapshot, writer.snapshot());
        for (const ledger::ChainSummary& chain : snapshot->chains())
            note.tips[chain.chain] = chain.tip.number;
        notes_.push_back(note);
        CORDON_TRY(save_pending(directory_, notes_));
        return note;
    }

    Status end(const std::string& name) {
        std::erase_if(notes_, [&](const Pending& note) { return note.source == name; });
        return save_pending(directory_, notes_);
    }

private:
    std::string directory_;
    std::vector<Pending> notes_;
};

/// Takes back what a bad source put in. The original error stays the one that is told.
Error undo(ledger::Writer& writer, Notes& notes, const Pending& pending, Error cause) {
    const auto snapshot = writer.snapshot();
    if (snapshot) {
        for (const ledger::ChainSummary& chain : (*snapshot)->chains()) {
            const auto before = pending.tips.find(chain.chain);
            const bool was_empty = before == pending.tips.end();
            if (!was_empty && before->second >= chain.tip.number) continue;
            const Status done = writer.rewind(
                chain.chain, was_empty ? std::nullopt : std::optional{before->second});
            if (!done) {
                cause.message +=
                    format("; taking back what went in failed as well: {}", done.error().message);
                return cause;
            }
        }
    }
    static_cast<void>(notes.end(pending.source));
    cause.message += "; the ledger is as it was before this source";
    return cause;
}

/// Up to where an interrupted run got, of the chains that it added to.
Result<std::map<ChainId, BlockNum>> stored_since(const ledger::Writer& writer,
                                                 const Pending& pending) {
    std::map<ChainId, BlockNum> stored;
    CORDON_TRY(const auto snapshot, writer.snapshot());
    for (const ledger::ChainSummary& chain : snapshot->chains()) {
        const auto before = pending.tips.find(chain.chain);
        if (before == pending.tips.end() || before->second < chain.tip.number)
            stored[chain.chain] = chain.tip.number;
    }
    return stored;
}

/// False when cancelled.
Result<bool> take_in(ledger::Writer& writer, Notes& notes, OpenAhead& sources, Intake& intake,
                     IngestResult::PerSource& counts, const Intake::Bytes& bytes,
                     std::vector<std::string>& warnings) {
    const Source& source = counts.source;
    const std::string name = name_of(source);
    CORDON_TRY(const auto blocks, sources.next());
    CORDON_TRY(const Pending pending, notes.begin(writer, name));
    CORDON_TRY(auto stored, stored_since(writer, pending));
    const Result<bool> finished = intake.run(*blocks, counts, std::move(stored), bytes);
    if (!finished) {
        const Error& error = finished.error();
        const bool names_it = error.message.find(source.path) != std::string::npos;
        return fail(undo(writer, notes, pending, names_it ? error : error.in(source.path)));
    }
    for (std::string& warning : blocks->warnings()) warnings.push_back(std::move(warning));
    if (*finished) CORDON_TRY(notes.end(name));
    return *finished;
}

/// On disk; 0 when nobody knows, as of a pipe.
uint64_t size_of(const Source& source) {
    const auto files = files_of(source.path);
    uint64_t size = 0;
    if (files)
        for (const InputFile& file : *files) size += file.size;
    return size;
}

/// Every chain source, in the order given. False when cancelled.
Result<bool> take_in_all(ledger::Writer& writer, records::Store& store,
                         const IngestRequest& request, const IngestHooks& hooks,
                         IngestResult& result) {
    std::vector<Source> sources;
    for (const Source& source : request.sources)
        if (!is_side_file(source.schema)) sources.push_back(source);
    if (sources.empty()) return true;
    std::vector<uint64_t> sizes;
    Intake::Bytes bytes;
    for (const Source& source : sources) {
        sizes.push_back(size_of(source));
        bytes.total += sizes.back();
    }
    if (std::find(sizes.begin(), sizes.end(), 0) != sizes.end()) bytes.total = 0;

    Notes notes{request.ledger};
    CORDON_TRY(notes.load(sources, result.warnings));
    OpenAhead opened{sources, request.chain};
    Intake intake{writer, store, request, hooks, result.resumed};
    std::size_t at = 0;
    for (IngestResult::PerSource& counts : result.sources) {
        if (is_side_file(counts.source.schema)) continue;
        bytes.source = sizes[at++];
        CORDON_TRY(const bool finished,
                   take_in(writer, notes, opened, intake, counts, bytes, result.warnings));
        if (!finished) return false;
        bytes.before += bytes.source;
    }
    return true;
}

}  // namespace

std::string records_path(const std::string& ledger_directory) {
    return (fs::path{ledger_directory} / "records.sqlite").string();
}

Result<IngestResult> ingest(const IngestRequest& request, const IngestHooks& hooks) {
    IngestResult result;
    SideRows rows;
    for (const Source& source : request.sources) {
        IngestResult::PerSource counts{.source = source};
        if (is_side_file(source.schema)) {
            CORDON_TRY(counts.rows, read_side_file(source, request.chain, request.lists, rows));
        }
        result.sources.push_back(std::move(counts));
    }

    // Rows for records go in while another process, a live watch, writes blocks.
    std::unique_ptr<ledger::Writer> writer;
    const bool has_blocks =
        std::any_of(request.sources.begin(), request.sources.end(),
                    [](const Source& source) { return !is_side_file(source.schema); });
    if (has_blocks || !ledger::open_reader(request.ledger)) {
        CORDON_TRY(writer, ledger::open_writer(request.ledger));
    }
    CORDON_TRY(const auto store, records::Store::open(records_path(request.ledger)));
    if (has_blocks) {
        CORDON_TRY(const bool finished, take_in_all(*writer, *store, request, hooks, result));
        result.incomplete = !finished;
    }
    if (!result.incomplete) {
        if (hooks.sealing) hooks.sealing(0);
        CORDON_TRY(store_side_rows(*store, rows));
        CORDON_TRY(store_lists(*store, std::move(rows.lists), result));
        for (const IngestResult::PerSource& counts : result.sources)
            CORDON_TRY(record_inputs(*store, counts));
        if (writer) CORDON_TRY(writer->seal({hooks.sealing, hooks.cancel}));
        result.incomplete = hooks.cancel != nullptr && *hooks.cancel;
    }
    CORDON_TRY(const auto snapshot,
               writer ? writer->snapshot() : ledger::open_reader(request.ledger));
    result.chains = snapshot->chains();
    CORDON_TRY(result.records, store->counts());
    return result;
}

}  // namespace cordon::engine
