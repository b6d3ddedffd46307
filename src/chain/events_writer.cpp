// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <cordon/base/format.hpp>
#include <cordon/base/hex.hpp>

#include "event_source.hpp"
#include "event_text.hpp"
#include "text.hpp"

namespace cordon::chain {
namespace {

/// Writes one line. Keys come in the order of docs/formats/events.md; what is empty is left out.
class EventWriter {
public:
    std::string take() {
        out_ += "}\n";
        return std::move(out_);
    }

    void operator()(const SeenBlock& seen) {
        const Block& block = seen.block;
        const BlockHeader& header = block.header;
        begin("block", block.chain);
        number("number", header.number);
        if (header.number_kind != BlockNumKind::kHeight)
            text("number_kind", kNumberKinds[static_cast<std::size_t>(header.number_kind)]);
        hash("hash", header.hash);
        if (header.parent) hash("parent", *header.parent);
        if (header.time) time("time", *header.time);
        gives(seen.activity);
        key("txns");
        if (!is_utxo(chain_)) return account_txns(block.account_txns, seen.activity.txns);
        list(block.utxo_txns.size(),
             [&](std::size_t i) { object([&] { utxo_keys(block.utxo_txns[i]); }); });
    }

    void operator()(const Rewind& back) {
        begin("rewind", back.chain);
        number("keep", back.keep);
    }

    void operator()(const PendingTxn& pending) {
        begin("pending", pending.chain);
        time("seen", pending.seen);
        if (pending.utxo) return utxo_keys(*pending.utxo);
        hash("hash", pending.activity.hash);
        moves(pending.transfers);
        activity(pending.activity);
    }

    void operator()(const WithdrawalRequest& request) {
        begin("withdrawal", request.chain);
        text("id", request.id);
        text("asset", request.asset.text());
        address("from", request.from);
        address("to", request.to);
        text("amount", request.amount.to_string());
        if (!request.requester.empty()) text("requester", request.requester);
        time("time", request.time);
        if (request.cancelled) flag("cancelled", true);
    }

    void operator()(const Liabilities& owed) {
        begin("liabilities", owed.chain);
        text("entity", owed.entity);
        text("asset", owed.asset.text());
        text("total", owed.total.to_string());
        time("time", owed.time);
    }

    void operator()(const SigningRequest& request) {
        begin("signing", request.chain);
        text("id", request.id);
        address("safe", request.safe);
        if (!request.shown.empty()) text("shown", request.shown);
        if (!request.service.empty()) text("service", request.service);
        if (!request.device.empty()) text("device", request.device);
        time("time", request.time);
    }

    void operator()(const Price& price) {
        begin("price", price.chain);
        text("asset", price.asset.text());
        time("time", price.time);
        key("usd");
        out_ += format("{}", price.usd);  // The shortest text that reads back as the same double.
    }

    void operator()(const FeedStatus& status) {
        begin("status", status.chain);
        text("state", to_string(status.state));
        number("block", status.block);
        time("time", status.time);
        text("text", status.text);
    }

private:
    void begin(std::string_view type, ChainId chain) {
        chain_ = chain;
        out_ = format(R"({{"type":"{}","chain":"{}")", type, to_string(chain));
    }

    // --- Values

    void comma() {
        if (out_.back() != '{' && out_.back() != '[') out_ += ',';
    }
    void key(std::string_view name) {
        comma();
        out_ += '"';
        out_ += name;
        out_ += "\":";
    }
    /// UTF-8, as all texts of ours are.
    void quote(std::string_view text) {
        out_ += '"';
        for (const char c : text) {
            if (c == '"' || c == '\\') {
                out_ += '\\';
                out_ += c;
            } else if (static_cast<unsigned char>(c) < 0x20) {
                out_ += format("\\u{:04x}", static_cast<unsigned>(c));
            } else {
                out_ += c;
            }
        }
        out_ += '"';
    }
    void text(std::string_view name, std::string_view value) {
        key(name);
        quote(value);
    }
    void number(std::string_view name, uint64_t value) {
        key(name);
        out_ += format("{}", value);
    }
    void flag(std::string_view name, bool value) {
        key(name);
        out_ += value ? "true" : "false";
    }
    void time(std::string_view name, UnixMillis value) { text(name, format_rfc3339(value)); }
    void hash(std::string_view name, const Hash256& value) {
        text(name, format_hash(chain_, value));
    }
    void address(std::string_view name, const Address& value) {
        if (!value.empty()) text(name, format_address(chain_, value));
    }
    void bytes(std::string_view name, const Bytes& value) {
        if (!value.empty()) text(name, to_hex0x(value));
    }
    template <typename Item>
    void list(std::size_t count, Item item) {
        out_ += '[';
        for (std::size_t i = 0; i < count; ++i) {
            if (i != 0) out_ += ',';
            item(i);
        }
        out_ += ']';
    }
    template <typename Member>
    void object(Member member) {
        out_ += '{';
        member();
        out_ += '}';
    }

    // --- Blocks

    void gives(const Activity& activity) {
        const std::pair<bool, std::string_view> all[] = {{activity.has_txns, "txns"},
                                                         {activity.has_logs, "logs"},
                                                         {activity.has_calls, "calls"},
                                                         {activity.has_changes, "changes"}};
        std::string words;
        for (const auto& [given, word] : all)
            if (given) words += format("{}\"{}\"", words.empty() ? "" : ",", word);
        if (!words.empty()) {
            key("gives");
            out_ += format("[{}]", words);
        }
        if (activity.missing != 0) number("missing", activity.missing);
    }

    /// Both lists are in chain order: one of them may have txns that the other does not.
    void account_txns(const std::vector<AccountTxn>& moved, const std::vector<TxnActivity>& acted) {
        out_ += '[';
        std::size_t next = 0;
        const auto act = [&](const TxnActivity& txn, const AccountTxn* transfers) {
            comma();
            object([&] {
                hash("hash", txn.hash);
                if (transfers != nullptr) moves(*transfers);
                activity(txn);
            });
        };
        for (const AccountTxn& txn : moved) {
            std::size_t same = next;
            while (same < acted.size() && acted[same].hash != txn.hash) ++same;
            if (same == acted.size()) {
                comma();
                object([&] {
                    hash("hash", txn.hash);
                    moves(txn);
                });
                continue;
            }
            for (; next < same; ++next) act(acted[next], nullptr);
            act(acted[next++], &txn);
        }
        for (; next < acted.size(); ++next) act(acted[next], nullptr);
        out_ += ']';
    }

    void moves(const AccountTxn& txn) {
        if (txn.time) time("time", *txn.time);
        key("transfers");
        uint32_t expected = 0;
        list(txn.transfers.size(), [&](std::size_t i) {
            const Transfer& transfer = txn.transfers[i];
            object([&] {
                if (transfer.index != expected) number("index", transfer.index);
                expected = transfer.index + 1;
                address("from", transfer.from);
                address("to", transfer.to);
                text("asset", transfer.asset.text());
                text("amount", transfer.amount.to_string());
                if (transfer.kind != usual_kind(transfer.asset))
                    text("kind", to_string(transfer.kind));
            });
        });
    }

    /// `from` is always there: it says that this is told at all.
    void activity(const TxnActivity& txn) {
        text("from", format_address(chain_, txn.from));
        address("to", txn.to);
        address("created", txn.created);
        if (!txn.value.is_zero()) text("value", txn.value.to_string());
        if (txn.nonce) number("nonce", *txn.nonce);
        bytes("input", txn.input);
        if (txn.succeeded) flag("succeeded", *txn.succeeded);
        if (!txn.logs.empty()) {
            key("logs");
            list(txn.logs.size(), [&](std::size_t i) { log(txn.logs[i]); });
        }
        if (!txn.calls.empty()) {
            key("calls");
            list(txn.calls.size(), [&](std::size_t i) { call(txn.calls[i]); });
        }
        if (!txn.changes.empty()) {
            key("changes");
            list(txn.changes.size(), [&](std::size_t i) { change(txn.changes[i]); });
        }
    }

    void log(const Log& log) {
        object([&] {
            number("index", log.index);
            address("contract", log.contract);
            key("topics");
            list(log.topics.size(), [&](std::size_t i) { quote(to_hex0x(log.topics[i])); });
            bytes("data", log.data);
        });
    }

    void call(const Call& call) {
        object([&] {
            if (call.parent != Call::kNoParent) number("parent", call.parent);
            text("kind", to_string(call.kind));
            address("from", call.from);
            address("to", call.to);
            if (!call.value.is_zero()) text("value", call.value.to_string());
            bytes("input", call.input);
            bytes("output", call.output);
            if (call.failed) flag("failed", true);
        });
    }

    void change(const StateChange& change) {
        object([&] {
            address("contract", change.contract);
            text("slot", to_hex0x(change.slot));
            text("before", to_hex0x(change.before));
            text("after", to_hex0x(change.after));
        });
    }

    // --- UTXO chains

    void utxo_keys(const UtxoTxn& txn) {
        hash("hash", txn.txid);
        if (txn.coinbase) flag("coinbase", true);
        if (txn.version != 1) number("version", txn.version);
        if (txn.locktime != 0) number("locktime", txn.locktime);
        key("inputs");
        list(txn.inputs.size(), [&](std::size_t i) {
            const TxIn& input = txn.inputs[i];
            object([&] {
                text("spends", format_outpoint(chain_, input.prevout));
                if (input.spent) output_keys(*input.spent);
            });
        });
        key("outputs");
        list(txn.outputs.size(),
             [&](std::size_t i) { object([&] { output_keys(txn.outputs[i]); }); });
    }

    void output_keys(const TxOut& output) {
        text("value", format("{}", output.value));
        address("address", output.address);
    }

    std::string out_;
    ChainId chain_;
};

}  // namespace

std::string format_event(const FeedEvent& event) {
    EventWriter writer;
    std::visit(writer, event);
    return writer.take();
}

}  // namespace cordon::chain
