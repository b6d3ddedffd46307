// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "case_folder.hpp"

#include <simdjson.h>
#include <filesystem>

#include <cordon/base/byte_source.hpp>
#include <cordon/base/format.hpp>
#include <cordon/report/text.hpp>

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

/// Names and what is said of them. Anybody writes a case: what is too long or too much is refused,
/// what would hide or turn text is made harmless.
constexpr std::size_t kMostWords = 100;
constexpr std::size_t kLongestWord = 120;  // A contract, a source.
constexpr std::size_t kLongestSaid = 300;  // Two lines beside a number.

Status put_word(report::Words::Said& said, std::string_view key, std::string_view name,
                std::string_view text, const std::string& path) {
    if (name.empty() || name.size() > kLongestWord || said.size() >= kMostWords)
        return fail(ErrorCode::kLimit,
                    format("{}: \"{}\": expected at most {} names of 1 to {} bytes", path, key,
                           kMostWords, kLongestWord));
    std::string clean = report::clean_text(text, kLongestSaid);
    if (!clean.empty()) said.emplace(name, std::move(clean));
    return {};
}

Result<report::Words> words_of(const dom::object& object, const std::string& path) {
    report::Words words;
    const auto wrong = [&](std::string_view key, std::string_view expected) {
        return fail(ErrorCode::kMalformed, format("{}: \"{}\" must be {}", path, key, expected));
    };
    if (const auto field = object.at_key("assets"); field.error() != simdjson::NO_SUCH_FIELD) {
        dom::object assets;
        if (field.get(assets) != simdjson::SUCCESS) return wrong("assets", "an object");
        for (const auto [name, value] : assets) {
            dom::object asset;
            if (value.get(asset) != simdjson::SUCCESS)
                return wrong("assets", "an object of objects");
            CORDON_TRY(const auto about, text_of(asset, "about", path));
            if (about) CORDON_TRY(put_word(words.assets, "assets", name, *about, path));
        }
    }
    if (const auto field = object.at_key("authors"); field.error() != simdjson::NO_SUCH_FIELD) {
        dom::object authors;
        if (field.get(authors) != simdjson::SUCCESS) return wrong("authors", "an object");
        for (const auto [name, value] : authors) {
            std::string_view about;
            if (value.get(about) != simdjson::SUCCESS)
                return wrong("authors", "an object of strings");
            CORDON_TRY(put_word(words.authors, "authors", name, about, path));
        }
    }
    return words;
}

struct CaseFile {
    dom::parser parser;
    simdjson::padded_string text;
    dom::object object;  // Of `parser`.
};

Status read_case_file(const std::string& name, CaseFile& out) {
    CORDON_TRY(const InputFile file, input_file(name));
    CORDON_TRY(const auto stream, file.open());
    CORDON_TRY(const std::vector<uint8_t> bytes, read_all(*stream, kMaxCaseBytes));
    out.text = simdjson::padded_string{reinterpret_cast<const char*>(bytes.data()), bytes.size()};
    if (const auto error = out.parser.parse(out.text).get(out.object); error != simdjson::SUCCESS)
        return fail(ErrorCode::kMalformed,
                    format("{}: expected a JSON object: {}", name, simdjson::error_message(error)));
    return {};
}

}  // namespace

Result<report::Words> load_case_words(const std::string& file) {
    CaseFile read;
    CORDON_TRY(read_case_file(file, read));
    return words_of(read.object, file);
}

Result<std::optional<CaseFolder>> load_case_folder(const std::string& path) {
    namespace fs = std::filesystem;
    std::error_code ignored;
    const std::string name = (fs::path{path} / "case.json").string();
    if (!fs::is_regular_file(name, ignored)) return std::optional<CaseFolder>{};
    CaseFile read;
    CORDON_TRY(read_case_file(name, read));
    const dom::object& object = read.object;

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
    CORDON_TRY(folder.words, words_of(object, name));
    return folder;
}

}  // namespace cordon::engine
