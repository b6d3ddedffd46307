// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <map>

#include <cordon/base/format.hpp>
#include <cordon/base/hex.hpp>
#include <cordon/crypto/hash.hpp>

#include "../csv.hpp"
#include "../event_source.hpp"
#include "../json_cursor.hpp"
#include "../text.hpp"
#include "rpc.hpp"
#include "rpc_value.hpp"

namespace cordon::chain {
namespace {

/// What a file's name tells: "eth_0x<64 hex digits>.json".
struct NamedTrace {
    InputFile file;
    ChainId chain;
    std::optional<Hash256> hash;
};

std::string_view base_name(std::string_view path) {
    return path.substr(path.find_last_of('/') + 1);  // npos + 1 is 0.
}

NamedTrace by_name(const InputFile& file, ChainId chain) {
    constexpr std::size_t kHashText = 2 + 2 * 32;
    NamedTrace out{file, chain, std::nullopt};
    const std::string_view name = base_name(file.name);
    const std::size_t at = name.find("0x");
    if (at == name.npos || name.size() < at + kHashText) return out;
    std::array<uint8_t, 32> hash;
    if (!decode_hex(name.substr(at + 2, kHashText - 2), hash)) return out;
    out.hash = Hash256{hash};
    if (at > 1 && name[at - 1] == '_')
        out.chain = parse_chain(name.substr(0, at - 1)).value_or(chain);
    return out;
}

using Order = std::map<std::pair<ChainId, Hash256>, std::size_t>;

/// Rows that name a txn of a chain that we do not know are passed over: they order nothing.
Status read_index(const InputFile& file, Order& order) {
    CORDON_TRY(auto csv, CsvReader::open(file));
    constexpr CsvColumn kColumns[] = {{"tx", true}, {"chain", true}};
    CORDON_TRY(csv.select(kColumns, CsvExtra::kIgnore));
    while (true) {
        CORDON_TRY(const bool more, csv.next());
        if (!more) return {};
        const auto chain = parse_chain(csv[1]);
        const auto hash = parse_hash(kEthereum, csv[0]);
        if (chain && hash) order.try_emplace({*chain, *hash}, order.size());
    }
}

/// The frames of one text: a frame; {"result": frame}; {"result": [{"txHash", "result": frame},
/// …]}, or that list alone.
class Frames {
public:
    std::vector<std::pair<std::optional<Hash256>, std::vector<Call>>> txns;

    Status read_text(std::string_view text) {
        CORDON_TRY(const Look whole, look(text));
        if (whole.is_frame) return add(text, std::nullopt);
        if (whole.is_list) return read_list(text);
        if (whole.result.empty()) return {};
        CORDON_TRY(const Look answer, look(whole.result));
        if (answer.is_frame) return add(whole.result, whole.hash);
        return answer.is_list ? read_list(whole.result) : Status{};
    }

private:
    struct Look {
        bool is_list = false, is_frame = false;
        std::optional<Hash256> hash;
        std::string result;
    };

    static Result<Look> look(std::string_view text) {
        enum : std::size_t { kType, kFrom, kResult, kHash };
        static constexpr std::string_view kNames[] = {"type", "from", "result", "txHash"};
        JsonText json;
        CORDON_TRY(json.open(text));
        Look out;
        const auto member = [&](std::size_t name, JsonCursor& value) -> Status {
            CORDON_TRY(const auto kind, value.kind());
            if (name == kType && kind == JsonCursor::Kind::kString) {
                CORDON_TRY(const std::string_view type, value.string());
                out.is_frame = !type.starts_with("0x");  // Txns and receipts number theirs.
            }
            if (name == kHash && kind == JsonCursor::Kind::kString)
                return into(out.hash, evm::rpc_hash(value));
            if (name == kResult &&
                (kind == JsonCursor::Kind::kObject || kind == JsonCursor::Kind::kArray))
                return into(out.result, value.raw());
            return {};
        };
        CORDON_TRY(json.walk(
            [&](JsonCursor& root) -> Status {
                CORDON_TRY(const auto kind, root.kind());
                out.is_list = kind == JsonCursor::Kind::kArray;
                if (out.is_list) return {};
                CORDON_TRY(const uint64_t seen, root.members(kNames, member));
                out.is_frame = out.is_frame && (seen & 1U << kFrom) != 0;
                return {};
            },
            false));
        return out;
    }

    Status add(std::string_view text, std::optional<Hash256> hash) {
        CORDON_TRY(auto calls, evm::parse_call_trace(text));
        txns.emplace_back(hash, std::move(calls));
        return {};
    }

    Status read_list(std::string_view text) {
        JsonText json;
        CORDON_TRY(json.open(text));
        return json.walk([&](JsonCursor& list) -> Status {
            return list.items([&](JsonCursor& item) -> Status {
                CORDON_TRY(const auto kind, item.kind());
                if (kind != JsonCursor::Kind::kObject) return {};
                CORDON_TRY(const std::string_view entry, item.raw());
                CORDON_TRY(const Look found, look(entry));
                if (found.is_frame) return add(entry, std::nullopt);
                if (found.result.empty()) return {};
                CORDON_TRY(const Look answer, look(found.result));
                return answer.is_frame ? add(found.result, found.hash) : Status{};
            });
        });
    }
};

class TracesSource final : public EventSource {
public:
    explicit TracesSource(std::vector<NamedTrace> traces) : traces_{std::move(traces)} {
        for (const NamedTrace& trace : traces_) total_ += trace.file.size;
    }

    Result<bool> read(FeedEvent& event) override {
        if (failed_) return fail(*failed_);
        while (next_ < traces_.size()) {
            const NamedTrace& trace = traces_[next_++];
            read_ += trace.file.size;
            const auto found = read_file(trace, block_in(event));
            if (!found) {
                failed_ = found.error().in(trace.file.name);
                return fail(*failed_);
            }
            given_ |= *found;
            if (*found) return true;
        }
        if (given_ || traces_.empty()) return false;
        failed_ = Error{ErrorCode::kNotFound,
                        format("none of {} files holds a call trace (debug_traceTransaction with "
                               "callTracer)",
                               traces_.size())};
        return fail(*failed_);
    }
    uint64_t bytes_read() const noexcept override { return read_; }
    uint64_t bytes_total() const noexcept override { return total_; }
    std::vector<std::string> warnings() const override { return warnings_; }

private:
    Result<bool> read_file(const NamedTrace& trace, SeenBlock& seen) {
        CORDON_TRY(auto source, trace.file.open());
        CORDON_TRY(const auto bytes, read_all(*source, JsonText::kMaxBytes));
        const std::string_view text{reinterpret_cast<const char*>(bytes.data()), bytes.size()};
        const std::size_t first = text.find_first_not_of(" \t\r\n");
        if (first == text.npos || (text[first] != '{' && text[first] != '['))
            return pass_over(trace, "it is no JSON object");
        Frames frames;
        CORDON_TRY(frames.read_text(text));
        if (frames.txns.empty()) return pass_over(trace, "it holds no frame of callTracer");
        fill(trace, crypto::sha256(bytes), std::move(frames.txns), seen);
        return true;
    }

    bool pass_over(const NamedTrace& trace, std::string_view why) {
        warnings_.push_back(format("{}: passed over: {}", trace.file.name, why));
        return false;
    }

    /// The block of one file.
    void fill(const NamedTrace& trace, const Hash256& digest,
              std::vector<std::pair<std::optional<Hash256>, std::vector<Call>>> txns,
              SeenBlock& seen) {
        Block& block = seen.block;
        block.chain = trace.chain;
        block.header = {.number = ++numbers_[trace.chain],
                        .number_kind = BlockNumKind::kSequence,
                        .time = {},
                        .hash = digest,
                        .parent = {}};
        block.account_txns.clear();
        block.utxo_txns.clear();
        block.facts.clear();
        seen.activity.has_txns = seen.activity.has_calls = true;
        for (auto& [hash, calls] : txns) {
            if (!hash && txns.size() == 1) hash = trace.hash;
            const std::string name = format("{}:{}", to_hex(digest), seen.activity.txns.size());
            TxnActivity txn = of_calls(std::move(calls));
            txn.hash =
                hash ? *hash
                     : crypto::sha256({reinterpret_cast<const uint8_t*>(name.data()), name.size()});
            auto transfers = evm::transfers_of_calls(txn.calls);
            if (!transfers.empty())
                block.account_txns.push_back({txn.hash, std::move(transfers), {}});
            seen.activity.txns.push_back(std::move(txn));
        }
    }

    static TxnActivity of_calls(std::vector<Call> calls) {
        const Call& top = calls.front();
        const bool creates = top.kind == CallKind::kCreate || top.kind == CallKind::kCreate2;
        TxnActivity txn;
        txn.from = top.from;
        (creates ? txn.created : txn.to) = top.to;
        txn.value = top.value;
        txn.input = top.input;
        txn.succeeded = !top.failed;
        txn.calls = std::move(calls);
        return txn;
    }

    std::vector<NamedTrace> traces_;
    std::size_t next_ = 0;
    std::map<ChainId, BlockNum> numbers_;
    uint64_t read_ = 0, total_ = 0;
    bool given_ = false;
    std::vector<std::string> warnings_;
    std::optional<Error> failed_;
};

}  // namespace

Result<std::unique_ptr<EventSource>> open_evm_traces(std::vector<InputFile> files, ChainId chain) {
    if (chain.family != ChainFamily::kEvm)
        return fail(ErrorCode::kInvalidParam,
                    format("call traces are of EVM chains, not of {}", to_string(chain)));
    Order order;
    std::vector<NamedTrace> traces;
    for (const InputFile& file : files) {
        if (base_name(file.name) == "index.csv") {
            CORDON_TRY(read_index(file, order));
        } else {
            traces.push_back(by_name(file, chain));
        }
    }
    const auto place = [&](const NamedTrace& trace) {
        const auto found = trace.hash ? order.find({trace.chain, *trace.hash}) : order.end();
        return found == order.end() ? order.size() : found->second;
    };
    std::stable_sort(traces.begin(), traces.end(),
                     [&](const NamedTrace& a, const NamedTrace& b) { return place(a) < place(b); });
    return std::make_unique<TracesSource>(std::move(traces));
}

}  // namespace cordon::chain
