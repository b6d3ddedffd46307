// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <cordon/base/result.hpp>

/// Passwords of people, as digests that are slow to guess at (argon2id, RFC 9106; libsodium).
namespace cordon::crypto {

/// How often this process has hashed a password, for whatever reason: what a test counts, where a
/// clock would only tell how busy the machine is.
uint64_t password_hashes() noexcept;

/// "$argon2id$...", with a new salt. Cost: some 50 ms of a core and 64 MiB; at most four at a time
/// in this process. kUnavailable: too many wait already, or no memory for it.
Result<std::string> password_digest(std::string_view password);

/// Whether it is the password of this digest; an empty or broken digest takes as long and is
/// nobody's: the time says nothing of whether there is one. kUnavailable as above.
Result<bool> is_password(std::string_view password, std::string_view digest);

}  // namespace cordon::crypto
