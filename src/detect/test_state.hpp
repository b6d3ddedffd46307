// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>

#include "state.hpp"

namespace cordon::detect {

/// A checkpoint in memory: written once, read from its beginning. For tests.
class MemoryState final : public StateSink, public StateSource {
public:
    Bytes bytes;
    std::size_t at = 0;

    Status write(ByteView more) override {
        bytes.insert(bytes.end(), more.begin(), more.end());
        return {};
    }
    Status read(std::span<uint8_t> wanted) override {
        if (bytes.size() - at < wanted.size())
            return fail(ErrorCode::kTruncated, "checkpoint: it ends early");
        std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(at), wanted.size(), wanted.begin());
        at += wanted.size();
        return {};
    }
};

}  // namespace cordon::detect
