// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <cordon/base/result.hpp>
#include <cordon/base/time.hpp>
#include <cordon/tlog/note.hpp>

#include "serve_config.hpp"

/// Asks witnesses elsewhere to cosign the checkpoints of our logs (docs/formats/serve.md), so that
/// an older state in a log's place shows. In the background: no verdict waits for it.
namespace cordon::engine {

/// How a witness stands to one log.
struct WitnessStanding {
    std::string log;                    ///< "log", "gate".
    std::string witness;                ///< Name of its key.
    uint64_t entries = 0;               ///< Of the newest checkpoint that it cosigned; 0: none yet.
    std::optional<UnixMillis> at = {};  ///< When it says that it did.
    std::optional<Error> trouble = {};  ///< Why it did not, last; kConflict: it saw another log.
    uint64_t asked = 0, failed = 0;     ///< Since the start.
};

class WitnessDesk {
public:
    struct Log {
        std::string name, directory;
        tlog::PublicKey key;
    };
    struct Options {
        ServeConfig::Log config;
        std::vector<Log> logs;
        std::string folder;  ///< Where cosigned checkpoints are kept: FOLDER/NAME.checkpoint.
        std::function<UnixMillis()> clock;
        /// What changed for the worse, once until it is well again. From the desk's thread.
        std::function<void(const std::string&)> warning;
    };
    /// Reads what it kept.
    static Result<std::unique_ptr<WitnessDesk>> open(Options options);
    ~WitnessDesk();

    void start();
    void stop();
    /// Asks every witness about every log once. REQUIRES: no thread.
    void tick();

    std::vector<WitnessStanding> standing() const;
    /// How many witnesses cosigned the kept checkpoint of a log, which has so many entries.
    struct Kept {
        std::string log;
        uint64_t entries = 0;
        std::vector<std::string> witnesses;
    };
    std::vector<Kept> kept() const;
    uint64_t quorum() const noexcept;
    /// Text for Prometheus.
    std::string metrics() const;

private:
    struct Impl;
    explicit WitnessDesk(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace cordon::engine
