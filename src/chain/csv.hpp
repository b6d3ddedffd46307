// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <cordon/base/byte_source.hpp>
#include <cordon/base/result.hpp>

namespace cordon::chain {

/// A column that a reader asks for by name.
struct CsvColumn {
    std::string_view name;
    bool required = true;
};

/// What to do with columns nobody asked for.
enum class CsvExtra : uint8_t { kRefuse, kIgnore };

/// Reads CSV (RFC 4180) row by row: LF or CRLF, quoted fields with line breaks and doubled quotes,
/// a leading UTF-8 BOM skipped, the last line with or without its end. Confined to one thread.
///
/// Refused, with "NAME:LINE: ...": UTF-16 text, NUL and bytes that are not UTF-8 (with the column
/// of the character), rows with another number of fields than the header, empty lines, quotes in
/// the middle of a field, a bare carriage return, and rows of more than kMaxRow bytes (kLimit).
/// Memory: one row and one read buffer; nothing is allocated per field.
class CsvReader {
public:
    /// Real rows have a few hundred bytes; calldata columns reach 130 KiB, which is what Ethereum
    /// nodes accept.
    static constexpr std::size_t kMaxRow = std::size_t{1} << 20;

    /// Opens the file and reads the header line. kTruncated when there is none.
    static Result<CsvReader> open(const InputFile& file);
    /// The same from a stream that is open already; `name` is for messages.
    static Result<CsvReader> open(std::unique_ptr<ByteSource> source, std::string name);

    /// A file without a header: the names are given, and the first line is a row.
    static Result<CsvReader> open_bare(const InputFile& file,
                                       std::span<const std::string_view> names);

    /// The names in the header, as written. A repeated name is refused by open().
    const std::vector<std::string>& names() const noexcept { return names_; }

    /// Chooses the columns; operator[] counts in the order given here. Lifetime: the names
    /// must outlive the reader. kMalformed for a missing required column, and,
    /// with kRefuse, for one that nobody asked for.
    Status select(std::span<const CsvColumn> columns, CsvExtra extra);

    /// Goes to the next row; false at the end. An error is final.
    Result<bool> next();
    /// A field of the row, "" for a column that the file does not have. Lifetime: until next().
    std::string_view operator[](std::size_t column) const noexcept {
        const std::size_t place = places_[column];
        return place == kAbsent ? std::string_view{} : fields_[place];
    }
    bool has(std::size_t column) const noexcept { return places_[column] != kAbsent; }

    /// The row as it stands in the file, without its line end; nothing for one with quotes.
    /// Lifetime: until next().
    std::string_view row() const noexcept { return row_; }

    /// The line of the file on which the row begins, from 1.
    uint64_t line() const noexcept { return row_line_; }
    /// Bytes taken from the file, for progress.
    uint64_t consumed() const noexcept { return source_->consumed(); }
    /// "NAME:LINE: field X: message" for the current row.
    Error error(std::size_t column, ErrorCode code, std::string_view message) const;
    Error error(std::size_t column, const Error& cause) const {
        return error(column, cause.code, cause.message);
    }
    /// "NAME:LINE: message" for the current row.
    Error row_error(ErrorCode code, std::string_view message) const;

private:
    static constexpr std::size_t kAbsent = SIZE_MAX;

    CsvReader(std::unique_ptr<ByteSource> source, std::string name);

    Status read_header();
    Result<bool> read_row();
    bool read_plain_row();
    Status read_quoted_row(std::size_t from);
    void split_plain(std::string_view row);
    Result<std::string_view> strip_line_end(std::string_view line) const;
    Result<bool> fill();
    Result<std::optional<std::size_t>> find_line_end(std::size_t from);
    Status check_text(std::string_view line, uint64_t line_number) const;
    Error at_line(uint64_t line, ErrorCode code, std::string_view message) const;

    std::unique_ptr<ByteSource> source_;
    std::string name_;
    std::vector<char> buffer_;
    std::size_t begin_ = 0;  // Unread text is buffer_[begin_, end_).
    std::size_t end_ = 0;
    bool at_end_ = false;
    uint64_t line_ = 1;      // Of buffer_[begin_].
    uint64_t row_line_ = 1;  // Of the current row.
    std::string unquoted_;   // Fields of a row with quotes, without them.
    std::vector<std::string_view> fields_;
    std::string_view row_;
    std::vector<std::string> names_;
    std::vector<std::string_view> wanted_;
    std::vector<std::size_t> places_;
    std::optional<Error> failed_;
};

}  // namespace cordon::chain
