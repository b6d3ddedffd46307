// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "rule_files.hpp"

#include <filesystem>

#include <cordon/base/byte_source.hpp>
#include <cordon/detect/config_file.hpp>

namespace cordon::engine {
namespace {

constexpr std::size_t kMaxFile = std::size_t{64} << 20;

Status add(std::vector<detect::RuleText>& all, const std::string& path) {
    CORDON_TRY(const InputFile file, input_file(path));
    CORDON_TRY(const auto source, file.open());
    CORDON_TRY(const auto bytes, read_all(*source, kMaxFile));
    all.push_back({path, {bytes.begin(), bytes.end()}});
    return {};
}

}  // namespace

Result<std::vector<detect::RuleText>> read_rule_files(const std::vector<std::string>& paths) {
    std::vector<detect::RuleText> all = detect::shipped_rules();
    for (const std::string& path : paths) {
        std::error_code ignored;  // What is no directory is told when it is opened.
        if (!std::filesystem::is_directory(path, ignored)) {
            CORDON_TRY(add(all, path));
            continue;
        }
        CORDON_TRY(const auto files, input_files(path));
        for (const InputFile& file : files)
            if (file.name.ends_with(".yaml") || file.name.ends_with(".yml"))
                CORDON_TRY(add(all, file.name));
    }
    return all;
}

Result<detect::CompiledRules> compile_rule_files(const std::vector<std::string>& paths,
                                                 const std::string& config) {
    CORDON_TRY(const auto texts, read_rule_files(paths));
    if (config.empty()) return detect::compile_rules(texts);
    CORDON_TRY(const InputFile file, input_file(config));
    CORDON_TRY(const detect::WatchConfig known, detect::parse_watch_config(file));
    return detect::compile_rules(texts, &known);
}

Error as_error(const std::vector<chain::Diagnostic>& diagnostics) {
    Error error{ErrorCode::kMalformed, {}};
    for (const chain::Diagnostic& one : diagnostics) {
        if (one.warning) continue;
        error.message += (error.message.empty() ? "" : "\n") + to_string(one);
    }
    return error;
}

}  // namespace cordon::engine
