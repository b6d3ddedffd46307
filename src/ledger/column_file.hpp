// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <span>
#include <string>
#include <vector>

#include <cordon/base/result.hpp>
#include <cordon/model/chain_id.hpp>

#include <cordon/base/disk.hpp>
#include "column.hpp"

/// Immutable files of checksummed columns: what segments and indexes are made of
/// (docs/formats/ledger.md). Columns lie one after the other; a footer of fixed size says where.
namespace cordon::ledger {

/// What makes one kind of file.
struct FileKind {
    std::array<uint8_t, 8> magic;
    std::span<const std::string_view> columns;  ///< Their names, for messages and tables.
};

inline constexpr std::size_t kCounters = 16;

/// The end of a file.
struct Footer {
    ChainId chain;
    std::array<uint64_t, kCounters> counters{};  ///< Meaning by kind of file.
    std::vector<ColumnInfo> columns;
    uint64_t file_size = 0;
};
std::size_t footer_size(const FileKind& kind) noexcept;

/// Reads such a file where it lies: mapped, or in memory. Thread safety: immutable.
class ColumnFile {
public:
    ColumnFile() = default;
    /// Maps a file. `name` is what messages call it.
    static Result<ColumnFile> open(const std::string& path, const FileKind& kind);
    /// Takes bytes in memory; `trusted` when a ColumnFileWriter has just made them.
    static Result<ColumnFile> from_bytes(Bytes bytes, const std::string& name, const FileKind& kind,
                                         bool trusted);

    const Footer& footer() const noexcept { return footer_; }
    /// The checksum that stands for the whole file: it covers the footer, which covers all others.
    uint32_t identity() const noexcept { return identity_; }
    const std::string& name() const noexcept { return name_; }
    uint64_t size() const noexcept { return bytes_.size(); }
    const Column& column(std::size_t i) const noexcept { return columns_[i]; }
    std::string_view column_name(std::size_t i) const noexcept { return kind_->columns[i]; }
    /// Bytes of a column with its checksums.
    uint64_t column_bytes(std::size_t i) const noexcept;

    /// kCorrupt for a column that gave no value: where it is damaged, or that it does not decode.
    tl::unexpected<Error> corrupt(std::size_t column, uint64_t offset = 0) const;
    /// Every byte against its checksum, gaps against zero.
    Status verify() const;

private:
    Status load(bool trusted);
    tl::unexpected<Error> damaged(std::size_t column, const Column::Damage& damage) const;

    std::string name_;
    const FileKind* kind_ = nullptr;
    MappedFile file_;
    Bytes memory_;
    ByteView bytes_;  // One of the two above.
    Footer footer_;
    uint32_t identity_ = 0;
    std::vector<Column> columns_;
};

}  // namespace cordon::ledger
