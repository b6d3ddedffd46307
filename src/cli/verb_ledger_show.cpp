// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <array>
#include <boost/json.hpp>
#include <charconv>

#include <cordon/base/format.hpp>
#include <cordon/chain/text.hpp>
#include <cordon/ledger/ledger.hpp>

#include "exit_code.hpp"
#include "ledger_show.hpp"
#include "output.hpp"
#include "table.hpp"

namespace cordon::cli {
namespace {

using boost::json::array;
using boost::json::object;
using ledger::Order;
using ledger::Side;

constexpr std::string_view kDigits = "0123456789";
constexpr std::string_view kHexDigits = "0123456789abcdefABCDEF";

/// One ledger chain that is looked into.
struct View {
    std::shared_ptr<const ledger::Reader> reader;
    ChainId chain;

    std::string text(const Address& address) const { return chain::format_address(chain, address); }
    std::string text(const Hash256& hash) const { return chain::format_hash(chain, hash); }
    Result<Hash256> txid(TxnPosition at) const {
        if (is_utxo(chain)) {
            CORDON_TRY(const auto placed, reader->utxo_txn(chain, at));
            return placed.txn.txid;
        }
        CORDON_TRY(const auto placed, reader->account_txn(chain, at));
        return placed.txn.hash;
    }
    auto txns_of(const Address& address, Side side, std::optional<TxnPosition> from) const {
        return is_utxo(chain)
                   ? reader->utxo_txns_of(chain, address, side, Order::kAscending, from)
                   : reader->account_txns_of(chain, address, side, Order::kAscending, from);
    }
};

object place_json(const View& view, const Hash256& txid, TxnPosition at,
                  std::optional<UnixMillis> time) {
    object out{{"chain", to_string(view.chain)},
               {"txid", view.text(txid)},
               {"block", at.block},
               {"index", at.txn}};
    if (time) out["time"] = format_rfc3339(*time);
    return out;
}

Result<object> utxo_json(const View& view, TxnPosition at) {
    CORDON_TRY(const auto placed, view.reader->utxo_txn(view.chain, at));
    const UtxoTxn& txn = placed.txn;
    array inputs, outputs;
    uint64_t in = 0, out = 0;
    bool all_known = !txn.coinbase;
    for (const TxIn& input : txn.inputs) {
        object each{{"prevout", chain::format_outpoint(view.chain, input.prevout)}};
        all_known = all_known && input.spent.has_value();
        if (input.spent) {
            each["address"] = view.text(input.spent->address);
            each["value"] = std::to_string(input.spent->value);
            in += input.spent->value;
        }
        inputs.push_back(std::move(each));
    }
    for (uint32_t n = 0; n < txn.outputs.size(); ++n) {
        const TxOut& output = txn.outputs[n];
        object each{{"n", n},
                    {"address", view.text(output.address)},
                    {"kind", to_string(output.address.kind())},
                    {"value", std::to_string(output.value)}};
        CORDON_TRY(const auto spender, view.reader->spender(view.chain, {txn.txid, n}));
        if (spender) {
            CORDON_TRY(const Hash256 by, view.txid(spender->at));
            each["spent_by"] = object{{"txid", view.text(by)}, {"input", spender->input}};
        }
        out += output.value;
        outputs.push_back(std::move(each));
    }
    object result = place_json(view, txn.txid, at, placed.time);
    result["coinbase"] = txn.coinbase;
    result["version"] = txn.version;
    result["locktime"] = txn.locktime;
    result["inputs"] = std::move(inputs);
    result["outputs"] = std::move(outputs);
    result["total_out"] = std::to_string(out);
    if (all_known && in >= out) result["fee"] = std::to_string(in - out);
    return result;
}

Result<object> account_json(const View& view, TxnPosition at) {
    CORDON_TRY(const auto placed, view.reader->account_txn(view.chain, at));
    array transfers;
    for (const Transfer& each : placed.txn.transfers)
        transfers.push_back(object{{"index", each.index},
                                   {"from", view.text(each.from)},
                                   {"to", view.text(each.to)},
                                   {"asset", each.asset.text()},
                                   {"amount", each.amount.to_string()},
                                   {"kind", to_string(each.kind)}});
    object result =
        place_json(view, placed.txn.hash, at, placed.txn.time ? placed.txn.time : placed.time);
    result["transfers"] = std::move(transfers);
    return result;
}

Result<object> txn_json(const View& view, TxnPosition at) {
    return is_utxo(view.chain) ? utxo_json(view, at) : account_json(view, at);
}

/// What an address ever got and what of it is unspent. Cost: all its receiving txns.
Status add_balance(object& out, const View& view, const Address& address) {
    uint64_t outputs = 0, unspent = 0, received = 0, value = 0;
    const auto cursor = view.txns_of(address, Side::kReceiver, std::nullopt);
    for (;;) {
        CORDON_TRY(const auto at, cursor->next());
        if (!at) break;
        CORDON_TRY(const auto placed, view.reader->utxo_txn(view.chain, *at));
        for (uint32_t n = 0; n < placed.txn.outputs.size(); ++n) {
            const TxOut& output = placed.txn.outputs[n];
            if (output.address != address) continue;
            ++outputs;
            received += output.value;
            CORDON_TRY(const auto by, view.reader->spender(view.chain, {placed.txn.txid, n}));
            if (by) continue;
            ++unspent;
            value += output.value;
        }
    }
    out["outputs"] = outputs;
    out["unspent"] = unspent;
    out["received"] = std::to_string(received);
    out["balance"] = std::to_string(value);
    return {};
}

/// "BLOCK:INDEX", as "next" prints it.
Result<TxnPosition> parse_place(const std::string& text) {
    TxnPosition at;
    const char* const end = text.data() + text.size();
    const auto block = std::from_chars(text.data(), end, at.block);
    if (block.ec == std::errc{} && block.ptr != end && *block.ptr == ':') {
        const auto index = std::from_chars(block.ptr + 1, end, at.txn);
        if (index.ec == std::errc{} && index.ptr == end) return at;
    }
    return fail(ErrorCode::kInvalidParam,
                format("--from {}: expected BLOCK:INDEX", printable(text)));
}

Result<std::size_t> parse_limit(const std::string& text) {
    std::size_t limit = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), limit);
    if (error != std::errc{} || end != text.data() + text.size() || limit == 0)
        return fail(ErrorCode::kInvalidParam,
                    format("--limit {}: expected a number from 1", printable(text)));
    return limit;
}

Result<object> address_json(const View& view, const Address& address, const Args& args) {
    object result{{"chain", to_string(view.chain)},
                  {"address", view.text(address)},
                  {"kind", to_string(address.kind())}};
    if (is_utxo(view.chain)) CORDON_TRY(add_balance(result, view, address));
    CORDON_TRY(const std::size_t limit, parse_limit(args.get("limit")));
    std::optional<TxnPosition> from;
    if (args.has("from")) {
        CORDON_TRY(from, parse_place(args.get("from")));
    }
    array txns;
    const auto cursor = view.txns_of(address, Side::kEither, from);
    for (;;) {
        CORDON_TRY(const auto at, cursor->next());
        if (!at) break;
        if (txns.size() == limit) {
            result["next"] = format("{}:{}", at->block, at->txn);
            break;
        }
        CORDON_TRY(const Hash256 txid, view.txid(*at));
        txns.push_back(object{{"txid", view.text(txid)}, {"block", at->block}, {"index", at->txn}});
    }
    if (txns.empty() && !from)
        return fail(ErrorCode::kNotFound, format("{}: not in the ledger", view.text(address)));
    result["txns"] = std::move(txns);
    return result;
}

/// A value as one cell of a table.
std::string cell(const object& row, std::string_view key) {
    const auto* value = row.if_contains(key);
    if (value == nullptr) return "";
    if (value->is_string()) return std::string{value->as_string()};
    if (value->is_object()) return cell(value->as_object(), "txid");
    return boost::json::serialize(*value);
}

std::string list_table(const array& rows, std::span<const std::string_view> keys) {
    std::vector<Table::Column> columns;
    for (const std::string_view key : keys)
        columns.push_back({key, Table::Align::kLeft, key.ends_with("txid") || key == "prevout"});
    Table table{std::move(columns)};
    for (const auto& row : rows) {
        std::vector<std::string> cells;
        for (const std::string_view key : keys) cells.push_back(cell(row.as_object(), key));
        table.add(std::move(cells));
    }
    return table.render(terminal_width());
}

/// The same as the JSON, for people: single facts a line each, lists as tables.
std::string shown(const object& facts) {
    static constexpr std::array<std::string_view, 3> kInputs{"prevout", "address", "value"};
    static constexpr std::array<std::string_view, 4> kOutputs{"n", "address", "value", "spent_by"};
    static constexpr std::array<std::string_view, 3> kTxns{"txid", "block", "index"};
    static constexpr std::array<std::string_view, 6> kTransfers{"index", "from",   "to",
                                                                "asset", "amount", "kind"};
    std::string out;
    for (const auto& fact : facts)
        if (!fact.value().is_array())
            out += format("{:<10} {}\n", std::string_view{fact.key()}, cell(facts, fact.key()));
    for (const auto& fact : facts) {
        if (!fact.value().is_array()) continue;
        const std::string_view key = fact.key();
        const std::span<const std::string_view> keys =
            key == "inputs"    ? std::span<const std::string_view>{kInputs}
            : key == "outputs" ? std::span<const std::string_view>{kOutputs}
            : key == "txns"    ? std::span<const std::string_view>{kTxns}
                               : std::span<const std::string_view>{kTransfers};
        out += format("\n{}\n{}", key, list_table(fact.value().as_array(), keys));
    }
    return out + "\n";
}

Status emit(const Session& session, std::string_view kind, const object& facts) {
    return print(session.format == Format::kTable ? shown(facts) : envelope(kind, facts));
}

Status show_block(const View& view, BlockNum number, const Session& session) {
    CORDON_TRY(const auto header, view.reader->block(view.chain, number));
    if (!header) return fail(ErrorCode::kNotFound, format("block {}: not in the ledger", number));
    std::size_t txns = 0;
    CORDON_TRY(view.reader->scan(view.chain, number, number, [&](const Block& block) -> Status {
        txns = std::max(block.utxo_txns.size(), block.account_txns.size());
        return {};
    }));
    for (uint32_t place = 0; place < txns; ++place) {
        CORDON_TRY(const object facts, txn_json(view, {number, place}));
        CORDON_TRY(emit(session, "ledger.txn", facts));
    }
    return {};
}

bool is_block(std::string_view text) {
    return text.size() < 20 && text.find_first_not_of(kDigits) == std::string_view::npos;
}

bool is_txid(std::string_view text) {
    if (text.starts_with("0x")) text.remove_prefix(2);
    return text.size() == 64 && text.find_first_not_of(kHexDigits) == std::string_view::npos;
}

Status show(const View& view, const std::string& text, const Args& args, const Session& session) {
    if (is_block(text)) {
        BlockNum number = 0;
        std::from_chars(text.data(), text.data() + text.size(), number);
        return show_block(view, number, session);
    }
    if (is_txid(text)) {
        CORDON_TRY(const Hash256 hash, chain::parse_hash(view.chain, text));
        CORDON_TRY(const auto at, view.reader->find_txn(view.chain, hash));
        if (!at) return fail(ErrorCode::kNotFound, format("txn {}: not in the ledger", text));
        CORDON_TRY(const object facts, txn_json(view, *at));
        return emit(session, "ledger.txn", facts);
    }
    CORDON_TRY(const Address address, chain::parse_address(view.chain, text));
    CORDON_TRY(const object facts, address_json(view, address, args));
    return emit(session, "ledger.address", facts);
}

Result<ChainId> chain_of(const Args& args, const ledger::Reader& reader) {
    if (args.has("chain")) return parse_chain(args.get("chain"));
    const auto chains = reader.chains();
    if (chains.size() == 1) return chains.front().chain;
    return fail(
        chains.empty() ? ErrorCode::kNotFound : ErrorCode::kConflict,
        chains.empty() ? "the ledger is empty" : "the ledger has several chains: which? (--chain)");
}

}  // namespace

Result<int> show_txns(const Args& args, const std::string& directory, const Session& session) {
    const auto& words = args.operands();
    if (words.size() < 2)
        return fail(ErrorCode::kInvalidParam, "ledger txn: which? TXID, ADDRESS or BLOCK");
    if (session.format == Format::kCsv)
        return fail(ErrorCode::kInvalidParam, "ledger txn: a txn has no csv form; use jsonl");
    if (session.format == Format::kJson && (words.size() > 2 || is_block(words[1])))
        return fail(ErrorCode::kInvalidParam,
                    "ledger txn: json is one answer; for several use --format jsonl");
    View view;
    CORDON_TRY(view.reader, ledger::open_reader(directory));
    CORDON_TRY(view.chain, chain_of(args, *view.reader));
    for (std::size_t n = 1; n < words.size(); ++n) CORDON_TRY(show(view, words[n], args, session));
    return kClean;
}

std::span<const Flag> show_flags() {
    static const std::array kFlags{
        Flag{"limit", "N", "txn ADDRESS: how many txns at most", "1000"},
        Flag{"from", "BLOCK:INDEX", "txn ADDRESS: where to go on, as \"next\" said"},
    };
    return kFlags;
}

}  // namespace cordon::cli
