// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json/fwd.hpp>

#include <cordon/records/alert_store.hpp>

#include "alert_desk.hpp"

namespace cordon::engine {

/// How far the watch is and how much there is to do.
struct WatchStatus {
    struct Source {
        std::string source;  ///< "eth": what feeds a chain is one source.
        ChainId chain;
        BlockNum height = 0;
        UnixMillis time{};
        std::chrono::milliseconds lag{};
        enum class State : uint8_t {
            kLive,
            kLate,    ///< Its newest block is older than blocks of its chain can be apart.
            kReplay,  ///< What is read has happened long ago: its lag means nothing.
        } state{};
        friend bool operator==(const Source&, const Source&) = default;
    };
    std::vector<Source> sources;            ///< By name.
    std::vector<records::AlertRate> rates;  ///< 60 minutes of event time, to the newest, in order.
    std::array<uint64_t, 5> open{};         ///< By severity.
    enum class Run : uint8_t {
        kNone,  ///< This process watches nothing; another one may.
        kRunning,
        kOver,    ///< All was read: of replays.
        kFailed,  ///< It ended by an error: nothing more will be found.
    } run{};
};
std::string_view to_string(WatchStatus::Source::State state) noexcept;
std::string_view to_string(WatchStatus::Run run) noexcept;
/// data of watch.status (docs/formats/api.md).
boost::json::object status_json(const WatchStatus& status);

/// What somebody typed into a search box, as conditions: an address, a txn's hash, words. At most
/// eight words and 200 bytes; what is more is left out.
void add_search(std::string_view text, records::AlertQuery& query);

/// The alerts of a watch for many readers at once: people read and act while the watch, in this
/// process or another, writes. Thread safety: all calls.
class AlertBook {
public:
    /// `state` is the watch's directory; kNotFound without alerts in it. Brings the file of an
    /// older version up to date.
    static Result<std::unique_ptr<AlertBook>> open(const std::string& state);
    ~AlertBook();

    /// A page of the newest by event time, newest first, before `before` (an id of an earlier page;
    /// empty: from the newest), each with its history. kNotFound: no such `before`.
    /// A search (words, txns, named) looks at kLooked alerts a page: it may be short, and
    /// `looked_to` then says where the next one goes on.
    Result<records::AlertFound> alerts(const records::AlertQuery& query, std::string_view before,
                                       uint64_t look = kLooked) const;
    static constexpr uint64_t kLooked = 20'000;  ///< Some 40 ms.
    /// Another number as soon as somebody has written, in whatever process; microseconds.
    Result<int64_t> version() const;
    Result<std::optional<records::StoredAlert>> alert(std::string_view id) const;
    /// A page, as above: without alerts and history.
    Result<std::vector<records::Incident>> incidents(const records::AlertQuery& query,
                                                     std::string_view before) const;
    Result<std::optional<records::Incident>> incident(std::string_view id) const;
    Result<std::vector<records::Suppression>> suppressions() const;
    /// Counted anew at most once a second.
    Result<std::shared_ptr<const WatchStatus>> status(UnixMillis now) const;
    /// What has become of the watch of this process.
    void set_run(WatchStatus::Run run);

    /// As engine::act().
    Result<uint64_t> act(AlertAct act, const std::vector<std::string>& ids, const Deed& deed,
                         std::string_view assignee = {});
    Result<std::vector<records::StoredAlert>> preview(records::Suppression& suppression,
                                                      UnixMillis since) const;
    Status suppress(const records::Suppression& suppression);
    Status unsuppress(std::string_view id, const Deed& deed);

    /// What was raised or changed since the last call, by the watch or by people, in order and with
    /// history: for the live stream. Nothing, and cheap, when nobody has written. The first call
    /// says nothing: from there on. At most some hundreds; more come with the next call.
    struct News {
        std::vector<records::StoredAlert> alerts;
        /// It was so far behind that it left out what lies between: read the state anew.
        bool missed = false;
        bool more = false;
    };
    Result<News> news();

private:
    struct Impl;
    explicit AlertBook(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace cordon::engine
