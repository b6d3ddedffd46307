// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <chrono>
#include <iostream>
#include <sstream>
#include <thread>

#include <cordon/base/format.hpp>
#include <cordon/base/hex.hpp>
#include <cordon/crypto/hash.hpp>
#include <cordon/wallet/ur/frames.hpp>

#include "commands.hpp"

namespace cordon::vault {

Status receive_frames(const Options& options, const Machine& machine) {
    wallet::ReceiveStats stats;
    CORDON_TRY(const wallet::Ur ur, wallet::receive(std::cin, stats));
    CORDON_TRY(const Bytes content, wallet::content_of(ur));
    CORDON_TRY(deliver(options.output,
                       {reinterpret_cast<const char*>(content.data()), content.size()}, machine));
    machine.console.tell(format("received {} bytes of {}, SHA-256 {}\n", content.size(), ur.type,
                                to_hex(crypto::sha256(content))));
    return {};
}

Status show_frames(const Options& options, const Machine& machine) {
    CORDON_TRY(const std::string text, read_text(options.files.front()));
    const ByteView content{reinterpret_cast<const uint8_t*>(text.data()), text.size()};
    CORDON_TRY(const wallet::Ur ur, wallet::make_ur(wallet::ur_type_of(content), content));
    std::ostringstream drawn;
    Status written;
    const auto put = [&] {
        written = machine.console.put(drawn.str());
        drawn.str({});
        return written.has_value();
    };
    CORDON_TRY(wallet::show(drawn, ur, wallet::kTerminalFragment, [&](uint32_t number) {
        if (!put() || number == options.rate * options.seconds) return false;
        std::this_thread::sleep_for(std::chrono::milliseconds{1000} / options.rate);
        return true;
    }));
    if (written && !drawn.str().empty()) put();  // One code, which stands still.
    return written;
}

}  // namespace cordon::vault
