// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "remembered_answers.hpp"

#include <utility>

namespace cordon::server {

std::size_t RememberedAnswers::size_of(std::string_view question, const Kept& kept) noexcept {
    constexpr std::size_t kOfEntry = 256;  // Of map and list, so that many small ones count too.
    return kOfEntry + 2 * question.size() + kept.version.size() + kept.text->size();
}

RememberedAnswers::Text RememberedAnswers::find(std::string_view question,
                                                std::string_view version) {
    const std::scoped_lock lock{mutex_};
    const auto at = kept_.find(question);
    if (at == kept_.end() || at->second.version != version) return nullptr;
    used_.splice(used_.end(), used_, at->second.use);
    return at->second.text;
}

void RememberedAnswers::keep(std::string_view question, std::string_view version, Text text) {
    const std::scoped_lock lock{mutex_};
    if (const auto before = kept_.find(question); before != kept_.end()) forget(before);
    const auto use = used_.insert(used_.end(), std::string{question});
    const auto at =
        kept_.emplace(std::string{question}, Kept{std::string{version}, std::move(text), use})
            .first;
    bytes_ += size_of(question, at->second);
    while (bytes_ > most_bytes_) forget(kept_.find(used_.front()));
}

void RememberedAnswers::forget(Place at) {
    bytes_ -= size_of(at->first, at->second);
    used_.erase(at->second.use);
    kept_.erase(at);
}

std::size_t RememberedAnswers::bytes() const {
    const std::scoped_lock lock{mutex_};
    return bytes_;
}

}  // namespace cordon::server
