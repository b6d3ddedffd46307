// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "source.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <optional>
#include <utility>

#include <cordon/base/byte_source.hpp>
#include <cordon/base/format.hpp>

namespace cordon::engine {
namespace {

namespace fs = std::filesystem;

constexpr std::array<std::pair<std::string_view, Schema>, 12> kSchemas{{
    {"transfers", Schema::kTransfers},
    {"labels", Schema::kLabels},
    {"assets", Schema::kAssets},
    {"prices", Schema::kPrices},
    {"wallets", Schema::kWallets},
    {"btc-blocks", Schema::kBtcBlocks},
    {"btc-txs", Schema::kBtcTxs},
    {"evm-etl", Schema::kEvmEtl},
    {"explorer-labels", Schema::kExplorerLabels},
    {"tagpack", Schema::kTagPack},
    {"tag-table", Schema::kTagTable},
    {"ofac", Schema::kOfac},
}};

// Side files first: they are checked before the long work starts.
constexpr std::array<std::pair<std::string_view, Schema>, 6> kCanonicalNames{{
    {"labels.csv", Schema::kLabels},
    {"assets.csv", Schema::kAssets},
    {"prices.csv", Schema::kPrices},
    {"wallets.csv", Schema::kWallets},
    {"transfers.csv", Schema::kTransfers},
    {"btc-txs.jsonl", Schema::kBtcTxs},
}};

std::string without_compression(std::string name) {
    for (const std::string_view suffix : {".gz", ".zst", ".xz", ".bz2"})
        if (name.ends_with(suffix)) return name.substr(0, name.size() - suffix.size());
    return name;
}

std::string schema_names() {
    std::string names;
    for (const auto& [name, schema] : kSchemas) names += format(" {}:", name);
    return names;
}

/// The first bytes of a file, decompressed. Empty when it cannot be read: detection goes on,
/// reading will say why.
std::string head(const std::string& path) {
    const auto file = input_file(path);
    if (!file) return {};
    const auto stream = file->open();
    if (!stream) return {};
    std::string bytes(4096, '\0');
    std::size_t filled = 0;
    while (filled < bytes.size()) {
        const auto got = (*stream)->read(
            {reinterpret_cast<uint8_t*>(bytes.data()) + filled, bytes.size() - filled});
        if (!got || *got == 0) break;
        filled += *got;
    }
    bytes.resize(filled);
    return bytes;
}

bool looks_like_hex_txn(std::string_view text) {
    const std::size_t end = std::min(text.find_first_of("\r\n"), text.size());
    if (end < 20) return false;
    return std::all_of(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(end),
                       [](unsigned char c) { return std::isxdigit(c) != 0; });
}

bool looks_like_block(std::string_view text) {
    constexpr std::array<std::string_view, 5> kMagic{"\xf9\xbe\xb4\xd9", "\x0b\x11\x09\x07",
                                                     "\x1c\x16\x3f\x28", "\x0a\x03\xcf\x40",
                                                     "\xfa\xbf\xb5\xda"};
    for (const std::string_view magic : kMagic)
        if (text.starts_with(magic)) return true;
    // A header: version below 2^30 in little-endian, and a nonzero merkle root.
    return text.size() >= 81 && (static_cast<uint8_t>(text[3]) & 0xC0) == 0 &&
           text.find('\0') != std::string_view::npos;
}

bool looks_like_etl(std::string_view text) {
    const std::string_view line = text.substr(0, text.find('\n'));
    if (line.starts_with("{")) return line.find("\"block_number\"") != std::string_view::npos;
    return line.find("block_number") != std::string_view::npos &&
           line.find(',') != std::string_view::npos;
}

std::optional<Schema> detect_file(const std::string& path) {
    const std::string name = without_compression(fs::path{path}.filename().string());
    for (const auto& [known, schema] : kCanonicalNames)
        if (name == known) return schema;
    const std::string text = head(path);
    const std::string_view line = std::string_view{text}.substr(0, text.find_first_of("\r\n"));
    if (line.find("chain") != std::string_view::npos &&
        line.find("from") != std::string_view::npos &&
        line.find("amount") != std::string_view::npos && line.find(',') != std::string_view::npos)
        return Schema::kTransfers;
    if (line.starts_with("{") && line.find("\"txid\"") != std::string_view::npos)
        return Schema::kBtcTxs;
    if (looks_like_hex_txn(text)) return Schema::kBtcTxs;
    if (looks_like_etl(text)) return Schema::kEvmEtl;
    if (looks_like_block(text)) return Schema::kBtcBlocks;
    return std::nullopt;
}

/// The TagPacks of a folder; by GraphSense's convention actor packs are *.actorpack.yaml.
Result<std::vector<Source>> tagpacks_in(const std::string& folder) {
    CORDON_TRY(const auto files, input_files(folder));
    std::vector<Source> found;
    for (const InputFile& file : files) {
        const std::string name = without_compression(file.name);
        if ((name.ends_with(".yaml") || name.ends_with(".yml")) &&
            name.find(".actorpack.") == std::string::npos)
            found.push_back({Schema::kTagPack, file.name, {}});
    }
    if (found.empty())
        return fail(ErrorCode::kNotFound, format("{}: no TagPack (*.yaml) in it", folder));
    return found;
}

/// What follows "SCHEMA:".
Result<std::vector<Source>> named_source(Schema schema, std::string_view rest) {
    Source source{schema, std::string{rest}, {}};
    const std::size_t equals = rest.find('=');
    if (schema == Schema::kExplorerLabels && equals != std::string_view::npos) {
        if (const auto chain = parse_chain(rest.substr(0, equals))) {
            source.chain = *chain;
            source.path = rest.substr(equals + 1);
        }
    }
    std::error_code ignored;
    if (schema == Schema::kTagPack && fs::is_directory(source.path, ignored))
        return tagpacks_in(source.path);
    return std::vector{std::move(source)};
}

}  // namespace

std::string_view to_string(Schema schema) noexcept {
    for (const auto& [name, known] : kSchemas)
        if (known == schema) return name;
    return "transfers";
}

Result<std::vector<Source>> parse_source(std::string_view text) {
    for (const auto& [name, schema] : kSchemas)
        if (text.size() > name.size() && text.starts_with(name) && text[name.size()] == ':')
            return named_source(schema, text.substr(name.size() + 1));
    std::error_code ignored;
    const std::string path{text};
    if (path == "-")
        return fail(ErrorCode::kMalformed, "standard input needs its schema, e.g. transfers:-");
    if (!fs::exists(path, ignored)) {
        const auto colon = text.find(':');
        if (colon != std::string_view::npos &&
            text.substr(0, colon).find('/') == std::string_view::npos)
            return fail(ErrorCode::kMalformed, format("unknown schema \"{}\": expected one of{}",
                                                      text.substr(0, colon), schema_names()));
        return fail(ErrorCode::kNotFound, format("{}: no such file or folder", path));
    }
    return detect_sources(path);
}

Result<std::vector<Source>> detect_sources(const std::string& path) {
    std::error_code ignored;
    if (!fs::exists(path, ignored))
        return fail(ErrorCode::kNotFound, format("{}: no such file or folder", path));
    std::vector<Source> found;
    if (!fs::is_directory(path, ignored)) {
        if (const auto schema = detect_file(path)) found.push_back({*schema, path, {}});
    } else {
        CORDON_TRY(const auto files, input_files(path));
        const fs::path folder = (fs::path{path} / "x").lexically_normal().parent_path();
        for (const auto& [canonical, schema] : kCanonicalNames)
            for (const InputFile& file : files) {
                const fs::path name = fs::path{file.name}.lexically_normal();
                if (without_compression(name.filename().string()) == canonical &&
                    name.parent_path() == folder)
                    found.push_back({schema, file.name, {}});
            }
        const bool has_value = std::any_of(found.begin(), found.end(), [](const Source& source) {
            return source.schema == Schema::kTransfers || source.schema == Schema::kBtcTxs;
        });
        if (!has_value) {
            // A folder of one kind of chain data: the schema that most of its files show.
            std::array<std::size_t, kSchemas.size()> votes{};
            for (const InputFile& file : files)
                if (const auto schema = detect_file(file.name))
                    ++votes[static_cast<std::size_t>(*schema)];
            Schema best = Schema::kBtcBlocks;
            for (const Schema schema : {Schema::kBtcTxs, Schema::kEvmEtl})
                if (votes[static_cast<std::size_t>(schema)] > votes[static_cast<std::size_t>(best)])
                    best = schema;
            if (votes[static_cast<std::size_t>(best)] != 0) found.push_back({best, path, {}});
        }
    }
    if (found.empty())
        return fail(
            ErrorCode::kUnsupported,
            format("{}: nothing here that can be read: looked for transfers.csv, labels.csv, "
                   "assets.csv, "
                   "prices.csv, wallets.csv, btc-txs.jsonl (also .gz, .zst, .xz, .bz2), raw "
                   "Bitcoin blocks, raw "
                   "txns in hex and ethereum-etl exports; name the schema yourself with one of{}",
                   path, schema_names()));
    return found;
}

}  // namespace cordon::engine
