// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <boost/json.hpp>

#include <cordon/chain/text.hpp>
#include <cordon/engine/screening.hpp>
#include <cordon/engine/view_document.hpp>
#include <cordon/report/csv.hpp>
#include <cordon/report/svg.hpp>
#include <cordon/report/trace_answers.hpp>

#include "answer.hpp"
#include "groups.hpp"
#include "trace_question.hpp"

namespace cordon::server {
namespace {

namespace json = boost::json;
using engine::TraceDesk;

constexpr const char* kJson = "application/json";
constexpr const char* kFlow = "application/vnd.cordon.flow";
constexpr std::size_t kMostListed = 1'000;

std::vector<ChainId> chains_of(const TraceDesk& traces) {
    std::vector<ChainId> chains;
    for (const ledger::ChainSummary& each : traces.ledger()->chains()) chains.push_back(each.chain);
    return chains;
}

Schema job_schema() {
    return Schema::object(
        {required("id", Schema::text(16)),
         required("state", Schema::choice({"waiting", "running", "done", "failed"})),
         required("seeds", Schema::text(16 * 1024)),
         required("done", Schema::number(0, 1, "Of its budget.")),
         required("nodes", Schema::integer(0, INT64_MAX)),
         required("edges", Schema::integer(0, INT64_MAX)), optional("error", Schema::text(1'000)),
         optional("code", Schema::text(20))});
}

/// Whoever asks too early is told to come back, not that something is broken.
template <typename T>
Result<T> ready(Result<T> answer) {
    if (!answer && answer.error().code == ErrorCode::kUnavailable)
        return fail(ErrorCode::kConflict, answer.error().message);
    return answer;
}

Result<Answer> ask(TraceDesk& traces, const Call& call) {
    CORDON_TRY(const auto request, read_question(call.body, chains_of(traces)));
    CORDON_TRY(const engine::TraceJob job, traces.ask(request));
    return Data{.data = job_json(job), .status = 202, .location = "/api/traces/" + job.id};
}

Result<Answer> layout(TraceDesk& traces, const Call& call) {
    CORDON_TRY(const engine::FlowView view, read_view(call, chains_of(traces)));
    const std::string& id = call.path.at("id");
    CORDON_TRY(const auto drawn, ready(traces.drawn(id, view)));
    const bool binary = call.http.header("Accept").find(kFlow) != std::string_view::npos;
    if (!binary && !drawn->json.empty())  // Lives as long as the picture.
        return File{.type = kJson, .body = {}, .kept = {drawn, &drawn->json}};
    CORDON_TRY(const auto theft, ready(traces.theft(id)));
    File file{.type = binary ? kFlow : kJson, .body = {}};
    const auto write = binary ? report::write_flow_binary : report::write_trace_layout;
    CORDON_TRY(write(theft->result, drawn->layout, report::string_sink(file.body),
                     {.context = theft->context.get()}));
    return file;
}

Result<Answer> svg(TraceDesk& traces, const Call& call) {
    CORDON_TRY(const engine::FlowView view, read_view(call, chains_of(traces)));
    const std::string& id = call.path.at("id");
    CORDON_TRY(const auto drawn, ready(traces.drawn(id, view)));
    CORDON_TRY(const auto theft, ready(traces.theft(id)));
    const std::string_view theme = call.param("theme");
    return File{.type = "image/svg+xml",
                .body = report::flow_svg(theft->result, drawn->layout,
                                         {.theme = theme == "light"  ? report::Theme::kLight
                                                   : theme == "dark" ? report::Theme::kDark
                                                                     : report::Theme::kAuto}),
                .name = "flow-" + id + ".svg"};
}

using WriteCsv = Status (*)(const trace::TraceResult&, const report::Sink&);

Result<Answer> csv(TraceDesk& traces, const Call& call, WriteCsv write, std::string_view name) {
    const std::string& id = call.path.at("id");
    CORDON_TRY(const auto theft, ready(traces.theft(id)));
    File file{.type = "text/csv; charset=utf-8", .body = {}};
    CORDON_TRY(write(theft->result, report::string_sink(file.body)));
    file.name = std::string{name} + "-" + id + ".csv";
    return file;
}

/// The node of a trace that an address names, on whichever chain it has it.
Result<uint32_t> node_of(const trace::TraceResult& result, std::string_view text,
                         std::span<const ChainId> chains) {
    CORDON_TRY(const auto subjects, engine::parse_subject(text, chains));
    for (uint32_t i = 0; const trace::Node& node : result.nodes) {
        for (const engine::Subject& subject : subjects)
            if (subject.chain == node.chain && subject.address == node.address) return i;
        ++i;
    }
    return fail(ErrorCode::kNotFound, "the trace does not have this address");
}

Result<Answer> path(TraceDesk& traces, const Call& call) {
    CORDON_TRY(const auto theft, ready(traces.theft(call.path.at("id"))));
    const trace::TraceResult& result = theft->result;
    const std::vector<ChainId> chains = chains_of(traces);
    CORDON_TRY(const uint32_t from, node_of(result, call.param("from"), chains));
    CORDON_TRY(const uint32_t to, node_of(result, call.param("to"), chains));
    const trace::ValueScale scale = trace::ValueScale::make(result, theft->context.get());
    File file{.type = kJson, .body = {}};
    CORDON_TRY(report::write_trace_path(result, trace::widest_path(result, scale, from, to),
                                        report::string_sink(file.body),
                                        {.context = theft->context.get()}));
    return file;
}

Result<Answer> view(TraceDesk& traces, const Call& call) {
    CORDON_TRY(const std::string document, traces.view(call.path.at("id")));
    // As it was saved: read and written anew it could come out otherwise.
    return File{.type = kJson,
                .body = R"({"v":1,"kind":"view","data":)" + document +
                        R"(,"warnings":[],"incomplete":false})",
                .immutable = true};
}

constexpr std::array kRules{trace::Policy::kFifo, trace::Policy::kLifo, trace::Policy::kTiho,
                            trace::Policy::kHaircut, trace::Policy::kPoison};

/// The same question by each rule: its trace, or null where nobody asked for it yet.
Result<Answer> rules(TraceDesk& traces, const Call& call, bool ask_for_them) {
    CORDON_TRY(engine::TheftRequest request, traces.question(call.path.at("id")));
    json::array items;
    for (const trace::Policy rule : kRules) {
        request.params.policy = rule;
        std::optional<engine::TraceJob> job;
        if (ask_for_them) {
            CORDON_TRY(job, traces.ask(request));
        } else {
            CORDON_TRY(job, traces.find(request));
        }
        json::value found;
        if (job) found = job_json(*job);
        items.push_back(
            json::object{{"policy", trace::to_string(rule)}, {"trace", std::move(found)}});
    }
    return Data{.data = json::object{{"items", std::move(items)}},
                .status = ask_for_them ? 202U : 200U};
}

Schema rules_schema() {
    return Schema::object({required(
        "items", Schema::array(Schema::object({required("policy", Schema::text(10)),
                                               required("trace", Schema::or_null(job_schema()))}),
                               kRules.size()))});
}

Endpoint get(std::string path, std::string id, std::string kind, std::string summary,
             std::function<Result<Answer>(const Call&)> handler) {
    return Endpoint{.method = "GET",
                    .path = std::move(path),
                    .id = std::move(id),
                    .tag = "trace",
                    .summary = std::move(summary),
                    .kind = std::move(kind),
                    .cacheable = true,
                    .handler = std::move(handler)};
}

}  // namespace

json::object job_json(const engine::TraceJob& job) {
    json::object out{{"id", job.id},       {"state", to_string(job.state)},
                     {"seeds", job.seeds}, {"done", job.done},
                     {"nodes", job.nodes}, {"edges", job.edges}};
    if (job.error) {
        out["error"] = told(*job.error);
        out["code"] = to_string(job.error->code);
    }
    return out;
}

std::vector<Endpoint> trace_endpoints(TraceDesk& traces) {
    std::vector<Endpoint> all;
    all.push_back({.method = "POST",
                   .path = "/api/traces",
                   .id = "askTrace",
                   .tag = "trace",
                   .summary = "Follows money from seeds; the same question has the same id.",
                   .kind = "trace.job",
                   .permission = Permission::kInvestigate,
                   .body = question_schema(),
                   .answer = job_schema(),
                   .changes = true,
                   .handler = [&traces](const Call& call) { return ask(traces, call); }});
    all.push_back(get("/api/traces", "listTraces", "trace.list",
                      "Traces of this server, newest first.",
                      [&traces](const Call&) -> Result<Answer> {
                          json::array items;
                          for (const engine::TraceJob& job : traces.jobs())
                              items.push_back(job_json(job));
                          return Data{.data = page(std::move(items), std::nullopt)};
                      }));
    all.back().answer = Schema::object({required("items", Schema::array(job_schema(), kMostListed)),
                                        required("next", Schema::any("Always null."))});
    all.push_back(get("/api/traces/{id}", "getTrace", "trace.job", "How far a trace is.",
                      [&traces](const Call& call) -> Result<Answer> {
                          CORDON_TRY(const auto job, traces.job(call.path.at("id")));
                          return Data{.data = job_json(job)};
                      }));
    all.back().answer = job_schema();
    all.push_back(get("/api/traces/{id}/result", "getTraceResult", "trace.result",
                      "All nodes, movements and ends; 409 while it runs.",
                      [&traces](const Call& call) -> Result<Answer> {
                          CORDON_TRY(const auto text,
                                     ready(traces.result_json(call.path.at("id"))));
                          return File{.type = kJson, .body = {}, .kept = text};
                      }));
    all.push_back(get("/api/traces/{id}/summary", "getTraceSummary", "trace.summary",
                      "Books, services and where the money rests; 409 while it runs.",
                      [&traces](const Call& call) -> Result<Answer> {
                          CORDON_TRY(const auto text,
                                     ready(traces.summary_json(call.path.at("id"))));
                          return File{.type = kJson, .body = {}, .kept = text};
                      }));
    all.push_back(get("/api/traces/{id}/layout", "getTraceLayout", "trace.layout",
                      "The picture as numbers; as arrays where Accept asks for it.",
                      [&traces](const Call& call) { return layout(traces, call); }));
    all.back().query = view_parameters();
    all.push_back(get("/api/traces/{id}/flow.svg", "getTraceSvg", {}, "The picture as a file.",
                      [&traces](const Call& call) { return svg(traces, call); }));
    all.back().query = view_parameters();
    all.back().query.push_back(
        {"theme", Schema::choice({"light", "dark", "auto"}), "auto unless told."});
    all.push_back(get("/api/traces/{id}/edges.csv", "getTraceEdges", {}, "Every movement.",
                      [&traces](const Call& call) {
                          return csv(traces, call, report::write_edges_csv, "edges");
                      }));
    all.push_back(get("/api/traces/{id}/nodes.csv", "getTraceNodes", {}, "Every address.",
                      [&traces](const Call& call) {
                          return csv(traces, call, report::write_nodes_csv, "nodes");
                      }));
    all.push_back(get("/api/traces/{id}/path", "getTracePath", "trace.path",
                      "The widest way between two addresses of a trace.",
                      [&traces](const Call& call) { return path(traces, call); }));
    const Schema address = Schema::text(128);
    all.back().query = {{"from", address, "[CHAIN:]ADDRESS", true},
                        {"to", address, "[CHAIN:]ADDRESS", true}};
    all.push_back(
        get("/api/traces/{id}/rules", "getTraceRules", "trace.rules",
            "The traces of the same question by each rule, as far as they were asked for.",
            [&traces](const Call& call) { return rules(traces, call, false); }));
    all.back().answer = rules_schema();
    all.push_back(
        {.method = "POST",
         .path = "/api/traces/{id}/rules",
         .id = "askTraceRules",
         .tag = "trace",
         .summary = "Asks the same question by each rule; what is known is not asked again.",
         .kind = "trace.rules",
         .permission = Permission::kInvestigate,
         .answer = rules_schema(),
         .changes = true,
         .handler = [&traces](const Call& call) { return rules(traces, call, true); }});
    all.push_back({.method = "POST",
                   .path = "/api/views",
                   .id = "saveView",
                   .tag = "trace",
                   .summary = "Saves what somebody looks at under the digest of it.",
                   .kind = "view",
                   .permission = Permission::kInvestigate,
                   .body = Schema::any("docs/formats/view.md"),
                   .answer = Schema::object({required("id", Schema::text(32))}),
                   .max_body = engine::kMaxView,
                   .changes = true,
                   .handler = [&traces](const Call& call) -> Result<Answer> {
                       // The text itself: its numbers must not be rounded on the way.
                       CORDON_TRY(const std::string id, traces.save_view(call.http.body));
                       return Data{.data = json::object{{"id", id}},
                                   .status = 201,
                                   .location = "/api/views/" + id};
                   }});
    all.push_back(get("/api/views/{id}", "getView", "view", "A saved view; never changes.",
                      [&traces](const Call& call) { return view(traces, call); }));
    return all;
}

}  // namespace cordon::server
