// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <cordon/base/result.hpp>

namespace cordon::engine {

/// case.json of a case folder (examples/README.md).
struct CaseFolder {
    std::string title;
    std::string seeds;  ///< As --seed takes them; empty when the case names none.
    std::optional<std::string> policy;
    std::string notes;                 ///< Plain text about the case.
    std::vector<std::string> sources;  ///< Where the facts come from.
};

/// Reads PATH/case.json. Nothing when there is none; kMalformed with the offset when it is no JSON
/// or a key has the wrong type. "seeds" names the seeds; a case of the evaluation tools has "chain"
/// and "sources" (addresses) instead.
Result<std::optional<CaseFolder>> load_case_folder(const std::string& path);

}  // namespace cordon::engine
