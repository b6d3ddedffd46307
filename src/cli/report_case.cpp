// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "report_case.hpp"

#include <boost/json.hpp>
#include <chrono>
#include <filesystem>
#include <fstream>

#include <cordon/base/format.hpp>
#include <cordon/base/hex.hpp>
#include <cordon/crypto/hash.hpp>
#include <cordon/engine/case_archive.hpp>
#include <cordon/report/manifest.hpp>
#include <cordon/report/text.hpp>
#include <cordon/tlog/key_file.hpp>

#include "exit_code.hpp"
#include "output.hpp"
#include "table.hpp"

namespace cordon::cli {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

UnixMillis now() {
    return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

/// The same case has the same id, so that sealing it again writes the same bytes.
std::string case_id(const ReportJob& job) {
    const std::string what = job.request.title + "\n" + job.seeds;
    const ByteView bytes{reinterpret_cast<const uint8_t*>(what.data()), what.size()};
    return "c-" + to_hex(crypto::sha256(bytes)).substr(0, 8);
}

/// A case of one trace, which nobody keeps.
engine::CaseContent content_of(const ReportJob& job, std::shared_ptr<const engine::Theft> theft) {
    engine::CaseContent content;
    content.value.id = case_id(job);
    content.value.title = job.request.title;
    content.value.summary = job.request.notes;
    content.sources = job.request.sources;
    content.words = job.request.words;
    content.version = job.request.version;
    // Without the command line: it names places, and the archive is the same wherever it is made.
    content.records = theft->records.get();
    content.context = theft->context.get();
    content.traces.push_back({{}, std::move(theft)});
    return content;
}

std::string sums_of(const report::Letter& letter) {
    std::string text;
    for (const report::Letter::Total& total : letter.totals) {
        std::string symbol{total.asset.text()};
        unsigned decimals = 0;
        for (const AssetInfo& info : letter.units)
            if (info.chain == total.chain && info.asset == total.asset)
                symbol = info.symbol, decimals = info.decimals;
        text += format("{}{} {}", text.empty() ? "" : ", ",
                       report::grouped_units(total.stolen, decimals), symbol);
    }
    return text;
}

}  // namespace

Result<int> write_letters(const ReportJob& job, engine::Theft theft, const Session& session) {
    const auto content = content_of(job, std::make_shared<const engine::Theft>(std::move(theft)));
    CORDON_TRY(const report::Letters letters, engine::case_letters(content));
    CORDON_TRY(const engine::CaseFiles files, engine::case_files(content));
    std::error_code error;
    fs::create_directories(job.request.out, error);
    if (error)
        return fail(ErrorCode::kPermission, format("{}: {}", job.request.out, error.message()));
    constexpr std::string_view kFolder = "letters/";
    for (const engine::Member& file : files.members) {
        if (!file.name.starts_with(kFolder)) continue;
        const fs::path path = fs::path{job.request.out} / file.name.substr(kFolder.size());
        std::ofstream out{path, std::ios::binary};
        if (!(out << file.bytes).flush())
            return fail(ErrorCode::kIo, format("{}: cannot be written", path.string()));
    }
    const bool incomplete = content.traces[0].theft->result.incomplete;
    if (session.format != Format::kTable) {
        json::array list, without;
        for (const report::Letter& letter : letters.all)
            list.push_back(json::object{
                {"key", letter.key},
                {"service", letter.service},
                {"category", to_string(letter.category)},
                {"rows", letter.rows.size()},
                {"file", (fs::path{job.request.out} / (letter.key + ".html")).string()}});
        for (const report::Unasked& each : letters.without)
            without.push_back(json::object{{"name", each.name},
                                           {"chain", to_string(each.chain)},
                                           {"asset", each.asset.text()},
                                           {"stolen", each.stolen.to_string()},
                                           {"why", each.why}});
        CORDON_TRY(print(envelope(
            "report.letters",
            json::object{{"letters", std::move(list)}, {"without_letter", std::move(without)}},
            content.traces[0].theft->result.warnings, incomplete)));
        return incomplete ? kUnavailable : kClean;
    }
    for (const report::Letter& letter : letters.all)
        CORDON_TRY(print(format("{}  {}: {} in {} movement{}\n",
                                (fs::path{job.request.out} / (letter.key + ".html")).string(),
                                printable(letter.service), printable(sums_of(letter)),
                                letter.rows.size(), letter.rows.size() == 1 ? "" : "s")));
    for (const report::Unasked& each : letters.without)
        CORDON_TRY(print(format("no letter  {}: {}\n", printable(each.name), each.why)));
    CORDON_TRY(
        print(format("{} drafts. Counsel completes, checks and signs them; nothing was "
                     "sent.\n",
                     letters.all.size())));
    return incomplete ? kUnavailable : kClean;
}

Result<int> seal_report(const ReportJob& job, engine::Theft theft, const Args& args,
                        const Session& session) {
    if (args.has("log") != args.has("log-key"))
        return fail(ErrorCode::kInvalidParam,
                    "report seal: --log DIR and --log-key FILE belong together");
    const auto content = content_of(job, std::make_shared<const engine::Theft>(std::move(theft)));
    std::error_code error;
    fs::create_directories(job.request.out, error);
    if (error)
        return fail(ErrorCode::kPermission, format("{}: {}", job.request.out, error.message()));
    std::unique_ptr<tlog::Log> log;
    if (args.has("log")) {
        CORDON_TRY(tlog::SigningKey key, tlog::read_key_file(args.get("log-key")));
        CORDON_TRY(log, tlog::Log::open(args.get("log"), std::move(key)));
    }
    const std::optional<engine::SealLog> seal_log =
        log ? std::optional{engine::SealLog{*log, args.get("log")}} : std::nullopt;
    const engine::SealRequest request{
        .path = (fs::path{job.request.out} / (content.value.id + ".zip")).string(),
        .by = args.get("by"),
        .now = now(),
        .chromium = args.get("chromium")};
    CORDON_TRY(const engine::SealedCase sealed,
               engine::seal_case(content, request, seal_log ? &*seal_log : nullptr));
    const bool incomplete = content.traces[0].theft->result.incomplete;
    if (session.format != Format::kTable) {
        CORDON_TRY(print(envelope("report.sealed",
                                  json::object{{"file", sealed.path},
                                               {"sha256", sealed.sha256},
                                               {"manifest_sha256", sealed.manifest_sha256},
                                               {"files", sealed.files}},
                                  sealed.warnings, incomplete)));
    } else {
        if (!session.quiet) print_warnings(sealed.warnings);
        CORDON_TRY(print(format("{}\nSHA-256 {}\n{} files; manifest SHA-256 {}\n", sealed.path,
                                sealed.sha256, sealed.files, sealed.manifest_sha256)));
    }
    return incomplete ? kUnavailable : kClean;
}

Result<int> verify_report(const Args& args, const Session& session) {
    if (args.operands().size() != 2)
        return fail(ErrorCode::kInvalidParam,
                    "report verify: expected the folder of a case file, or an archive");
    const std::string& path = args.operands()[1];
    std::vector<tlog::PublicKey> keys;
    if (args.has("public-key")) {
        CORDON_TRY(tlog::PublicKey key, tlog::public_key_of(args.get("public-key")));
        keys.push_back(std::move(key));
    }
    std::error_code ignored;
    const fs::path manifest_path = fs::path{path} / "manifest.json";
    bool archive = !fs::is_directory(path, ignored);
    if (!archive) {
        // A manifest that cannot be read is told of by the check of its kind below.
        const auto bytes = read_file(manifest_path.string());
        const auto manifest =
            bytes ? report::read_manifest(
                        {reinterpret_cast<const char*>(bytes->data()), bytes->size()})
                  : Result<report::Manifest>{fail(bytes.error())};
        archive = manifest && manifest->sealed_case;
    }
    if (!archive) {
        if (!keys.empty())
            return fail(
                ErrorCode::kInvalidParam,
                format("{}: a case file that is not sealed has no log to check with a key", path));
        if (const Status intact = report::verify_manifest(path); !intact) {
            if (intact.error().code != ErrorCode::kChecksum) return fail(intact.error());
            return fail(ErrorCode::kCorrupt,
                        intact.error().message);  // Evidence that was changed is exit 6.
        }
        if (session.format == Format::kTable) {
            CORDON_TRY(print(format("{}: every file matches the manifest\n", path)));
        } else {
            CORDON_TRY(print(envelope("report.verify", json::object{{"intact", true}})));
        }
        return kClean;
    }
    CORDON_TRY(const engine::ArchiveCheck check, engine::verify_archive(path, keys));
    std::vector<std::string> warnings;
    if (check.log_origin.empty())
        warnings.emplace_back(
            "no log's proof in it: the files agree with each other, but nothing "
            "shows when and by whom they were sealed");
    else if (keys.empty())
        warnings.emplace_back(
            "no --public-key: the log's proof holds, but who signed its "
            "checkpoint was not looked at");
    if (session.format != Format::kTable) {
        CORDON_TRY(print(envelope("report.verify",
                                  json::object{{"intact", true},
                                               {"case", check.case_id},
                                               {"files", check.files},
                                               {"manifest_sha256", check.manifest_sha256},
                                               {"log", check.log_origin},
                                               {"sealed", check.sealed},
                                               {"signature_known", check.signature_known}},
                                  warnings)));
        return kClean;
    }
    if (!session.quiet) print_warnings(warnings);
    CORDON_TRY(print(format("{}: case {}, {} files as they were sealed\nmanifest SHA-256 {}\n",
                            path, printable(check.case_id), check.files, check.manifest_sha256)));
    if (!check.log_origin.empty())
        CORDON_TRY(print(format("in the log {}{}: sealed {}\n", printable(check.log_origin),
                                check.signature_known ? ", signed by the key given" : "",
                                printable(check.sealed))));
    return kClean;
}

}  // namespace cordon::cli
