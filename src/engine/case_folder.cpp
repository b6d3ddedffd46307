// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "case_folder.hpp"

#include <simdjson.h>
#include <filesystem>

#include <cordon/base/byte_source.hpp>
#include <cordon/base/format.hpp>

namespace cordon::engine {
namespace {

namespace dom = simdjson::dom;

// A case.json is written by a person; more than this is another file.
constexpr std::size_t kMaxCaseBytes = 1U << 20;

Result<std::optional<std::string>> text_of(const dom::object& object, std::string_view key,
                                           const std::string& path) {
    const auto field = object.at_key(key);
    if (field.error() == simdjson::NO_SUCH_FIELD) return std::optional<std::string>{};
    std::string_view value;
    if (field.get(value) != simdjson::SUCCESS)
        return fail(ErrorCode::kMalformed, format("{}: \"{}\" must be a string", path, key));
    return std::optional{std::string{value}};
}

Result<std::vector<std::string>> texts_of(const dom::object& object, std::string_view key,
                                          const std::string& path) {
    std::vector<std::string> texts;
    const auto field = object.at_key(key);
    if (field.error() == simdjson::NO_SUCH_FIELD) return texts;
    dom::array items;
    if (field.get(items) != simdjson::SUCCESS)
        return fail(ErrorCode::kMalformed,
                    format("{}: \"{}\" must be a list of strings", path, key));
    for (const dom::element item : items) {
        std::string_view value;
        if (item.get(value) != simdjson::SUCCESS)
            return fail(ErrorCode::kMalformed,
                        format("{}: \"{}\" must be a list of strings", path, key));
        texts.emplace_back(value);
    }
    return texts;
}

std::string join(const std::vector<std::string>& seeds, std::string_view prefix) {
    std::string joined;
    for (const std::string& seed : seeds) {
        if (!joined.empty()) joined += ',';
        joined += prefix;
        joined += seed;
    }
    return joined;
}

}  // namespace

Result<std::optional<CaseFolder>> load_case_folder(const std::string& path) {
    namespace fs = std::filesystem;
    std::error_code ignored;
    const std::string name = (fs::path{path} / "case.json").string();
    if (!fs::is_regular_file(name, ignored)) return std::optional<CaseFolder>{};
    CORDON_TRY(const InputFile file, input_file(name));
    CORDON_TRY(const auto stream, file.open());
    CORDON_TRY(const std::vector<uint8_t> bytes, read_all(*stream, kMaxCaseBytes));

    dom::parser parser;
    dom::object object;
    const simdjson::padded_string text{reinterpret_cast<const char*>(bytes.data()), bytes.size()};
    if (const auto error = parser.parse(text).get(object); error != simdjson::SUCCESS)
        return fail(ErrorCode::kMalformed,
                    format("{}: expected a JSON object: {}", name, simdjson::error_message(error)));

    CaseFolder folder;
    CORDON_TRY(const auto title, text_of(object, "title", name));
    CORDON_TRY(const auto case_name, text_of(object, "case", name));
    folder.title =
        title.value_or(case_name.value_or(fs::path{path}.lexically_normal().filename().string()));
    CORDON_TRY(folder.policy, text_of(object, "policy", name));
    CORDON_TRY(const auto notes, text_of(object, "notes", name));
    folder.notes = notes.value_or("");
    CORDON_TRY(const auto seeds, texts_of(object, "seeds", name));
    CORDON_TRY(const auto sources, texts_of(object, "sources", name));
    CORDON_TRY(const auto chain, text_of(object, "chain", name));
    if (!seeds.empty()) {
        folder.seeds = join(seeds, "");
        folder.sources = sources;
    } else if (chain) {
        folder.seeds = join(sources, *chain + ":");
    }
    return folder;
}

}  // namespace cordon::engine
