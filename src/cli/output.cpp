// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "output.hpp"

#include <boost/json.hpp>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include <cordon/base/format.hpp>

#include "table.hpp"

namespace cordon::cli {

Status print(std::string_view text) {
    if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size() || std::fflush(stdout) != 0)
        return fail(errno == ENOSPC ? ErrorCode::kNoSpace : ErrorCode::kIo,
                    format("standard output: {}", std::strerror(errno)));
    return {};
}

std::string envelope(std::string_view kind, const boost::json::value& data,
                     const std::vector<std::string>& warnings, bool incomplete) {
    boost::json::object object;
    object["v"] = 1;
    object["kind"] = kind;
    object["data"] = data;
    boost::json::array list;
    for (const std::string& warning : warnings) list.emplace_back(warning);
    object["warnings"] = std::move(list);
    object["incomplete"] = incomplete;
    return boost::json::serialize(object) + "\n";
}

void print_warnings(const std::vector<std::string>& warnings) {
    for (const std::string& warning : warnings)
        std::fprintf(stderr, "cordon: warning: %s\n", printable(warning).c_str());
}

}  // namespace cordon::cli
