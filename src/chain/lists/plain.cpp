// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
// Lists that people keep themselves: addresses, and what they like to add.
#include <array>
#include <charconv>

#include <cordon/base/format.hpp>

#include "../csv.hpp"
#include "../csv_text.hpp"
#include "../evm/line_reader.hpp"
#include "list_builder.hpp"

namespace cordon::chain {
namespace {

constexpr std::string_view kNameless = "listed address";
constexpr std::string_view kBom = "\xef\xbb\xbf";
constexpr std::size_t kHead = 4096;  // A header line is shorter.

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view kBlank = " \t\r";
    const std::size_t first = text.find_first_not_of(kBlank);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

/// True when the first line is a header with an address column.
Result<bool> is_csv(const InputFile& file) {
    CORDON_TRY(const auto stream, file.open());
    std::string head(kHead, '\0');
    CORDON_TRY(const std::size_t got,
               stream->read({reinterpret_cast<uint8_t*>(head.data()), head.size()}));
    std::string_view line = std::string_view{head}.substr(0, got);
    line = line.substr(0, line.find_first_of("\r\n"));
    if (line.starts_with(kBom)) line.remove_prefix(kBom.size());
    while (true) {
        const std::size_t comma = line.find(',');
        std::string_view name = line.substr(0, comma);
        if (name.size() > 1 && name.starts_with('"') && name.ends_with('"'))
            name = name.substr(1, name.size() - 2);
        if (name == "address") return true;
        if (comma == std::string_view::npos) return false;
        line.remove_prefix(comma + 1);
    }
}

/// A row, or why it is none.
Result<Label> label_of(std::string_view address, std::string_view chain, std::string_view text) {
    Placed placed;
    if (chain.empty()) {
        CORDON_TRY(placed, place_address(address));
    } else {
        CORDON_TRY(const ChainId id, parse_chain(chain));
        CORDON_TRY(const auto there, place_in(to_string(id), address));
        if (!there) return fail(ErrorCode::kUnsupported, "a chain without addresses of ours");
        placed = *there;
    }
    Label label;
    label.chain = placed.chain;
    label.address = placed.address;
    label.confidence = 1;
    CORDON_TRY(label.text, list_text(text.empty() ? kNameless : text, "label"));
    return label;
}

Status read_lines(const InputFile& file, const std::string& source, ListBuilder& out) {
    CORDON_TRY(auto stream, file.open());
    LineReader lines{std::move(stream), file.name};
    while (true) {
        CORDON_TRY(const auto line, lines.next());
        if (!line) return {};
        if (find_bad_text(*line)) {
            CORDON_TRY(out.bad(lines.line(), {ErrorCode::kMalformed, "expected UTF-8 text"}));
            continue;
        }
        std::string_view row = *line;
        if (lines.line() == 1 && row.starts_with(kBom)) row.remove_prefix(kBom.size());
        row = trimmed(row);
        if (row.empty() || row.starts_with('#')) continue;
        const std::size_t end = row.find_first_of(" \t,;");
        const std::string_view rest =
            end == std::string_view::npos ? std::string_view{} : trimmed(row.substr(end + 1));
        Result<Label> label = label_of(row.substr(0, end), {}, rest);
        if (!label) {
            CORDON_TRY(out.bad(lines.line(), label.error()));
            continue;
        }
        label->source = source;
        CORDON_TRY(out.take(*std::move(label)));
    }
}

Status read_csv(const InputFile& file, const std::string& source, ListBuilder& out) {
    enum : std::size_t { kAddress, kLabel, kCategory, kSource, kConfidence, kChain };
    static constexpr std::array<CsvColumn, 6> kColumns{{{"address"},
                                                        {"label", false},
                                                        {"category", false},
                                                        {"source", false},
                                                        {"confidence", false},
                                                        {"chain", false}}};
    CORDON_TRY(CsvReader csv, CsvReader::open(file));
    CORDON_TRY(csv.select(kColumns, CsvExtra::kIgnore));
    const auto row = [&]() -> Result<Label> {
        CORDON_TRY(Label label, label_of(csv[kAddress], csv[kChain], csv[kLabel]));
        if (!csv[kCategory].empty()) {
            CORDON_TRY(label.category, parse_category(csv[kCategory]));
        }
        label.source = csv[kSource].empty() ? source : std::string{csv[kSource]};
        const std::string_view sure = csv[kConfidence];
        if (sure.empty()) return label;
        const auto [end, error] =
            std::from_chars(sure.data(), sure.data() + sure.size(), label.confidence);
        if (error != std::errc{} || end != sure.data() + sure.size() ||
            !(label.confidence >= 0 && label.confidence <= 1))
            return fail(ErrorCode::kMalformed, "field confidence: expected a number from 0 to 1");
        return label;
    };
    while (true) {
        CORDON_TRY(const bool more, csv.next());
        if (!more) return {};
        Result<Label> label = row();
        if (!label)
            CORDON_TRY(out.bad(csv.line(), label.error()));
        else
            CORDON_TRY(out.take(*std::move(label)));
    }
}

}  // namespace

Result<PublishedList> read_plain_list(const InputFile& file, const ListOptions& options) {
    ListBuilder out{file, options};
    const std::string source = stem_of(file.name);
    CORDON_TRY(const bool with_columns, is_csv(file));
    CORDON_TRY(with_columns ? read_csv(file, source, out) : read_lines(file, source, out));
    out.list().as_of = options.as_of;
    return std::move(out.list());
}

}  // namespace cordon::chain
