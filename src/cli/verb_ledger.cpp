// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <boost/json.hpp>
#include <limits>

#include <cordon/base/format.hpp>
#include <cordon/chain/text.hpp>
#include <cordon/chain/transfers_writer.hpp>
#include <cordon/engine/ingest.hpp>
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

Result<int> stats(const std::string& directory, const Session& session) {
    CORDON_TRY(const auto reader, ledger::open_reader(directory));
    const auto chains = reader->chains();
    if (session.format != Format::kTable) {
        CORDON_TRY(
            print(envelope("ledger.stats", boost::json::object{{"chains", chains_json(chains)}})));
        return kClean;
    }
    CORDON_TRY(print(chains_table(chains)));
    return kClean;
}

Result<int> verify(const std::string& directory, const Session& session) {
    CORDON_TRY(ledger::verify(directory));
    CORDON_TRY(const auto records, records::Store::open_read_only(engine::records_path(directory)));
    CORDON_TRY(records->verify());
    if (session.format != Format::kTable) {
        CORDON_TRY(print(envelope("ledger.verify", boost::json::object{{"intact", true}})));
    } else {
        CORDON_TRY(print(format("{}: every stored byte matches its checksum\n", directory)));
    }
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
    if (action == "stats") return stats(directory, session);
    if (action == "verify") return verify(directory, session);
    if (action == "dump") return dump(args, directory);
    if (action == "txn") return show_txns(args, directory, session);
    return fail(ErrorCode::kInvalidParam,
                format("ledger {}: expected stats, verify, dump or txn", printable(action)));
}

}  // namespace

Command ledger_command() {
    std::vector<Flag> flags{
        {"ledger", "DIR", "The ledger"},
        {"chain", "CHAIN", "Which chain; dump: eth when not given, txn: the only one"}};
    for (const Flag& flag : show_flags()) flags.push_back(flag);
    return {.name = "ledger",
            .summary = "look into a ledger: stats, verify, dump, txn",
            .usage = "stats|verify|dump|txn WHAT… --ledger DIR",
            .about =
                "stats says what the ledger holds. verify reads every stored byte against its "
                "checksum and names "
                "what is damaged (exit 6). dump prints one account chain as canonical transfers, "
                "which ingest "
                "reads back. txn shows txns by TXID or BLOCK with what they spend and who spends "
                "them, and an ADDRESS with its balance and its txns page by page.",
            .flags = std::move(flags),
            .examples = {"cordon ledger stats --ledger led", "cordon ledger verify --ledger led",
                         "cordon ledger dump --ledger led --chain eth | zstd > eth.csv.zst",
                         "cordon ledger txn TXID --ledger led --format json"},
            .takes_operands = true,
            .run = run_ledger};
}

}  // namespace cordon::cli
