// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "../csv.hpp"
#include "../evm/line_reader.hpp"

namespace cordon::chain {

/// A table with tabs between its fields and nothing quoted; the first line names the columns, in
/// any order. Refused as by CsvReader: unknown, missing or repeated columns, rows of another width,
/// empty lines, text that is not UTF-8. Confined to one thread.
class TextTable {
public:
    /// Lifetime: `columns` must outlive the table.
    static Result<TextTable> open(const InputFile& file, std::span<const CsvColumn> columns);

    Result<bool> next();
    /// "" for a column that the file does not have. Lifetime: until next().
    std::string_view operator[](std::size_t column) const noexcept {
        const std::size_t place = places_[column];
        return place == kAbsent ? std::string_view{} : fields_[place];
    }
    uint64_t line() const noexcept { return reader_.line(); }

private:
    static constexpr std::size_t kAbsent = SIZE_MAX;

    TextTable(LineReader reader, std::string name)
        : reader_{std::move(reader)}, name_{std::move(name)} {}
    Result<bool> read_row();
    Error error(ErrorCode code, std::string_view message) const;

    LineReader reader_;
    std::string name_;
    std::vector<std::string_view> fields_;
    std::vector<std::size_t> places_;
    std::size_t width_ = 0;
};

}  // namespace cordon::chain
