// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>

#include <cordon/base/result.hpp>

#include "secret.hpp"

/// A seed as words (BIP-39).
namespace cordon::vault {

/// 2,048 different words in the order of their list.
using WordList = std::span<const std::string>;

/// What the words stand for, 16 to 32 bytes; the caller wipes it. kMalformed: a count other than
/// 12, 15, 18, 21, 24, or a word that is not in the list (its place is named, not the word);
/// kChecksum; kInvalidParam: not 2,048 words.
Result<Bytes> entropy_of(std::string_view mnemonic, WordList words);

/// The inverse, words apart by `blank` (Japanese uses U+3000). kInvalidParam: not 16, 20, 24, 28 or
/// 32 bytes. The caller wipes it.
Result<std::string> mnemonic_of(ByteView entropy, WordList words, std::string_view blank = " ");

/// BIP-39 makes a seed of any text, of a wrong one too: check entropy_of() first. Both texts in
/// Unicode's form NFKD. Cost: 2,048 rounds of HMAC, a millisecond.
Secret<64> seed_of(std::string_view mnemonic, std::string_view password);

}  // namespace cordon::vault
