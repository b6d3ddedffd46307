// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "etl_table.hpp"

#include <simdjson.h>

#include <cordon/base/check.hpp>
#include <cordon/base/format.hpp>

#include "../csv.hpp"
#include "../csv_number.hpp"
#include "etl_schema.hpp"
#include "line_reader.hpp"

namespace cordon::chain {

class EtlReader {
public:
    virtual ~EtlReader() = default;
    virtual Result<bool> next() = 0;
    virtual uint64_t line() const noexcept = 0;
    virtual uint64_t consumed() const noexcept = 0;
    std::string_view operator[](EtlField field) const noexcept {
        return fields_[static_cast<std::size_t>(field)];
    }

protected:
    std::array<std::string_view, kEtlFields> fields_{};
};

namespace {

class CsvEtlReader final : public EtlReader {
public:
    static Result<std::unique_ptr<EtlReader>> make(CsvReader csv, EtlKind kind) {
        std::vector<CsvColumn> columns;
        for (const EtlColumn& column : etl_columns(kind))
            columns.push_back({column.name, column.required});
        CORDON_TRY(csv.select(columns, CsvExtra::kIgnore));
        return std::unique_ptr<EtlReader>{new CsvEtlReader{std::move(csv), kind}};
    }
    Result<bool> next() override {
        CORDON_TRY(const bool more, csv_.next());
        if (!more) return false;
        for (std::size_t i = 0; i < columns_.size(); ++i)
            fields_[static_cast<std::size_t>(columns_[i].field)] = csv_[i];
        return true;
    }
    uint64_t line() const noexcept override { return csv_.line(); }
    uint64_t consumed() const noexcept override { return csv_.consumed(); }

private:
    CsvEtlReader(CsvReader csv, EtlKind kind) : csv_{std::move(csv)}, columns_{etl_columns(kind)} {}

    CsvReader csv_;
    std::span<const EtlColumn> columns_;
};

/// The value as text: a number as its digits stand in the file (values exceed 64 bits), a string
/// without its quotes, an array as it stands, null as "".
simdjson::simdjson_result<std::string_view> text_of(simdjson::ondemand::value value) {
    simdjson::ondemand::json_type type;
    if (const auto error = value.type().get(type)) return error;
    switch (type) {
        case simdjson::ondemand::json_type::string: return value.get_string();
        case simdjson::ondemand::json_type::array: {
            simdjson::ondemand::array array;
            if (const auto error = value.get_array().get(array)) return error;
            return array.raw_json();
        }
        case simdjson::ondemand::json_type::object: return simdjson::INCORRECT_TYPE;
        case simdjson::ondemand::json_type::null: return std::string_view{};
        default: break;
    }
    std::string_view token = value.raw_json_token();
    while (!token.empty() && (token.back() == ' ' || token.back() == '\t' || token.back() == '\r'))
        token.remove_suffix(1);
    return token;
}

/// Calls `member(key, value)` for each member of the one object in the line.
template <typename Member>
simdjson::error_code for_each_member(simdjson::ondemand::parser& parser, std::string_view line,
                                     Member member) {
    simdjson::ondemand::document document;
    if (const auto error =
            parser.iterate(line.data(), line.size(), line.size() + LineReader::kPadding)
                .get(document))
        return error;
    simdjson::ondemand::object object;
    if (const auto error = document.get_object().get(object)) return error;
    for (auto field : object) {
        std::string_view key;
        if (const auto error = field.unescaped_key().get(key)) return error;
        simdjson::ondemand::value value;
        if (const auto error = field.value().get(value)) return error;
        if (const auto error = member(key, value)) return error;
    }
    const char* rest = nullptr;
    const bool at_end = document.current_location().get(rest) == simdjson::OUT_OF_BOUNDS;
    return at_end ? simdjson::SUCCESS : simdjson::TAPE_ERROR;  // More after the object.
}

class JsonEtlReader final : public EtlReader {
public:
    JsonEtlReader(std::unique_ptr<ByteSource> source, std::string name, EtlKind kind)
        : name_{name},
          lines_{std::move(source), std::move(name)},
          columns_{etl_columns(kind)},
          kind_{kind} {}

    Result<bool> next() override {
        CORDON_TRY(const auto line, lines_.next());
        if (!line) return false;
        std::string_view type;
        uint32_t seen = 0;  // A bit per column.
        const auto error = for_each_member(
            parser_, *line, [&](std::string_view key, simdjson::ondemand::value value) {
                if (key == "type") return text_of(value).get(type);
                for (std::size_t i = 0; i < columns_.size(); ++i) {
                    if (columns_[i].name != key) continue;
                    seen |= uint32_t{1} << i;
                    return text_of(value).get(fields_[static_cast<std::size_t>(columns_[i].field)]);
                }
                return simdjson::SUCCESS;
            });
        if (error != simdjson::SUCCESS)
            return fail(ErrorCode::kMalformed,
                        format("{}:{}: expected one JSON object a line: {}", name_, lines_.line(),
                               simdjson::error_message(error)));
        if (!type.empty() && type != to_string(kind_))
            return fail(
                ErrorCode::kUnsupported,
                format("{}:{}: a record of type {} in a file of type {}; split the file by type",
                       name_, lines_.line(), type.substr(0, 40), to_string(kind_)));
        for (std::size_t i = 0; i < columns_.size(); ++i) {
            if ((seen >> i & 1) != 0) continue;
            if (columns_[i].required)
                return fail(ErrorCode::kMalformed, format("{}:{}: key \"{}\" is missing", name_,
                                                          lines_.line(), columns_[i].name));
            fields_[static_cast<std::size_t>(columns_[i].field)] = {};
        }
        return true;
    }
    uint64_t line() const noexcept override { return lines_.line(); }
    uint64_t consumed() const noexcept override { return lines_.consumed(); }

private:
    std::string name_;
    LineReader lines_;
    std::span<const EtlColumn> columns_;
    EtlKind kind_;
    simdjson::ondemand::parser parser_;
};

/// The kind of a file of JSON lines, from its first one.
Result<std::optional<EtlKind>> probe_json(const InputFile& file, std::string& why_not) {
    CORDON_TRY(auto source, file.open());
    LineReader lines{std::move(source), file.name};
    const auto line = lines.next();
    if (!line || !*line) {
        why_not = line ? "it is empty" : line.error().message;
        return std::nullopt;
    }
    std::vector<std::string> names;
    std::string type;
    simdjson::ondemand::parser parser;
    const auto error =
        for_each_member(parser, **line, [&](std::string_view key, simdjson::ondemand::value value) {
            names.emplace_back(key);
            std::string_view text;
            if (key != "type") return simdjson::SUCCESS;
            const auto status = text_of(value).get(text);
            type = text;
            return status;
        });
    if (error != simdjson::SUCCESS) {
        why_not = format("its first line is no JSON object: {}", simdjson::error_message(error));
        return std::nullopt;
    }
    const auto kind = detect_etl_kind(names, type);
    if (!kind) why_not = "its keys are those of no export that carries value";
    return kind;
}

Result<std::optional<EtlKind>> probe_csv(const InputFile& file, std::string& why_not) {
    const auto csv = CsvReader::open(file);
    if (!csv) {
        why_not = csv.error().message;
        return std::nullopt;
    }
    const auto kind = detect_etl_kind(csv->names(), {});
    if (!kind) why_not = "its columns are those of no export that carries value";
    return kind;
}

/// '{' for JSON, another character for CSV, nothing for an empty file.
Result<std::optional<char>> first_character(const InputFile& file) {
    CORDON_TRY(auto source, file.open());
    std::array<uint8_t, 1> byte;
    while (true) {
        CORDON_TRY(const std::size_t got, source->read(byte));
        if (got == 0) return std::nullopt;
        const char c = static_cast<char>(byte[0]);
        if (c != ' ' && c != '\n' && c != '\r' && c != '\t') return c;
    }
}

}  // namespace

EtlTable::EtlTable(InputFile file, EtlKind kind) : file_{std::move(file)}, kind_{kind} {}
EtlTable::EtlTable(EtlTable&&) noexcept = default;
EtlTable& EtlTable::operator=(EtlTable&&) noexcept = default;
EtlTable::~EtlTable() = default;

Result<std::optional<EtlTable>> EtlTable::probe(const InputFile& file, std::string& why_not) {
    CORDON_TRY(const auto first, first_character(file));
    if (!first) {
        why_not = "it is empty";
        return std::nullopt;
    }
    CORDON_TRY(const auto kind,
               *first == '{' ? probe_json(file, why_not) : probe_csv(file, why_not));
    if (!kind) return std::nullopt;
    EtlTable table{file, *kind};
    CORDON_TRY(table.open());
    table.reader_.reset();  // Opened again when its first block comes up.
    return table;
}

uint64_t EtlTable::bytes_read() const noexcept {
    if (done_) return file_.size;
    return reader_ ? reader_->consumed() : 0;
}

Status EtlTable::open() {
    if (reader_ || done_) return {};
    CORDON_TRY(const auto first, first_character(file_));
    if (first == '{') {
        CORDON_TRY(auto source, file_.open());
        reader_ = std::make_unique<JsonEtlReader>(std::move(source), file_.name, kind_);
    } else {
        CORDON_TRY(auto csv, CsvReader::open(file_));
        CORDON_TRY(reader_, CsvEtlReader::make(std::move(csv), kind_));
    }
    block_.reset();
    return advance();
}

Status EtlTable::next() { return advance(); }

Status EtlTable::advance() {
    CORDON_CHECK(reader_ != nullptr);
    CORDON_TRY(const bool more, reader_->next());
    if (!more) {
        done_ = true;
        block_.reset();
        reader_.reset();
        return {};
    }
    const auto number = parse_whole((*this)[EtlField::kBlock], UINT64_MAX);
    if (!number) return fail(error(EtlField::kBlock, number.error().code, number.error().message));
    if (block_ && *number < *block_)
        return fail(
            error(EtlField::kBlock, ErrorCode::kOrder,
                  format("block {} after block {}: sort the file by block", *number, *block_)));
    block_ = *number;
    return {};
}

std::string_view EtlTable::operator[](EtlField field) const noexcept {
    return reader_ ? (*reader_)[field] : std::string_view{};
}

Error EtlTable::error(EtlField field, ErrorCode code, std::string_view message) const {
    std::string_view column;
    for (const EtlColumn& candidate : etl_columns(kind_))
        if (candidate.field == field) column = candidate.name;
    return {code, format("{}:{}: field {}: {}", file_.name, reader_ ? reader_->line() : 0, column,
                         message)};
}

}  // namespace cordon::chain
