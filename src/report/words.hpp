// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <string_view>

namespace cordon::report {

/// What a case says of its own names: what its units are, and who the authors of its labels are
/// (docs/formats/case-folder.md). Statements of whoever made the case: shown beside the name, as
/// such. Each is one harmless line.
struct Words {
    using Said = std::map<std::string, std::string, std::less<>>;
    Said assets;   ///< By the asset as transfers write it: "USDEQ", "native", "0x2aa1…".
    Said authors;  ///< By the source as labels write it.

    bool empty() const noexcept { return assets.empty() && authors.empty(); }
    /// Empty: nothing is said of it.
    static std::string_view of(const Said& said, std::string_view name) {
        const auto found = said.find(name);
        return found == said.end() ? std::string_view{} : std::string_view{found->second};
    }
};

}  // namespace cordon::report
