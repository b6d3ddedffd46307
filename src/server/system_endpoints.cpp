// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <boost/json.hpp>
#include <mutex>

#include "groups.hpp"

namespace cordon::server {

namespace json = boost::json;

namespace {

std::string_view to_string(SystemFacts::Check::State state) {
    switch (state) {
        case SystemFacts::Check::State::kGood: return "good";
        case SystemFacts::Check::State::kWarning: return "warning";
        case SystemFacts::Check::State::kBad: return "bad";
    }
    return "";
}

json::array said(const report::Words::Said& words) {
    json::array out;
    for (const auto& [name, about] : words)
        out.push_back(json::object{{"name", name}, {"about", about}});
    return out;
}

/// The facts of the program. What a load balancer asks every second, and anybody may ask, is not
/// found out each time.
class System {
public:
    explicit System(SystemFacts facts) : facts_{std::move(facts)} {}

    Result<Answer> show() const {
        json::array parts, chains;
        for (const std::string& part : facts_.parts) parts.emplace_back(part);
        if (facts_.chains)
            for (const SystemFacts::ChainTip& tip : facts_.chains())
                chains.push_back(json::object{{"chain", cordon::to_string(tip.chain)},
                                              {"height", tip.height},
                                              {"time", format_rfc3339(tip.time)}});
        const auto witnesses = facts_.witnesses ? facts_.witnesses() : SystemFacts::Witnesses{};
        json::array cosigned;
        for (const SystemFacts::Witness& each : witnesses.all)
            cosigned.push_back(
                json::object{{"log", each.log},
                             {"name", each.name},
                             {"entries", each.entries},
                             {"at", each.at ? json::value(format_rfc3339(*each.at)) : nullptr},
                             {"state", each.state}});
        return Data{
            .data = json::object{{"version", facts_.version},
                                 {"name", facts_.name},
                                 {"simulated", facts_.simulated},
                                 {"guide", facts_.guide},
                                 {"log_key", facts_.log_key},
                                 {"words", json::object{{"assets", said(facts_.words.assets)},
                                                        {"authors", said(facts_.words.authors)}}},
                                 {"witness_quorum", witnesses.quorum},
                                 {"witnesses", std::move(cosigned)},
                                 {"parts", std::move(parts)},
                                 {"chains", std::move(chains)}}};
    }
    Result<Answer> doctor(UnixMillis now) {
        json::array checks;
        for (const SystemFacts::Check& check : this->checks(now))
            checks.push_back(json::object{{"name", check.name},
                                          {"state", to_string(check.state)},
                                          {"detail", check.detail},
                                          {"fix", check.fix}});
        return Data{.data = json::object{{"checks", std::move(checks)}}};
    }
    /// Everybody may ask: so not what is wrong, but whether.
    Result<Answer> ready() const {
        if (facts_.ready && !facts_.ready())
            return fail(ErrorCode::kUnavailable, "a part has failed; doctor says which");
        return File{.type = "text/plain; charset=utf-8", .body = "ready\n"};
    }
    Result<Answer> metrics() const {
        return File{.type = "text/plain; version=0.0.4; charset=utf-8",
                    .body = facts_.metrics ? facts_.metrics() : std::string{}};
    }

private:
    std::vector<SystemFacts::Check> checks(UnixMillis now) {
        constexpr std::chrono::seconds kGoodFor{10};
        const std::scoped_lock lock{mutex_};
        if (facts_.doctor && (!checked_ || now < *checked_ || now >= *checked_ + kGoodFor)) {
            checks_ = facts_.doctor();
            checked_ = now;
        }
        return checks_;
    }

    const SystemFacts facts_;
    std::mutex mutex_;
    std::vector<SystemFacts::Check> checks_;  // Of `checked_`. Guarded by mutex_, both.
    std::optional<UnixMillis> checked_;
};

Schema said_schema() {
    return Schema::array(
        Schema::object({required("name", Schema::text(200)), required("about", Schema::text(400))}),
        200);
}

Schema words(std::size_t most) { return Schema::array(Schema::text(64), most); }

}  // namespace

std::vector<Endpoint> system_endpoints(SystemFacts facts) {
    // Owned by the handlers together.
    const auto system = std::make_shared<System>(std::move(facts));
    std::vector<Endpoint> out;
    out.push_back(
        {.method = "GET",
         .path = "/api/system",
         .id = "getSystem",
         .tag = "system",
         .summary = "What runs here.",
         .kind = "system",
         .answer = Schema::object(
             {required("version", Schema::text(64)), required("name", Schema::text(200)),
              required("simulated", Schema::boolean("The feed is a replay.")),
              required("guide",
                       Schema::text(16 * 1024, "Seeds of the case that is shown; empty: none.")),
              required(
                  "log_key",
                  Schema::text(500, "By which archives are verified; give it by another way.")),
              required("words",
                       Schema::object(
                           {required("assets", said_schema()), required("authors", said_schema())},
                           "What the case says of its units and its labels' authors.")),
              required("witness_quorum",
                       Schema::integer(0, 16, "Witnesses that must have cosigned; 0: none named.")),
              required(
                  "witnesses",
                  Schema::array(
                      Schema::object({required("log", Schema::choice({"log", "gate"})),
                                      required("name", Schema::text(500)),
                                      required("entries", Schema::integer(0, INT64_MAX)),
                                      required("at", Schema::or_null(Schema::time())),
                                      required("state", Schema::choice({"unasked", "well", "silent",
                                                                        "conflict"}))}),
                      32)),
              required("parts", words(8)),
              required(
                  "chains",
                  Schema::array(Schema::object({required("chain", Schema::text(64)),
                                                required("height", Schema::integer(0, INT64_MAX)),
                                                required("time", Schema::time())}),
                                1000))}),
         .handler = [system](const Call&) { return system->show(); }});
    out.push_back(
        {.method = "GET",
         .path = "/api/doctor",
         .id = "getDoctor",
         .tag = "system",
         .summary = "What is missing, and how to mend it.",
         .kind = "doctor",
         .permission = Permission::kOperate,  // It names places of the machine.
         .answer = Schema::object({required(
             "checks",
             Schema::array(
                 Schema::object({required("name", Schema::text(200)),
                                 required("state", Schema::choice({"good", "warning", "bad"})),
                                 required("detail", Schema::text(4000)),
                                 required("fix", Schema::text(4000))}),
                 1000))}),
         .handler = [system](const Call& call) { return system->doctor(call.now); }});
    out.push_back({.method = "GET",
                   .path = "/healthz",
                   .id = "getHealth",
                   .tag = "system",
                   .summary = "The process answers.",
                   .kind = {},
                   .permission = std::nullopt,
                   .handler = [](const Call&) -> Result<Answer> {
                       return File{.type = "text/plain; charset=utf-8", .body = "alive\n"};
                   }});
    out.push_back({.method = "GET",
                   .path = "/readyz",
                   .id = "getReadiness",
                   .tag = "system",
                   .summary = "Nothing has failed that others wait for; else 503.",
                   .kind = {},
                   .permission = std::nullopt,
                   .handler = [system](const Call&) { return system->ready(); }});
    out.push_back({.method = "GET",
                   .path = "/metrics",
                   .id = "getMetrics",
                   .tag = "system",
                   .summary = "For Prometheus.",
                   .kind = {},
                   .handler = [system](const Call&) { return system->metrics(); }});
    return out;
}

}  // namespace cordon::server
