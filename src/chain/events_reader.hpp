// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include <cordon/model/feed_event.hpp>

#include "json_cursor.hpp"

namespace cordon::chain {

/// Reads a line of events: (docs/formats/events.md). Its memory is used again. Confined to one
/// thread.
class EventReader {
public:
    /// kMalformed, kUnsupported for a type that is not known, kDuplicate, kTrailing, kLimit.
    Result<FeedEvent> read(std::string_view line);

private:
    JsonText json_;
};

}  // namespace cordon::chain
