// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "note.hpp"

namespace cordon::tlog {

/// Writes a signing key into a new file that only its owner can read (0600). kDuplicate when the
/// file is there: a key is never overwritten.
Status write_key_file(const std::string& path, const SigningKey& key);

/// kPermission when others may read it; kMalformed, kChecksum.
Result<SigningKey> read_key_file(const std::string& path);

/// The key of the log in `log_directory`, made with it. kNotFound: the log is there and its key is
/// not, for another key would make another log.
Result<SigningKey> open_log_key(const std::string& path, const std::string& log_directory,
                                const std::string& name);

/// A public key, given as its text or as the name of a file that holds it.
Result<PublicKey> public_key_of(const std::string& text_or_path);

}  // namespace cordon::tlog
