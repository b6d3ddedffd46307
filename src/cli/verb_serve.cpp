// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0

#include <chrono>
#include <cstdio>
#include <mutex>

#include <cordon/base/format.hpp>
#include <cordon/engine/serve_case.hpp>
#include <cordon/net/listen.hpp>
#include <cordon/server/serve.hpp>
#include "exit_code.hpp"
#include "output.hpp"
#include "progress.hpp"
#include "serve_accounts.hpp"
#include "serve_config.hpp"
#include "table.hpp"
#include "verbs.hpp"

namespace cordon::cli {
namespace {

UnixMillis now() {
    return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

/// The console over one case, played again.
Result<engine::ServeConfig> case_config(const Args& args, const Session& session) {
    if (args.has("config") || !args.has("data"))
        return fail(ErrorCode::kInvalidParam,
                    "--case PATH needs --data DIR, for what is made of it, and no --config");
    ProgressLine line{session};
    engine::IngestHooks hooks;
    hooks.cancel = session.cancel;
    hooks.progress = [&](const engine::IngestProgress& progress) {
        if (line.due())
            line.show(format("ingest  {}  {} transfers", progress.source,
                             format_count(progress.transfers)));
    };
    CORDON_TRY(engine::ServeConfig config,
               engine::serve_case(args.get("case"), args.get("data"), hooks));
    if (args.has("listen")) {
        CORDON_TRY(net::parse_listen(args.get("listen"), config.address, config.port));
        if (!net::is_loopback(config.address))
            return fail(ErrorCode::kInvalidParam,
                        "--listen: a case is shown on this machine alone (127.0.0.1, ::1); beyond "
                        "it serve.yaml, with tls");
    }
    return config;
}

Result<int> run_serve(const Args& args, const Session& session) {
    if (!args.operands().empty()) {
        const std::string& word = args.operands().front();
        if (word == "user") return run_serve_user(args, session);
        if (word == "token") return run_serve_token(args, session);
        return fail(ErrorCode::kInvalidParam,
                    format("serve {}: there is user and token", printable(word)));
    }
    CORDON_TRY(const engine::ServeConfig config,
               args.has("case") ? case_config(args, session) : config_of(args));
    std::mutex mutex;  // Of standard error.
    const auto say = [&](std::string_view text) {
        const std::scoped_lock lock{mutex};
        std::fputs(format("{}\n", printable(text)).c_str(), stderr);
    };
    server::ServeHooks hooks{.version = std::string{session.version}, .clock = now};
    if (!session.quiet) hooks.step = say;
    hooks.warning = [&](const std::string& text) { say("cordon: warning: " + text); };
    CORDON_TRY(const auto service, server::Service::start(config, std::move(hooks)));
    // On standard output, so that a script may read it; the link is a secret until it is used.
    if (args.has("open")) {
        CORDON_TRY(print(service->entry_link() + "\n"));
        std::fflush(stdout);
    }
    CORDON_TRY(service->wait(*session.cancel));
    if (!session.quiet) say("ending: answers under way are finished");
    service->stop();
    return kClean;
}

}  // namespace

Command serve_command() {
    Command command{
        .name = "serve",
        .summary = "run watch, guard, traces, cases and the console over them",
        .usage = "--config FILE [--open] | --case PATH --data DIR [--open] | user … | token …",
        .about =
            "Runs everything that serve.yaml names (docs/formats/serve.md) in one process and "
            "answers the console and the API (docs/formats/api.md) until it is interrupted. "
            "What it keeps survives kill -9 at any moment. Without an account nobody gets in: "
            "--case is for looking at one theft: it takes a case folder or chain data into DIR and "
            "plays it again as a feed, marked as simulated on every screen. "
            "--open prints a link that opens the console once, for ten minutes, from this "
            "machine; serve user makes accounts, serve token those of programs.",
        .flags = {{"config", "FILE", "What to run", {}, 'c'},
                  {"case", "PATH", "Instead: the console over one case, played again"},
                  {"data", "DIR", "Of --case: where it keeps things; made anew each time"},
                  {"listen", "ADDRESS:PORT", "Of --case: another port", "127.0.0.1:8470"},
                  {"open", "", "Print a link that opens the console once"}},
        .examples = {"cordon serve --config serve.yaml --open",
                     "cordon serve --case examples/synthetic_exchange_theft --data tour --open",
                     "cordon serve user add alice --role analyst --data /var/lib/cordon"},
        .takes_operands = true,
        .run = run_serve};
    for (Flag& each : serve_account_flags()) command.flags.push_back(std::move(each));
    return command;
}

}  // namespace cordon::cli
