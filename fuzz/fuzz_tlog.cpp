// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <cordon/tlog/head.hpp>
#include <cordon/tlog/note.hpp>

using namespace cordon;

/// What a log's files hold may come from whoever broke into the machine.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    const ByteView bytes{data, size};
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    if (const auto note = tlog::parse_note(text)) {
        // What was read is written as it was.
        if (note->format() != text) __builtin_trap();
        static_cast<void>(tlog::parse_checkpoint(note->text));
    }
    if (const auto checkpoint = tlog::parse_checkpoint(text))
        if (checkpoint->text() != text) __builtin_trap();
    static_cast<void>(tlog::parse_public_key(text));
    static_cast<void>(tlog::SigningKey::parse(text));
    if (const auto head = tlog::parse_head("head", bytes))
        if (head->size > size) __builtin_trap();
    if (const auto bundle = tlog::parse_bundle("bundle", bytes)) {
        const Bytes again = tlog::format_bundle(*bundle);
        if (!std::equal(again.begin(), again.end(), bytes.begin(), bytes.end())) __builtin_trap();
    }
    return 0;
}
