// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace cordon::report {

/// The style sheet of the case file: screen in light and dark, print as A4 with running header and
/// page numbers. Both texts appear in the page margins and are made harmless for CSS.
std::string case_style(std::string_view title, std::string_view evidence_sha256);

}  // namespace cordon::report
