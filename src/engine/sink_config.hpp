// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <cordon/base/byte_source.hpp>
#include <cordon/model/alert.hpp>

namespace cordon::engine {

enum class SinkType : uint8_t { kJsonl, kWebhook, kSlack, kTelegram, kSyslog, kSmtp, kCommand };
std::string_view to_string(SinkType type) noexcept;

/// Where alerts go (docs/formats/sinks.md). Which fields count is a matter of the type.
struct SinkSettings {
    std::string name;
    SinkType type{};
    Severity at_least = Severity::kInfo;
    bool repeats = false;
    std::string path;        ///< jsonl: the file.
    std::string url;         ///< webhook, slack, telegram. Secret: never shown as it is.
    std::string secret;      ///< webhook: the key of its signature. telegram: the bot's token.
    std::string chat;        ///< telegram.
    std::string address;     ///< syslog: udp://, tcp://, unix:. smtp: HOST:PORT.
    unsigned facility = 16;  ///< syslog: local0.
    std::string from;        ///< smtp.
    std::vector<std::string> to;
    std::string user, password;
    bool start_tls = true;
    std::string ca_file;            ///< Further roots for https and STARTTLS.
    std::vector<std::string> argv;  ///< command: no shell reads it.
    Seconds timeout{10};
    friend bool operator==(const SinkSettings&, const SinkSettings&) = default;
};

/// Reads a secret by its place: the first line of a file, or a variable of the environment. Never
/// a text in the settings themselves, and never an argument of a command line: both are read by
/// others.
using SecretReader =
    std::function<Result<std::string>(std::string_view kind, const std::string& place)>;
/// "file" and "env".
Result<std::string> read_secret(std::string_view kind, const std::string& place);

/// Every problem at once, each with its line. `secrets` is asked for *_file and *_env.
Result<std::vector<SinkSettings>> parse_sinks(const InputFile& file,
                                              const SecretReader& secrets = read_secret);

}  // namespace cordon::engine
