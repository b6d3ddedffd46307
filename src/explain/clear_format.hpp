// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <cordon/base/amount.hpp>
#include <cordon/base/bytes.hpp>

#include "clear_value.hpp"

/// How clear signing writes single values: exact, and as hardware wallets write them, so that a
/// person can compare screen with screen.
namespace cordon::explain {

/// Text from outside, safe to print: UTF-8 as it is; control characters, marks that turn or hide
/// text, and bytes that are no UTF-8 as \xNN or \u{N}.
std::string safe_text(std::string_view text);

/// A value without further meaning: decimal numbers, true and false, EIP-55 addresses, 0x bytes,
/// texts. Lists and tuples are empty.
std::string raw_text(const ClearValue& value);

/// "2026-04-21 12:00:00 AM UTC", as Ledger's screens write it. A time beyond the year 9999 is
/// said in seconds: a date of no calendar would only confuse.
std::string date_text(const Amount& unix_seconds);

/// "02:17:30"; hours are not cut.
std::string duration_text(const Amount& seconds);

/// "9300 bps", "36 ks": `value` / 10^decimals in `base`, with an SI prefix when asked for.
std::string unit_text(const Amount& value, unsigned decimals, std::string_view base, bool prefix);

/// The name of an EVM chain as ethereum-lists/chains has it; "chain N" when we do not know it.
std::string chain_name(uint64_t id);

/// The 20 bytes of an address in any of the forms in which contracts pack one: an address, the low
/// bytes of a number, or the last 20 of at least as many bytes.
std::optional<Bytes> address_in(const ClearValue& value);

/// A number in decimal or, with 0x, in hex.
std::optional<Amount> number_in(std::string_view text);

}  // namespace cordon::explain
