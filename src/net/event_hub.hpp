// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// One-to-many text events (WHATWG HTML, server-sent events): published once, written to every
/// connection that listens.
namespace cordon::net {

struct HubOptions {
    /// Events kept for clients that come again and say what they saw last (Last-Event-ID).
    std::size_t kept_events = 4'096;
    std::size_t kept_bytes = 4 * 1024 * 1024;
    /// What may wait for one slow client; above it the client is told "reset" (it must read the
    /// state anew) and what waited is dropped: nobody slow costs memory or delays others. What
    /// waits are references to bytes that all share.
    std::size_t behind_bytes = 256 * 1024;
    std::chrono::milliseconds heartbeat{15'000};  ///< A comment line, so that dead ones are found.
};

/// Thread safety: all calls. Cost of publish(): one formatting, and one reference a listener.
class EventHub {
public:
    explicit EventHub(HubOptions options = {});
    ~EventHub();

    /// `topic` is one line, `data` text (JSON); its line ends reach the client as "\n". The event's
    /// id: rising, from a random one on, so that nobody's of an earlier run is among ours.
    uint64_t publish(std::string_view topic, std::string_view data);
    std::size_t listeners() const noexcept;
    uint64_t resets() const noexcept;  ///< How often somebody was too slow.
    const HubOptions& options() const noexcept;

    /// For the server. An event as bytes on the wire, shared by all.
    using Bytes = std::shared_ptr<const std::string>;
    /// Called on the publisher's thread, in the order of ids, and not after leave(). Must neither
    /// block (post it) nor call the hub.
    using Wake = std::function<void(const Bytes&)>;
    struct Subscription {
        uint64_t number = 0;
        /// What is written first. After `last_seen`, in order; or the one event "reset", where that
        /// is no longer known or more than behind_bytes. Without `last_seen` the id of now, so that
        /// who is cut off before the first event misses nothing.
        std::vector<Bytes> missed;
    };
    /// Empty `topics`: all.
    Subscription listen(std::span<const std::string> topics, std::optional<uint64_t> last_seen,
                        Wake wake);
    void leave(uint64_t number);
    /// For a listener that is too slow: the event "reset" with the id of now. Counted.
    Bytes reset();

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace cordon::net
