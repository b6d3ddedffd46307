// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "crossing_text.hpp"

#include "text.hpp"

namespace cordon::report {

std::string crossing_text(const trace::Edge& edge) {
    std::string out = clean_text(edge.kind, 40);
    if (edge.arrives_on() != edge.chain) out += " to " + to_string(edge.arrives_on());
    for (const std::string& why : edge.why) out += ", " + clean_text(why, 120);
    return out + ", " + percent_text(edge.confidence);
}

}  // namespace cordon::report
