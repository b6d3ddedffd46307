// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "witness_desk.hpp"

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

#include <cordon/base/disk.hpp>
#include <cordon/base/format.hpp>
#include <cordon/net/http.hpp>
#include <cordon/tlog/witness.hpp>

namespace cordon::engine {
namespace {

using namespace std::chrono_literals;

constexpr auto kEvery = 10s;
/// A witness cosigns an unchanged checkpoint again, so that its silence shows.
constexpr auto kAgain = 5min;
constexpr unsigned kOk = 200, kConflict = 409, kFalseProof = 422;

net::NetOptions patience(const std::atomic<bool>* ending) {
    constexpr auto kPatience = 5s;
    constexpr std::size_t kMost = 64 * 1024;
    return {.connect_timeout = kPatience,
            .timeout = kPatience,
            .max_body = kMost,
            .ca_file = {},
            .cancel = ending};
}

std::string quoted(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (c == '"' || c == '\\') out += '\\';
        out += c;
    }
    return out;
}

}  // namespace

struct WitnessDesk::Impl {
    Options options;
    std::vector<tlog::PublicKey> keys;

    mutable std::mutex mutex;
    std::condition_variable woken;
    bool stopping = false;                              // Guarded by mutex, as what follows.
    std::vector<WitnessStanding> all;                   // By log, then by witness.
    std::vector<std::optional<tlog::SignedNote>> kept;  // By log.

    /// The newest checkpoint with what came for it, also when that is no quorum yet. By log; of the
    /// desk's thread alone.
    std::vector<std::optional<tlog::SignedNote>> gathered;

    std::atomic<bool> ending{false};
    std::thread thread;  // Last: it uses the rest.

    std::string path_of(const Log& log) const {
        return options.folder + "/" + log.name + ".checkpoint";
    }
    WitnessStanding& standing(std::size_t log, std::size_t witness) {
        return all[log * keys.size() + witness];
    }

    Status read_kept() {
        for (std::size_t i = 0; i < options.logs.size(); ++i) {
            const Log& log = options.logs[i];
            for (const tlog::PublicKey& key : keys) all.push_back({log.name, key.name});
            kept.emplace_back();
            gathered.emplace_back();
            const Result<Bytes> bytes = read_file(path_of(log));
            if (!bytes && bytes.error().code == ErrorCode::kNotFound) continue;
            if (!bytes) return fail(bytes.error());
            Result<tlog::SignedNote> note =
                tlog::parse_note({reinterpret_cast<const char*>(bytes->data()), bytes->size()});
            if (!note) return fail(note.error().in(path_of(log)));
            CORDON_TRY(const tlog::Checkpoint checkpoint, tlog::parse_checkpoint(note->text));
            for (std::size_t k = 0; k < keys.size(); ++k) {
                UnixMillis at;
                if (!tlog::is_signed_by(*note, keys[k], &at)) continue;
                standing(i, k).entries = checkpoint.size;
                standing(i, k).at = at;
            }
            kept[i] = *std::move(note);
        }
        return {};
    }

    Status keep(std::size_t log, tlog::SignedNote note) {
        const std::size_t now = tlog::cosigners(note, keys).size();
        {
            const std::lock_guard lock{mutex};
            // One that a quorum signed is not given up for a newer one that it did not.
            const std::size_t before = kept[log] ? tlog::cosigners(*kept[log], keys).size() : 0;
            if (now == 0 || (now < options.config.quorum && now < before)) return {};
        }
        const std::string path = path_of(options.logs[log]);
        const std::string text = note.format();
        Disk& disk = system_disk();
        CORDON_TRY(disk.make_directory(options.folder));
        {
            CORDON_TRY(const auto file, disk.create(path + ".new"));
            CORDON_TRY(file->write({reinterpret_cast<const uint8_t*>(text.data()), text.size()}));
            CORDON_TRY(file->sync());
        }
        CORDON_TRY(disk.rename(path + ".new", path));
        CORDON_TRY(disk.sync_directory(options.folder));
        const std::lock_guard lock{mutex};
        kept[log] = std::move(note);
        return {};
    }

    Result<net::HttpResponse> post(const std::string& url, std::string body) const {
        CORDON_TRY(const net::Url parsed, net::parse_url(url));
        CORDON_TRY(auto client, net::HttpClient::make(parsed, patience(&ending)));
        std::string target = parsed.target;
        if (target.ends_with('/')) target.pop_back();
        return client.send({.method = "POST",
                            .target = target + std::string{tlog::kAddCheckpoint},
                            .headers = {{"Content-Type", "text/plain; charset=utf-8"}},
                            .body = std::move(body)});
    }

    /// One witness's cosignature. `body` speaks of what it saw as we remember it.
    Result<tlog::NoteSignature> ask(const Log& log, const ServeConfig::Log::Witness& witness,
                                    const tlog::SignedNote& note, Result<std::string> body) {
        if (!body) return fail(body.error());
        CORDON_TRY(net::HttpResponse answer, post(witness.url, *std::move(body)));
        if (answer.status == kConflict) {  // It remembers another size, and says which.
            CORDON_TRY(const uint64_t seen, tlog::seen_size_of(answer.body));
            CORDON_TRY(std::string again, tlog::ask_witness(log.directory, note, seen));
            CORDON_TRY(answer, post(witness.url, std::move(again)));
        }
        if (answer.status == kConflict || answer.status == kFalseProof)
            return fail(ErrorCode::kConflict,
                        format("{}: what it saw last does not lead to this log: it was rewritten, "
                               "or is another in its place",
                               witness.key.name));
        if (answer.status != kOk) {
            CORDON_TRY(const net::Url url, net::parse_url(witness.url));
            return fail(ErrorCode::kUnavailable,
                        format("{}: answers {}: {}", witness.key.name, answer.status,
                               net::without_secrets(answer.body, url)));
        }
        return tlog::cosignature_of(answer.body, note, witness.key);
    }

    void took(std::size_t log, std::size_t witness, uint64_t entries,
              const Result<tlog::NoteSignature>& got, const tlog::SignedNote& note) {
        std::string news;
        {
            const std::lock_guard lock{mutex};
            WitnessStanding& one = standing(log, witness);
            ++one.asked;
            const bool was_well = !one.trouble;
            if (got) {
                UnixMillis at;
                static_cast<void>(tlog::is_signed_by({note.text, {*got}}, keys[witness], &at));
                one.entries = entries;
                one.at = at;
                one.trouble.reset();
            } else {
                ++one.failed;
                if (was_well || one.trouble->code != got.error().code)
                    news =
                        format("witness {} of {}: {}", one.witness, one.log, got.error().message);
                one.trouble = got.error();
            }
        }
        if (!news.empty() && options.warning) options.warning(news);
    }

    void look_at(std::size_t index) {
        const Log& log = options.logs[index];
        const auto& witnesses = options.config.witnesses;
        Result<tlog::SignedNote> note = tlog::read_checkpoint(log.directory);
        if (!note) {  // None was published yet; else the log says so itself.
            if (note.error().code == ErrorCode::kNotFound) return;
            for (std::size_t k = 0; k < keys.size(); ++k) took(index, k, 0, fail(note.error()), {});
            return;
        }
        const auto checkpoint = tlog::parse_checkpoint(note->text);
        if (!checkpoint || checkpoint->size == 0) return;
        tlog::SignedNote cosigned = *note;
        for (const auto* before : {&kept[index], &gathered[index]})
            if (*before && (*before)->text == note->text) cosigned = **before;
        // All proofs first: they need tiles that the next checkpoint replaces.
        std::vector<std::optional<Result<std::string>>> bodies;
        for (std::size_t k = 0; k < keys.size(); ++k) {
            uint64_t seen = 0;
            {
                const std::lock_guard lock{mutex};
                const WitnessStanding& one = standing(index, k);
                seen = one.entries;
                if (!one.trouble && one.at && options.clock() < *one.at + kAgain &&
                    tlog::is_signed_by(cosigned, keys[k])) {
                    bodies.emplace_back();
                    continue;
                }
            }
            bodies.emplace_back(tlog::ask_witness(log.directory, *note, seen));
        }
        bool is_new = false;
        for (std::size_t k = 0; k < keys.size() && !ending; ++k) {
            if (!bodies[k]) continue;
            const auto got = ask(log, witnesses[k], *note, *std::move(bodies[k]));
            took(index, k, checkpoint->size, got, *note);
            if (!got) continue;
            // The newest of each: a time that is an hour old says less.
            std::erase_if(cosigned.signatures, [&](const tlog::NoteSignature& each) {
                return each.name == got->name && each.id == got->id;
            });
            cosigned.signatures.push_back(*got);
            is_new = true;
        }
        if (!is_new) return;
        gathered[index] = cosigned;
        if (const Status done = keep(index, std::move(cosigned)); !done && options.warning)
            options.warning(done.error().message);
    }
};

WitnessDesk::WitnessDesk(std::unique_ptr<Impl> impl) : impl_{std::move(impl)} {}
WitnessDesk::~WitnessDesk() { stop(); }

Result<std::unique_ptr<WitnessDesk>> WitnessDesk::open(Options options) {
    auto impl = std::make_unique<Impl>();
    for (const auto& each : options.config.witnesses) impl->keys.push_back(each.key);
    impl->options = std::move(options);
    CORDON_TRY(impl->read_kept());
    return std::unique_ptr<WitnessDesk>{new WitnessDesk{std::move(impl)}};
}

void WitnessDesk::tick() {
    for (std::size_t i = 0; i < impl_->options.logs.size(); ++i) impl_->look_at(i);
}

void WitnessDesk::start() {
    impl_->thread = std::thread{[this] {
        for (;;) {
            tick();
            std::unique_lock lock{impl_->mutex};
            if (impl_->woken.wait_for(lock, kEvery, [&] { return impl_->stopping; })) return;
        }
    }};
}

void WitnessDesk::stop() {
    impl_->ending = true;
    {
        const std::lock_guard lock{impl_->mutex};
        impl_->stopping = true;
    }
    impl_->woken.notify_all();
    if (impl_->thread.joinable()) impl_->thread.join();
}

std::vector<WitnessStanding> WitnessDesk::standing() const {
    const std::lock_guard lock{impl_->mutex};
    return impl_->all;
}

std::vector<WitnessDesk::Kept> WitnessDesk::kept() const {
    std::vector<Kept> out;
    const std::lock_guard lock{impl_->mutex};
    for (std::size_t i = 0; i < impl_->options.logs.size(); ++i) {
        Kept one{impl_->options.logs[i].name, 0, {}};
        if (const auto& note = impl_->kept[i]) {
            if (const auto checkpoint = tlog::parse_checkpoint(note->text))
                one.entries = checkpoint->size;
            one.witnesses = tlog::cosigners(*note, impl_->keys);
        }
        out.push_back(std::move(one));
    }
    return out;
}

uint64_t WitnessDesk::quorum() const noexcept { return impl_->options.config.quorum; }

std::string WitnessDesk::metrics() const {
    const std::vector<WitnessStanding> all = standing();
    std::string out;
    const auto add = [&](std::string_view name, std::string_view type, std::string_view help,
                         auto value) {
        out += format("# HELP {0} {1}\n# TYPE {0} {2}\n", name, help, type);
        for (const WitnessStanding& each : all)
            out += format("{}{{log=\"{}\",witness=\"{}\"}} {}\n", name, each.log,
                          quoted(each.witness), value(each));
    };
    add("cordon_witness_well", "gauge", "1 when the witness cosigned when it was asked last.",
        [](const WitnessStanding& each) { return !each.trouble && each.at ? 1 : 0; });
    add("cordon_witness_entries", "gauge", "Entries of the newest checkpoint that it cosigned.",
        [](const WitnessStanding& each) { return each.entries; });
    add("cordon_witness_asked_total", "counter", "How often it was asked.",
        [](const WitnessStanding& each) { return each.asked; });
    add("cordon_witness_failed_total", "counter", "How often it did not cosign.",
        [](const WitnessStanding& each) { return each.failed; });
    return out;
}

}  // namespace cordon::engine
