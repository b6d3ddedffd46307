// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "label.hpp"

namespace cordon {

/// Who holds the address by this label: the entity that the source names, else the label without
/// what it says of the one address ("Northbank: deposit address", "Northbank 14",
/// "Northbank_Deposit_0x0010", "… (cluster of 1abc)"). As the source writes it otherwise; empty
/// when the label says nothing. Everything that groups by service groups by this.
std::string holder_of(const Label& label);

}  // namespace cordon
