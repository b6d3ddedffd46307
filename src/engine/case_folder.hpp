// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <cordon/base/result.hpp>
#include <cordon/report/words.hpp>

namespace cordon::engine {

/// case.json of a case folder (docs/formats/case-folder.md).
struct CaseFolder {
    std::string title;
    std::string seeds;  ///< As --seed takes them; empty when the case names none.
    std::optional<std::string> policy;
    std::string notes;                 ///< Plain text about the case.
    std::vector<std::string> sources;  ///< Where the facts come from.
    report::Words words;               ///< What its units are, and who its labels' authors are.
};

/// Reads PATH/case.json. Nothing when there is none; kMalformed with the offset when it is no JSON
/// or a key has the wrong type. "seeds" names the seeds; a case of the evaluation tools has "chain"
/// and "sources" (addresses) instead.
Result<std::optional<CaseFolder>> load_case_folder(const std::string& path);
/// The words of one such file, "assets" and "authors"; what else is in it is left alone.
Result<report::Words> load_case_words(const std::string& file);

}  // namespace cordon::engine
