// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "encoding.hpp"

namespace cordon::server {

/// Names and compressed forms of texts that somebody else keeps and gives again and again (pictures
/// of a trace): made at the first request, by one thread, while others of the same text wait.
/// Thread safety: all calls. Memory: bounded; what was not asked for goes first.
class KeptBodies {
public:
    using Text = std::shared_ptr<const std::string>;
    explicit KeptBodies(std::size_t most_bytes = std::size_t{64} << 20) noexcept
        : most_bytes_{most_bytes} {}

    /// content_name() of the text. REQUIRES: the text is not null; so below.
    std::string name(const Text& text);
    /// Empty where it would not be shorter, or for kNone.
    Text coded(const Text& text, Coding coding);
    /// Of what is kept, without the texts.
    std::size_t bytes() const;

private:
    struct Entry {
        std::weak_ptr<const std::string> text;  // That it is still this one: addresses are reused.
        std::mutex making;
        std::string name;                // What follows: guarded by making.
        std::array<Text, 3> coded = {};  // By Coding; an empty text: tried, and not shorter.
    };
    struct Kept {
        std::shared_ptr<Entry> entry;  // Shared with who makes something of it.
        std::size_t bytes = 0;
        std::list<const std::string*>::iterator use;
    };

    std::shared_ptr<Entry> entry(const Text& text);
    void count(const Text& text, const Entry& entry, std::size_t bytes);
    void forget(std::map<const std::string*, Kept>::iterator at);

    const std::size_t most_bytes_;
    mutable std::mutex mutex_;  // Of what follows.
    std::map<const std::string*, Kept> kept_;
    std::list<const std::string*> used_;  // The last used at the end.
    std::size_t bytes_ = 0;
};

}  // namespace cordon::server
