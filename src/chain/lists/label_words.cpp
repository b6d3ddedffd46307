// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "label_words.hpp"

#include <charconv>

#include <cordon/base/check.hpp>
#include <cordon/base/format.hpp>

#include "yaml.hpp"

namespace cordon::chain {
namespace {

std::string lower(std::string_view text) {
    std::string out{text};
    for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    return out;
}

Error at(const InputFile& file, const YamlNode& node, ErrorCode code, std::string_view message) {
    return {code, format("{}:{}: {}", file.name, node.line, message)};
}

Result<double> share_of(const InputFile& file, const YamlNode& node) {
    double value = -1;
    const char* const end = node.text.data() + node.text.size();
    const auto [stop, error] = std::from_chars(node.text.data(), end, value);
    if (error != std::errc{} || stop != end || !(value >= 0 && value <= 1))
        return fail(at(file, node, ErrorCode::kMalformed, "expected a number from 0 to 1"));
    return value;
}

}  // namespace

Result<LabelWords> LabelWords::parse(const InputFile& file) {
    CORDON_TRY(const YamlNode root, parse_yaml(file));
    const YamlNode* const version = root.find("version");
    if (version == nullptr || version->text != "1")
        return fail(at(file, root, ErrorCode::kUnsupported, "expected \"version: 1\""));
    LabelWords words;
    for (const auto& [section, node] : root.pairs) {
        if (section == "version") continue;
        if (section == "confidence" && node.kind == YamlNode::Kind::kMap) {
            for (const auto& [kind, value] : node.pairs) {
                CORDON_TRY(words.confidence_[kind], share_of(file, value));
            }
        } else if (section == "categories" && node.kind == YamlNode::Kind::kMap) {
            for (const auto& [name, list] : node.pairs) {
                const Result<Category> category = parse_category(name);
                if (!category)
                    return fail(at(file, list, category.error().code, category.error().message));
                const std::size_t rank = words.words_.size();
                for (const YamlNode& word : list.items)
                    if (!words.words_.try_emplace(lower(word.text), Meaning{rank, *category})
                             .second)
                        return fail(at(file, word, ErrorCode::kDuplicate,
                                       format("the word \"{}\" comes twice",
                                              std::string_view{word.text}.substr(0, 64))));
            }
        } else {
            return fail(at(file, node, ErrorCode::kMalformed,
                           format("unknown section \"{}\", expected version, confidence and "
                                  "categories",
                                  std::string_view{section}.substr(0, 64))));
        }
    }
    return words;
}

const LabelWords& LabelWords::shipped() {
    static const LabelWords kWords = [] {
        const auto* const bytes = reinterpret_cast<const uint8_t*>(kShippedLabelWords.data());
        auto words = parse(memory_file("label-words.yaml", {bytes, kShippedLabelWords.size()}));
        // Ours, and read by a test: it cannot be wrong in a program that was built.
        CORDON_CHECK(words.has_value());
        return *std::move(words);
    }();
    return kWords;
}

Category LabelWords::category_of(std::span<const std::string_view> words) const {
    const Meaning* best = nullptr;
    for (const std::string_view word : words) {
        const auto found = words_.find(lower(word));
        if (found != words_.end() && (best == nullptr || found->second.rank < best->rank))
            best = &found->second;
    }
    return best == nullptr ? Category::kOther : best->category;
}

std::optional<double> LabelWords::confidence_of(std::string_view kind) const {
    const auto found = confidence_.find(kind);
    return found == confidence_.end() ? std::nullopt : std::optional{found->second};
}

}  // namespace cordon::chain
