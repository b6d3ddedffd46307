// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "list_check.hpp"

/// All forms of the list; what follows a first Ctrl-Z is the file of the long remarks.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
    using namespace cordon;
    const uint8_t* const end = std::find(data, data + size, uint8_t{0x1a});
    std::optional<InputFile> comments;
    if (end != data + size)
        comments =
            memory_file("comments", {end + 1, static_cast<std::size_t>(data + size - end) - 1});
    return check_list(data, static_cast<std::size_t>(end - data),
                      [&](const InputFile& file, const chain::ListOptions& options) {
                          return chain::read_ofac(file, comments, options);
                      });
}
