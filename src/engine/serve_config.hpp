// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <cordon/base/byte_source.hpp>
#include <cordon/report/words.hpp>
#include <cordon/tlog/note.hpp>

namespace cordon::engine {

/// What `cordon serve` runs, as one file says it (docs/formats/serve.md).
struct ServeConfig {
    std::string name = "Cordon";  ///< Of this installation, shown on every screen.
    std::string data;             ///< Directory of everything that it keeps.
    std::string address = "127.0.0.1";
    uint16_t port = 8470;
    std::string certificate, key;      ///< PEM; both or none.
    std::vector<std::string> origins;  ///< That browsers may come from.
    std::string ledger;                ///< Default: DATA/ledger.
    std::vector<std::string> known;    ///< labels:, wallets:, assets:, prices: beside the ledger.
    std::vector<std::string> lists;    ///< To screen against.

    struct Watch {
        std::vector<std::string> sources;  ///< Empty: nothing is watched.
        std::string config, sinks;
        std::vector<std::string> rules;
        bool append = false;     ///< Blocks of live sources go into the ledger, too.
        double speed = 0;        ///< Of a replay: event seconds in a second.
        bool simulated = false;  ///< The sources are no live chain: every screen says so.
    } watch;
    struct Guard {
        std::string policy;   ///< Of a new gate; empty: no gate.
        std::string context;  ///< docs/formats/explain-context.md.
        std::string name = "cordon-gate";
        /// Withdrawals of a simulation, a request a line: each is asked when the replay has come
        /// to its time.
        std::string requests;
    } guard;
    /// What callers may use of it; a number that is 0 is no limit.
    struct Limits {
        // Of one caller: an account or token, else an IP address (its /64).
        double requests_per_second = 100, burst = 400;
        double logins_per_minute = 12;  ///< Of one address, and of one account.
        uint64_t connections = 1'024;   ///< That do not listen to events.
        uint64_t streams = 12'000;      ///< That do: an open console is one.
        uint64_t connections_per_address = 0, streams_per_address = 0;  ///< The first: of both.
    } limits;
    struct Log {
        struct Witness {
            tlog::PublicKey key;
            std::string url;  ///< Of its tlog-witness interface, without "/add-checkpoint".
        };
        std::vector<Witness> witnesses;  ///< Empty: nobody is asked.
        uint64_t quorum = 0;             ///< So many of them must have cosigned; default: all.
    } log;
    std::string guide;       ///< A trace seed by which a guided path is offered; empty: none.
    std::string words_file;  ///< Whose `words` are shown (docs/formats/case-folder.md).
    report::Words words;     ///< Of a case folder; with `words_file` those of the file.
};

/// The file by which one process at a time holds a data directory (WriterLock).
std::string serve_lock_path(const std::string& data);

/// Every problem at once, each with its line. Relative paths are those beside the file, in the
/// answer too.
Result<ServeConfig> parse_serve_config(const InputFile& file);

}  // namespace cordon::engine
