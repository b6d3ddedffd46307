// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "groups.hpp"

namespace cordon::server {

std::vector<Endpoint> event_endpoints(std::shared_ptr<net::EventHub> hub) {
    const std::vector<std::string> topics{"alert", "verdict", "guard", "feed", "case", "trace"};
    std::vector<Endpoint> out;
    out.push_back({.method = "GET",
                   .path = "/api/events",
                   .id = "listenEvents",
                   .tag = "system",
                   .summary = "Server-sent events; with Last-Event-ID what was missed comes first.",
                   .kind = {},
                   .query = {{"topics", Schema::array(Schema::choice(topics), topics.size()),
                              "With commas; without it all."}},
                   .handler = [hub = std::move(hub)](const Call& call) -> Result<Answer> {
                       Stream stream{.hub = hub, .topics = {}};
                       std::string_view asked = call.param("topics");
                       while (!asked.empty()) {
                           const std::string_view topic = asked.substr(0, asked.find(','));
                           stream.topics.emplace_back(topic);
                           asked.remove_prefix(std::min(topic.size() + 1, asked.size()));
                       }
                       return stream;
                   }});
    return out;
}

}  // namespace cordon::server
