// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <cordon/base/format.hpp>

#include "../block_source.hpp"
#include "../event_source.hpp"
#include "etl_block.hpp"
#include "etl_table.hpp"

namespace cordon::chain {
namespace {

/// Merges the files by block number.
class EtlSource final : public BlockSource {
public:
    EtlSource(std::vector<EtlTable> tables, std::vector<std::string> skipped, ChainId chain,
              uint64_t total, const FactReader* facts)
        : tables_{std::move(tables)},
          skipped_{std::move(skipped)},
          chain_{chain},
          total_{total},
          facts_{facts} {}

    Result<bool> read(Block& block) override { return read(block, nullptr); }
    /// With what its txns did beside moving value, where `activity` is given.
    Result<bool> read(Block& block, Activity* activity) {
        if (failed_) return fail(*failed_);
        auto more = advance(block, activity);
        if (!more) failed_ = more.error();
        return more;
    }

    uint64_t bytes_read() const noexcept override {
        uint64_t sum = 0;
        for (const EtlTable& table : tables_) sum += table.bytes_read();
        return sum;
    }
    uint64_t bytes_total() const noexcept override { return total_; }

    std::vector<std::string> warnings() const override {
        std::vector<std::string> out = skipped_;
        const auto tell = [&](uint64_t count, std::string_view what) {
            if (count != 0) out.push_back(format("{} {}", count, what));
        };
        tell(counts_.status_missing,
             "txns without receipt status were taken as executed; add the receipts export");
        tell(counts_.fee_unknown,
             "txns have no fee, for want of gas used or price; add the receipts export");
        tell(counts_.non_fungible,
             "transfers of non-fungible tokens were left out: they have no amount");
        tell(counts_.token_by_export,
             "token transfers came without their logs; non-fungible ones among them show the id of "
             "the token as amount; add the logs export");
        tell(counts_.repeated, "records came twice with the same content and were taken once");
        tell(counts_.creation_unplaced,
             "txns sent value to a new contract of unknown address; add the receipts export");
        return out;
    }

private:
    Result<bool> advance(Block& block, Activity* activity) {
        std::optional<BlockNum> number;
        for (const EtlTable& table : tables_)
            if (table.block() && (!number || *table.block() < *number)) number = table.block();
        if (!number) return false;
        EtlBlock collected{chain_, *number, facts_, activity != nullptr};
        for (EtlTable& table : tables_) {
            if (activity != nullptr) note(table, *number, *activity);
            if (table.block() != number) continue;
            CORDON_TRY(table.open());
            while (table.block() == number) {
                CORDON_TRY(collected.add(table));
                CORDON_TRY(table.next());
            }
        }
        if (activity == nullptr) {
            CORDON_TRY(block, collected.finish(counts_));
        } else {
            CORDON_TRY(block, collected.finish(counts_, *activity));
        }
        return true;
    }

    /// A table gives what it holds for every block from its first to its last, also for those of
    /// which it has no record: they have none.
    static void note(const EtlTable& table, BlockNum number, Activity& activity) {
        if (!table.block() || (*table.block() != number && !table.begun())) return;
        activity.has_txns |= table.kind() == EtlKind::kTransaction;
        activity.has_logs |= table.kind() == EtlKind::kLog;
        activity.has_calls |= table.kind() == EtlKind::kTrace;
        activity.has_txns |= activity.has_calls;  // The first frame is the txn itself.
    }

    std::vector<EtlTable> tables_;
    std::vector<std::string> skipped_;
    ChainId chain_;
    uint64_t total_;
    const FactReader* facts_;
    EtlCounts counts_;
    std::optional<Error> failed_;
};

constexpr bool carries_value(EtlKind kind) noexcept {
    return kind != EtlKind::kBlock && kind != EtlKind::kReceipt;
}

class EtlEvents final : public EventSource {
public:
    explicit EtlEvents(std::unique_ptr<EtlSource> source) : source_{std::move(source)} {}

    Result<bool> read(FeedEvent& event) override {
        SeenBlock& seen = block_in(event);
        return source_->read(seen.block, &seen.activity);
    }
    uint64_t bytes_read() const noexcept override { return source_->bytes_read(); }
    uint64_t bytes_total() const noexcept override { return source_->bytes_total(); }
    std::vector<std::string> warnings() const override { return source_->warnings(); }

private:
    std::unique_ptr<EtlSource> source_;
};

Result<std::unique_ptr<EtlSource>> open_etl(std::vector<InputFile> files, ChainId chain,
                                            const FactReader* facts) {
    if (chain.family != ChainFamily::kEvm)
        return fail(ErrorCode::kInvalidParam,
                    format("ethereum-etl exports hold EVM chains, not {}", to_string(chain)));
    std::vector<EtlTable> tables;
    std::vector<std::string> skipped;
    uint64_t total = 0;
    bool any_value = false;
    for (const InputFile& file : files) {
        std::string why_not;
        CORDON_TRY(auto table, EtlTable::probe(file, why_not));
        if (!table) {
            skipped.push_back(format("{}: skipped: {}", file.name, why_not));
            continue;
        }
        any_value |= carries_value(table->kind());
        total += file.size;
        tables.push_back(std::move(*table));
    }
    if (!any_value) {
        std::string reasons;
        for (std::size_t i = 0; i < std::min<std::size_t>(skipped.size(), 3); ++i)
            reasons += "; " + skipped[i];
        return fail(ErrorCode::kNotFound,
                    format("none of {} files is an ethereum-etl export that carries value: "
                           "expected transactions, "
                           "token_transfers, traces or logs, as CSV or JSON lines{}",
                           files.size(), reasons));
    }
    return std::make_unique<EtlSource>(std::move(tables), std::move(skipped), chain, total, facts);
}

}  // namespace

Result<std::unique_ptr<BlockSource>> open_evm_etl(std::vector<InputFile> files, ChainId chain,
                                                  const FactReader* facts) {
    CORDON_TRY(auto source, open_etl(std::move(files), chain, facts));
    return source;
}

Result<std::unique_ptr<EventSource>> open_evm_etl_events(std::vector<InputFile> files,
                                                         ChainId chain) {
    CORDON_TRY(auto source, open_etl(std::move(files), chain, nullptr));
    return std::make_unique<EtlEvents>(std::move(source));
}

}  // namespace cordon::chain
