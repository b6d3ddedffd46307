// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "label_source.hpp"

#include <algorithm>
#include <filesystem>

#include <cordon/base/format.hpp>

#include "digest.hpp"

namespace cordon::engine {
namespace {

namespace fs = std::filesystem;

// Of each kind of remark about a list: the rest is in the machine output.
constexpr std::size_t kShown = 20;

std::string list_name(const Source& source) {
    const std::string stem = chain::stem_of(source.path);
    // One list whatever form it comes in, so that a newer file replaces the older one.
    if (source.schema == Schema::kOfac)
        return stem.starts_with("cons") ? "ofac-nonsdn" : "ofac-sdn";
    return format("{}:{}", to_string(source.schema), stem);
}

Result<chain::PublishedList> read(const Source& source, const InputFile& file,
                                  const chain::ListOptions& options) {
    switch (source.schema) {
        case Schema::kExplorerLabels: return chain::read_explorer_labels(file, options);
        case Schema::kTagPack: return chain::read_tagpack(file, options);
        case Schema::kTagTable: return chain::read_tag_table(file, options);
        default: break;
    }
    std::optional<InputFile> comments;
    if (const auto path = comments_beside(source)) {
        CORDON_TRY(comments, input_file(*path));
    }
    return chain::read_ofac(file, comments, options);
}

void add_first(std::vector<std::string>& out, std::span<const std::string> all, uint64_t count,
               std::string_view what) {
    for (const std::string& each : all.first(std::min(kShown, all.size()))) out.push_back(each);
    if (count > kShown) out.push_back(format("+ {} more {}: --format json", count - kShown, what));
}

}  // namespace

bool is_label_list(Schema schema) noexcept {
    return schema == Schema::kExplorerLabels || schema == Schema::kTagPack ||
           schema == Schema::kTagTable || schema == Schema::kOfac;
}

std::optional<std::string> comments_beside(const Source& source) {
    const fs::path path{source.path};
    std::string name = path.filename().string();
    if (source.schema != Schema::kOfac) return std::nullopt;
    // sdn.csv and sdn_comments.csv; cons_prim.csv and cons_comments.csv.
    for (const auto& [main, rest] : {std::pair{"sdn.csv", "sdn_comments.csv"},
                                     std::pair{"cons_prim.csv", "cons_comments.csv"}}) {
        if (!name.starts_with(main)) continue;
        name.replace(0, std::string_view{main}.size(), rest);
        const fs::path beside = path.parent_path() / name;
        std::error_code ignored;
        if (fs::exists(beside, ignored)) return beside.string();
    }
    return std::nullopt;
}

Result<ReadList> read_label_list(const Source& source, std::optional<ChainId> chain,
                                 const ListSettings& settings) {
    if (source.path == "-")
        return fail(ErrorCode::kUnsupported,
                    format("{}:-: a list is kept with the digest of its file; give a file",
                           to_string(source.schema)));
    CORDON_TRY(const InputFile file, input_file(source.path));
    ReadList out;
    CORDON_TRY(out.published, read(source, file,
                                   {.chain = source.chain ? source.chain : chain,
                                    .as_of = settings.as_of,
                                    .skip_bad = settings.skip_bad}));
    const chain::PublishedList& published = out.published;
    if (published.taken == 0 && published.bad != 0)
        return fail(ErrorCode::kMalformed,
                    format("{}: none of its {} rows is good; is it {}:? The first: {}", source.path,
                           published.rows, to_string(source.schema), published.bad_rows.front()));
    for (const Label& label : published.labels) ++out.categories[label.category];
    out.list.name = settings.name.empty() ? list_name(source) : settings.name;
    out.list.schema = to_string(source.schema);
    out.list.as_of = published.as_of ? published.as_of : settings.as_of;
    CORDON_TRY(out.list.sha256, file_sha256(source.path));
    return out;
}

std::vector<std::string> warnings_of(const ReadList& read) {
    const chain::PublishedList& published = read.published;
    std::vector<std::string> out;
    add_first(out, published.bad_rows, published.bad, "bad rows");
    if (published.bad != 0)
        out.push_back(format("{}: {} bad rows were left out", read.list.name, published.bad));
    if (!published.unsupported.empty()) {
        std::string kinds;
        uint64_t sum = 0;
        for (const auto& [currency, count] : published.unsupported) {
            kinds += format("{}{} {}", kinds.empty() ? "" : ", ", currency, count);
            sum += count;
        }
        out.push_back(format("{}: {} addresses of chains that Cordon does not read: {}",
                             read.list.name, sum, kinds));
    }
    add_first(out, published.notes, published.notes.size(), "notes");
    if (!read.list.as_of && read.list.schema == to_string(Schema::kOfac))
        out.push_back(format("{}: this form has no date; say of when it is with --as-of TIME",
                             read.list.name));
    return out;
}

std::vector<std::string> warnings_of(const records::LabelList& list,
                                     const records::ListChange& change) {
    std::vector<std::string> out;
    if (!change.before) return out;
    if (change.before->as_of && list.as_of && *list.as_of < *change.before->as_of)
        out.push_back(format("{}: this version is of {}, older than the one that it replaced ({})",
                             list.name, format_rfc3339(*list.as_of),
                             format_rfc3339(*change.before->as_of)));
    const uint64_t known = change.went + change.changed + change.same;
    if (change.went > known / 2)
        out.push_back(format("{}: {} of {} addresses are no longer named; is the file whole?",
                             list.name, change.went, known));
    return out;
}

}  // namespace cordon::engine
