// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include <cordon/base/result.hpp>

/// Questions to a person at a terminal.
namespace cordon::cli {

/// Both standard input and standard error are a terminal.
bool can_ask() noexcept;

/// One line without echo; the caller wipes it. kCancelled at the end of input.
Result<std::string> ask_secret(std::string_view question);

/// True when the answer is "yes", the whole word: not a key that a cat can press.
bool ask_yes(std::string_view question);

/// The passphrase of a key: the first line of --passphrase-file, else asked for at a terminal
/// (twice when it is new). Empty when there is neither. The caller wipes it.
Result<std::string> passphrase_of(const std::string& file, bool is_new);

}  // namespace cordon::cli
