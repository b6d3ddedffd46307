// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "feed_event.hpp"

namespace cordon {

std::string_view to_string(FeedState state) noexcept {
    switch (state) {
        case FeedState::kCaughtUp: return "caught-up";
        case FeedState::kBehind: return "behind";
        case FeedState::kGap: return "gap";
        case FeedState::kDisagree: return "disagree";
        case FeedState::kUnavailable: return "unavailable";
        case FeedState::kDropped: return "dropped";
    }
    return "unknown";
}

}  // namespace cordon
