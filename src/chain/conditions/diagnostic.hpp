// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <cordon/base/result.hpp>

namespace cordon::chain {

/// Where a piece of a rule stands in its file.
struct Mark {
    uint32_t file = 0;  ///< Which of the texts given.
    uint32_t line = 0;  ///< From 1; 0: about the file as a whole.
    uint32_t column = 0;
    friend bool operator==(const Mark&, const Mark&) = default;
};

/// One problem of a rule file. Problems are told all at once.
struct Diagnostic {
    std::string file;
    uint32_t line = 0, column = 0;
    ErrorCode code{};
    std::string message;    ///< What is wrong.
    std::string hint = {};  ///< What to write instead; may be empty.
    bool warning = false;   ///< The rules are taken all the same.
};

/// "FILE:LINE:COLUMN: error: MESSAGE (HINT) [code]".
std::string to_string(const Diagnostic& diagnostic);

}  // namespace cordon::chain
