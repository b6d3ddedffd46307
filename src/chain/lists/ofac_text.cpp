// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
// The forms that are lines: the legacy CSV of OFAC, and tables that others made of the addresses.
#include <array>

#include <cordon/base/format.hpp>

#include "../csv.hpp"
#include "../csv_text.hpp"
#include "ofac.hpp"

namespace cordon::chain {
namespace {

// OFAC's data specification: a remark goes on in the comments file where it is cut, at 1,000
// characters.
constexpr std::size_t kCutRemark = 1000;
constexpr std::string_view kNull = "-0- ";
constexpr char kCtrlZ = '\x1a';  // OFAC ends its files with it.

/// The text of a legacy file: without the final Ctrl-Z, and in UTF-8. OFAC writes ASCII today and
/// Latin-1 in older files: bytes that are no UTF-8 are read as that.
std::string legacy_text(ByteView bytes) {
    std::string_view text{reinterpret_cast<const char*>(bytes.data()), bytes.size()};
    if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
    while (text.ends_with(kCtrlZ)) text.remove_suffix(1);
    if (!find_bad_text(text)) return std::string{text};
    std::string out;
    out.reserve(text.size() + text.size() / 8);
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 0x80) {
            out += c;
            continue;
        }
        out += static_cast<char>(0xc0 | (byte >> 6));
        out += static_cast<char>(0x80 | (byte & 0x3f));
    }
    return out;
}

InputFile text_file(const std::string& name, const std::string& text) {
    return memory_file(name, {reinterpret_cast<const uint8_t*>(text.data()), text.size()});
}

/// The rest of long remarks, by the number of the party.
Result<std::map<std::string, std::string>> read_comments(const InputFile& file) {
    constexpr std::size_t kMaxComments = std::size_t{64} << 20;
    CORDON_TRY(const auto stream, file.open());
    CORDON_TRY(const auto bytes, read_all(*stream, kMaxComments));
    const std::string text = legacy_text(bytes);
    static constexpr std::array<std::string_view, 2> kNames{"ent_num", "remarks_extended"};
    static constexpr std::array<CsvColumn, 2> kColumns{{{"ent_num"}, {"remarks_extended"}}};
    CORDON_TRY(CsvReader csv, CsvReader::open_bare(text_file(file.name, text), kNames));
    CORDON_TRY(csv.select(kColumns, CsvExtra::kRefuse));
    std::map<std::string, std::string> rest;
    while (true) {
        CORDON_TRY(const bool more, csv.next());
        if (!more) return rest;
        rest[std::string{csv[0]}] += csv[1];
    }
}

/// "A] [B] [C" as "A, B, C".
std::string programs_of(std::string_view field) {
    constexpr std::string_view kBetween = "] [";
    std::string out;
    while (true) {
        const std::size_t at = field.find(kBetween);
        out += field.substr(0, at);
        if (at == std::string_view::npos) return out;
        out += ", ";
        field.remove_prefix(at + kBetween.size());
    }
}

std::string_view trimmed(std::string_view text) {
    while (text.starts_with(' ')) text.remove_prefix(1);
    while (text.ends_with(' ') || text.ends_with('.')) text.remove_suffix(1);
    return text;
}

/// Every "Digital Currency Address - XBT 1abc…" of a remark.
Status add_remark(OfacBuilder& out, uint64_t line, OfacEntry party, std::string_view remark) {
    while (true) {
        const std::size_t at = remark.find(kOfacAddress);
        if (at == std::string_view::npos) return {};
        remark.remove_prefix(at + kOfacAddress.size());
        const std::string_view entry = trimmed(remark.substr(0, remark.find(';')));
        const std::size_t blank = entry.find(' ');
        if (blank == std::string_view::npos) {
            CORDON_TRY(out.bad(
                line, {ErrorCode::kMalformed, format("\"{}{}\": expected a currency and an address",
                                                     kOfacAddress, entry.substr(0, 40))}));
            continue;
        }
        party.currency = entry.substr(0, blank);
        party.address = trimmed(entry.substr(blank));
        CORDON_TRY(out.add(line, party));
    }
}

}  // namespace

Status read_ofac_csv(const InputFile& file, ByteView bytes,
                     const std::optional<InputFile>& comments, OfacBuilder& out) {
    std::map<std::string, std::string> rest;
    if (comments) {
        CORDON_TRY(rest, read_comments(*comments));
    }
    static constexpr std::array<std::string_view, 12> kNames{
        "ent_num",   "SDN_Name", "SDN_Type", "Program",   "Title",      "Call_Sign",
        "Vess_type", "Tonnage",  "GRT",      "Vess_flag", "Vess_owner", "Remarks"};
    enum : std::size_t { kUid, kName, kProgram, kRemarks };
    static constexpr std::array<CsvColumn, 4> kColumns{
        {{"ent_num"}, {"SDN_Name"}, {"Program"}, {"Remarks"}}};
    const std::string text = legacy_text(bytes);
    CORDON_TRY(CsvReader csv, CsvReader::open_bare(text_file(file.name, text), kNames));
    CORDON_TRY(csv.select(kColumns, CsvExtra::kIgnore));
    while (true) {
        CORDON_TRY(const bool more, csv.next());
        if (!more) return {};
        if (csv[kRemarks] == kNull) continue;
        std::string remark{csv[kRemarks]};
        const std::string uid{csv[kUid]};
        if (const auto more_of_it = rest.find(uid); more_of_it != rest.end())
            remark += more_of_it->second;
        else if (remark.size() >= kCutRemark && !remark.ends_with('.'))
            CORDON_TRY(out.bad(
                csv.line(),
                {ErrorCode::kTruncated,
                 format("the remark of {} is cut at {} characters and goes on in the comments "
                        "file (sdn_comments.csv, cons_comments.csv): put it beside this file, "
                        "addresses would be missed without it",
                        uid, kCutRemark)}));
        const std::string programs =
            csv[kProgram] == kNull ? std::string{} : programs_of(csv[kProgram]);
        CORDON_TRY(add_remark(
            out, csv.line(),
            {.uid = uid, .name = csv[kName], .programs = programs, .currency = {}, .address = {}},
            remark));
    }
}

Status read_ofac_table(const InputFile& file, std::string_view text, OfacBuilder& out) {
    const auto refuse = [&](uint64_t line, std::string_view what) {
        return fail(ErrorCode::kMalformed, format("{}:{}: {}", file.name, line, what));
    };
    if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
    if (text.empty()) return refuse(1, "the file is empty, expected a list of OFAC");
    constexpr std::string_view kHeader = "asset\taddress";
    bool with_currency = false;
    uint64_t line = 0;
    while (!text.empty()) {
        std::string_view row = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(row.size() + 1, text.size()));
        ++line;
        if (row.ends_with('\r')) row.remove_suffix(1);
        if (find_bad_text(row)) return refuse(line, "expected UTF-8 text");
        if (line == 1 && row == kHeader) {
            with_currency = true;
            continue;
        }
        const std::size_t tab = row.find('\t');
        if ((tab != std::string_view::npos) != with_currency || row.empty())
            return refuse(line,
                          "this is no list of OFAC that is known: expected sdn.xml, "
                          "sdn_advanced.xml, the CSV whose lines begin with a number, a "
                          "table asset<TAB>address, or one address a line");
        CORDON_TRY(
            out.add(line, {.uid = {},
                           .name = {},
                           .programs = {},
                           .currency = with_currency ? row.substr(0, tab) : std::string_view{},
                           .address = with_currency ? row.substr(tab + 1) : row}));
    }
    return {};
}

}  // namespace cordon::chain
