// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <array>

#include <cordon/base/format.hpp>

#include "../csv.hpp"
#include "../text.hpp"
#include "list_builder.hpp"

namespace cordon::chain {
namespace {

enum : std::size_t { kAddress, kName, kLabels };

std::vector<std::string_view> split(std::string_view text, char at) {
    std::vector<std::string_view> parts;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find(at), text.size());
        if (end != 0) parts.push_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return parts;
}

Result<Label> label_of(const CsvReader& csv, const ListBuilder& builder) {
    Label label;
    label.chain = builder.options().chain;
    const auto address = parse_address(*label.chain, csv[kAddress]);
    if (!address) return fail(address.error().in("field address"));
    label.address = *address;
    // Many addresses have a group and no name: "airdrop-hunter".
    CORDON_TRY(label.text, list_text(csv[kName].empty() ? csv[kLabels] : csv[kName], "name"));
    if (csv[kLabels].size() > kMaxListText)
        return fail(ErrorCode::kLimit,
                    format("field labels: the text has more than {} bytes", kMaxListText));
    label.detail = csv[kLabels];
    label.category = builder.words().category_of(split(csv[kLabels], '|'));
    return label;
}

}  // namespace

Result<PublishedList> read_explorer_labels(const InputFile& file, const ListOptions& options) {
    if (!options.chain)
        return fail(ErrorCode::kInvalidParam,
                    format("{}: the dump of an explorer does not say its chain: write "
                           "explorer-labels:eth={}",
                           file.name, file.name));
    static constexpr std::array<CsvColumn, 3> kColumns{{{"address"}, {"name"}, {"labels"}}};
    CORDON_TRY(CsvReader csv, CsvReader::open(file));
    CORDON_TRY(csv.select(kColumns, CsvExtra::kRefuse));
    ListBuilder builder{file, options};
    const std::string source = stem_of(file.name);
    const double confidence = builder.words().confidence_of("explorer").value_or(0);
    while (true) {
        CORDON_TRY(const bool more, csv.next());
        if (!more) return std::move(builder.list());
        Result<Label> label = label_of(csv, builder);
        if (!label) {
            CORDON_TRY(builder.bad(csv.line(), label.error()));
            continue;
        }
        label->source = source;
        label->confidence = confidence;
        CORDON_TRY(builder.take(*std::move(label)));
    }
}

}  // namespace cordon::chain
