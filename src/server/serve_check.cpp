// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>

#include <cordon/base/base64.hpp>
#include <cordon/base/format.hpp>
#include <cordon/detect/config_file.hpp>
#include <cordon/engine/ingest.hpp>
#include <cordon/engine/open.hpp>
#include <cordon/engine/rule_files.hpp>
#include <cordon/engine/screening.hpp>
#include <cordon/engine/sink_config.hpp>
#include <cordon/feed/open.hpp>
#include <cordon/guard/policy.hpp>
#include <cordon/net/http.hpp>
#include <cordon/net/rpc_client.hpp>

#include "serve.hpp"

namespace cordon::server {
namespace {

namespace fs = std::filesystem;
using Check = SystemFacts::Check;
using State = Check::State;

/// Collects what was found, in the order of asking.
class Doctor {
public:
    explicit Doctor(const engine::ServeConfig& config) : config_{config} {}

    std::vector<Check> all() {
        data();
        ledger();
        known();
        watch();
        nodes();
        guard();
        witnesses();
        limits();
        return std::move(checks_);
    }

private:
    void good(std::string name, std::string detail) {
        checks_.push_back({std::move(name), std::move(detail), "", State::kGood});
    }
    void warn(std::string name, std::string detail, std::string fix) {
        checks_.push_back({std::move(name), std::move(detail), std::move(fix), State::kWarning});
    }
    void bad(std::string name, std::string detail, std::string fix) {
        checks_.push_back({std::move(name), std::move(detail), std::move(fix), State::kBad});
    }
    /// A file that must be read without an error.
    template <typename Read>
    void reads(std::string name, const std::string& path, Read read) {
        if (path.empty()) return;
        const auto file = input_file(path);
        if (!file) return bad(std::move(name), file.error().message, "name a file that is there");
        const auto value = read(*file);
        if (!value)
            bad(std::move(name), value.error().message, "mend the line; nothing runs before");
        else
            good(std::move(name), path);
    }

    void data() {
        std::error_code ignored;
        fs::path place = config_.data;
        if (!fs::exists(place, ignored)) place = place.parent_path();
        if (place.empty()) place = ".";
        if (::access(place.c_str(), W_OK | X_OK) != 0)
            return bad("data", config_.data + ": cannot be written",
                       "make it, owned by the user that runs cordon serve");
        const auto space = fs::space(place, ignored);
        constexpr uintmax_t kLittle = uintmax_t{2} << 30;  // A day of a busy chain's alerts.
        if (!ignored && space.available < kLittle)
            return warn("data", format("{}: {} MiB are left", config_.data, space.available >> 20),
                        "the gate holds everything when the disk is full: make room");
        good("data", config_.data);
    }
    void ledger() {
        const auto reader = ledger::open_reader(config_.ledger);
        if (!reader && reader.error().code == ErrorCode::kNotFound)
            return warn("ledger", config_.ledger + ": is empty",
                        "cordon ingest --ledger DIR SOURCE… fills it: without history every payee "
                        "is new");
        if (!reader)
            return bad("ledger", reader.error().message, "cordon ledger verify names the damage");
        uint64_t transfers = 0;
        for (const ledger::ChainSummary& each : (*reader)->chains()) transfers += each.transfers;
        if (transfers == 0)
            return warn("ledger", config_.ledger + ": is empty",
                        "cordon ingest --ledger DIR SOURCE… fills it");
        good("ledger", format("{} transfers", transfers));
    }
    void known() {
        engine::SideRows rows;
        for (const std::string& text : config_.known) {
            const auto sources = engine::parse_source(text);
            if (!sources) {
                bad("known", sources.error().message, "mend it in serve.yaml");
                continue;
            }
            for (const engine::Source& source : *sources) {
                if (!engine::is_side_file(source.schema)) {
                    bad("known", text + ": is no list of what is known",
                        "labels:, wallets:, assets: and prices: belong here");
                    continue;
                }
                const auto read = engine::read_side_file(source, std::nullopt, {}, rows);
                if (read)
                    good("known", format("{}: {} rows", text, *read));
                else
                    bad("known", read.error().message, "mend the row");
            }
        }
        for (const std::string& text : config_.lists) {
            const auto list = engine::read_given_list(text, {});
            if (list)
                good("lists", format("{}: {} labels", text, list->labels.size()));
            else
                bad("lists", list.error().message, "fetch it again from who publishes it");
        }
        if (config_.lists.empty())
            warn("lists", "nothing is screened against but labels",
                 "lists: [ofac:sdn_advanced.xml], as treasury.gov publishes it");
    }
    void watch() {
        reads("watch", config_.watch.config, detect::parse_watch_config);
        reads("sinks", config_.watch.sinks,
              [](const InputFile& file) { return engine::parse_sinks(file); });
        const auto rules = engine::compile_rule_files(config_.watch.rules, config_.watch.config);
        if (!rules)
            bad("rules", rules.error().message, "cordon watch --validate tells the lines");
        else
            good("rules", "they compile");
        if (!config_.watch.sources.empty() && config_.watch.sinks.empty() &&
            !config_.watch.simulated)
            warn("sinks", "alerts go to the console alone",
                 "name who is called at night: watch: {sinks: sinks.yaml}");
    }
    void nodes() {
        const auto credentials = feed::bitcoin_credentials();
        for (const std::string& source : config_.watch.sources) {
            if (!feed::is_live(source) || feed::is_tail(source)) continue;
            const auto urls = feed::endpoints_of(source);
            if (!urls) {
                bad("node", urls.error().message, "mend it in serve.yaml, or set the variable");
                continue;
            }
            for (const std::string& url : *urls) node(source, url, credentials);
        }
    }
    void node(const std::string& source, const std::string& url,
              const Result<std::string>& credentials) {
        constexpr std::chrono::seconds kPatience{5};
        net::RpcOptions options;
        options.net.connect_timeout = options.net.timeout = kPatience;
        options.tries = 1;
        const bool evm = feed::is_evm(source);
        if (!evm && credentials && !credentials->empty())
            options.authorization =
                "Basic " + to_base64({reinterpret_cast<const uint8_t*>(credentials->data()),
                                      credentials->size()});
        auto client = net::RpcClient::make(url, options);
        if (!client) return bad("node", client.error().message, "mend the URL");
        const auto height = client->call(evm ? "eth_blockNumber" : "getblockcount");
        const std::string shown = client->url().shown();
        if (!height)
            return bad("node", height.error().message,
                       "is it running, and is this machine allowed to ask it?");
        good("node", format("{} answers", shown));
    }
    void guard() {
        if (config_.guard.policy.empty())
            return warn("guard", "no policy: withdrawals are not judged",
                        "guard: {policy: policy.yaml}; docs/user/guard.md walks through it");
        const auto bytes = read_file(config_.guard.policy);
        if (!bytes) return bad("guard", bytes.error().message, "name a policy that is there");
        const auto compiled = guard::Policy::compile(
            {reinterpret_cast<const char*>(bytes->data()), bytes->size()}, config_.guard.policy);
        if (!compiled.policy)
            return bad("guard", config_.guard.policy + ": has errors",
                       "cordon guard policy validate tells them");
        good("guard", format("{}: policy {}", config_.guard.policy, compiled.policy->version()));
    }
    void witnesses() {
        constexpr std::chrono::seconds kPatience{3};
        for (const auto& each : config_.log.witnesses) {
            const auto url = net::parse_url(each.url);
            if (!url) return bad("witness", url.error().message, "mend the URL");
            net::NetOptions options;
            options.connect_timeout = options.timeout = kPatience;
            auto client = net::HttpClient::make(*url, options);
            if (!client) return bad("witness", client.error().message, "mend the URL");
            // Whatever it says to that, it is there.
            const auto answer = client->send({.method = "GET"});
            if (answer)
                good("witness", format("{}: {} answers", each.key.name, url->shown()));
            else
                warn("witness", format("{}: {}", each.key.name, answer.error().message),
                     "is it running, and is this machine allowed to ask it?");
        }
    }
    void limits() {
        rlimit files{};
        // The soft one is raised when it starts.
        const uint64_t wanted = files_wanted(config_);
        if (::getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_max < wanted)
            warn("limits",
                 format("{} open files at most; limits.connections and limits.streams come to {}",
                        files.rlim_max, wanted),
                 "raise LimitNOFILE in the unit (ulimit -Hn), or lower them: each open console is "
                 "one");
        for (const char* each : {"chromium", "chromium-browser", "google-chrome"})
            for (const char* folder : {"/usr/bin/", "/usr/local/bin/"})
                if (::access((std::string{folder} + each).c_str(), X_OK) == 0)
                    return good("pdf", each);
        warn("pdf", "no Chromium: archives hold HTML and no PDF", "apt-get install chromium");
    }

    const engine::ServeConfig& config_;
    std::vector<Check> checks_;
};

}  // namespace

std::vector<Check> check_serve(const engine::ServeConfig& config) { return Doctor{config}.all(); }

}  // namespace cordon::server
