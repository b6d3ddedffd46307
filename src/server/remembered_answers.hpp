// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

namespace cordon::server {

/// The last answer to each question, with the version of what it was made of. Thread safety: all
/// calls. Memory: bounded; what was not asked for goes first.
class RememberedAnswers {
public:
    using Text = std::shared_ptr<const std::string>;
    explicit RememberedAnswers(std::size_t most_bytes = std::size_t{32} << 20) noexcept
        : most_bytes_{most_bytes} {}

    /// Null: not kept, or of another version.
    Text find(std::string_view question, std::string_view version);
    void keep(std::string_view question, std::string_view version, Text text);
    /// Of what is kept.
    std::size_t bytes() const;

private:
    struct Kept {
        std::string version;
        Text text;  // Shared with those who send it.
        std::list<std::string>::iterator use;
    };
    using Place = std::map<std::string, Kept, std::less<>>::iterator;
    static std::size_t size_of(std::string_view question, const Kept& kept) noexcept;
    void forget(Place at);

    const std::size_t most_bytes_;
    mutable std::mutex mutex_;  // Of what follows.
    std::map<std::string, Kept, std::less<>> kept_;
    std::list<std::string> used_;  // The last used at the end.
    std::size_t bytes_ = 0;
};

}  // namespace cordon::server
