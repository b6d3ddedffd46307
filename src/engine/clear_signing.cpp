// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "clear_signing.hpp"

#include <filesystem>
#include <vector>

#include <cordon/base/byte_source.hpp>
#include <cordon/base/format.hpp>
#include <cordon/chain/canonical.hpp>

#include "open.hpp"

namespace cordon::engine {
namespace {

// Some twenty times the public registry of 2026.
constexpr std::size_t kMaxRegistry = std::size_t{64} << 20;

}  // namespace

Result<explain::ClearSigning> load_clear_signing(const std::string& path) {
    CORDON_TRY(const std::vector<InputFile> files, files_of(path));
    std::vector<explain::ClearDocument> documents;
    std::size_t left = kMaxRegistry;
    for (const InputFile& file : files) {
        if (!file.name.ends_with(".json")) continue;
        CORDON_TRY(const auto source, file.open());
        const auto bytes = read_all(*source, left);
        if (!bytes) return fail(bytes.error().in(file.name));
        left -= bytes->size();
        const std::filesystem::path relative =
            std::filesystem::path{file.name}.lexically_relative(path);
        documents.push_back({relative == "." ? file.name : relative.generic_string(),
                             std::string{bytes->begin(), bytes->end()}});
    }
    if (documents.empty())
        return fail(ErrorCode::kNotFound,
                    format("{}: no .json file; expected a folder of ERC-7730 descriptors", path));
    return explain::ClearSigning{explain::read_clear_registry(documents)};
}

Result<explain::TokenList> load_tokens(const std::string& path) {
    CORDON_TRY(const InputFile file, input_file(path));
    std::vector<explain::TokenEntry> tokens;
    CORDON_TRY(chain::read_assets(file, [&](AssetInfo info) -> Status {
        if (info.status != AssetStatus::kCounterfeit)
            tokens.push_back({info.chain, info.asset, info.symbol, info.decimals});
        return {};
    }));
    return explain::TokenList{std::move(tokens)};
}

}  // namespace cordon::engine
