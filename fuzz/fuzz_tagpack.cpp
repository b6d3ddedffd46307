// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "list_check.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
    return check_list(data, size, cordon::chain::read_tagpack);
}
