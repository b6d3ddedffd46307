// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "serve_case.hpp"

#include <algorithm>
#include <filesystem>

#include <cordon/base/disk.hpp>
#include <cordon/base/format.hpp>
#include <cordon/ledger/ledger.hpp>

#include "approver_key.hpp"
#include "case_folder.hpp"
#include "open.hpp"

namespace cordon::engine {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kMark = "/made-from-a-case";
// So that the whole story fits into a guided minute.
constexpr double kSeconds = 60;

Status write_text(const std::string& path, std::string_view text) {
    CORDON_TRY(const auto file, system_disk().create(path));
    CORDON_TRY(file->write({reinterpret_cast<const uint8_t*>(text.data()), text.size()}));
    return file->sync();
}

Status make_empty(const std::string& data) {
    std::error_code error;
    if (fs::exists(data, error) && !fs::is_empty(data, error)) {
        if (!fs::exists(data + std::string{kMark}, error))
            return fail(
                ErrorCode::kConflict,
                format("{}: holds what serve --case did not make; name another --data", data));
        CORDON_TRY(const auto lock, WriterLock::take(serve_lock_path(data)));  // Nobody serves it.
        fs::remove_all(data, error);
    }
    if (!error) fs::create_directories(data, error);
    if (error) return fail(ErrorCode::kIo, format("{}: {}", data, error.message()));
    return write_text(data + std::string{kMark}, "");
}

/// Puts keys into the policy where it says `NAME: "new"`.
Result<std::string> with_keys(std::string text, const std::string& folder) {
    constexpr std::string_view kNew = ": \"new\"";
    CORDON_TRY(system_disk().make_directory(folder));
    for (std::size_t at = 0; (at = text.find(kNew, at)) != std::string::npos;) {
        std::size_t begin = at;
        while (begin > 0 && std::isalnum(static_cast<unsigned char>(text[begin - 1])) != 0) --begin;
        if (begin == at) {  // Words of a comment.
            at += kNew.size();
            continue;
        }
        CORDON_TRY(const ApproverSigner signer,
                   ApproverSigner::generate(text.substr(begin, at - begin)));
        CORDON_TRY(write_approver_key(format("{}/{}.key", folder, signer.name()), signer, ""));
        const std::string key = format(": \"{}\"", signer.key().text());
        text.replace(at, kNew.size(), key);
        at += key.size();
    }
    return text;
}

}  // namespace

Result<ServeConfig> serve_case(const std::string& path, const std::string& data,
                               const IngestHooks& hooks) {
    ServeConfig config;
    config.data = data;
    config.ledger = data + "/ledger";
    config.watch.simulated = true;
    std::error_code ignored;
    const bool is_folder = fs::is_directory(path, ignored);
    if (is_folder) {
        CORDON_TRY(const auto folder, load_case_folder(path));
        if (folder) {
            config.name = folder->title;
            config.guide = folder->seeds;
            config.words = folder->words;
        }
    }
    CORDON_TRY(const auto sources, parse_source(path));
    CORDON_TRY(make_empty(data));
    CORDON_TRY(const auto done, ingest({config.ledger, sources, std::nullopt, 0}, hooks));
    if (done.incomplete) return fail(ErrorCode::kCancelled, "interrupted");

    // Chain data is played; what is known is known from the beginning.
    for (const Source& source : sources)
        if (!is_side_file(source.schema))
            config.watch.sources.push_back(format("{}:{}", to_string(source.schema), source.path));
    std::optional<UnixMillis> first, last;
    for (const ledger::ChainSummary& chain : done.chains) {
        if (chain.first.time && (!first || *chain.first.time < *first)) first = chain.first.time;
        if (chain.tip.time && (!last || *chain.tip.time > *last)) last = chain.tip.time;
    }
    if (first && last)
        config.watch.speed =
            std::max(std::chrono::duration<double>{*last - *first}.count() / kSeconds, 1.0);
    const std::string policy = path + "/policy.yaml";
    if (is_folder && fs::exists(policy, ignored)) {
        CORDON_TRY(const Bytes bytes, read_file(policy));
        CORDON_TRY(const std::string text,
                   with_keys({bytes.begin(), bytes.end()}, data + "/people"));
        config.guard.policy = data + "/policy.yaml";
        CORDON_TRY(write_text(config.guard.policy, text));
        if (fs::exists(path + "/requests.jsonl", ignored))
            config.guard.requests = path + "/requests.jsonl";
    }
    return config;
}

}  // namespace cordon::engine
