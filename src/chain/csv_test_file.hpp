// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include <cordon/base/byte_source.hpp>

namespace cordon::chain {

/// A file named "test.csv" with this text. Lifetime: `text` must outlive the result.
inline InputFile text_file(std::string_view text, std::string name = "test.csv") {
    return memory_file(std::move(name),
                       {reinterpret_cast<const uint8_t*>(text.data()), text.size()});
}

}  // namespace cordon::chain
