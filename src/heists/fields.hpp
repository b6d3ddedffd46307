// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <cordon/base/format.hpp>
#include <cordon/base/result.hpp>
#include <cordon/chain/lists/yaml.hpp>

namespace cordon::heists {

/// Reads the keys of one YAML map, each at most once; done() refuses what nobody asked for. Every
/// refusal begins with "FILE:LINE: ".
class Fields {
public:
    Fields(std::string file, const chain::YamlNode& node) : file_{std::move(file)}, node_{node} {}

    const std::string& file() const noexcept { return file_; }
    uint64_t line() const noexcept { return node_.line; }
    bool has(std::string_view key) const noexcept { return node_.find(key) != nullptr; }
    const chain::YamlNode* take(std::string_view key) {
        asked_.emplace(key);
        return node_.find(key);
    }
    Status text(std::string_view key, std::string& out, bool needed = false);
    Status texts(std::string_view key, std::vector<std::string>& out);
    Status number(std::string_view key, uint32_t& out, uint32_t min, uint32_t max);
    /// Finite and not negative.
    Status real(std::string_view key, double& out);
    Status flag(std::string_view key, bool& out);
    /// Digits, perhaps with a point: kept as text, since decimals are known later.
    Status quantity(std::string_view key, std::string& out);
    Status quantities(std::string_view key, std::vector<std::pair<std::string, std::string>>& out);
    /// One of the names of a table of pairs; absent: unchanged.
    template <typename Names, typename Value>
    Status choice(std::string_view key, const Names& names, Value& out) {
        std::string word;
        CORDON_TRY(text(key, word));
        return word.empty() ? Status{} : one_of(key, word, names, out);
    }
    template <typename Names, typename Value>
    Status one_of(std::string_view key, std::string_view word, const Names& names, Value& out) {
        std::string known;
        for (const auto& [name, value] : names) {
            if (word == name) {
                out = value;
                return {};
            }
            known += format(" {}", name);
        }
        return fail_at(format("{}: \"{}\" is none of:{}", key, word, known));
    }
    Status done() const;
    tl::unexpected<Error> fail_at(std::string_view what) const;
    tl::unexpected<Error> fail_at(const Error& error) const;

private:
    std::string file_;
    const chain::YamlNode& node_;
    std::set<std::string, std::less<>> asked_;
};

}  // namespace cordon::heists
