// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <cordon/base/byte_source.hpp>
#include <cordon/model/block.hpp>

namespace cordon::chain {

/// The exports of ethereum-etl that carry value, or say when and whether it moved.
enum class EtlKind : uint8_t { kTokenTransfer, kTrace, kLog, kBlock, kTransaction, kReceipt };
std::string_view to_string(EtlKind kind) noexcept;

/// What we read of them. One name for the same thing in several kinds.
enum class EtlField : uint8_t {
    kBlock,
    kBlockHash,
    kParent,
    kMiner,
    kTime,
    kTx,
    kTxIndex,
    kFrom,
    kTo,
    kValue,
    kNonce,
    kGasUsed,
    kPrice,
    kGasPrice,
    kL1Fee,
    kStatus,
    kContract,
    kToken,
    kLogIndex,
    kData,
    kTopics,
    kTraceType,
    kCallType,
    kError,
    kTraceAddress,
    kTraceId,
    kInput,
    kOutput,
    kWithdrawals,
};
inline constexpr std::size_t kEtlFields = 29;

/// Reads one record after the other, whatever the format of the file.
class EtlReader;

/// One file: its kind, told from its columns or keys, and its records in file order. The file is
/// open only between open() and the end, so that a directory of thousands of partitions needs few
/// handles. Confined to one thread.
class EtlTable {
public:
    /// Looks at the first record. Nothing (and the reason in `why_not`) when the file is no export
    /// that we read; an Error when it cannot be read at all.
    static Result<std::optional<EtlTable>> probe(const InputFile& file, std::string& why_not);

    EtlTable(EtlTable&&) noexcept;
    EtlTable& operator=(EtlTable&&) noexcept;
    ~EtlTable();

    EtlKind kind() const noexcept { return kind_; }
    const std::string& name() const noexcept { return file_.name; }
    /// Of the current record, or of the first while the file is not open; nothing after the last.
    std::optional<BlockNum> block() const noexcept { return block_; }
    /// Whether its first record was read, and not yet its last.
    bool begun() const noexcept { return reader_ != nullptr; }
    uint64_t bytes_read() const noexcept;

    /// Opens the file at its first record, if it is not open.
    Status open();
    /// Goes on. kOrder when the blocks fall: exports are sorted by block. kUnsupported for a record
    /// of another kind.
    Status next();
    /// Text of a field: "" for null, and for what the file does not have. Lifetime: until next().
    std::string_view operator[](EtlField field) const noexcept;
    /// "NAME:LINE: field X: message".
    Error error(EtlField field, ErrorCode code, std::string_view message) const;

private:
    EtlTable(InputFile file, EtlKind kind);
    Status advance();

    InputFile file_;
    EtlKind kind_;
    std::unique_ptr<EtlReader> reader_;
    std::optional<BlockNum> block_;
    bool done_ = false;
};

}  // namespace cordon::chain
