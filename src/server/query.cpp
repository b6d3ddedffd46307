// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "query.hpp"

#include <algorithm>

#include <cordon/base/format.hpp>
#include <cordon/base/unicode.hpp>

namespace cordon::server {

Result<std::map<std::string, std::string>> read_query(std::string_view query,
                                                      const std::vector<Parameter>& parameters) {
    CORDON_TRY(auto out, net::query_of(query));
    for (const auto& [name, value] : out) {
        const auto known = std::find_if(parameters.begin(), parameters.end(),
                                        [&](const Parameter& p) { return p.name == name; });
        if (known == parameters.end())
            return fail(ErrorCode::kInvalidParam,
                        "the query has a parameter that is not known here");
        const Status fits = known->schema.check_text(value);
        if (!fits)
            return fail(ErrorCode::kInvalidParam,
                        format("/{}: {}", known->name, fits.error().message));
    }
    for (const Parameter& parameter : parameters)
        if (parameter.required && !out.contains(parameter.name))
            return fail(ErrorCode::kInvalidParam,
                        format("/{}: is required, found nothing", parameter.name));
    return out;
}

bool is_plain_segment(std::string_view value) {
    constexpr std::size_t kLongest = 256;
    if (value.empty() || value.size() > kLongest || value == "." || value == "..") return false;
    while (!value.empty()) {
        const std::size_t size = utf8_length(value);
        const auto c = static_cast<unsigned char>(value.front());
        if (size == 0 || c < 0x20 || c == 0x7f || c == '/' || c == '\\') return false;
        value.remove_prefix(size);
    }
    return true;
}

}  // namespace cordon::server
