// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "serve_config.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <type_traits>

#include <cordon/base/format.hpp>
#include <cordon/chain/lists/yaml.hpp>
#include <cordon/net/listen.hpp>
#include <cordon/net/url.hpp>

namespace cordon::engine {
namespace {

using chain::YamlNode;
namespace fs = std::filesystem;

constexpr std::size_t kMaxProblems = 50;
constexpr std::size_t kMaxQuoted = 80;
constexpr std::size_t kLongestName = 64;

class Reader {
public:
    explicit Reader(std::string name)
        : name_{std::move(name)}, folder_{fs::path{name_}.parent_path()} {}

    Result<ServeConfig> file(const YamlNode& root) {
        known(root, {"version", "name", "data", "listen", "tls", "origins", "ledger", "known",
                     "lists", "watch", "guard", "limits", "log", "guide", "words"});
        const YamlNode* version = root.find("version");
        if (version == nullptr || version->text != "1")
            bad(version != nullptr ? *version : root, "field version: expected 1");
        text(root, "name", config_.name);
        if (config_.name.size() > kLongestName)
            bad(*root.find("name"), format("field name: expected at most {} bytes", kLongestName));
        path(root, "data", config_.data);
        if (config_.data.empty() && problems_ == 0)
            bad(root, "field data is missing: the directory of all that is kept");
        listen(root);
        if (const YamlNode* tls = map(root, "tls")) {
            known(*tls, {"certificate", "key"});
            path(*tls, "certificate", config_.certificate);
            path(*tls, "key", config_.key);
            if (config_.certificate.empty() || config_.key.empty())
                bad(*tls, "field tls: expected certificate and key");
        }
        config_.origins = list(root, "origins");
        for (const std::string& origin : config_.origins)
            if (!origin.starts_with("https://") || origin.find('/', 8) != std::string::npos)
                bad(*root.find("origins"),
                    "field origins: expected https://HOST or https://HOST:PORT");
        path(root, "ledger", config_.ledger);
        if (config_.ledger.empty()) config_.ledger = config_.data + "/ledger";
        config_.known = sources(root, "known");
        config_.lists = sources(root, "lists");
        if (const YamlNode* watch = map(root, "watch")) read(*watch, config_.watch);
        if (const YamlNode* guard = map(root, "guard")) read(*guard, config_.guard);
        if (const YamlNode* limits = map(root, "limits")) read(*limits, config_.limits);
        if (const YamlNode* log = map(root, "log")) read(*log, config_.log);
        text(root, "guide", config_.guide);
        path(root, "words", config_.words_file);
        if (!net::is_loopback(config_.address) && config_.certificate.empty())
            bad(*root.find("listen"),
                "field listen: who listens beyond this machine needs tls (passwords would go over "
                "the net in the clear)");
        if (!net::is_loopback(config_.address) && config_.origins.empty())
            bad(*root.find("listen"),
                "field listen: who listens beyond this machine needs origins, by which it is "
                "called there (others are refused: DNS rebinding)");
        if (problems_ == 0) return std::move(config_);
        if (problems_ > kMaxProblems) text_ += format("\n… and {} more", problems_ - kMaxProblems);
        return fail(ErrorCode::kMalformed, text_);
    }

private:
    void bad(const YamlNode& at, std::string_view what) {
        if (++problems_ > kMaxProblems) return;
        text_ += format("{}{}:{}: {}", text_.empty() ? "" : "\n", name_, at.line, what);
    }
    void known(const YamlNode& node, const std::vector<std::string_view>& names) {
        if (node.kind != YamlNode::Kind::kMap) return bad(node, "expected fields");
        std::string all;
        for (const std::string_view each : names)
            all += (all.empty() ? "" : ", ") + std::string{each};
        for (const auto& [key, value] : node.pairs)
            if (std::find(names.begin(), names.end(), key) == names.end())
                bad(value,
                    format("no field \"{}\" here; there are {}", key.substr(0, kMaxQuoted), all));
    }
    const YamlNode* map(const YamlNode& node, std::string_view key) {
        const YamlNode* field = node.find(key);
        if (field == nullptr || field->kind == YamlNode::Kind::kMap) return field;
        bad(*field, format("field {}: expected fields", key));
        return nullptr;
    }
    void text(const YamlNode& node, std::string_view key, std::string& out) {
        const YamlNode* field = node.find(key);
        if (field == nullptr) return;
        if (field->kind != YamlNode::Kind::kScalar || field->text.empty())
            return bad(*field, format("field {}: expected a text", key));
        out = field->text;
    }
    std::string beside(const std::string& text) const {
        return fs::path{text}.is_absolute() || folder_.empty() ? text : (folder_ / text).string();
    }
    void path(const YamlNode& node, std::string_view key, std::string& out) {
        std::string value;
        text(node, key, value);
        if (!value.empty()) out = beside(value);
    }
    std::vector<std::string> list(const YamlNode& node, std::string_view key) {
        const YamlNode* field = node.find(key);
        std::vector<std::string> all;
        if (field == nullptr) return all;
        if (field->kind == YamlNode::Kind::kList)
            for (const YamlNode& item : field->items)
                if (item.kind == YamlNode::Kind::kScalar && !item.text.empty())
                    all.push_back(item.text);
        if (field->kind != YamlNode::Kind::kList || all.size() != field->items.size())
            bad(*field, format("field {}: expected a list of texts", key));
        return all;
    }
    /// SCHEMA:PATH, whose path is beside this file; SCHEMA:URL stays as it is.
    std::vector<std::string> sources(const YamlNode& node, std::string_view key) {
        std::vector<std::string> all = list(node, key);
        for (std::string& each : all) {
            const std::size_t colon = each.find(':');
            const std::size_t begin = colon == std::string::npos ? 0 : colon + 1;
            const std::string rest = each.substr(begin);
            if (rest.find("://") == std::string::npos && !rest.starts_with("env:"))
                each = each.substr(0, begin) + beside(rest);
        }
        return all;
    }
    bool flag(const YamlNode& node, std::string_view key) {
        const YamlNode* field = node.find(key);
        if (field == nullptr) return false;
        if (field->text != "true" && field->text != "false")
            bad(*field, format("field {}: expected true or false", key));
        return field->text == "true";
    }
    template <typename T>
    static bool number(const YamlNode& node, T& out) {
        const std::string& text = node.text;
        T value{};
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
        if (error != std::errc{} || end != text.data() + text.size()) return false;
        if constexpr (std::is_floating_point_v<T>)
            if (!std::isfinite(value)) return false;
        out = value;
        return true;
    }
    template <typename T>
    void bounded(const YamlNode& node, std::string_view key, T least, T most, T& out) {
        const YamlNode* field = node.find(key);
        if (field != nullptr && (!number(*field, out) || out < least || out > most))
            bad(*field, format("field {}: expected a number from {} to {}", key, least, most));
    }
    void listen(const YamlNode& root) {
        std::string value;
        text(root, "listen", value);
        if (value.empty()) return;
        if (const Status good = net::parse_listen(value, config_.address, config_.port); !good)
            bad(*root.find("listen"), "field listen: " + good.error().message);
    }
    void read(const YamlNode& node, ServeConfig::Watch& watch) {
        known(node, {"sources", "config", "sinks", "rules", "append", "speed", "simulated"});
        watch.sources = sources(node, "sources");
        path(node, "config", watch.config);
        path(node, "sinks", watch.sinks);
        for (const std::string& each : list(node, "rules")) watch.rules.push_back(beside(each));
        watch.simulated = flag(node, "simulated");
        watch.append = flag(node, "append");
        if (watch.append && watch.simulated)
            bad(*node.find("append"), "field append: is for a live chain, not for a simulation");
        const YamlNode* speed = node.find("speed");
        if (speed == nullptr) return;
        if (!number(*speed, watch.speed) || !(watch.speed > 0))
            bad(*speed, "field speed: expected a number above 0");
        if (!watch.simulated) bad(*speed, "field speed: is for a replay; say simulated: true");
    }
    void read(const YamlNode& node, ServeConfig::Guard& guard) {
        known(node, {"policy", "context", "name", "requests"});
        path(node, "policy", guard.policy);
        path(node, "context", guard.context);
        text(node, "name", guard.name);
        path(node, "requests", guard.requests);
        if (guard.policy.empty()) bad(node, "field policy is missing");
        if (!guard.requests.empty() && !config_.watch.simulated)
            bad(node, "field requests: is for a simulation; say watch: {simulated: true}");
    }

    void read(const YamlNode& node, ServeConfig::Log& log) {
        known(node, {"witnesses", "quorum"});
        constexpr std::size_t kMost = 16;  // Each is asked every ten seconds about each log.
        const YamlNode* list = node.find("witnesses");
        if (list == nullptr || list->kind != YamlNode::Kind::kList || list->items.empty() ||
            list->items.size() > kMost)
            return bad(
                list != nullptr ? *list : node,
                format("field witnesses: expected a list of 1 to {} with key and url", kMost));
        for (const YamlNode& item : list->items) {
            known(item, {"key", "url"});
            if (item.kind != YamlNode::Kind::kMap) continue;
            std::string key, url;
            text(item, "key", key);
            text(item, "url", url);
            const auto parsed = tlog::parse_public_key(key);
            if (!parsed || parsed->kind != tlog::PublicKey::Kind::kWitness) {
                bad(item,
                    "field key: expected a witness's key, NAME+ID+BASE64, as cordon log "
                    "keygen --witness prints it");
                continue;
            }
            const auto target = net::parse_url(url);
            if (!target || target->web_socket()) {
                bad(item, "field url: expected http://… or https://…");
                continue;
            }
            // Two names of one key are one witness: a quorum of them would be none.
            for (const auto& other : log.witnesses)
                if (other.key.key == parsed->key || other.key.name == parsed->name)
                    bad(item, format("field key: the key or the name of {} stands twice",
                                     parsed->name.substr(0, kMaxQuoted)));
            log.witnesses.push_back({*parsed, url});
        }
        log.quorum = log.witnesses.size();
        if (!log.witnesses.empty())
            bounded(node, "quorum", uint64_t{1}, uint64_t{log.witnesses.size()}, log.quorum);
    }
    void read(const YamlNode& node, ServeConfig::Limits& limits) {
        known(node, {"requests_per_second", "burst", "logins_per_minute", "connections", "streams",
                     "connections_per_address", "streams_per_address"});
        constexpr double kMostRequests = 1e6, kMostLogins = 6'000;
        // A process cannot have more files open than this without settings of the kernel.
        constexpr uint64_t kMostOpen = 500'000, kFewest = 16;
        bounded(node, "requests_per_second", 1.0, kMostRequests, limits.requests_per_second);
        bounded(node, "burst", 1.0, kMostRequests, limits.burst);
        bounded(node, "logins_per_minute", 1.0, kMostLogins, limits.logins_per_minute);
        bounded(node, "connections", kFewest, kMostOpen, limits.connections);
        bounded(node, "streams", kFewest, kMostOpen, limits.streams);
        bounded(node, "connections_per_address", uint64_t{0}, kMostOpen,
                limits.connections_per_address);
        bounded(node, "streams_per_address", uint64_t{0}, kMostOpen, limits.streams_per_address);
    }

    const std::string name_;
    const fs::path folder_;
    ServeConfig config_;
    std::string text_;
    std::size_t problems_ = 0;
};

}  // namespace

std::string serve_lock_path(const std::string& data) { return data + "/serve.lock"; }

Result<ServeConfig> parse_serve_config(const InputFile& file) {
    CORDON_TRY(const YamlNode root, chain::parse_yaml(file));
    return Reader{file.name}.file(root);
}

}  // namespace cordon::engine
