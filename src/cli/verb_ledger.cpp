// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <boost/json.hpp>
#include <chrono>
#include <condition_variable>
#include <limits>
#include <mutex>
#include <thread>

#include <cordon/base/format.hpp>
#include <cordon/chain/text.hpp>
#include <cordon/chain/transfers_writer.hpp>
#include <cordon/engine/ledger_care.hpp>
#include <cordon/ledger/ledger.hpp>
#include <cordon/records/store.hpp>

#include "chain_json.hpp"
#include "exit_code.hpp"
#include "ledger_show.hpp"
#include "output.hpp"
#include "progress.hpp"
#include "table.hpp"
#include "verbs.hpp"

namespace cordon::cli {
namespace {

Result<std::string> ledger_of(const Args& args) {
    if (!args.has("ledger"))
        return fail(ErrorCode::kInvalidParam, "--ledger DIR is missing: which ledger?");
    return args.get("ledger");
}

Result<int> snapshot(const Args& args, const std::string& directory, const Session& session) {
    if (args.operands().size() != 2)
        return fail(ErrorCode::kInvalidParam,
                    "ledger snapshot: expected one TARGET, a directory that is not there yet: "
                    "cordon ledger snapshot TARGET --ledger DIR");
    const std::string& target = args.operands()[1];
    CORDON_TRY(const engine::LedgerCopy copy, engine::copy_ledger(directory, target));
    std::vector<std::string> warnings;
    for (const std::string& source : copy.pending)
        warnings.push_back(
            format("{} was going in: the copy holds what was acknowledged of it", source));
    if (!session.quiet) print_warnings(warnings);
    const records::Store::Counts none;
    const records::Store::Counts& records = copy.records ? *copy.records : none;
    if (session.format != Format::kTable) {
        CORDON_TRY(print(envelope(
            "ledger.snapshot",
            boost::json::object{{"target", target},
                                {"chains", chains_json(copy.chains)},
                                {"records", boost::json::object{{"labels", records.labels},
                                                                {"assets", records.assets},
                                                                {"prices", records.prices},
                                                                {"wallets", records.wallets}}}},
            warnings)));
        return kClean;
    }
    CORDON_TRY(print(format("{}: a ledger of its own now\n\n", printable(target))));
    CORDON_TRY(print(chains_table(copy.chains)));
    CORDON_TRY(print(format("\n{} labels, {} assets, {} prices, {} wallets\n",
                            format_count(records.labels), format_count(records.assets),
                            format_count(records.prices), format_count(records.wallets))));
    return kClean;
}

/// Draws while the caller is inside one long call: what is read, for how long, how much memory.
class Ticker {
public:
    explicit Ticker(const Session& session)
        : line_{session}, thread_{[this](const std::stop_token& stop) { run(stop); }} {}
    void set(std::string what) {
        const std::scoped_lock lock{mutex_};
        what_ = std::move(what);
    }

private:
    void run(const std::stop_token& stop) {
        std::unique_lock lock{mutex_};
        while (!stop.stop_requested()) {
            if (line_.due())
                line_.show(format("verify  {}  {}  {} memory", what_,
                                  format_duration(line_.seconds()),
                                  format_bytes(resident_memory())));
            wake_.wait_for(lock, stop, std::chrono::milliseconds{200}, [] { return false; });
        }
    }

    std::mutex mutex_;
    std::condition_variable_any wake_;
    std::string what_;   // Guarded by mutex_.
    ProgressLine line_;  // The thread's alone.
    std::jthread thread_;
};

Result<int> verify(const std::string& directory, const Session& session) {
    Result<std::vector<engine::Verified>> done = std::vector<engine::Verified>{};
    {
        std::string size;
        if (const auto files = ledger::chain_files(directory)) {
            uint64_t bytes = 0;
            for (const ledger::ChainFiles& each : *files) bytes += each.bytes;
            size = " (" + format_bytes(bytes) + ")";
        }
        Ticker ticker{session};
        done = engine::verify_ledger(directory, [&](std::string_view what) {
            ticker.set(std::string{what} + (what == "chains" ? size : std::string{}));
        });
    }
    CORDON_TRY(const std::vector<engine::Verified> files, std::move(done));
    boost::json::array looked_at;
    std::optional<Error> damage;
    for (const engine::Verified& each : files) {
        looked_at.push_back(boost::json::object{{"what", each.what}, {"intact", !each.damage}});
        if (!each.damage) continue;
        if (damage)
            damage->message += "\n" + each.damage->message;
        else
            damage = Error{ErrorCode::kCorrupt, each.damage->message};
    }
    if (damage) return fail(std::move(*damage));
    if (session.format != Format::kTable) {
        CORDON_TRY(
            print(envelope("ledger.verify", boost::json::object{{"intact", true},
                                                                {"files", std::move(looked_at)}})));
        return kClean;
    }
    std::string names;
    for (const engine::Verified& each : files) names += (names.empty() ? "" : ", ") + each.what;
    CORDON_TRY(print(
        format("{}: every stored byte matches its checksum ({})\n", printable(directory), names)));
    return kClean;
}

Result<int> dump(const Args& args, const std::string& directory) {
    CORDON_TRY(const auto reader, ledger::open_reader(directory));
    CORDON_TRY(const ChainId chain, parse_chain(args.has("chain") ? args.get("chain") : "eth"));
    if (is_utxo(chain))
        return fail(ErrorCode::kUnsupported,
                    "--chain: only account chains have the canonical transfers: form");
    CORDON_TRY(print(std::string{chain::transfers_header()}));
    CORDON_TRY(reader->scan(chain, 0, std::numeric_limits<BlockNum>::max(),
                            [](const Block& block) -> Status {
                                std::string rows;
                                CORDON_TRY(chain::append_transfers(rows, block));
                                return print(rows);
                            }));
    return kClean;
}

Result<int> run_ledger(const Args& args, const Session& session) {
    CORDON_TRY(const std::string directory, ledger_of(args));
    const std::string action = args.operands().empty() ? "stats" : args.operands().front();
    if (action == "stats") return show_stats(directory, session);
    if (action == "verify") return verify(directory, session);
    if (action == "dump") return dump(args, directory);
    if (action == "snapshot") return snapshot(args, directory, session);
    if (action == "labels") return show_labels(args, directory, session);
    if (action == "txn") return show_txns(args, directory, session);
    return fail(ErrorCode::kInvalidParam,
                format("ledger {}: expected stats, verify, snapshot, dump, labels or txn",
                       printable(action)));
}

}  // namespace

Command ledger_command() {
    std::vector<Flag> flags{
        {"ledger", "DIR", "The ledger"},
        {"chain", "CHAIN", "Which chain; dump: eth when not given, txn: the only one"}};
    for (const Flag& flag : show_flags()) flags.push_back(flag);
    return {.name = "ledger",
            .summary = "look into a ledger: stats, verify, snapshot, dump, labels, txn",
            .usage = "stats|verify|snapshot TARGET|dump|labels [ADDRESS…]|txn WHAT… --ledger DIR",
            .about =
                "stats says what the ledger holds and how large its files are, column by column. "
                "verify reads every stored byte against its checksum and names file, offset and "
                "column of what is damaged (exit 6). snapshot copies what is acknowledged now "
                "into a new ledger, also while an ingest goes on: files that never change are "
                "shared, so it takes seconds and little space. dump prints one account chain as "
                "canonical transfers, "
                "which ingest "
                "reads back. labels shows everything that is said about an ADDRESS, by whom and as "
                "of when, and where the sources disagree; without an ADDRESS the label lists. "
                "txn shows txns by TXID or BLOCK with what they spend and who spends "
                "them, and an ADDRESS with its balance and its txns page by page.",
            .flags = std::move(flags),
            .examples = {"cordon ledger stats --ledger led", "cordon ledger verify --ledger led",
                         "cordon ledger snapshot evidence-2024-05-01 --ledger led",
                         "cordon ledger dump --ledger led --chain eth | zstd > eth.csv.zst",
                         "cordon ledger labels ADDRESS --ledger led",
                         "cordon ledger txn TXID --ledger led --format json"},
            .takes_operands = true,
            .run = run_ledger};
}

}  // namespace cordon::cli
