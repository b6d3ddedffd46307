// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <iosfwd>

#include "ur.hpp"

/// A message over by frames, without a camera and without a clock of its own: who owns the screen
/// says how long a frame stands.
namespace cordon::wallet {

/// Bytes of the message a frame in a terminal, where a code takes 33 lines.
constexpr std::size_t kTerminalFragment = 100;

/// Draws the message as one code, or as frames without end over each other, until `wait`, called
/// after each frame with its number, says false. kLimit as UrEncoder::make; kIo.
Status show(std::ostream& out, const Ur& ur, std::size_t longest_fragment,
            const std::function<bool(uint32_t number)>& wait);

struct ReceiveStats {
    std::size_t lines = 0;    ///< Read.
    std::size_t skipped = 0;  ///< Lines that are no part of a UR, or damaged.
};
/// Reads lines "ur:…" as `zbarcam --raw` writes them (also "QR-Code:ur:…") until the message is
/// whole. `progress` after each part that counted. Strict: a frame of another message ends it with
/// kConflict, for two messages before one camera are a mistake or an attack. kTruncated: the lines
/// end before the message is whole; kIo.
Result<Ur> receive(std::istream& in, ReceiveStats& stats,
                   const std::function<void(const UrDecoder&)>& progress = {});

}  // namespace cordon::wallet
