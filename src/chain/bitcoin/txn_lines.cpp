// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "txn_lines.hpp"

#include <algorithm>
#include <array>

#include <cordon/base/format.hpp>

#include "../loose_txns.hpp"

namespace cordon::chain {
namespace {

constexpr std::size_t kMaxLine =
    32 * 1024 * 1024;  // The largest txn has 8 million hex digits; JSON triples that.
constexpr std::size_t kMinTxnDigits = 120;  // One input and one output of the shortest kind.

std::string_view trimmed(std::string_view line) noexcept {
    const auto blank = [](char c) { return c == ' ' || c == '\t' || c == '\r'; };
    while (!line.empty() && blank(line.back())) line.remove_suffix(1);
    while (!line.empty() && blank(line.front())) line.remove_prefix(1);
    return line;
}

bool is_hex(std::string_view text) noexcept {
    return std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
    });
}

}  // namespace

Result<TxnLines> TxnLines::open(const InputFile& file) {
    CORDON_TRY(FileStream stream, FileStream::open(file));
    return TxnLines{file, std::move(stream)};
}

Result<bool> TxnLines::next_line() {
    line_.clear();
    ++number_;
    for (;;) {
        CORDON_TRY(const ByteView ahead, stream_.peek(FileStream::kBuffer));
        if (ahead.empty()) return !line_.empty();
        const std::string_view text{reinterpret_cast<const char*>(ahead.data()), ahead.size()};
        const std::size_t end = text.find('\n');
        const std::size_t part = std::min(end, text.size());
        if (line_.size() + part > kMaxLine)
            return fail(ErrorCode::kLimit,
                        format("line {}: more than {} bytes", number_, kMaxLine));
        line_.append(text.substr(0, part));
        CORDON_TRY(stream_.skip(end == std::string_view::npos ? part : part + 1));
        if (end != std::string_view::npos) return true;
    }
}

Result<bool> TxnLines::next(std::string_view& text) {
    for (;;) {
        const auto more = next_line();
        if (!more) return fail(more.error().in(file_->name));
        if (!*more) return false;
        text = line_;
        if (number_ == 1 && text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
        text = trimmed(text);
        if (!text.empty()) return true;
    }
}

bool is_hex_txn(std::string_view line) noexcept {
    return line.size() >= kMinTxnDigits && is_hex(line.substr(0, kMinTxnDigits));
}

Result<LooseTxn> parse_txn_line(LooseTxnReader& reader, std::string_view line) {
    if (line.front() == '{') return reader.parse_json(line);
    if (is_hex(line.substr(0, kMinTxnDigits))) return reader.parse_hex_line(line);
    return fail(ErrorCode::kMalformed, "expected a JSON object or a txn in hex");
}

// --- One file, one txn after the other

struct LooseTxns::State {
    InputFile file;
    std::optional<TxnLines> lines;
    std::vector<std::pair<ChainId, LooseTxnReader>> readers;
    std::size_t current = 0;  // Of readers: the network so far.
    bool sure = false;        // A line was refused by another network, or one was given.

    /// What the reader of the network says; without a given one, that of the first network that
    /// every address so far belongs to.
    Result<LooseTxn> parse(std::string_view text) {
        auto txn = parse_txn_line(readers[current].second, text);
        if (txn || txn.error().code != ErrorCode::kWrongChain || sure) return txn;
        for (std::size_t other = 0; other < readers.size(); ++other) {
            if (other == current) continue;
            auto again = parse_txn_line(readers[other].second, text);
            if (!again) continue;
            current = other;
            sure = true;
            return again;
        }
        return txn;
    }
};

LooseTxns::LooseTxns(std::unique_ptr<State> state) noexcept : state_{std::move(state)} {}
LooseTxns::LooseTxns(LooseTxns&&) noexcept = default;
LooseTxns::~LooseTxns() = default;

Result<LooseTxns> LooseTxns::open(InputFile file, std::optional<ChainId> network) {
    auto state = std::make_unique<State>();
    state->file = std::move(file);
    CORDON_TRY(state->lines, TxnLines::open(state->file));
    for (const ChainId each : {kBitcoin, kBitcoinTestnet, kBitcoinRegtest})
        if (!network || *network == each) state->readers.emplace_back(each, LooseTxnReader{each});
    if (state->readers.empty())
        return fail(ErrorCode::kInvalidParam,
                    format("Bitcoin txns cannot be of {}", to_string(*network)));
    state->sure = network.has_value();
    return LooseTxns{std::move(state)};
}

Result<bool> LooseTxns::next(UtxoTxn& txn) {
    std::string_view text;
    CORDON_TRY(const bool more, state_->lines->next(text));
    if (!more) return false;
    auto read = state_->parse(text);
    if (!read)
        return fail(read.error().in(format("{}:{}", state_->file.name, state_->lines->number())));
    txn = std::move(read->txn);
    return true;
}

ChainId LooseTxns::network() const noexcept { return state_->readers[state_->current].first; }
uint64_t LooseTxns::bytes_read() const noexcept { return state_->lines->offset(); }

}  // namespace cordon::chain
