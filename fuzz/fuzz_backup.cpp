// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <cordon/base/check.hpp>

#include "../src/engine/backup_parts.hpp"

/// A backup whose bytes are somebody else's: as a file, and its manifest and signature alone.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
    using namespace cordon;
    if (const auto backup = engine::verify_backup_bytes({data, size})) {
        CORDON_CHECK(backup->sha256.size() == 64);
        for (const engine::BackupFile& each : backup->files)
            CORDON_CHECK(engine::is_member_name(each.name));
    }
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    const std::size_t end = text.find('\n');
    const auto manifest = engine::parse_manifest(text.substr(0, end));
    if (!manifest) return 0;
    // What was understood is written and understood as the same again.
    const std::string written = engine::format_manifest(*manifest);
    const auto again = engine::parse_manifest(written);
    CORDON_CHECK(again&& engine::format_manifest(*again) == written);
    // What follows the line is its signature: nobody has the key.
    if (end == std::string_view::npos) return 0;
    const std::array<uint8_t, 32> nobody{9};
    engine::BackupTrust trust;
    trust.log_key = tlog::PublicKey{"nobody", tlog::PublicKey::Kind::kLog, nobody};
    CORDON_CHECK(!engine::check_manifest_note(*manifest, text.substr(end + 1), trust));
    return 0;
}
