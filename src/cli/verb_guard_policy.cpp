// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <boost/json.hpp>

#include <cordon/base/disk.hpp>
#include <cordon/base/format.hpp>
#include <cordon/base/hex.hpp>
#include <cordon/guard/policy/cases.hpp>

#include "exit_code.hpp"
#include "guard_policy.hpp"
#include "output.hpp"
#include "table.hpp"

namespace cordon::cli {
namespace {

using guard::Policy;

Result<std::string> text_of(const std::string& path) {
    CORDON_TRY(const Bytes bytes, read_file(path));
    return std::string{bytes.begin(), bytes.end()};
}

boost::json::array diagnostics_json(const std::vector<chain::Diagnostic>& all) {
    boost::json::array out;
    for (const chain::Diagnostic& one : all)
        out.push_back(boost::json::object{{"file", one.file},
                                          {"line", one.line},
                                          {"column", one.column},
                                          {"severity", one.warning ? "warning" : "error"},
                                          {"code", to_string(one.code)},
                                          {"message", one.message},
                                          {"hint", one.hint}});
    return out;
}

bool is_json(const Session& session) {
    return session.format == Format::kJson || session.format == Format::kJsonl;
}

/// False: there are errors, and they were told.
Result<bool> tell(const std::vector<chain::Diagnostic>& all, const Session& session) {
    const bool ok = std::none_of(all.begin(), all.end(), [](const auto& d) { return !d.warning; });
    if (is_json(session)) {
        if (!ok)
            CORDON_TRY(print(envelope("guard.diagnostics",
                                      boost::json::object{{"problems", diagnostics_json(all)}})));
        return ok;
    }
    for (const chain::Diagnostic& one : all) {
        if (ok && session.quiet) continue;
        CORDON_TRY(print(printable(to_string(one)) + "\n"));
    }
    return ok;
}

/// Nothing: it does not compile, which was told.
Result<std::shared_ptr<const Policy>> compiled(const std::string& path, const Session& session) {
    CORDON_TRY(const std::string text, text_of(path));
    auto result = Policy::compile(text, path);
    CORDON_TRY(const bool ok, tell(result.diagnostics, session));
    return ok ? result.policy : nullptr;
}

Result<int> validate(const std::string& path, const Session& session) {
    CORDON_TRY(const auto policy, compiled(path, session));
    if (!policy) return kBadInput;
    if (is_json(session))
        CORDON_TRY(print(
            envelope("guard.policy", boost::json::object{{"version", policy->version()},
                                                         {"sha256", to_hex(policy->digest())}})));
    else
        CORDON_TRY(print(format("{}: version {}, sha256 {}\n", printable(path), policy->version(),
                                to_hex(policy->digest()))));
    return kClean;
}

Result<int> explain(const std::string& path, const Session& session) {
    CORDON_TRY(const auto policy, compiled(path, session));
    if (!policy) return kBadInput;
    if (is_json(session))
        CORDON_TRY(
            print(envelope("guard.policy", boost::json::object{{"version", policy->version()},
                                                               {"sha256", to_hex(policy->digest())},
                                                               {"text", policy->explain()}})));
    else
        CORDON_TRY(print(policy->explain()));
    return kClean;
}

std::string beside(const std::string& file, const std::string& path) {
    const std::size_t slash = file.rfind('/');
    if (path.starts_with('/') || slash == std::string::npos) return path;
    return file.substr(0, slash + 1) + path;
}

boost::json::object result_json(const guard::CaseResult& result) {
    boost::json::array reasons, failures;
    for (const Reason& one : result.judgement.reasons)
        reasons.push_back(boost::json::object{{"decision", to_string(one.decision)},
                                              {"rule", one.rule},
                                              {"text", one.text},
                                              {"source", one.source}});
    for (const std::string& one : result.failures) failures.emplace_back(one);
    return {{"case", result.of->name},
            {"line", result.of->line},
            {"verdict", to_string(result.judgement.decision)},
            {"reasons", reasons},
            {"failures", failures}};
}

Status print_case(const guard::CaseResult& result) {
    const bool ok = result.failures.empty();
    CORDON_TRY(print(format("{}  {:5}  {}\n", ok ? "ok    " : "FAILED",
                            to_string(result.judgement.decision), printable(result.of->name))));
    for (const std::string& one : result.failures)
        CORDON_TRY(print(format("        {}\n", printable(one))));
    for (const Reason& one : result.judgement.reasons)
        CORDON_TRY(print(format("        {:5} {}: {}\n", to_string(one.decision),
                                printable(one.rule), printable(one.text))));
    return {};
}

Result<int> test(const std::string& path, const Args& args, const Session& session) {
    CORDON_TRY(const std::string text, text_of(path));
    const guard::Cases cases = guard::read_cases(
        text, path, [&](const std::string& file) { return text_of(beside(path, file)); });
    CORDON_TRY(const bool ok, tell(cases.diagnostics, session));
    if (!ok) return kBadInput;
    const std::string policy_path =
        args.has("policy-file") ? args.get("policy-file") : beside(path, cases.policy);
    if (policy_path.empty() || (cases.policy.empty() && !args.has("policy-file")))
        return fail(ErrorCode::kInvalidParam,
                    "which policy? Name it in the file (policy:) or with --policy-file");
    CORDON_TRY(const auto policy, compiled(policy_path, session));
    if (!policy) return kBadInput;
    std::size_t failed = 0;
    boost::json::array all;
    for (const guard::Case& one : cases.cases) {
        const guard::CaseResult result = run_case(*policy, one);
        failed += result.failures.empty() ? 0 : 1;
        if (session.format == Format::kJsonl)
            CORDON_TRY(print(envelope("guard.policy-case", result_json(result))));
        else if (session.format == Format::kJson)
            all.push_back(result_json(result));
        else
            CORDON_TRY(print_case(result));
    }
    if (session.format == Format::kJson)
        CORDON_TRY(print(envelope("guard.policy-test",
                                  boost::json::object{{"cases", all}, {"failed", failed}})));
    else if (session.format == Format::kTable)
        CORDON_TRY(print(format("{} cases, {} failed\n", cases.cases.size(), failed)));
    return failed == 0 ? kClean : kFound;
}

Result<int> list_fields(const Session& session) {
    boost::json::array all;
    Table table{{{"FIELD"}, {"TYPE"}, {"MEANING", Table::Align::kLeft, true, true}}};
    const auto add = [&](const auto& one) {
        table.add(
            {std::string{one.name}, std::string{to_string(one.type)}, std::string{one.meaning}});
        all.push_back(boost::json::object{
            {"name", one.name}, {"type", to_string(one.type)}, {"meaning", one.meaning}});
    };
    for (const guard::Field& one : guard::fields()) add(one);
    for (const guard::Family& one : guard::families()) add(one);
    if (is_json(session)) CORDON_TRY(print(envelope("guard.fields", all)));
    if (!is_json(session)) CORDON_TRY(print(table.render(terminal_width())));
    return kClean;
}

}  // namespace

Result<int> run_guard_policy(std::span<const std::string> words, const Args& args,
                             const Session& session) {
    if (session.format == Format::kCsv)
        return fail(ErrorCode::kInvalidParam, "--format csv: this is no table");
    if (words.size() == 1 && words[0] == "fields") return list_fields(session);
    if (words.size() == 2 && words[0] == "validate") return validate(words[1], session);
    if (words.size() == 2 && words[0] == "explain") return explain(words[1], session);
    if (words.size() == 2 && words[0] == "test") return test(words[1], args, session);
    return fail(ErrorCode::kInvalidParam,
                "expected validate FILE, explain FILE, test FILE or fields: "
                "cordon guard policy validate policy.yaml");
}

}  // namespace cordon::cli
