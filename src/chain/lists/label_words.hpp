// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <cordon/base/byte_source.hpp>
#include <cordon/model/label.hpp>

namespace cordon::chain {

/// What the words of other people's labels mean in ours: rules/label-words.yaml,
/// docs/formats/label-words.md.
class LabelWords {
public:
    /// kMalformed, kDuplicate, ... with file and line.
    static Result<LabelWords> parse(const InputFile& file);
    /// The table that is compiled in.
    static const LabelWords& shipped();

    /// The category of the first rule that has any of the words; kOther for none. Words are
    /// compared without case (A-Z).
    Category category_of(std::span<const std::string_view> words) const;
    /// What a kind of evidence is worth, 0..1; nothing for one that the table does not know.
    std::optional<double> confidence_of(std::string_view kind) const;

private:
    struct Meaning {
        std::size_t rank;  // Of the rule: the lowest wins.
        Category category;
    };
    std::map<std::string, Meaning, std::less<>> words_;
    std::map<std::string, double, std::less<>> confidence_;
};

/// The text of rules/label-words.yaml.
extern const std::string_view kShippedLabelWords;

}  // namespace cordon::chain
