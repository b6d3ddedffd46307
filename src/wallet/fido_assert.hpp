// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "statement.hpp"

namespace cordon::wallet {

/// A statement's text with what `fido2-assert -G` printed about its SHA-256: lines of client data
/// hash, relying party, authenticator data (as a CBOR byte string) and signature, in base64; a user
/// id may follow. kMalformed, and kConflict when it was another text's hash. The signature is
/// not verified here.
Result<SignedStatement> signed_by_fido2_assert(std::string_view text, std::string_view output);

}  // namespace cordon::wallet
