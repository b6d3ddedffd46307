// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "text_table.hpp"

#include <algorithm>

#include <cordon/base/format.hpp>

#include "../csv_text.hpp"

namespace cordon::chain {

Error TextTable::error(ErrorCode code, std::string_view message) const {
    return {code, format("{}:{}: {}", name_, reader_.line(), message)};
}

Result<TextTable> TextTable::open(const InputFile& file, std::span<const CsvColumn> columns) {
    CORDON_TRY(auto stream, file.open());
    TextTable table{LineReader{std::move(stream), file.name}, file.name};
    CORDON_TRY(const bool any, table.read_row());
    if (!any)
        return fail(table.error(ErrorCode::kTruncated,
                                "the file is empty, expected a line that names the columns"));
    const std::vector<std::string_view>& names = table.fields_;
    for (const std::string_view name : names) {
        const bool asked =
            std::any_of(columns.begin(), columns.end(),
                        [&](const CsvColumn& column) { return column.name == name; });
        if (!asked || std::count(names.begin(), names.end(), name) != 1)
            return fail(table.error(asked ? ErrorCode::kDuplicate : ErrorCode::kMalformed,
                                    format("column \"{}\" is {}", name.substr(0, 64),
                                           asked ? "named twice" : "unknown")));
    }
    for (const CsvColumn& column : columns) {
        const auto found = std::find(names.begin(), names.end(), column.name);
        if (found == names.end() && column.required)
            return fail(table.error(ErrorCode::kMalformed,
                                    format("column \"{}\" is missing", column.name)));
        table.places_.push_back(
            found == names.end() ? kAbsent : static_cast<std::size_t>(found - names.begin()));
    }
    table.width_ = names.size();
    return table;
}

Result<bool> TextTable::next() {
    CORDON_TRY(const bool more, read_row());
    if (more && fields_.size() != width_)
        return fail(error(ErrorCode::kMalformed,
                          format("expected {} fields, found {}", width_, fields_.size())));
    return more;
}

Result<bool> TextTable::read_row() {
    CORDON_TRY(auto line, reader_.next());
    if (!line) return false;
    if (reader_.line() == 1 && line->starts_with("\xef\xbb\xbf")) line->remove_prefix(3);
    if (find_bad_text(*line)) return fail(error(ErrorCode::kMalformed, "expected UTF-8 text"));
    fields_.clear();
    std::string_view rest = *line;
    while (true) {
        const std::size_t tab = rest.find('\t');
        fields_.push_back(rest.substr(0, tab));
        if (tab == std::string_view::npos) return true;
        rest.remove_prefix(tab + 1);
    }
}

}  // namespace cordon::chain
