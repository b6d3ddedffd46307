// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include <cordon/base/bytes.hpp>
#include <cordon/base/result.hpp>

/// A hash in the forms in which people compare it (docs/decisions/0011). What is compared is always
/// the whole of it: a few digits at each end are what look-alikes are made of.
namespace cordon::explain {

/// The hex digits of a hash as our hashes write it, with or without 0x. kMalformed.
Result<Bytes> hash_bytes(std::string_view hex);

/// "0x" and capital digits: Ledger's screens (pcaversaccio/safe-tx-hashes-util, README, "the values
/// displayed on your Ledger").
std::string ledger_form(ByteView hash);

/// Small digits in groups of four, eight groups a line: Trezor and Keystone show small digits, and
/// four are what an eye takes at once.
std::string grouped_form(ByteView hash);

/// Proquints (arXiv:0901.4016), 16 bits a word of five letters, and one more over all of them, so
/// that a word misheard, left out or swapped is noticed. kInvalidParam for an odd number of bytes.
Result<std::string> word_form(ByteView hash);

/// The inverse, in any case, with any of blanks, commas and dashes between words. kMalformed names
/// the word that cannot be one; kChecksum when the words are ones and do not belong together.
Result<Bytes> parse_word_form(std::string_view words);

}  // namespace cordon::explain
