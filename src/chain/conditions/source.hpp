// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "../lists/yaml.hpp"

#include "diagnostic.hpp"

namespace cordon::chain {

/// A piece of a condition as YAML gives it, with the place in the file of each of its bytes: an
/// error inside a condition points at the character, however the text is quoted or folded.
struct SourcePiece {
    std::string text;
    std::vector<Mark> marks;  ///< One for each byte of `text`, and one for its end.
};

/// Where the scalar's bytes stand in `file`, of which `node` was read.
SourcePiece locate(std::string_view file, uint32_t index, const YamlNode& node);

/// Problems as they are found.
class Problems {
public:
    explicit Problems(std::span<const std::string> names) : names_{names} {}

    void error(const Mark& mark, ErrorCode code, std::string message, std::string hint = {});
    void warn(const Mark& mark, ErrorCode code, std::string message, std::string hint = {});
    std::size_t errors() const noexcept { return errors_; }
    /// By file, line and column; nothing twice.
    std::vector<Diagnostic> sorted() const;

private:
    struct Found {
        Mark mark;
        Diagnostic diagnostic;
    };
    void add(const Mark& mark, Diagnostic diagnostic);

    std::span<const std::string> names_;  // Of the files. Lifetime: outlives this.
    std::vector<Found> found_;
    std::size_t errors_ = 0;
};

/// "did you mean NAME?" for the name that differs least; empty when none is near.
std::string nearest(std::string_view wrong, std::span<const std::string_view> names);

}  // namespace cordon::chain
