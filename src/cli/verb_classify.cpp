// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <array>
#include <boost/json.hpp>

#include <cordon/base/format.hpp>
#include <cordon/chain/text.hpp>
#include <cordon/engine/classify.hpp>

#include "exit_code.hpp"
#include "output.hpp"
#include "progress.hpp"
#include "table.hpp"
#include "verbs.hpp"

namespace cordon::cli {
namespace {

using engine::ClassifiedTxn;
using patterns::TxnClass;

/// A person reads a page or two; the rest is counted, and machines get all of it.
constexpr std::size_t kMostRows = 200;

/// What a verdict is about: joins, and what prepares or imitates them.
bool is_finding(TxnClass what) noexcept {
    return is_join(what) || what == TxnClass::kWhirlpoolTx0 || what == TxnClass::kStonewall;
}

boost::json::object row_json(const ClassifiedTxn& txn) {
    boost::json::array reasons;
    for (const std::string& reason : txn.result.reasons) reasons.emplace_back(reason);
    return {{"txid", chain::format_hash(txn.chain, txn.txid)},
            {"class", to_string(txn.result.what)},
            {"confidence", txn.result.confidence},
            {"reasons", std::move(reasons)}};
}

/// Prints what comes, in the format of the session, and counts it.
class Printer {
public:
    explicit Printer(Format format) : format_{format} {}

    Status add(const ClassifiedTxn& txn) {
        const bool first = txns_++ == 0;
        if (first) CORDON_TRY(head());
        ++counts_[static_cast<std::size_t>(txn.result.what)];
        switch (format_) {
            case Format::kJsonl: return print(envelope("classify.result", row_json(txn)));
            case Format::kJson:
                return print((first ? "" : ",") + boost::json::serialize(row_json(txn)));
            case Format::kCsv: return print(csv_line(txn));
            case Format::kTable: break;
        }
        if (!is_finding(txn.result.what)) return {};
        if (++findings_ <= kMostRows)
            table_.add({chain::format_hash(txn.chain, txn.txid),
                        std::string{to_string(txn.result.what)},
                        format("{:.2f}", txn.result.confidence), joined(txn)});
        return {};
    }

    Status end() {
        if (txns_ == 0) CORDON_TRY(head());
        if (format_ == Format::kJson) {
            boost::json::object classes;
            each_count([&](TxnClass what, uint64_t count) { classes[to_string(what)] = count; });
            return print(format("],\"classes\":{}}},\"warnings\":[],\"incomplete\":false}}\n",
                                boost::json::serialize(classes)));
        }
        if (format_ != Format::kTable) return {};
        CORDON_TRY(print(table_.render(terminal_width())));
        if (findings_ > kMostRows)
            CORDON_TRY(print(format("… and {} more: --format jsonl shows all\n",
                                    format_count(findings_ - kMostRows))));
        if (findings_ > 0) CORDON_TRY(print("\n"));
        Table sums{{{"CLASS"}, {"TXNS", Table::Align::kRight}}};
        each_count([&](TxnClass what, uint64_t count) {
            sums.add({std::string{to_string(what)}, format_count(count)});
        });
        return print(sums.render(terminal_width()));
    }

    bool found() const noexcept {
        for (std::size_t i = 0; i < counts_.size(); ++i)
            if (counts_[i] != 0 && is_finding(static_cast<TxnClass>(i))) return true;
        return false;
    }

private:
    Status head() const {
        if (format_ == Format::kCsv) return print("txid,class,confidence,reasons\n");
        // One object, but no more than one txn of it is ever in memory.
        if (format_ == Format::kJson)
            return print(R"({"v":1,"kind":"classify.result","data":{"rows":[)");
        return {};
    }
    static std::string joined(const ClassifiedTxn& txn) {
        std::string text;
        for (const std::string& reason : txn.result.reasons)
            text += (text.empty() ? "" : "; ") + reason;
        return text;
    }
    static std::string csv_line(const ClassifiedTxn& txn) {
        // Our own words: no quotes or line ends in them.
        return format("{},{},{},\"{}\"\n", chain::format_hash(txn.chain, txn.txid),
                      to_string(txn.result.what), txn.result.confidence, joined(txn));
    }
    template <typename F>
    void each_count(F&& visit) const {
        for (std::size_t i = 0; i < counts_.size(); ++i)
            if (counts_[i] != 0) visit(static_cast<TxnClass>(i), counts_[i]);
    }

    Format format_;
    std::array<uint64_t, patterns::kTxnClasses> counts_{};
    uint64_t txns_ = 0, findings_ = 0;
    Table table_{{{"TXID", Table::Align::kLeft, true},
                  {"CLASS"},
                  {"CONF", Table::Align::kRight},
                  {"WHY", Table::Align::kLeft, true, true}}};
};

Result<int> run_classify(const Args& args, const Session& session) {
    if (args.has("txs") == args.has("ledger"))
        return fail(ErrorCode::kInvalidParam, "which txns? One of --txs FILE and --ledger DIR");
    if (args.has("txs") && !args.operands().empty())
        return fail(ErrorCode::kInvalidParam, "TXID… are looked up in a ledger: give --ledger DIR");
    engine::ClassifyRequest request{args.get("txs"), args.get("ledger"), args.operands(), {}, {}};
    request.params.joinmarket_legacy = args.has("legacy");
    if (args.has("chain")) {
        CORDON_TRY(request.chain, parse_chain(args.get("chain")));
    }
    Printer printer{session.format};
    CORDON_TRY(engine::classify_txns(
        request, [&](const ClassifiedTxn& txn) { return printer.add(txn); }, session.cancel));
    CORDON_TRY(printer.end());
    return printer.found() ? kFound : kClean;
}

}  // namespace

Command classify_command() {
    return {.name = "classify",
            .summary = "tell joint txns of strangers from ordinary ones",
            .usage = "--txs FILE | --ledger DIR [TXID…]",
            .about =
                "Says of each Bitcoin txn what it is made for: wasabi1, wasabi2, whirlpool and "
                "joinmarket are joins of strangers; whirlpool_tx0 prepares one, stonewall imitates "
                "one; payout, consolidation and ordinary are the rest. By shape alone, with "
                "reasons and a confidence. Exit 1 when a join, a Tx0 or a Stonewall was found.",
            .flags =
                {{"txs", "FILE",
                  "Txns as JSON lines or hex, or raw blocks; also compressed; - is standard "
                  "input"},
                 {"ledger", "DIR", "The txns of a ledger, where what they spend is known", {}, 'l'},
                 {"chain", "CHAIN", "Which network, where addresses or ledger do not say it"},
                 {"legacy", "",
                  "Also call joinmarket what has scripts as before 2020, where payouts of "
                  "shared wallets look alike"}},
            .examples = {"cordon classify --txs txns.jsonl.xz",
                         "cordon classify --ledger led 975ec405…e4d7 --format jsonl"},
            .takes_operands = true,
            .run = run_classify};
}

}  // namespace cordon::cli
