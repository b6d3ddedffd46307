// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "kept_bodies.hpp"

namespace cordon::server {
namespace {

// Of an entry itself: so that many small ones are bounded too.
constexpr std::size_t kOfEntry = 512;

}  // namespace

std::shared_ptr<KeptBodies::Entry> KeptBodies::entry(const Text& text) {
    const std::scoped_lock lock{mutex_};
    auto at = kept_.find(text.get());
    if (at != kept_.end() && at->second.entry->text.lock() != text) {
        forget(at);
        at = kept_.end();
    }
    if (at == kept_.end()) {
        auto made = std::make_shared<Entry>();
        made->text = text;
        at = kept_.emplace(text.get(), Kept{std::move(made), kOfEntry, {}}).first;
        at->second.use = used_.insert(used_.end(), text.get());
        bytes_ += kOfEntry;
    } else {
        used_.splice(used_.end(), used_, at->second.use);
    }
    std::shared_ptr<Entry> entry = at->second.entry;
    while (bytes_ > most_bytes_ && used_.front() != text.get()) forget(kept_.find(used_.front()));
    return entry;
}

void KeptBodies::forget(std::map<const std::string*, Kept>::iterator at) {
    bytes_ -= at->second.bytes;
    used_.erase(at->second.use);
    kept_.erase(at);
}

/// What was made meanwhile counts only where it is still kept.
void KeptBodies::count(const Text& text, const Entry& entry, std::size_t bytes) {
    const std::scoped_lock lock{mutex_};
    const auto at = kept_.find(text.get());
    if (at == kept_.end() || at->second.entry.get() != &entry) return;
    at->second.bytes += bytes;
    bytes_ += bytes;
    while (bytes_ > most_bytes_ && !used_.empty()) forget(kept_.find(used_.front()));
}

std::string KeptBodies::name(const Text& text) {
    const auto of = entry(text);
    const std::scoped_lock lock{of->making};
    if (of->name.empty()) of->name = content_name(*text);
    return of->name;
}

KeptBodies::Text KeptBodies::coded(const Text& text, Coding coding) {
    if (coding == Coding::kNone) return nullptr;
    const auto of = entry(text);
    const std::scoped_lock lock{of->making};
    Text& coded = of->coded.at(static_cast<std::size_t>(coding));
    if (!coded) {
        std::string made = coding == Coding::kZstd ? zstd(*text) : gzip(*text);
        if (made.size() >= text->size()) made.clear();
        made.shrink_to_fit();
        coded = std::make_shared<const std::string>(std::move(made));
        count(text, *of, coded->size());
    }
    return coded->empty() ? nullptr : coded;
}

std::size_t KeptBodies::bytes() const {
    const std::scoped_lock lock{mutex_};
    return bytes_;
}

}  // namespace cordon::server
