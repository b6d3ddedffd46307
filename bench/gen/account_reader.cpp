// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cerrno>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cordon/base/format.hpp>

#include "account_format.hpp"
#include "account_stream.hpp"
#include "output_file.hpp"

namespace cordon::gen {

using namespace format_of;

namespace {

// Reading in pieces rather than mapping: a mapped file would count as memory of the program that
// is measured.
constexpr std::size_t kPiece = std::size_t{4} << 20;

template <typename Record>
Record record_at(const uint8_t* at) noexcept {
    Record record;
    std::memcpy(&record, at, sizeof record);
    return record;
}

}  // namespace

struct AccountStreamReader::State {
    std::string path;
    int file = -1;
    FileHead head;
    uint64_t read = 0;  // Offset behind the bytes in `buffer`.
    Bytes buffer;
    std::size_t at = 0;   // Of the next byte in `buffer`.
    std::size_t end = 0;  // Of the bytes in `buffer` that are valid.
    std::vector<Asset> assets;
    std::vector<AccountTxn> spare;
    AddressKind kind = AddressKind::kEvm;

    State() = default;
    State(const State&) = delete;
    State& operator=(const State&) = delete;
    ~State() {
        if (file >= 0) ::close(file);
    }

    tl::unexpected<Error> bad(ErrorCode code, std::string_view what) const {
        return fail(code, format("{}: {}", path, what));
    }

    Status read_at(uint64_t offset, std::span<uint8_t> out) const {
        while (!out.empty()) {
            const ssize_t got = ::pread(file, out.data(), out.size(), static_cast<off_t>(offset));
            if (got < 0 && errno == EINTR) continue;
            if (got < 0) return fail(system_error(path, "cannot be read"));
            if (got == 0) return bad(ErrorCode::kTruncated, "ends too early");
            out = out.subspan(static_cast<std::size_t>(got));
            offset += static_cast<uint64_t>(got);
        }
        return {};
    }

    /// The next `size` bytes, in one piece; valid until the next call.
    Result<const uint8_t*> take(std::size_t size) {
        if (end - at < size) CORDON_TRY(refill(size));
        return buffer.data() + std::exchange(at, at + size);
    }

    Status refill(std::size_t size) {
        const std::size_t rest = end - at;
        if (size - rest > head.table - read)
            return bad(ErrorCode::kTruncated, "the blocks end inside a block");
        std::memmove(buffer.data(), buffer.data() + at, rest);
        if (buffer.size() < size) buffer.resize(size);
        const std::size_t more = std::min<uint64_t>(head.table - read, buffer.size() - rest);
        CORDON_TRY(read_at(read, std::span{buffer}.subspan(rest, more)));
        read += more;
        at = 0;
        end = rest + more;
        return {};
    }

    Status open() {
        file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
        if (file < 0) return fail(system_error(path, "cannot be opened"));
        struct stat info{};
        if (::fstat(file, &info) != 0) return fail(system_error(path, "cannot be read"));
        const auto size = static_cast<uint64_t>(info.st_size);
        std::array<uint8_t, sizeof(FileHead)> bytes;
        CORDON_TRY(read_at(0, bytes));
        head = record_at<FileHead>(bytes.data());
        if (head.magic != kMagic)
            return bad(ErrorCode::kMalformed, "is not a file of cordon-gen account");
        if (head.rows == kUnfinished)
            return bad(ErrorCode::kTruncated, "its writer did not finish");
        const bool chain_ok = head.family == static_cast<uint32_t>(ChainFamily::kEvm) ||
                              head.family == static_cast<uint32_t>(ChainFamily::kTron);
        if (!chain_ok || head.table < sizeof head || head.table > size ||
            size - head.table != head.assets * sizeof(AssetRecord))
            return bad(ErrorCode::kMalformed, "its head contradicts its size");
        kind = head.family == static_cast<uint32_t>(ChainFamily::kTron) ? AddressKind::kTron
                                                                        : AddressKind::kEvm;
        CORDON_TRY(read_assets());
        buffer.resize(kPiece);
        read = sizeof head;
        return {};
    }

    Status read_assets() {
        Bytes table(head.assets * sizeof(AssetRecord));
        CORDON_TRY(read_at(head.table, table));
        for (uint32_t i = 0; i < head.assets; ++i) {
            const auto record = record_at<AssetRecord>(table.data() + i * sizeof(AssetRecord));
            const std::string_view text{record.text.data(),
                                        std::min<std::size_t>(record.size, record.text.size())};
            CORDON_TRY(Asset asset, Asset::parse(text));
            assets.push_back(asset);
        }
        return {};
    }

    bool decode(const uint8_t* at_row, uint32_t index, Transfer& out) const noexcept {
        const auto row = record_at<TransferRecord>(at_row);
        if (row.asset >= assets.size() || row.kind > static_cast<uint8_t>(TransferKind::kFee))
            return false;
        out.index = index;
        out.from = Address{kind, row.from};
        out.to = Address{kind, row.to};
        out.asset = assets[row.asset];
        std::array<uint64_t, 4> limbs{};
        std::memcpy(limbs.data(), row.amount.data(), row.amount.size());
        out.amount = Amount::from_limbs(limbs);
        out.kind = static_cast<TransferKind>(row.kind);
        return true;
    }
};

AccountStreamReader::AccountStreamReader(std::unique_ptr<State> state) noexcept
    : state_{std::move(state)} {}
AccountStreamReader::AccountStreamReader(AccountStreamReader&&) noexcept = default;
AccountStreamReader& AccountStreamReader::operator=(AccountStreamReader&&) noexcept = default;
AccountStreamReader::~AccountStreamReader() = default;

Result<AccountStreamReader> AccountStreamReader::open(const std::string& path) {
    auto state = std::make_unique<State>();
    state->path = path;
    CORDON_TRY(state->open());
    return AccountStreamReader{std::move(state)};
}

uint64_t AccountStreamReader::rows() const noexcept { return state_->head.rows; }
uint64_t AccountStreamReader::blocks() const noexcept { return state_->head.blocks; }

Result<bool> AccountStreamReader::next(Block& block) {
    State& state = *state_;
    if (state.at == state.end && state.read == state.head.table) return false;
    CORDON_TRY(const uint8_t* at, state.take(sizeof(BlockHead)));
    const auto head = record_at<BlockHead>(at);
    block.chain = {static_cast<ChainFamily>(state.head.family), state.head.reference};
    block.header = {head.number,
                    BlockNumKind::kHeight,
                    UnixMillis{std::chrono::milliseconds{head.millis}},
                    {head.hash},
                    {}};
    block.utxo_txns.clear();
    const std::size_t txns_size = head.txns * sizeof(TxnRecord);
    CORDON_TRY(at, state.take(txns_size + head.rows * sizeof(TransferRecord)));
    const uint8_t* row = at + txns_size;
    resize_txns(block.account_txns, state.spare, head.txns);
    uint32_t rows_left = head.rows;
    for (AccountTxn& txn : block.account_txns) {
        const auto record = record_at<TxnRecord>(at);
        at += sizeof record;
        if (record.rows > rows_left)
            return state.bad(ErrorCode::kMalformed,
                             format("block {}: its txns have more rows than it", head.number));
        rows_left -= record.rows;
        txn.hash = {record.hash};
        txn.time.reset();
        txn.transfers.resize(record.rows);
        for (uint32_t i = 0; i < record.rows; ++i, row += sizeof(TransferRecord))
            if (!state.decode(row, i, txn.transfers[i]))
                return state.bad(ErrorCode::kMalformed,
                                 format("block {}: no such asset or kind", head.number));
    }
    if (rows_left > 0)
        return state.bad(ErrorCode::kMalformed,
                         format("block {}: rows without a txn", head.number));
    return true;
}

}  // namespace cordon::gen
