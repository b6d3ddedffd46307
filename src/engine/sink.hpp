// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <memory>
#include <string>

#include <cordon/records/alert_store.hpp>

#include "alert_desk.hpp"
#include "sink_config.hpp"

namespace cordon::engine {

/// One place that alerts go to. Confined to one thread.
class Sink {
public:
    virtual ~Sink() = default;
    /// Delivers one body. Any Error: try again later, up to the courier's bound.
    virtual Status send(const records::Delivery& delivery, UnixMillis now) = 0;
    /// Where a file ends after what was sent; kept with the delivery, so that a crash between the
    /// two is undone by resume(). Nothing for places that take nothing back.
    virtual std::optional<uint64_t> end() const { return std::nullopt; }
    virtual Status resume(uint64_t /*end*/) { return {}; }
};

/// Lifetime: `cancel`, which ends a wait. kIo when a file cannot be opened.
Result<std::unique_ptr<Sink>> make_sink(const SinkSettings& settings,
                                        const std::atomic<bool>* cancel);

/// What the desk must write down for a sink.
DeskSink desk_sink(const SinkSettings& settings);

/// The headers of a webhook: X-Cordon-Timestamp, X-Cordon-Signature ("v1=" and HMAC-SHA256 of
/// "TIMESTAMP.BODY" in hex, as Stripe and Slack do it: a captured message cannot be sent again
/// later), Idempotency-Key (id and state of the alert).
std::string webhook_signature(std::string_view secret, int64_t timestamp, std::string_view body);

}  // namespace cordon::engine
