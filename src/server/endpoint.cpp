// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "endpoint.hpp"

#include <boost/json.hpp>

namespace cordon::server {

std::string_view Call::param(std::string_view name) const {
    const auto found = query.find(std::string{name});
    return found == query.end() ? std::string_view{} : std::string_view{found->second};
}

boost::json::object page(boost::json::array items, const std::optional<std::string>& next) {
    boost::json::object out;
    out["items"] = std::move(items);
    if (next)
        out["next"] = *next;
    else
        out["next"] = nullptr;
    return out;
}

}  // namespace cordon::server
