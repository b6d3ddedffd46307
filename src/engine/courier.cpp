// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "courier.hpp"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <filesystem>
#include <fstream>

#include <cordon/base/format.hpp>
#include <cordon/report/alert_json.hpp>

namespace cordon::engine {
namespace {

constexpr uint64_t kBatch = 64;  // Deliveries read at once.
constexpr std::chrono::milliseconds kFirstWait{1'000};
constexpr std::chrono::milliseconds kLongestWait{600'000};
// Deliveries that wait for their next try are looked for so often.
constexpr std::chrono::milliseconds kLook{200};

std::string end_mark(const std::string& sink) { return "end of " + sink; }

std::chrono::milliseconds wait_after(unsigned tries) {
    const unsigned doublings = std::min(tries, 20U);
    return std::min(kLongestWait, kFirstWait * (1 << std::min(doublings, 12U)));
}

}  // namespace

Result<std::unique_ptr<Courier>> Courier::start(const std::string& state_directory,
                                                const std::vector<SinkSettings>& sinks, NowFn now) {
    std::unique_ptr<Courier> courier{new Courier};
    courier->directory_ = state_directory;
    courier->now_ = std::move(now);
    CORDON_TRY(courier->store_, records::AlertStore::open(alerts_path(state_directory)));
    for (const SinkSettings& settings : sinks) {
        Place place{settings, nullptr, {.name = settings.name}, {}, {}};
        CORDON_TRY(place.sink, make_sink(settings, &courier->cancel_));
        CORDON_TRY(const auto mark, courier->store_->mark(end_mark(settings.name)));
        uint64_t end = 0;
        if (mark) std::from_chars(mark->data(), mark->data() + mark->size(), end);
        if (mark) {
            CORDON_TRY(place.sink->resume(end));
        } else if (const auto now_end = place.sink->end()) {
            // The first time: what stands in the file already is not ours to cut.
            CORDON_TRY(courier->store_->change([&] {
                return courier->store_->put_mark(end_mark(settings.name), std::to_string(*now_end));
            }));
        }
        courier->places_.push_back(std::move(place));
    }
    courier->thread_ = std::thread{[raw = courier.get()] { raw->run(); }};
    return courier;
}

Courier::~Courier() {
    cancel_ = true;
    if (thread_.joinable()) finish();
}

void Courier::wake() {
    const std::lock_guard lock{mutex_};
    woken_ = true;
    changed_.notify_one();
}

std::vector<std::string> Courier::finish() {
    if (thread_.joinable()) {
        {
            const std::lock_guard lock{mutex_};
            ending_ = true;
            changed_.notify_one();
        }
        thread_.join();
    }
    std::vector<std::string> troubles;
    for (const Place& place : places_) {
        if (place.metrics.waiting > 0)
            troubles.push_back(
                format("sink {}: {} alerts wait to be delivered; the next watch with "
                       "this --state goes on{}",
                       place.settings.name, place.metrics.waiting,
                       place.trouble.empty() ? "" : ": " + place.trouble));
        if (place.metrics.dead > 0)
            troubles.push_back(format("sink {}: {} alerts could not be delivered; they are in {}",
                                      place.settings.name, place.metrics.dead,
                                      directory_ + "/dead-letter.jsonl"));
    }
    return troubles;
}

std::vector<SinkMetrics> Courier::metrics() const {
    const std::lock_guard lock{mutex_};
    std::vector<SinkMetrics> all;
    for (const Place& place : places_) all.push_back(place.metrics);
    return all;
}

void Courier::run() {
    for (bool last = false; !last;) {
        {
            std::unique_lock lock{mutex_};
            changed_.wait_for(lock, kLook, [&] { return woken_ || ending_; });
            woken_ = false;
            last = ending_;
        }
        for (Place& place : places_) {
            if (const Status done = deliver(place); !done) {
                const std::lock_guard lock{mutex_};
                place.trouble = done.error().message;
            }
        }
    }
}

Status Courier::deliver(Place& place) {
    for (;;) {
        const UnixMillis now = now_();
        if (now < place.not_before) break;
        CORDON_TRY(const auto due, store_->due(place.settings.name, now, kBatch));
        for (const records::Delivery& delivery : due) {
            const Status sent = place.sink->send(delivery, now_());
            CORDON_TRY(settle(place, delivery, sent));
            if (!sent) break;
        }
        if (due.size() < kBatch) break;
    }
    CORDON_TRY(const uint64_t waiting, store_->waiting(place.settings.name));
    const std::lock_guard lock{mutex_};
    place.metrics.waiting = waiting;
    return {};
}

Status Courier::settle(Place& place, records::Delivery delivery, const Status& sent) {
    const bool dead = !sent && delivery.tries + 1 >= kTries;
    if (dead) CORDON_TRY(bury(delivery, sent.error().message));
    CORDON_TRY(store_->change(
        [&]() -> Status {
            if (sent || dead) {
                CORDON_TRY(store_->end_delivery(delivery.number));
                if (const auto end = place.sink->end())
                    return store_->put_mark(end_mark(place.settings.name), std::to_string(*end));
                return {};
            }
            delivery.next_try = now_() + wait_after(delivery.tries);
            ++delivery.tries;
            return store_->put_delivery(delivery);
        },
        // Lost with the power, it is delivered once more.
        records::AlertStore::Durability::kProcess));
    const std::lock_guard lock{mutex_};
    if (sent) {
        ++place.metrics.sent;
        place.trouble.clear();
    } else {
        ++place.metrics.failed;
        if (dead) ++place.metrics.dead;
        place.trouble = sent.error().message;
        // In order: what comes behind it waits, too.
        place.not_before = dead ? UnixMillis{} : delivery.next_try;
    }
    return {};
}

Status Courier::bury(const records::Delivery& delivery, const std::string& why) {
    const std::string path = (std::filesystem::path{directory_} / "dead-letter.jsonl").string();
    CORDON_TRY(const auto stored, store_->alert(delivery.alert));
    std::ofstream out{path, std::ios::app | std::ios::binary};
    out << report::dead_letter(delivery.sink, why, delivery.tries + 1, stored);
    out.flush();
    if (!out) return fail(ErrorCode::kIo, path + ": cannot be written");
    return {};
}

std::vector<std::pair<std::string, Status>> send_test(const std::vector<SinkSettings>& sinks,
                                                      UnixMillis now) {
    records::StoredAlert stored;
    Alert& alert = stored.alert;
    alert.id = std::string(32, '0');
    alert.detector = "test";
    alert.title = "Test of this sink";
    alert.severity = Severity::kInfo;
    alert.confidence = 1;
    alert.chain = kEthereum;
    alert.time = now;
    alert.reason = "Somebody ran cordon doctor alerts --send-test. Nothing has happened.";
    alert.next = "Nothing.";
    alert.tags = {"test"};
    std::vector<std::pair<std::string, Status>> results;
    for (const SinkSettings& settings : sinks) {
        auto sink = make_sink(settings, nullptr);
        const Status sent = sink ? (*sink)->send({.number = 0,
                                                  .sink = settings.name,
                                                  .alert = alert.id,
                                                  .key = alert.id + "-test",
                                                  .body = desk_sink(settings).body(stored)},
                                                 now)
                                 : Status{fail(sink.error())};
        results.emplace_back(settings.name, sent);
    }
    return results;
}

}  // namespace cordon::engine
