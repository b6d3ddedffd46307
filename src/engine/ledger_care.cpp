// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "ledger_care.hpp"

#include <algorithm>
#include <filesystem>

#include <cordon/base/format.hpp>
#include <cordon/ledger/cluster_file.hpp>

#include "clusters.hpp"
#include "ingest.hpp"
#include "pending.hpp"

namespace cordon::engine {
namespace {

namespace fs = std::filesystem;

bool is_there(const std::string& path) {
    std::error_code ignored;
    return fs::exists(path, ignored);
}

/// The records of a ledger; nothing when there are none yet: a process that was killed early leaves
/// an empty file.
Result<std::unique_ptr<records::Store>> open_records(const std::string& directory) {
    if (!is_there(records_path(directory))) return nullptr;
    auto store = records::Store::open_read_only(records_path(directory));
    if (!store && store.error().code == ErrorCode::kNotFound) return nullptr;
    return store;
}

Result<LedgerCopy> copy_all(const std::string& directory, const std::string& target) {
    CORDON_TRY(ledger::copy_snapshot(directory, target));
    LedgerCopy copy;
    CORDON_TRY(const auto store, open_records(directory));
    if (store != nullptr) {
        CORDON_TRY(store->copy_to(records_path(target)));
        CORDON_TRY(const auto stored, records::Store::open_read_only(records_path(target)));
        CORDON_TRY(copy.records, stored->counts());
    }
    CORDON_TRY(const auto reader, ledger::open_reader(target));
    copy.chains = reader->chains();
    if (const auto notes = load_pending(directory))
        for (const Pending& note : *notes) copy.pending.push_back(note.source);
    return copy;
}

/// Of somebody who may look, what is wrong is the file; otherwise it is us.
bool is_damage(const Error& error) {
    return error.code == ErrorCode::kCorrupt || error.code == ErrorCode::kTruncated ||
           error.code == ErrorCode::kMalformed;
}

/// "clusters-btc.bin", ..., in order.
std::vector<std::string> cluster_files(const std::string& directory) {
    std::vector<std::string> names;
    std::error_code error;
    for (fs::directory_iterator it{directory, error}, end; !error && it != end;
         it.increment(error)) {
        const std::string name = it->path().filename().string();
        if (name.starts_with("clusters-") && name.ends_with(".bin")) names.push_back(name);
    }
    std::sort(names.begin(), names.end());
    return names;
}

Status verify_clusters(const ledger::Reader& reader, const std::string& directory,
                       const std::string& name) {
    const auto chain =
        parse_chain(name.substr(9, name.size() - 13));  // Between the two fixed ends.
    const uint64_t addresses = chain ? reader.address_count(*chain) : 0;
    const auto saved =
        ledger::load_clusters((fs::path{directory} / name).string(), cluster_ids(addresses));
    if (saved || saved.error().code == ErrorCode::kUnsupported) return {};
    Error error = saved.error();
    if (is_damage(error)) error.message += "; remove the file: cordon cluster makes it anew";
    return fail(std::move(error));
}

}  // namespace

Result<LedgerCopy> copy_ledger(const std::string& directory, const std::string& target) {
    std::error_code ignored;
    const bool was_there = fs::exists(target, ignored);
    if (was_there && (!fs::is_directory(target, ignored) || !fs::is_empty(target, ignored)))
        return fail(ErrorCode::kConflict,
                    format("{}: is there and not an empty directory; name a new one", target));
    // A copy inside would be a part of what it copies.
    const fs::path from = fs::weakly_canonical(directory, ignored);
    const fs::path to = fs::weakly_canonical(target, ignored);
    if (std::mismatch(from.begin(), from.end(), to.begin(), to.end()).first == from.end())
        return fail(ErrorCode::kConflict,
                    format("{}: lies inside the ledger; name a directory beside it", target));
    auto copy = copy_all(directory, target);
    if (copy) return copy;
    // All in it is ours: it was empty, or was not there.
    for (fs::directory_iterator it{target, ignored}, end; !ignored && it != end;) {
        const fs::path path = it->path();
        it.increment(ignored);
        std::error_code kept;
        fs::remove_all(path, kept);
    }
    if (!was_there) fs::remove(target, ignored);
    return copy;
}

Result<std::vector<Verified>> verify_ledger(const std::string& directory,
                                            const std::function<void(std::string_view)>& begin) {
    std::vector<Verified> done;
    const auto look = [&](const std::string& what, auto&& read) -> Status {
        if (begin) begin(what);
        const Status sound = read();
        if (!sound && !is_damage(sound.error())) return sound;
        done.push_back({what, sound ? std::nullopt : std::optional{sound.error()}});
        return {};
    };
    CORDON_TRY(look("chains", [&] { return ledger::verify(directory); }));
    if (is_there(records_path(directory)))
        CORDON_TRY(look("records.sqlite", [&]() -> Status {
            CORDON_TRY(const auto store, open_records(directory));
            return store == nullptr ? Status{} : store->verify();
        }));
    // Where the chains do not even open, nobody can say which ids there may be.
    if (const auto reader = ledger::open_reader(directory))
        for (const std::string& name : cluster_files(directory))
            CORDON_TRY(look(name, [&] { return verify_clusters(**reader, directory, name); }));
    if (is_there((fs::path{directory} / "ingest.pending").string()))
        CORDON_TRY(look("ingest.pending",
                        [&]() -> Status { return load_pending(directory).map([](auto&&) {}); }));
    return done;
}

}  // namespace cordon::engine
