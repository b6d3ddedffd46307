// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <unordered_map>

#include <cordon/base/format.hpp>
#include <cordon/chain/transfers_writer.hpp>

#include "account_format.hpp"
#include "account_stream.hpp"
#include "output_file.hpp"

namespace cordon::gen {
namespace {

using namespace format_of;

class Writer {
public:
    explicit Writer(OutputFile file) : file_{std::move(file)} {}

    Status run(const NextBlock& next, const Progress& progress) {
        CORDON_TRY(file_.write(bytes_of(head_)));
        head_.rows = 0;
        Block block;
        while (true) {
            CORDON_TRY(const bool more, next(block));
            if (!more) break;
            if (Status status = add(block); !status)
                return fail(status.error().in(format("block {}", block.header.number)));
            if (progress) progress(head_.rows);
        }
        return finish();
    }

private:
    static tl::unexpected<Error> refuse(const char* what) {
        return fail(ErrorCode::kInvalidParam, format("the compact form cannot hold {}", what));
    }

    Status add(const Block& block) {
        if (head_.blocks++ == 0) {
            head_.family = static_cast<uint32_t>(block.chain.family);
            head_.reference = block.chain.reference;
            kind_ =
                block.chain.family == ChainFamily::kTron ? AddressKind::kTron : AddressKind::kEvm;
        }
        if (static_cast<uint32_t>(block.chain.family) != head_.family ||
            block.chain.reference != head_.reference)
            return refuse("two chains");
        const BlockHeader& header = block.header;
        if (is_utxo(block.chain)) return refuse("UTXO chains");
        if (header.parent) return refuse("parents");
        if (!header.time) return refuse("blocks without time");
        if (header.number_kind != BlockNumKind::kHeight) return refuse("estimated numbers");
        txns_.clear();
        rows_.clear();
        for (const AccountTxn& txn : block.account_txns) CORDON_TRY(add(txn));
        const auto rows = static_cast<uint32_t>(rows_.size());
        const BlockHead head{header.number, header.time->time_since_epoch().count(),
                             header.hash.bytes, static_cast<uint32_t>(txns_.size()), rows};
        head_.rows += rows;
        head_.txns += head.txns;
        CORDON_TRY(file_.write(bytes_of(head)));
        CORDON_TRY(file_.write(ByteView{reinterpret_cast<const uint8_t*>(txns_.data()),
                                        txns_.size() * sizeof(TxnRecord)}));
        return file_.write(ByteView{reinterpret_cast<const uint8_t*>(rows_.data()),
                                    rows_.size() * sizeof(TransferRecord)});
    }

    Status add(const AccountTxn& txn) {
        if (txn.time) return refuse("times of txns");
        if (txn.transfers.empty()) return refuse("txns without transfers");
        txns_.push_back({txn.hash.bytes, static_cast<uint32_t>(txn.transfers.size())});
        for (uint32_t i = 0; i < txn.transfers.size(); ++i) {
            const Transfer& transfer = txn.transfers[i];
            const auto& limbs = transfer.amount.limbs();
            if (transfer.index != i) return refuse("indices other than 0, 1, 2, ...");
            if ((limbs[2] | limbs[3]) != 0) return refuse("amounts of 2^128 and above");
            if (transfer.from.kind() != kind_ || transfer.to.kind() != kind_)
                return refuse("addresses of another chain");
            TransferRecord& row = rows_.emplace_back();
            std::memcpy(row.from.data(), transfer.from.payload().data(), row.from.size());
            std::memcpy(row.to.data(), transfer.to.payload().data(), row.to.size());
            std::memcpy(row.amount.data(), limbs.data(), row.amount.size());
            CORDON_TRY(row.asset, number_of(transfer.asset));
            row.kind = static_cast<uint8_t>(transfer.kind);
        }
        return {};
    }

    Result<uint16_t> number_of(const Asset& asset) {
        if (const auto known = numbers_.find(asset); known != numbers_.end()) return known->second;
        if (table_.size() > UINT16_MAX) return refuse("65,536 assets and more");
        AssetRecord& record = table_.emplace_back();
        record.size = static_cast<uint8_t>(asset.text().size());
        std::copy(asset.text().begin(), asset.text().end(), record.text.begin());
        const auto number = static_cast<uint16_t>(table_.size() - 1);
        numbers_.emplace(asset, number);
        return number;
    }

    Status finish() {
        head_.table = file_.size();
        head_.assets = static_cast<uint32_t>(table_.size());
        for (const AssetRecord& record : table_) CORDON_TRY(file_.write(bytes_of(record)));
        CORDON_TRY(file_.patch(0, bytes_of(head_)));
        return file_.close();
    }

    OutputFile file_;
    FileHead head_;
    AddressKind kind_ = AddressKind::kEvm;
    std::vector<TxnRecord> txns_;
    std::vector<TransferRecord> rows_;
    std::vector<AssetRecord> table_;
    std::unordered_map<Asset, uint16_t> numbers_;
};

}  // namespace

Status write_account_file(const std::string& path, const NextBlock& next,
                          const Progress& progress) {
    CORDON_TRY(OutputFile file, OutputFile::create(path));
    Status status = Writer{std::move(file)}.run(next, progress);
    if (!status) return fail(status.error().in(path));
    return {};
}

Status write_account_csv(const std::string& path, const NextBlock& next, const Progress& progress) {
    CORDON_TRY(OutputFile file, OutputFile::create(path));
    CORDON_TRY(file.write(chain::transfers_header()));
    Block block;
    std::string rows;
    uint64_t count = 0;
    while (true) {
        CORDON_TRY(const bool more, next(block));
        if (!more) return file.close();
        rows.clear();
        CORDON_TRY(chain::append_transfers(rows, block));
        CORDON_TRY(file.write(rows));
        for (const AccountTxn& txn : block.account_txns) count += txn.transfers.size();
        if (progress) progress(count);
    }
}

}  // namespace cordon::gen
