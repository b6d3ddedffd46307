// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "case_report.hpp"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>

#include <unistd.h>

#include <cordon/base/format.hpp>
#include <cordon/chain/text.hpp>
#include <cordon/report/case_file.hpp>
#include <cordon/report/csv.hpp>
#include <cordon/report/json.hpp>
#include <cordon/report/svg.hpp>
#include <cordon/trace/layout.hpp>

namespace cordon::engine {
namespace {

namespace fs = std::filesystem;

Error io_error(const std::string& path) {
    const ErrorCode code = errno == ENOSPC || errno == EDQUOT || errno == EFBIG
                               ? ErrorCode::kNoSpace
                           : errno == EACCES || errno == EPERM ? ErrorCode::kPermission
                                                               : ErrorCode::kIo;
    return {code, format("{}: {}", path, std::strerror(errno))};
}

/// Lets `fill` write to a temporary file and gives it its name when all went well: whole or not at
/// all.
Status write_file(const std::string& path, const std::function<Status(const report::Sink&)>& fill) {
    const std::string temporary = path + ".tmp";
    std::FILE* file = std::fopen(temporary.c_str(), "wbe");
    if (file == nullptr) return fail(io_error(temporary));
    Status done = fill([&](std::string_view piece) -> Status {
        if (std::fwrite(piece.data(), 1, piece.size(), file) != piece.size())
            return fail(io_error(temporary));
        return {};
    });
    if (done && (std::fflush(file) != 0 || fsync(fileno(file)) != 0))
        done = fail(io_error(temporary));
    if (std::fclose(file) != 0 && done) done = fail(io_error(temporary));
    if (done && std::rename(temporary.c_str(), path.c_str()) != 0) done = fail(io_error(path));
    if (!done) std::remove(temporary.c_str());
    return done;
}

report::Theme theme_of(const std::string& theme) {
    if (theme == "light") return report::Theme::kLight;
    return theme == "dark" ? report::Theme::kDark : report::Theme::kAuto;
}

}  // namespace

std::vector<std::pair<std::string, std::string>> evidence_params(const trace::TraceResult& result) {
    const trace::Params& params = result.params;
    std::string seeds, stop, through;
    for (const trace::Seed& seed : result.seeds) seeds += (seeds.empty() ? "" : ",") + seed.text;
    for (const Category category : params.stop)
        stop += (stop.empty() ? "" : ",") + std::string{to_string(category)};
    for (const auto& [chain, address] : params.through)
        through += (through.empty() ? "" : ",") + to_string(chain) + ":" +
                   chain::format_address(chain, address);
    const auto moment = [](std::optional<UnixMillis> time) {
        return time ? format_rfc3339(*time) : std::string{"none"};
    };
    std::vector<std::pair<std::string, std::string>> all{
        {"seed", seeds},
        {"policy", std::string{to_string(params.policy)}},
        {"overspend", std::string{to_string(params.overspend)}},
        {"direction", params.direction == trace::Direction::kForward ? "forward" : "backward"},
        {"hops", std::to_string(params.max_hops)},
        {"min-amount", params.min_amount.to_string()},
        {"min-usd", format("{}", params.min_usd)},
        {"min-share", format("{}", params.min_share)},
        {"min-purity", format("{}", params.min_purity)},
        {"since", moment(params.since)},
        {"until", moment(params.until)},
        {"stop", stop.empty() ? "none" : stop},
        {"min-confidence", format("{}", params.min_confidence)},
        {"service-degree", std::to_string(params.service_degree)},
        {"through-joins", params.through_joins ? "yes" : "no"},
        {"stranger-senders", std::to_string(params.stranger_senders)},
        {"max-nodes", std::to_string(params.max_nodes)},
        {"max-edges", std::to_string(params.max_edges)}};
    if (!through.empty()) all.emplace_back("through", through);
    return all;
}

trace::FlowLayout lay_out_flow(const Theft& theft, const FlowView& view,
                               const trace::FlowLayout* previous,
                               std::vector<trace::ContextNode> context) {
    trace::LayoutParams params = report::flow_params(theft.result);
    params.mode = view.mode;
    params.axis = view.axis;
    params.opened.insert(view.opened.begin(), view.opened.end());
    params.since = view.since;
    params.until = view.until;
    params.assets = view.assets;
    params.width = view.width.value_or(params.width);
    params.height = view.height.value_or(params.height);
    params.previous = previous;
    params.context = std::move(context);
    return trace::lay_out(theft.result, theft.context.get(), params);
}

Status write_flow_svg(const Theft& theft, const std::string& path, const std::string& theme,
                      const FlowView& view) {
    const trace::FlowLayout layout = lay_out_flow(theft, view);
    const std::string svg = report::flow_svg(theft.result, layout, {.theme = theme_of(theme)});
    return write_file(path, [&](const report::Sink& sink) { return sink(svg); });
}

Status write_result_json(const Theft& theft, const std::string& path,
                         const trace::FlowLayout* layout) {
    return write_file(path, [&](const report::Sink& sink) {
        return report::write_trace_result(theft.result, sink,
                                          {.context = theft.context.get(), .layout = layout});
    });
}

Status write_edges(const Theft& theft, const std::string& path) {
    return write_file(path, [&](const report::Sink& sink) {
        return report::write_edges_csv(theft.result, sink);
    });
}

Status write_watch_list(const Theft& theft, const std::string& path) {
    return write_file(path, [&](const report::Sink& sink) {
        return report::write_watch_csv(theft.result.watch, sink);
    });
}

Result<std::vector<std::string>> write_case(const Theft& theft, const CaseRequest& request) {
    std::error_code error;
    fs::create_directories(request.out, error);
    if (error) return fail(ErrorCode::kPermission, format("{}: {}", request.out, error.message()));
    const auto path = [&](std::string_view name) {
        return (fs::path{request.out} / name).string();
    };

    CORDON_TRY(write_result_json(theft, path("result.json")));
    CORDON_TRY(write_edges(theft, path("edges.csv")));
    CORDON_TRY(write_flow_svg(theft, path("flow.svg"), "auto"));
    report::Evidence evidence{.version = request.version,
                              .command_line = request.command_line,
                              .params = evidence_params(theft.result),
                              .ledger = theft.ledger->chains(),
                              .inputs = theft.inputs,
                              .files = {}};
    for (const char* name : {"result.json", "edges.csv", "flow.svg"}) {
        CORDON_TRY(report::EvidenceFile file, report::evidence_file(path(name)));
        evidence.files.push_back(std::move(file));
    }

    CORDON_TRY(write_file(path("case.html"), [&](const report::Sink& sink) {
        return report::write_case_file({.title = request.title,
                                        .notes = request.notes,
                                        .sources = request.sources,
                                        .result = theft.result,
                                        .context = *theft.context,
                                        .evidence = evidence,
                                        .words = request.words},
                                       sink);
    }));
    CORDON_TRY(const report::EvidenceFile page, report::evidence_file(path("case.html")));
    CORDON_TRY(write_file(path("manifest.json"), [&](const report::Sink& sink) {
        return report::write_manifest(evidence, page, sink);
    }));
    return std::vector{path("case.html"), path("flow.svg"), path("result.json"), path("edges.csv"),
                       path("manifest.json")};
}

}  // namespace cordon::engine
