// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include <cordon/base/result.hpp>

namespace cordon::ledger {

/// Another text whenever open_reader() might show something else: for those who follow a ledger
/// that another process writes. Equal texts: nothing was appended or rewound. Cost: a look at the
/// names of its files; nothing is read. Texts mean nothing beyond one machine.
Result<std::string> mark_of(const std::string& directory);

}  // namespace cordon::ledger
