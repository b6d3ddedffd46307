// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "openapi.hpp"

#include <algorithm>
#include <boost/json.hpp>

#include <cordon/base/format.hpp>

namespace cordon::server {

namespace json = boost::json;

namespace {

json::value reference(std::string_view name) {
    return json::object{{"$ref", format("#/components/{}", name)}};
}

json::object parameter(std::string_view where, std::string_view name, json::value schema,
                       std::string_view about, bool is_required) {
    json::object out{{"name", name}, {"in", where}, {"schema", std::move(schema)}};
    if (!about.empty()) out["description"] = about;
    if (is_required) out["required"] = true;
    return out;
}

json::array parameters_of(const Endpoint& endpoint) {
    json::array out;
    const std::vector<std::string> names =
        path_parameters(endpoint.path).value_or(std::vector<std::string>{});
    for (const std::string& name : names)
        // As is_plain_segment() wants it.
        out.push_back(parameter(
            "path", name, json::object{{"type", "string"}, {"minLength", 1}, {"maxLength", 256}},
            "", true));
    for (const Parameter& query : endpoint.query) {
        json::object one =
            parameter("query", query.name, query.schema.json(), query.about, query.required);
        const json::value* type = one["schema"].as_object().if_contains("type");
        if (type != nullptr && *type == "array") one["explode"] = false;  // With commas.
        out.push_back(std::move(one));
    }
    if (endpoint.changes && endpoint.permission) out.push_back(reference("parameters/csrf"));
    return out;
}

json::object envelope_schema(const Endpoint& endpoint) {
    json::value data = json::object{};
    if (endpoint.answer) data = endpoint.answer->json(Schema::Use::kAnswer);
    json::object properties{
        {"v", json::object{{"const", 1}}},
        {"kind", json::object{{"type", "string"}, {"examples", json::array{endpoint.kind}}}},
        {"data", std::move(data)},
        {"warnings", json::object{{"type", "array"}, {"items", json::object{{"type", "string"}}}}},
        {"incomplete", json::object{{"type", "boolean"}}},
    };
    return {{"type", "object"},
            {"required", json::array{"v", "kind", "data", "warnings", "incomplete"}},
            {"properties", std::move(properties)}};
}

json::object answers_of(const Endpoint& endpoint) {
    json::object out;
    const bool is_file = endpoint.kind.empty();
    // What it answers with is one of 200, 201 and 202; which of them, the handler knows.
    json::object content;
    if (is_file)
        content["*/*"] = json::object{};
    else
        content["application/json"] = json::object{{"schema", envelope_schema(endpoint)}};
    out["2XX"] = json::object{{"description", is_file ? "The bytes." : "The envelope."},
                              {"content", std::move(content)}};
    if (endpoint.cacheable)
        out["304"] = json::object{{"description", "As If-None-Match says: not changed."}};
    out["default"] = reference("responses/problem");
    return out;
}

json::object operation(const Endpoint& endpoint) {
    json::object out{{"operationId", endpoint.id},
                     {"tags", json::array{endpoint.tag}},
                     {"summary", endpoint.summary},
                     {"responses", answers_of(endpoint)}};
    const json::array parameters = parameters_of(endpoint);
    if (!parameters.empty()) out["parameters"] = parameters;
    if (endpoint.permission) {
        out["description"] = format("Wants the permission to {}.", to_string(*endpoint.permission));
        out["x-cordon-permission"] = to_string(*endpoint.permission);
        out["security"] = json::array{json::object{{"session", json::array{}}},
                                      json::object{{"token", json::array{}}}};
    } else {
        out["security"] = json::array{};
    }
    if (endpoint.body)
        out["requestBody"] = json::object{
            {"required", true},
            {"content",
             json::object{{"application/json", json::object{{"schema", endpoint.body->json()}}}}}};
    return out;
}

json::object components() {
    json::object problem{
        {"type", "object"},
        {"required", json::array{"type", "title", "status", "code", "detail"}},
        {"properties",
         json::object{
             {"type", json::object{{"type", "string"}}},
             {"title", json::object{{"type", "string"}}},
             {"status", json::object{{"type", "integer"}}},
             {"code", json::object{{"type", "string"}, {"description", "See docs/errors.md."}}},
             {"detail", json::object{{"type", "string"}}},
             {"field", json::object{{"type", "string"},
                                    {"description",
                                     "JSON Pointer (RFC 6901) to what is to "
                                     "blame; of a query: / and its name."}}}}}};
    return {{"schemas", json::object{{"problem", std::move(problem)}}},
            {"responses",
             json::object{
                 {"problem",
                  json::object{
                      {"description", "A problem (RFC 9457)."},
                      {"content",
                       json::object{{"application/problem+json",
                                     json::object{{"schema", reference("schemas/problem")}}}}}}}}},
            {"parameters",
             json::object{
                 {"csrf", parameter("header", "X-Cordon-CSRF", json::object{{"type", "string"}},
                                    "Of a session: data.csrf of GET /api/session.", false)}}},
            {"securitySchemes",
             json::object{{"session", json::object{{"type", "apiKey"},
                                                   {"in", "cookie"},
                                                   {"name", "__Host-cordon"},
                                                   {"description", "On plain HTTP: cordon."}}},
                          {"token", json::object{{"type", "http"}, {"scheme", "bearer"}}}}}};
}

}  // namespace

std::optional<std::vector<std::string>> path_parameters(std::string_view path) {
    std::vector<std::string> out;
    while (!path.empty()) {
        const std::size_t open = path.find('{');
        if (open == std::string_view::npos)
            return path.find('}') == std::string_view::npos ? std::optional{out} : std::nullopt;
        const std::size_t close = path.find('}', open);
        if (close == std::string_view::npos || close == open + 1 || open == 0 ||
            path[open - 1] != '/')
            return std::nullopt;
        std::string name{path.substr(open + 1, close - open - 1)};
        if (std::find(out.begin(), out.end(), name) != out.end()) return std::nullopt;
        out.push_back(std::move(name));
        path.remove_prefix(close + 1);
    }
    return out;
}

json::value openapi_of(const std::vector<Endpoint>& endpoints, std::string_view version) {
    json::object paths;
    for (const Endpoint& endpoint : endpoints) {
        std::string method = endpoint.method;
        for (char& c : method) c = static_cast<char>(c | 0x20);
        if (paths[endpoint.path].is_null()) paths[endpoint.path] = json::object{};
        paths[endpoint.path].as_object()[method] = operation(endpoint);
    }
    return json::object{
        {"openapi", "3.1.0"},
        {"info", json::object{{"title", "Cordon"},
                              {"version", version},
                              {"license",
                               json::object{{"name", "Apache-2.0"}, {"identifier", "Apache-2.0"}}},
                              {"description",
                               "Crypto-heist defence. What belongs to all calls: "
                               "docs/formats/api.md."}}},
        {"paths", std::move(paths)},
        {"components", components()}};
}

}  // namespace cordon::server
