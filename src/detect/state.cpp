// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "state.hpp"

namespace cordon::detect {

Status save_state(StateSink& sink, const std::string& text) {
    CORDON_TRY(save_state(sink, uint64_t{text.size()}));
    return sink.write({reinterpret_cast<const uint8_t*>(text.data()), text.size()});
}

Status load_state(StateSource& source, std::string& text) {
    uint64_t size = 0;
    CORDON_TRY(load_state(source, size));
    if (size > kMaxSavedItems) return fail(ErrorCode::kCorrupt, "checkpoint: a text is too long");
    text.resize(size);
    return source.read({reinterpret_cast<uint8_t*>(text.data()), text.size()});
}

}  // namespace cordon::detect
