// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <cordon/base/format.hpp>
#include <cordon/crypto/hash.hpp>

#include "../block_source.hpp"
#include "../text.hpp"
#include "loose_txn.hpp"
#include "txn_lines.hpp"

namespace cordon::chain {
namespace {

// All txns are in memory until they are sorted, in about the size of their text.
constexpr uint64_t kMaxInput = uint64_t{4} * 1024 * 1024 * 1024;
constexpr std::size_t kMaxUntimed = 1000;  // Txns without any time that go into one block.

/// Whether a first line means to be a txn, so that a bad one is an error and not a file of another
/// kind.
bool starts_as_txns(std::string_view line) noexcept {
    if (line.starts_with('{')) return line.find("\"txid\"") != std::string_view::npos;
    return is_hex_txn(line);
}

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
        CORDON_TRY(TxnLines lines, TxnLines::open(file));
        std::string_view text;
        bool first = true;
        for (;;) {
            CORDON_TRY(const bool more, lines.next(text));
            if (!more) break;
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
        Result<LooseTxn> txn = parse_txn_line(reader_, text);
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
