// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace cordon::report {

/// The style sheet of case file and letters: screen in light and dark, print as A4 with running
/// header and page numbers. The texts appear in the page margins and are made harmless for CSS:
/// `title` at the left, `kind` at the right, the digest (empty: said that there is none) below.
std::string case_style(std::string_view title, std::string_view evidence_sha256,
                       std::string_view kind = "Case file");

}  // namespace cordon::report
