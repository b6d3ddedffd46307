// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include <cordon/base/bytes.hpp>
#include <cordon/base/result.hpp>

/// Bytes under a passphrase, as text (docs/formats/backup.md): argon2id, and secretstream
/// (XChaCha20-Poly1305) of libsodium.
namespace cordon::engine {

/// `first_line` says what it is, and is bound to the content. kLimit: no memory for argon2id.
Result<std::string> seal_text(std::string_view first_line, ByteView content,
                              std::string_view passphrase);
/// The caller wipes it. kMalformed; kLimit: a cost beyond the bounds; kPermission: the passphrase
/// is another one, or it was changed.
Result<Bytes> unseal_text(std::string_view first_line, std::string_view text,
                          std::string_view passphrase);

}  // namespace cordon::engine
