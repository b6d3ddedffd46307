// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <cordon/base/format.hpp>
#include <cordon/crypto/hash.hpp>

#include "../block_source.hpp"
#include "../text.hpp"
#include "file_stream.hpp"
#include "loose_txn.hpp"
#include "txn.hpp"

namespace cordon::chain {
namespace {

constexpr std::size_t kMaxLine =
    32 * 1024 * 1024;  // The largest txn has 8 million hex digits; JSON triples that.
// All txns are in memory until they are sorted, in about the size of their text.
constexpr uint64_t kMaxInput = uint64_t{4} * 1024 * 1024 * 1024;
constexpr std::size_t kMinTxnDigits = 120;  // One input and one output of the shortest kind.
constexpr std::size_t kMaxUntimed = 1000;   // Txns without any time that go into one block.

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

/// Whether a first line means to be a txn, so that a bad one is an error and not a file of another
/// kind.
bool starts_as_txns(std::string_view line) noexcept {
    if (line.starts_with('{')) return line.find("\"txid\"") != std::string_view::npos;
    return line.size() >= kMinTxnDigits && is_hex(line.substr(0, kMinTxnDigits));
}

/// Lines of a file, without their ends. Confined to one thread.
class Lines {
public:
    static Result<Lines> open(const InputFile& file) {
        CORDON_TRY(FileStream stream, FileStream::open(file));
        return Lines{std::move(stream)};
    }

    /// False at the end. kLimit for a line above kMaxLine.
    Result<bool> next(std::string& line) {
        line.clear();
        ++number_;
        for (;;) {
            CORDON_TRY(const ByteView ahead, stream_.peek(FileStream::kBuffer));
            if (ahead.empty()) return !line.empty();
            const std::string_view text{reinterpret_cast<const char*>(ahead.data()), ahead.size()};
            const std::size_t end = text.find('\n');
            const std::size_t part = std::min(end, text.size());
            if (line.size() + part > kMaxLine)
                return fail(ErrorCode::kLimit,
                            format("line {}: more than {} bytes", number_, kMaxLine));
            line.append(text.substr(0, part));
            CORDON_TRY(stream_.skip(end == std::string_view::npos ? part : part + 1));
            if (end != std::string_view::npos) return true;
        }
    }
    uint64_t number() const noexcept { return number_; }
    uint64_t offset() const noexcept { return stream_.offset(); }

private:
    explicit Lines(FileStream stream) : stream_{std::move(stream)} {}

    FileStream stream_;
    uint64_t number_ = 0;
};

/// All txns of the files, and the files that hold none.
class Loader {
public:
    Loader(const std::vector<InputFile>& files, ChainId network)
        : files_{files}, network_{network}, reader_{network} {}

    Status run() {
        for (uint32_t i = 0; i < files_.size(); ++i) CORDON_TRY(load(i));
        if (!txns_.empty()) return {};
        return fail(ErrorCode::kMalformed,
                    format("no txn in {} files: expected JSON lines (docs/formats/btc-txs.md) or "
                           "txns in hex{}{}",
                           files_.size(), warnings_.empty() ? "" : "; first: ",
                           warnings_.empty() ? "" : warnings_.front()));
    }
    std::vector<LooseTxn> take_txns() { return std::move(txns_); }
    std::vector<std::string> take_warnings() { return std::move(warnings_); }
    uint64_t bytes() const noexcept { return bytes_; }

private:
    Status load(uint32_t index) {
        const InputFile& file = files_[index];
        CORDON_TRY(Lines lines, Lines::open(file));
        std::string line;
        bool first = true;
        for (;;) {
            const auto more = lines.next(line);
            if (!more) return fail(more.error().in(file.name));
            if (!*more) break;
            std::string_view text = line;
            if (lines.number() == 1 && text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
            text = trimmed(text);
            if (text.empty()) continue;
            if (first && files_.size() > 1 && !starts_as_txns(text)) {
                warnings_.push_back(format(
                    "{}: left out: its first line is no txn, neither JSON nor hex", file.name));
                return {};
            }
            first = false;
            CORDON_TRY(add(index, lines.number(), text));
            if (bytes_ + lines.offset() > kMaxInput)
                return fail(ErrorCode::kLimit,
                            format("{}: more than {} bytes of txns without blocks: they are sorted "
                                   "in memory; give them in parts",
                                   file.name, kMaxInput));
        }
        bytes_ += lines.offset();
        return {};
    }

    Status add(uint32_t index, uint64_t line, std::string_view text) {
        const std::string where = format("{}:{}", files_[index].name, line);
        Result<LooseTxn> txn = [&]() -> Result<LooseTxn> {
            if (text.front() == '{') return reader_.parse_json(text);
            if (is_hex(text.substr(0, kMinTxnDigits))) return reader_.parse_hex_line(text);
            return fail(ErrorCode::kMalformed, "expected a JSON object or a txn in hex");
        }();
        if (!txn) return fail(txn.error().in(where));
        txn->file = index;
        txn->line = line;
        txns_.push_back(std::move(*txn));
        return {};
    }

    const std::vector<InputFile>& files_;
    ChainId network_;
    LooseTxnReader reader_;
    std::vector<LooseTxn> txns_;
    std::vector<std::string> warnings_;
    uint64_t bytes_ = 0;
};

/// Feeds a block's content to a hash: there is no chain's own hash for an extract of a block.
class ContentHash {
public:
    void number(uint64_t value) {
        std::array<uint8_t, 8> bytes;
        for (unsigned i = 0; i < 8; ++i) bytes[i] = static_cast<uint8_t>(value >> 8 * i);
        hash_.update(bytes);
    }
    void output(const TxOut& out) {
        number(out.value);
        number(static_cast<uint64_t>(out.address.kind()) << 8 | out.address.payload().size());
        hash_.update(out.address.payload());
    }
    void txn(const UtxoTxn& txn) {
        hash_.update(txn.txid);
        number(txn.coinbase ? 1 : 0);
        number(txn.version);
        number(txn.locktime);
        number(txn.inputs.size());
        for (const TxIn& input : txn.inputs) {
            hash_.update(input.prevout.txid);
            number(input.prevout.index);
            number(input.spent ? 1 : 0);
            if (input.spent) output(*input.spent);
        }
        number(txn.outputs.size());
        for (const TxOut& out : txn.outputs) output(out);
    }
    Hash256 finish() { return hash_.finish(); }

private:
    crypto::Sha256 hash_;
};

class BitcoinTxs final : public BlockSource {
public:
    BitcoinTxs(std::vector<LooseTxn> txns, ChainId network, std::vector<std::string> warnings,
               uint64_t bytes)
        : txns_{std::move(txns)}, network_{network}, warnings_{std::move(warnings)}, bytes_{bytes} {
        const auto with_height =
            std::count_if(txns_.begin(), txns_.end(), [](const LooseTxn& t) { return t.height; });
        by_height_ = static_cast<std::size_t>(with_height) == txns_.size();
        if (!by_height_)
            warnings_.push_back(format(
                "{} of {} txns do not say their block: all are numbered in sequence, so these "
                "numbers are no heights",
                txns_.size() - static_cast<std::size_t>(with_height), txns_.size()));
    }

    Result<bool> read(Block& block) override {
        if (at_ == txns_.size()) return false;
        const std::size_t begin = at_;
        const LooseTxn& first = txns_[begin];
        while (at_ < txns_.size() && same_block(first, txns_[at_], at_ - begin)) ++at_;
        block.chain = network_;
        block.header = {};
        block.account_txns.clear();
        block.utxo_txns.clear();
        block.header.number = by_height_ ? *first.height : number_++;
        block.header.number_kind = by_height_ ? BlockNumKind::kHeight : BlockNumKind::kSequence;
        ContentHash hash;
        hash.number(block.header.number);
        for (std::size_t i = begin; i < at_; ++i) {
            if (!block.header.time) block.header.time = txns_[i].time;
            if (txns_[i].time && *txns_[i].time != *block.header.time)
                return fail(
                    ErrorCode::kConflict,
                    format("block {}: its txns give two times, {} and {}", block.header.number,
                           format_rfc3339(*block.header.time), format_rfc3339(*txns_[i].time)));
            hash.txn(txns_[i].txn);
            block.utxo_txns.push_back(std::move(txns_[i].txn));
        }
        hash.number(block.header.time
                        ? static_cast<uint64_t>(block.header.time->time_since_epoch().count())
                        : 0);
        block.header.hash = hash.finish();
        return true;
    }

    uint64_t bytes_read() const noexcept override {
        return txns_.empty() ? 0 : bytes_ / txns_.size() * at_;
    }
    uint64_t bytes_total() const noexcept override {
        return txns_.empty() ? 0 : bytes_ / txns_.size() * txns_.size();
    }
    std::vector<std::string> warnings() const override { return warnings_; }

private:
    bool same_block(const LooseTxn& first, const LooseTxn& txn,
                    std::size_t already) const noexcept {
        if (by_height_) return txn.height == first.height;
        return txn.time == first.time && (txn.time || already < kMaxUntimed);
    }

    std::vector<LooseTxn> txns_;
    ChainId network_;
    std::vector<std::string> warnings_;
    uint64_t bytes_;
    bool by_height_ = false;
    std::size_t at_ = 0;   // The next of txns_.
    BlockNum number_ = 0;  // The next in sequence.
};

}  // namespace

Result<std::unique_ptr<BlockSource>> open_bitcoin_txs(std::vector<InputFile> files,
                                                      ChainId network) {
    if (!is_utxo(network))
        return fail(ErrorCode::kInvalidParam,
                    format("Bitcoin txns cannot be of {}", to_string(network)));
    Loader loader{files, network};
    CORDON_TRY(loader.run());
    const auto where = [&files](const LooseTxn& txn) {
        return format("{}:{}", files[txn.file].name, txn.line);
    };
    CORDON_TRY(std::vector<LooseTxn> txns, sort_loose_txns(loader.take_txns(), where));
    return std::make_unique<BitcoinTxs>(std::move(txns), network, loader.take_warnings(),
                                        loader.bytes());
}

}  // namespace cordon::chain
