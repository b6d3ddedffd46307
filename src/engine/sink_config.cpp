// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "sink_config.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <fstream>

#include <cordon/base/format.hpp>
#include <cordon/chain/lists/yaml.hpp>
#include <cordon/net/datagram.hpp>
#include <cordon/net/smtp.hpp>
#include <cordon/net/url.hpp>

namespace cordon::engine {
namespace {

using chain::YamlNode;

constexpr std::array<std::string_view, 7> kTypes{"jsonl",  "webhook", "slack",  "telegram",
                                                 "syslog", "smtp",    "command"};
constexpr std::size_t kMaxProblems = 50;
constexpr std::size_t kMaxSecret = 4'096;

/// What each type takes besides name, type, min_severity and repeats.
std::vector<std::string_view> fields_of(SinkType type) {
    switch (type) {
        case SinkType::kJsonl: return {"path"};
        case SinkType::kWebhook:
            return {"url",        "url_file", "url_env", "secret_file",
                    "secret_env", "ca_file",  "timeout"};
        case SinkType::kSlack: return {"url", "url_file", "url_env", "ca_file", "timeout"};
        case SinkType::kTelegram:
            return {"url",        "url_file",  "url_env", "chat",
                    "token_file", "token_env", "ca_file", "timeout"};
        case SinkType::kSyslog: return {"address", "facility", "timeout"};
        case SinkType::kSmtp:
            return {"relay",         "from",         "to",      "starttls", "user",
                    "password_file", "password_env", "ca_file", "timeout"};
        case SinkType::kCommand: return {"argv", "timeout"};
    }
    return {};
}

class Reader {
public:
    Reader(std::string name, const SecretReader& secrets)
        : name_{std::move(name)}, secrets_{secrets} {}

    Result<std::vector<SinkSettings>> file(const YamlNode& root) {
        if (root.kind != YamlNode::Kind::kMap) {
            bad(root, "expected the fields version and sinks");
        } else {
            known(root, {"version", "sinks"});
            const YamlNode* version = root.find("version");
            if (!version || version->text != "1")
                bad(version ? *version : root, "field version: expected 1");
            const YamlNode* sinks = root.find("sinks");
            if (!sinks || sinks->kind != YamlNode::Kind::kList)
                bad(sinks ? *sinks : root, "field sinks: expected a list");
            else
                for (const YamlNode& item : sinks->items) sink(item);
        }
        if (count_ == 0) return std::move(sinks_);
        if (count_ > kMaxProblems) text_ += format("\n… and {} more", count_ - kMaxProblems);
        return fail(ErrorCode::kMalformed, text_);
    }

private:
    void bad(const YamlNode& at, std::string_view what) {
        if (++count_ > kMaxProblems) return;
        text_ += format("{}{}:{}: {}", text_.empty() ? "" : "\n", name_, at.line, what);
    }
    void known(const YamlNode& node, const std::vector<std::string_view>& names) {
        std::string all;
        for (const std::string_view name : names)
            all += (all.empty() ? "" : ", ") + std::string{name};
        for (const auto& [key, value] : node.pairs)
            if (std::find(names.begin(), names.end(), key) == names.end())
                bad(value, format("no field \"{}\" here; there are {}", key.substr(0, 80), all));
    }
    std::string text(const YamlNode& node, std::string_view key, bool required = false) {
        const YamlNode* field = node.find(key);
        if (!field || field->kind != YamlNode::Kind::kScalar || field->text.empty()) {
            if (field || required)
                bad(field ? *field : node, format("field {}: expected a text", key));
            return {};
        }
        return field->text;
    }
    std::vector<std::string> texts(const YamlNode& node, std::string_view key) {
        const YamlNode* field = node.find(key);
        std::vector<std::string> all;
        if (field && field->kind == YamlNode::Kind::kList)
            for (const YamlNode& item : field->items)
                if (item.kind == YamlNode::Kind::kScalar && !item.text.empty())
                    all.push_back(item.text);
        if (all.empty() || all.size() != field->items.size()) {
            bad(field ? *field : node, format("field {}: expected a list of texts", key));
            return {};
        }
        return all;
    }
    bool flag(const YamlNode& node, std::string_view key, bool fallback) {
        const YamlNode* field = node.find(key);
        if (!field) return fallback;
        if (field->text != "true" && field->text != "false")
            bad(*field, format("field {}: expected true or false", key));
        return field->text == "true";
    }
    unsigned number(const YamlNode& node, std::string_view key, unsigned fallback, unsigned min,
                    unsigned max) {
        const YamlNode* field = node.find(key);
        if (!field) return fallback;
        unsigned value = 0;
        const std::string& digits = field->text;
        const auto [end, error] =
            std::from_chars(digits.data(), digits.data() + digits.size(), value);
        if (error != std::errc{} || end != digits.data() + digits.size() || value < min ||
            value > max)
            bad(*field, format("field {}: expected a number from {} to {}", key, min, max));
        return value;
    }
    /// NAME_file or NAME_env, one of them.
    std::string secret(const YamlNode& node, const std::string& name) {
        std::string value;
        for (const std::string_view kind : {"file", "env"}) {
            const std::string place = text(node, format("{}_{}", name, kind));
            if (place.empty()) continue;
            if (!value.empty()) {
                bad(node, format("{0}_file or {0}_env, not both", name));
                continue;
            }
            auto read = secrets_(kind, place);
            if (!read)
                bad(node, format("field {}_{}: {}", name, kind, read.error().message));
            else
                value = *std::move(read);
        }
        return value;
    }

    void sink(const YamlNode& node) {
        if (node.kind != YamlNode::Kind::kMap) return bad(node, "a sink: expected fields");
        SinkSettings sink;
        const std::string type = text(node, "type", true);
        const auto found = std::find(kTypes.begin(), kTypes.end(), type);
        if (found == kTypes.end()) {
            std::string all;
            for (const std::string_view each : kTypes) all += format(" {}", each);
            return bad(node, format("field type: expected one of{}", all));
        }
        sink.type = static_cast<SinkType>(found - kTypes.begin());
        std::vector<std::string_view> names = fields_of(sink.type);
        names.insert(names.begin(), {"name", "type", "min_severity", "repeats"});
        known(node, names);
        name(node, sink);
        if (const std::string word = text(node, "min_severity"); !word.empty()) {
            const auto severity = parse_severity(word);
            if (!severity)
                bad(node, "field min_severity: " + severity.error().message);
            else
                sink.at_least = *severity;
        }
        // A file is for programs, which want all; a person wants to be called once.
        sink.repeats = flag(node, "repeats", sink.type == SinkType::kJsonl);
        constexpr unsigned kLongestTimeout = 600;
        sink.timeout = Seconds{number(node, "timeout", 10, 1, kLongestTimeout)};
        sink.ca_file = text(node, "ca_file");
        by_type(node, sink);
        sinks_.push_back(std::move(sink));
    }

    void name(const YamlNode& node, SinkSettings& sink) {
        sink.name = text(node, "name", true);
        const bool plain = std::all_of(sink.name.begin(), sink.name.end(), [](unsigned char c) {
            return std::isalnum(c) != 0 || c == '-' || c == '_' || c == '.';
        });
        constexpr std::size_t kLongestName = 64;
        if (!plain || sink.name.size() > kLongestName)
            bad(node, "field name: expected up to 64 letters, digits, '-', '_' and '.'");
        for (const SinkSettings& other : sinks_)
            if (other.name == sink.name) bad(node, format("a second sink \"{}\"", sink.name));
    }

    void by_type(const YamlNode& node, SinkSettings& sink) {
        switch (sink.type) {
            case SinkType::kJsonl: sink.path = text(node, "path", true); break;
            case SinkType::kWebhook:
                url(node, sink);
                sink.secret = secret(node, "secret");
                break;
            case SinkType::kSlack: url(node, sink); break;
            case SinkType::kTelegram: telegram(node, sink); break;
            case SinkType::kSyslog: syslog(node, sink); break;
            case SinkType::kSmtp: smtp(node, sink); break;
            case SinkType::kCommand: sink.argv = texts(node, "argv"); break;
        }
    }
    void url(const YamlNode& node, SinkSettings& sink) {
        sink.url = text(node, "url");
        const std::string hidden = secret(node, "url");
        if (!hidden.empty()) sink.url = hidden;
        const auto parsed = net::parse_url(sink.url);
        if (!parsed || parsed->web_socket())
            bad(node, "field url, url_file or url_env: expected an http or https URL");
    }
    void telegram(const YamlNode& node, SinkSettings& sink) {
        sink.chat = text(node, "chat", true);
        sink.secret = secret(node, "token");
        if (sink.secret.empty())
            bad(node, "field token_file or token_env: expected the bot's token");
        if (!node.find("url") && !node.find("url_file") && !node.find("url_env"))
            sink.url = "https://api.telegram.org";
        else
            url(node, sink);
    }
    void syslog(const YamlNode& node, SinkSettings& sink) {
        sink.address = text(node, "address", true);
        if (const auto place = net::parse_message_place(sink.address);
            !place && !sink.address.empty())
            bad(node, "field address: " + place.error().message);
        constexpr unsigned kLocal0 = 16, kLast = 23;  // RFC 5424 table 1.
        sink.facility = number(node, "facility", kLocal0, 0, kLast);
    }
    void smtp(const YamlNode& node, SinkSettings& sink) {
        sink.address = text(node, "relay", true);
        if (const auto place = net::parse_message_place("tcp://" + sink.address);
            !place && !sink.address.empty())
            bad(node, "field relay: expected HOST:PORT");
        sink.from = text(node, "from", true);
        sink.to = texts(node, "to");
        for (const std::string& each : sink.to)
            if (!net::is_mailbox(each)) bad(node, "field to: expected addresses such as a@b.org");
        if (!sink.from.empty() && !net::is_mailbox(sink.from))
            bad(node, "field from: expected an address such as a@b.org");
        sink.start_tls = flag(node, "starttls", true);
        sink.user = text(node, "user");
        sink.password = secret(node, "password");
        if (!sink.user.empty() && !sink.start_tls)
            bad(node, "user with starttls: false would send the password in the clear");
    }

    std::string name_;
    const SecretReader& secrets_;
    std::vector<SinkSettings> sinks_;
    std::string text_;
    std::size_t count_ = 0;
};

}  // namespace

std::string_view to_string(SinkType type) noexcept {
    return kTypes[static_cast<std::size_t>(type)];
}

Result<std::string> read_secret(std::string_view kind, const std::string& place) {
    std::string value;
    if (kind == "env") {
        const char* found = std::getenv(place.c_str());
        if (found == nullptr)
            return fail(ErrorCode::kNotFound, format("no variable {} in the environment", place));
        value = found;
    } else {
        std::ifstream file{place, std::ios::binary};
        if (!file || !std::getline(file, value))
            return fail(ErrorCode::kNotFound, format("{}: cannot be read", place));
    }
    while (!value.empty() && (value.back() == '\r' || value.back() == '\n')) value.pop_back();
    if (value.empty() || value.size() > kMaxSecret)
        return fail(ErrorCode::kMalformed, format("{}: expected 1 to {} bytes", place, kMaxSecret));
    return value;
}

Result<std::vector<SinkSettings>> parse_sinks(const InputFile& file, const SecretReader& secrets) {
    CORDON_TRY(const YamlNode root, chain::parse_yaml(file));
    return Reader{file.name, secrets}.file(root);
}

}  // namespace cordon::engine
