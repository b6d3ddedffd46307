// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "event_hub.hpp"

#include <algorithm>
#include <atomic>
#include <deque>
#include <map>
#include <mutex>

#include <openssl/rand.h>

#include <cordon/base/check.hpp>
#include <cordon/base/format.hpp>

namespace cordon::net {
namespace {

using Bytes = EventHub::Bytes;

/// WHATWG HTML §9.2.5. A line end in `data` begins another "data" line: the client joins them
/// again.
Bytes event(std::string_view topic, uint64_t id, std::string_view data) {
    std::string out = format("event: {}\nid: {}\n", topic, id);
    out.reserve(out.size() + data.size() + 8);  // "data: " and two line ends.
    for (bool more = true; more;) {
        const std::size_t end = data.find_first_of("\r\n");
        (out += "data: ").append(data.substr(0, end)) += '\n';
        more = end != std::string_view::npos;
        if (more) data.remove_prefix(end + (data.substr(end).starts_with("\r\n") ? 2 : 1));
    }
    return std::make_shared<const std::string>(out += '\n');
}

/// Ids of an earlier run must not be taken for ours: each run begins somewhere else.
uint64_t random_id() {
    constexpr uint64_t kMask = (uint64_t{1} << 62) - 1;  // Room to rise; 0 is nobody's.
    uint64_t id = 0;
    CORDON_CHECK(RAND_bytes(reinterpret_cast<unsigned char*>(&id), sizeof id) == 1);
    return (id & kMask) + 1;
}

}  // namespace

struct EventHub::Impl {
    struct Kept {
        std::string topic;
        Bytes bytes;
    };
    struct Listener {
        std::vector<std::string> topics;  // Empty: all.
        Wake wake;
        bool wants(std::string_view topic) const {
            return topics.empty() || std::ranges::find(topics, topic) != topics.end();
        }
    };

    explicit Impl(HubOptions with) : options{with} {}

    const HubOptions options;
    mutable std::mutex mutex;
    uint64_t last = random_id();  // Of the newest event; at first, of none.
    std::deque<Kept> kept;        // The newest: ids last - size + 1 to last.
    std::size_t kept_bytes = 0;
    std::map<uint64_t, Listener> listeners;
    uint64_t numbers = 0;
    std::atomic<uint64_t> resets{0};

    void keep(std::string_view topic, Bytes bytes) {
        kept_bytes += bytes->size();
        kept.push_back({std::string{topic}, std::move(bytes)});
        while (kept.size() > options.kept_events || kept_bytes > options.kept_bytes) {
            kept_bytes -= kept.front().bytes->size();
            kept.pop_front();
        }
    }

    Bytes reset_event() const { return event("reset", last, "{}"); }

    /// What `listener` missed, or the one event that says that this is not known or too much.
    std::vector<Bytes> missed(const Listener& listener, uint64_t seen) {
        std::vector<Bytes> out;
        std::size_t bytes = 0;
        bool known = seen <= last && last - seen <= kept.size();
        if (known)
            for (std::size_t i = kept.size() - (last - seen); i < kept.size(); ++i) {
                if (!listener.wants(kept[i].topic)) continue;
                out.push_back(kept[i].bytes);
                bytes += kept[i].bytes->size();
            }
        if (known && bytes <= options.behind_bytes) return out;
        ++resets;
        return {reset_event()};
    }
};

EventHub::EventHub(HubOptions options) : impl_{std::make_unique<Impl>(options)} {}
EventHub::~EventHub() = default;

uint64_t EventHub::publish(std::string_view topic, std::string_view data) {
    CORDON_CHECK(!topic.empty() && topic.find_first_of("\r\n") == std::string_view::npos);
    // Under the lock to the end: listeners get events in the order of their ids.
    const std::scoped_lock lock{impl_->mutex};
    const uint64_t id = ++impl_->last;
    Bytes bytes = event(topic, id, data);
    for (const auto& [number, listener] : impl_->listeners)
        if (listener.wants(topic)) listener.wake(bytes);
    impl_->keep(topic, std::move(bytes));
    return id;
}

EventHub::Subscription EventHub::listen(std::span<const std::string> topics,
                                        std::optional<uint64_t> last_seen, Wake wake) {
    const std::scoped_lock lock{impl_->mutex};
    const uint64_t number = ++impl_->numbers;
    const auto& listener =
        impl_->listeners[number] = {{topics.begin(), topics.end()}, std::move(wake)};
    if (last_seen) return {number, impl_->missed(listener, *last_seen)};
    // An id without data is no event, but what the client says when it comes again.
    return {number, {std::make_shared<const std::string>(format("id: {}\n\n", impl_->last))}};
}

void EventHub::leave(uint64_t number) {
    const std::scoped_lock lock{impl_->mutex};
    impl_->listeners.erase(number);
}

EventHub::Bytes EventHub::reset() {
    ++impl_->resets;
    const std::scoped_lock lock{impl_->mutex};
    return impl_->reset_event();
}

std::size_t EventHub::listeners() const noexcept {
    const std::scoped_lock lock{impl_->mutex};
    return impl_->listeners.size();
}
uint64_t EventHub::resets() const noexcept { return impl_->resets; }
const HubOptions& EventHub::options() const noexcept { return impl_->options; }

}  // namespace cordon::net
