// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "csv.hpp"

#include <emmintrin.h>

#include <algorithm>
#include <bit>
#include <cstring>

#include <cordon/base/check.hpp>
#include <cordon/base/format.hpp>

#include "csv_text.hpp"

namespace cordon::chain {
namespace {

constexpr std::size_t kChunk = std::size_t{256} << 10;

std::string list(std::span<const std::string_view> names) {
    std::string out;
    for (const std::string_view name : names) {
        if (!out.empty()) out += ',';
        out += name;
    }
    return out;
}

}  // namespace

CsvReader::CsvReader(std::unique_ptr<ByteSource> source, std::string name)
    : source_{std::move(source)}, name_{std::move(name)}, buffer_(2 * kChunk) {}

Result<CsvReader> CsvReader::open(const InputFile& file) {
    CORDON_TRY(auto source, file.open());
    return open(std::move(source), file.name);
}

Result<CsvReader> CsvReader::open(std::unique_ptr<ByteSource> source, std::string name) {
    CsvReader reader{std::move(source), std::move(name)};
    CORDON_TRY(reader.read_header());
    return reader;
}

Result<CsvReader> CsvReader::open_bare(const InputFile& file,
                                       std::span<const std::string_view> names) {
    CORDON_TRY(auto source, file.open());
    CsvReader reader{std::move(source), file.name};
    reader.names_.assign(names.begin(), names.end());
    return reader;
}

Status CsvReader::read_header() {
    CORDON_TRY(const bool any, fill());
    const std::string_view head{buffer_.data(), end_};
    if (!any || head == "\xef\xbb\xbf")
        return fail(at_line(1, ErrorCode::kTruncated,
                            "the file is empty, expected a header line that names the columns"));
    if (head.starts_with("\xff\xfe") || head.starts_with("\xfe\xff"))
        return fail(
            at_line(1, ErrorCode::kUnsupported, "this is UTF-16 text; save the file as UTF-8"));
    if (head.starts_with("\xef\xbb\xbf")) begin_ = 3;
    CORDON_TRY(read_row());
    for (std::size_t i = 0; i < fields_.size(); ++i) {
        if (std::find(names_.begin(), names_.end(), fields_[i]) != names_.end())
            return fail(row_error(ErrorCode::kDuplicate, format("column \"{}\" is named twice",
                                                                fields_[i].substr(0, 64))));
        names_.emplace_back(fields_[i]);
    }
    return {};
}

Status CsvReader::select(std::span<const CsvColumn> columns, CsvExtra extra) {
    wanted_.clear();
    places_.clear();
    for (const CsvColumn& column : columns) {
        const auto found = std::find(names_.begin(), names_.end(), column.name);
        wanted_.push_back(column.name);
        places_.push_back(found == names_.end() ? kAbsent
                                                : static_cast<std::size_t>(found - names_.begin()));
    }
    // An unknown name is told first: it is usually a misspelling of the one that is missing.
    if (extra == CsvExtra::kRefuse)
        for (const std::string& name : names_)
            if (std::find(wanted_.begin(), wanted_.end(), name) == wanted_.end())
                return fail(row_error(ErrorCode::kMalformed,
                                      format("unknown column \"{}\", expected {}",
                                             std::string_view{name}.substr(0, 64), list(wanted_))));
    for (std::size_t i = 0; i < columns.size(); ++i)
        if (columns[i].required && places_[i] == kAbsent)
            return fail(row_error(
                ErrorCode::kMalformed,
                format("column \"{}\" is missing, expected {}", columns[i].name, list(wanted_))));
    return {};
}

Result<bool> CsvReader::next() {
    if (failed_) return fail(*failed_);
    Result<bool> more = read_row();
    if (more && *more && fields_.size() != names_.size())
        more = fail(row_error(ErrorCode::kMalformed,
                              fields_.size() == 1 && fields_[0].empty()
                                  ? std::string{"the line is empty; remove it"}
                                  : format("expected {} fields as in the header, found {}",
                                           names_.size(), fields_.size())));
    if (!more) failed_ = more.error();
    return more;
}

Result<bool> CsvReader::read_row() {
    row_line_ = line_;
    if (read_plain_row()) return true;
    CORDON_TRY(const auto line_end, find_line_end(0));
    if (!line_end) return false;
    const std::string_view line{buffer_.data() + begin_, *line_end};
    const TextScan scan = scan_text(line);
    if (scan.unusual) CORDON_TRY(check_text(line, line_));
    if (scan.quote) {
        CORDON_TRY(read_quoted_row(*line_end));
        return true;
    }
    CORDON_TRY(const std::string_view row, strip_line_end(line));
    split_plain(row);
    begin_ += *line_end;
    ++line_;
    return true;
}

/// Nearly every row of every file: plain text without quotes that lies in the buffer whole. One
/// pass, 16 bytes a step. False, and nothing has happened, when the row needs a closer look.
bool CsvReader::read_plain_row() {
    const char* const start = buffer_.data() + begin_;
    const std::size_t have = std::min(end_ - begin_, kMaxRow);
    std::size_t from = 0;
    std::size_t returns = 0;
    fields_.clear();
    for (std::size_t i = 0; i + 16 <= have; i += 16) {
        const __m128i text = _mm_loadu_si128(reinterpret_cast<const __m128i*>(start + i));
        const auto places = [text](char c) {
            return static_cast<unsigned>(_mm_movemask_epi8(_mm_cmpeq_epi8(text, _mm_set1_epi8(c))));
        };
        const unsigned ends = places('\n');
        const unsigned before = ends == 0 ? 0xffff : (ends & (0 - ends)) - 1;  // Of this row.
        // NUL and what is not ASCII are below 1 as signed numbers.
        const auto odd =
            static_cast<unsigned>(_mm_movemask_epi8(_mm_cmplt_epi8(text, _mm_set1_epi8(1))));
        if (((odd | places('"')) & before) != 0) return false;
        returns += static_cast<std::size_t>(std::popcount(places('\r') & before));
        for (unsigned commas = places(',') & before; commas != 0; commas &= commas - 1) {
            const std::size_t at = i + static_cast<std::size_t>(std::countr_zero(commas));
            fields_.emplace_back(start + from, at - from);
            from = at + 1;
        }
        if (ends == 0) continue;
        std::size_t end = i + static_cast<std::size_t>(std::countr_zero(ends));
        const std::size_t next = end + 1;
        if (returns > 1 || (returns == 1 && start[end - 1] != '\r')) return false;
        end -= returns;
        fields_.emplace_back(start + from, end - from);
        row_ = {start, end};
        begin_ += next;
        ++line_;
        return true;
    }
    return false;
}

void CsvReader::split_plain(std::string_view row) {
    row_ = row;
    fields_.clear();
    const char* at = row.data();
    const char* const end = at + row.size();
    while (true) {
        const auto* comma =
            static_cast<const char*>(std::memchr(at, ',', static_cast<std::size_t>(end - at)));
        if (comma == nullptr) break;
        fields_.emplace_back(at, static_cast<std::size_t>(comma - at));
        at = comma + 1;
    }
    fields_.emplace_back(at, static_cast<std::size_t>(end - at));
}

Result<std::string_view> CsvReader::strip_line_end(std::string_view line) const {
    if (line.ends_with('\n')) {
        line.remove_suffix(1);
        if (line.ends_with('\r')) line.remove_suffix(1);
    }
    if (const auto place = line.find('\r'); place != std::string_view::npos)
        return fail(
            row_error(ErrorCode::kMalformed,
                      format("bare carriage return at column {}: lines must end with LF or CRLF",
                             place + 1)));
    return line;
}

/// `line_end` is the end of the first line; as long as a quote is open, the row goes on in the next
/// one.
Status CsvReader::read_quoted_row(std::size_t line_end) {
    unquoted_.clear();
    row_ = {};
    fields_.clear();
    std::vector<std::size_t>
        ends;  // Of the fields within unquoted_; views are taken when it no longer moves.
    std::size_t at = 0;
    while (true) {  // One field.
        const auto now = [&] { return at < line_end ? buffer_[begin_ + at] : '\n'; };
        if (now() == '"') {
            ++at;
            while (true) {  // One character of a quoted field.
                if (at == line_end) {
                    ++line_;
                    CORDON_TRY(const auto more, find_line_end(line_end));
                    if (!more)
                        return fail(row_error(ErrorCode::kTruncated,
                                              "a quoted field is not closed before the file ends"));
                    CORDON_TRY(
                        check_text({buffer_.data() + begin_ + line_end, *more - line_end}, line_));
                    line_end = *more;
                }
                const char c = buffer_[begin_ + at++];
                if (c != '"') {
                    unquoted_ += c;
                } else if (now() == '"') {
                    unquoted_ += '"';
                    ++at;
                } else {
                    break;
                }
            }
            if (now() == '\r' && at + 1 < line_end && buffer_[begin_ + at + 1] == '\n') ++at;
            if (now() != ',' && now() != '\n')
                return fail(row_error(ErrorCode::kMalformed,
                                      format("expected a comma after the closing quote of field {}",
                                             ends.size() + 1)));
        } else {
            const std::size_t from = at;
            while (now() != ',' && now() != '\n' && now() != '"') ++at;
            if (now() == '"')
                return fail(row_error(
                    ErrorCode::kMalformed,
                    format("quote in the middle of field {}: quote the whole field and double the "
                           "quotes inside it",
                           ends.size() + 1)));
            std::string_view text{buffer_.data() + begin_ + from, at - from};
            if (at < line_end && now() == '\n' && text.ends_with('\r')) text.remove_suffix(1);
            if (text.find('\r') != std::string_view::npos)
                return fail(row_error(ErrorCode::kMalformed,
                                      format("bare carriage return in field {}", ends.size() + 1)));
            unquoted_ += text;
        }
        ends.push_back(unquoted_.size());
        if (at >= line_end || now() == '\n') break;
        ++at;
    }
    std::size_t from = 0;
    for (const std::size_t end : ends) {
        fields_.push_back(std::string_view{unquoted_}.substr(from, end - from));
        from = end;
    }
    begin_ += line_end;
    ++line_;
    return {};
}

/// Reads on; false when nothing more came. Moves the unread text to the front of the buffer.
Result<bool> CsvReader::fill() {
    if (at_end_) return false;
    std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
    if (buffer_.size() - end_ < kChunk) buffer_.resize(std::max(buffer_.size() * 2, end_ + kChunk));
    CORDON_TRY(
        const std::size_t got,
        source_->read({reinterpret_cast<uint8_t*>(buffer_.data()) + end_, buffer_.size() - end_}));
    end_ += got;
    at_end_ = got == 0;
    return got != 0;
}

/// The end (past the LF) of the line that begins `from` bytes into the unread text; nothing at the
/// end of the file.
Result<std::optional<std::size_t>> CsvReader::find_line_end(std::size_t from) {
    std::size_t searched = from;
    while (true) {
        const std::size_t have = end_ - begin_;
        const auto* start = buffer_.data() + begin_;
        const auto* found =
            static_cast<const char*>(std::memchr(start + searched, '\n', have - searched));
        const std::size_t length =
            found != nullptr ? static_cast<std::size_t>(found - start) + 1 : have;
        if (length > kMaxRow)
            return fail(
                row_error(ErrorCode::kLimit, format("the row has more than {} bytes", kMaxRow)));
        if (found != nullptr) return length;
        searched = have;
        CORDON_TRY(const bool more, fill());
        if (!more) {
            if (have == from) return std::nullopt;
            return have;
        }
    }
}

Status CsvReader::check_text(std::string_view line, uint64_t line_number) const {
    const auto bad = find_bad_text(line);
    if (!bad) return {};
    // Columns count characters, as editors do: continuation bytes are not counted.
    const auto column =
        std::count_if(line.begin(), line.begin() + static_cast<std::ptrdiff_t>(*bad),
                      [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; });
    return fail(at_line(
        line_number, ErrorCode::kMalformed,
        format("column {}: byte 0x{:02x} {}", column + 1, static_cast<unsigned char>(line[*bad]),
               line[*bad] == 0 ? "(NUL) does not belong in text" : "is not valid UTF-8")));
}

Error CsvReader::at_line(uint64_t line, ErrorCode code, std::string_view message) const {
    return {code, format("{}:{}: {}", name_, line, message)};
}

Error CsvReader::error(std::size_t column, ErrorCode code, std::string_view message) const {
    return at_line(row_line_, code, format("field {}: {}", wanted_.at(column), message));
}

Error CsvReader::row_error(ErrorCode code, std::string_view message) const {
    return at_line(row_line_, code, message);
}

}  // namespace cordon::chain
