// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <cordon/base/byte_source.hpp>
#include <cordon/base/result.hpp>

namespace cordon::chain {

struct YamlPair;

/// A YAML value. Scalars are text, whatever they look like: 0x12 and 2024-05-01 stay as written.
struct YamlNode {
    enum class Kind : uint8_t { kScalar, kList, kMap };
    Kind kind = Kind::kScalar;
    uint64_t line = 0;    ///< Of the file, from 1.
    uint64_t column = 0;  ///< Of its first sign, quotes included; in characters, from 1.
    uint64_t key_line = 0, key_column = 0;  ///< Of its name in the map around it.
    std::string text;
    std::vector<YamlNode> items;  ///< kList.
    std::vector<YamlPair> pairs;  ///< kMap, in the order of the file.

    /// The value of a key; nullptr when it is absent or this is no map.
    const YamlNode* find(std::string_view key) const noexcept;
};

/// A std::pair would ask what its parts can do before YamlNode is complete (Clang refuses that).
struct YamlPair {
    std::string name;
    YamlNode node;
};

/// Where reading stopped.
struct YamlMark {
    uint64_t line = 0, column = 0;
};

/// Reads one YAML document (libyaml). Refused with "NAME:LINE: ...": anchors and aliases (a file of
/// a hundred bytes can unfold to gigabytes), keys that are not text or come twice, several
/// documents, more than 16 levels, 16 M values, 1,024 keys
/// a map, or 256 MiB; text that is not UTF-8.
Result<YamlNode> parse_yaml(const InputFile& file);
/// The same for a text at hand; `stopped` is set when it is refused.
Result<YamlNode> parse_yaml(std::string_view text, std::string_view name,
                            YamlMark* stopped = nullptr);

}  // namespace cordon::chain
