// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "case_desk.hpp"

#include <sodium.h>

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <filesystem>
#include <map>
#include <mutex>
#include <set>

#include <cordon/base/format.hpp>
#include <cordon/base/hex.hpp>
#include <cordon/chain/text.hpp>
#include <cordon/crypto/hash.hpp>
#include <cordon/report/alert_json.hpp>

#include "ingest.hpp"

namespace cordon::engine {
namespace {

namespace fs = std::filesystem;
using records::Case;
using records::CaseItem;
using records::CaseState;

// What people write in one place; more is a file of its own.
constexpr std::size_t kMaxTitle = 800;
constexpr std::size_t kMaxSummary = 64U << 10U;
constexpr std::size_t kMaxNote = 16U << 10U;
constexpr std::size_t kMaxItems = 2'000;
/// Cases whose pages stay in memory for those who read one after the other.
constexpr std::size_t kKept = 4;

Error not_found(std::string_view id) {
    return {ErrorCode::kNotFound, format("case {}: there is none", id.substr(0, 40))};
}

Error sealed_error(std::string_view id) {
    return {ErrorCode::kConflict, format("case {}: it is sealed; make a new one to go on", id)};
}

Status check_text(std::string_view name, std::string_view text, std::size_t most) {
    if (text.size() > most)
        return fail(ErrorCode::kInvalidParam,
                    format("{}: {} bytes, at most {}", name, text.size(), most));
    return {};
}

Status check_sender(const records::CaseSender& sender) {
    constexpr std::size_t kMost = 800;
    CORDON_TRY(check_text("organisation", sender.organisation, kMost));
    CORDON_TRY(check_text("name", sender.name, kMost));
    CORDON_TRY(check_text("role", sender.role, kMost));
    CORDON_TRY(check_text("email", sender.email, kMost));
    CORDON_TRY(check_text("phone", sender.phone, kMost));
    CORDON_TRY(check_text("reference", sender.reference, kMost));
    CORDON_TRY(check_text("answer_to", sender.answer_to, kMost));
    return check_text("hold_until", sender.hold_until, kMost);
}

/// Keys as letters have them, each once.
Status check_keys(std::vector<std::string>& keys) {
    constexpr std::size_t kMostKeys = 500;
    constexpr std::size_t kLongest = 100;
    if (keys.size() > kMostKeys)
        return fail(ErrorCode::kInvalidParam,
                    format("letters_for: {} keys, at most {}", keys.size(), kMostKeys));
    for (const std::string& key : keys)
        if (key.empty() || key.size() > kLongest ||
            key.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") != std::string::npos)
            return fail(ErrorCode::kInvalidParam,
                        "letters_for: expected keys of letters (a-z, 0-9, -)");
    std::sort(keys.begin(), keys.end());
    keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
    return {};
}

/// An id of 32 random bits in hexadecimal digits: nobody guesses one case from another.
std::string random_id() {
    std::array<uint8_t, 4> bytes{};
    ::randombytes_buf(bytes.data(), bytes.size());
    return "c-" + to_hex(bytes);
}

/// "eth:0xABC…" in machine form, so that one address has one name in all cases.
Result<std::string> on_chain(CaseItem::Kind kind, const std::string& ref) {
    const std::size_t colon = ref.find(':');
    if (colon == std::string::npos)
        return fail(
            ErrorCode::kInvalidParam,
            format("ref: expected CHAIN:{}", kind == CaseItem::Kind::kTxn ? "HASH" : "ADDRESS"));
    CORDON_TRY(const ChainId chain, parse_chain(ref.substr(0, colon)));
    const std::string rest = ref.substr(colon + 1);
    if (kind == CaseItem::Kind::kTxn) {
        CORDON_TRY(const Hash256 hash, chain::parse_hash(chain, rest));
        return to_string(chain) + ":" + chain::format_hash(chain, hash);
    }
    CORDON_TRY(const Address address, chain::parse_address(chain, rest));
    return to_string(chain) + ":" + chain::format_address(chain, address);
}

Status check_item(CaseItem& item) {
    constexpr std::size_t kMaxRef = 200;
    CORDON_TRY(check_text("note", item.note, kMaxNote));
    CORDON_TRY(check_text("ref", item.ref, kMaxRef));
    if (item.kind == CaseItem::Kind::kNote) {
        if (item.note.empty()) return fail(ErrorCode::kInvalidParam, "note: it is empty");
        return {};
    }
    if (item.ref.empty())
        return fail(ErrorCode::kInvalidParam,
                    format("ref: expected the id of the {}", to_string(item.kind)));
    if (item.kind == CaseItem::Kind::kAddress || item.kind == CaseItem::Kind::kTxn) {
        CORDON_TRY(item.ref, on_chain(item.kind, item.ref));
    }
    return {};
}

/// The trace that a saved view looks at.
Result<std::string> trace_of(const std::string& view) {
    boost::system::error_code error;
    const boost::json::value value = boost::json::parse(view, error);
    const boost::json::object* object = error ? nullptr : value.if_object();
    const boost::json::value* trace = object == nullptr ? nullptr : object->if_contains("trace");
    if (trace == nullptr || !trace->is_string())
        return fail(ErrorCode::kMalformed, "the view names no trace");
    return std::string{trace->as_string()};
}

}  // namespace

struct CaseDesk::Impl {
    CaseDeskOptions options;
    CaseSources sources;
    tlog::Log& log;
    std::unique_ptr<records::CaseStore> store;  // Under store_mutex.
    mutable std::mutex store_mutex;

    std::mutex seal_mutex;  // One archive at a time: two of one case would write one file.
    mutable std::mutex steps_mutex;
    std::map<std::string, std::string, std::less<>> steps;  // By case. Under steps_mutex.

    /// Says at which step a sealing is; empty: it has ended.
    void step(const std::string& id, std::string_view name) {
        {
            const std::lock_guard lock{steps_mutex};
            if (name.empty())
                steps.erase(id);
            else
                steps[id] = name;
        }
        if (options.on_step) options.on_step(id, name);
    }

    /// Pages are made by one thread at a time: they are large, and who waits gets them from here.
    struct Made {
        std::string of;  // Digest of what they are made of.
        std::shared_ptr<const CaseFiles> files;
    };
    mutable std::mutex pages_mutex;
    mutable std::map<std::string, Made, std::less<>> pages;  // Under pages_mutex.

    Impl(CaseDeskOptions o, CaseSources s, tlog::Log& l)
        : options{std::move(o)}, sources{std::move(s)}, log{l} {}

    Result<Case> get(std::string_view id) const {
        const std::lock_guard lock{store_mutex};
        CORDON_TRY(auto found, store->get(id));
        if (!found) return fail(not_found(id));
        return *std::move(found);
    }

    /// Content with the records it is read by.
    struct Read {
        std::unique_ptr<records::Store> records;
        std::unique_ptr<RecordsContext> context;
        CaseContent content;
    };

    Status add_trace(Read& read, std::set<std::string>& known, const std::string& id,
                     const std::string& name) const {
        if (!known.insert(id).second) return {};
        auto theft = sources.theft(id);
        if (!theft && theft.error().code == ErrorCode::kNotFound) {
            read.content.warnings.push_back(
                format("trace {}: not found, so nothing of it is here", id));
            return {};
        }
        if (!theft) return fail(theft.error().in("trace " + id));
        read.content.traces.push_back({name, *std::move(theft)});
        return {};
    }

    Status add_item(Read& read, std::set<std::string>& traces, std::set<std::string>& alerts,
                    const CaseItem& item) const {
        CaseContent& content = read.content;
        const auto lost = [&](const Error& error) -> Status {
            if (error.code != ErrorCode::kNotFound) return fail(error);
            content.warnings.push_back(format("{} {}: not found", to_string(item.kind), item.ref));
            return {};
        };
        switch (item.kind) {
            case CaseItem::Kind::kTrace: return add_trace(read, traces, item.ref, item.note);
            case CaseItem::Kind::kView: {
                const auto view = sources.view(item.ref);
                if (!view) return lost(view.error());
                CORDON_TRY(const std::string trace, trace_of(*view));
                return add_trace(read, traces, trace, item.note);
            }
            case CaseItem::Kind::kAlert:
            case CaseItem::Kind::kIncident: {
                if (!sources.alerts) {
                    content.warnings.push_back(
                        format("{} {}: no watch runs here", to_string(item.kind), item.ref));
                    return {};
                }
                auto found = sources.alerts(item.ref);
                if (!found) return lost(found.error());
                for (records::StoredAlert& alert : *found)
                    if (alerts.insert(alert.alert.id).second)
                        content.alerts.push_back(std::move(alert));
                return {};
            }
            case CaseItem::Kind::kAddress:
            case CaseItem::Kind::kTxn:
            case CaseItem::Kind::kNote: break;
        }
        return {};
    }

    Result<Read> read(std::string_view id) const {
        Read read;
        CORDON_TRY(read.content.value, get(id));
        {
            const std::lock_guard lock{store_mutex};
            CORDON_TRY(read.content.history, store->history(id));
        }
        read.content.version = options.version;
        read.content.words = options.words;
        CORDON_TRY(read.records, records::Store::open_read_only(records_path(options.ledger)));
        read.context = std::make_unique<RecordsContext>(*read.records);
        read.content.records = read.records.get();
        read.content.context = read.context.get();
        std::set<std::string> traces, alerts;
        for (const CaseItem& item : read.content.value.items)
            CORDON_TRY(add_item(read, traces, alerts, item));
        return read;
    }

    /// Of everything that may be different the next time.
    static std::string digest(const CaseContent& content) {
        std::string all = format("{} {} {}\n", content.value.changed.time_since_epoch().count(),
                                 content.history.size(), content.traces.size());
        for (const records::StoredAlert& alert : content.alerts) all += report::alert_line(alert);
        for (const std::string& warning : content.warnings) all += warning + "\n";
        for (const CaseContent::Trace& trace : content.traces)
            all += format("{}\n", static_cast<const void*>(trace.theft.get()));
        return to_hex(
            crypto::sha256(ByteView{reinterpret_cast<const uint8_t*>(all.data()), all.size()}));
    }

    Result<std::shared_ptr<const CaseFiles>> files(std::string_view id) const {
        const std::lock_guard lock{pages_mutex};
        CORDON_TRY(const Read read, this->read(id));
        const std::string of = digest(read.content);
        if (const auto known = pages.find(id); known != pages.end() && known->second.of == of)
            return known->second.files;
        CORDON_TRY(CaseFiles made, case_files(read.content));
        if (read.context->error()) return fail(*read.context->error());
        if (pages.size() >= kKept) pages.clear();
        Made& kept = pages[std::string{id}];
        kept = {of, std::make_shared<const CaseFiles>(std::move(made))};
        return kept.files;
    }

    std::string archive_path(std::string_view id) const {
        return (fs::path{options.archives} / format("{}.zip", id)).string();
    }
};

CaseDesk::CaseDesk(std::unique_ptr<Impl> impl) : impl_{std::move(impl)} {}
CaseDesk::~CaseDesk() = default;

Result<std::unique_ptr<CaseDesk>> CaseDesk::open(CaseDeskOptions options, CaseSources sources,
                                                 tlog::Log& log) {
    if (::sodium_init() < 0) return fail(ErrorCode::kUnavailable, "no random numbers");
    std::error_code error;
    fs::create_directories(options.archives, error);
    if (error)
        return fail(ErrorCode::kPermission, format("{}: {}", options.archives, error.message()));
    auto impl = std::make_unique<Impl>(std::move(options), std::move(sources), log);
    CORDON_TRY(impl->store, records::CaseStore::open(impl->options.store));
    return std::unique_ptr<CaseDesk>{new CaseDesk{std::move(impl)}};
}

Result<Case> CaseDesk::create(std::string title, std::vector<CaseItem> items, std::string by,
                              UnixMillis now, std::vector<std::string> letters_for) {
    CORDON_TRY(check_keys(letters_for));
    CORDON_TRY(check_text("title", title, kMaxTitle));
    if (items.size() > kMaxItems)
        return fail(ErrorCode::kInvalidParam, format("items: more than {}", kMaxItems));
    for (CaseItem& item : items) {
        CORDON_TRY(check_item(item));
        item.by = by;
        item.time = now;
    }
    Case value;
    if (title.empty() && !items.empty())
        title = format("{} {}", to_string(items.front().kind), items.front().ref);
    value.title = title.empty() ? "New case" : std::move(title);
    value.by = by;
    value.made = value.changed = now;
    value.letters_for = std::move(letters_for);
    const std::lock_guard lock{impl_->store_mutex};
    for (bool taken = true; taken;) {
        value.id = random_id();
        CORDON_TRY(const auto other, impl_->store->get(value.id));
        taken = other.has_value();
    }
    CORDON_TRY(impl_->store->put(value, by));
    for (const CaseItem& item : items) CORDON_TRY(impl_->store->add(value.id, item));
    CORDON_TRY(const auto made, impl_->store->get(value.id));
    return *made;
}

Status CaseDesk::edit(std::string_view id, CaseChange change, std::string_view by, UnixMillis now) {
    auto& [title, summary, state, sender, letters_for] = change;
    if (title) CORDON_TRY(check_text("title", *title, kMaxTitle));
    if (title && title->empty()) return fail(ErrorCode::kInvalidParam, "title: it is empty");
    if (summary) CORDON_TRY(check_text("summary", *summary, kMaxSummary));
    if (sender) CORDON_TRY(check_sender(*sender));
    if (letters_for) CORDON_TRY(check_keys(*letters_for));
    if (state == CaseState::kSealed)
        return fail(ErrorCode::kInvalidParam, "state: a case is sealed by sealing it");
    const std::lock_guard lock{impl_->store_mutex};
    CORDON_TRY(auto value, impl_->store->get(id));
    if (!value) return fail(not_found(id));
    if (!value->archive.empty() &&
        (title || summary || sender || letters_for || state == CaseState::kOpen))
        return fail(sealed_error(id));
    if (title) value->title = *std::move(title);
    if (summary) value->summary = *std::move(summary);
    if (state) value->state = *state;
    if (sender) value->sender = *std::move(sender);
    if (letters_for) value->letters_for = *std::move(letters_for);
    value->changed = now;
    return impl_->store->put(*value, by);
}

Result<uint64_t> CaseDesk::add(std::string_view id, CaseItem item) {
    CORDON_TRY(check_item(item));
    const std::lock_guard lock{impl_->store_mutex};
    CORDON_TRY(const auto value, impl_->store->get(id));
    if (!value) return fail(not_found(id));
    if (value->items.size() >= kMaxItems)
        return fail(ErrorCode::kLimit, format("case {}: it has {} items", id, kMaxItems));
    return impl_->store->add(id, item);
}

Status CaseDesk::remove(std::string_view id, uint64_t number, std::string_view by, UnixMillis now) {
    const std::lock_guard lock{impl_->store_mutex};
    return impl_->store->remove(id, number, by, now);
}

Result<Case> CaseDesk::get(std::string_view id) const { return impl_->get(id); }

Result<std::vector<Case>> CaseDesk::list(std::optional<CaseState> state) const {
    const std::lock_guard lock{impl_->store_mutex};
    return impl_->store->list(state);
}

Result<std::vector<records::CaseStep>> CaseDesk::history(std::string_view id) const {
    const std::lock_guard lock{impl_->store_mutex};
    return impl_->store->history(id);
}

Result<uint64_t> CaseDesk::mentions(CaseItem::Kind kind, std::string_view ref) const {
    const std::lock_guard lock{impl_->store_mutex};
    return impl_->store->mentions(kind, ref);
}

Result<report::Letters> CaseDesk::letters(std::string_view id) const {
    CORDON_TRY(const Impl::Read read, impl_->read(id));
    return case_letters(read.content);
}

Result<std::string> CaseDesk::file(std::string_view id, std::string_view name) const {
    const auto missing = [&] {
        return fail(ErrorCode::kNotFound, format("case {}: it has no file {}", id,
                                                 is_member_name(name) ? name : "of this name"));
    };
    CORDON_TRY(const Case value, impl_->get(id));
    if (!value.archive.empty()) {
        CORDON_TRY(const auto zip, ZipReader::open(impl_->archive_path(id)));
        for (std::size_t i = 0; i < zip->entries().size(); ++i) {
            if (zip->entries()[i].name != name) continue;
            std::string bytes;
            CORDON_TRY(zip->read(i, [&](ByteView piece) -> Status {
                bytes.append(reinterpret_cast<const char*>(piece.data()), piece.size());
                return {};
            }));
            return bytes;
        }
        return missing();
    }
    CORDON_TRY(const auto files, impl_->files(id));
    for (const Member& member : files->members)
        if (member.name == name) return member.bytes;
    return missing();
}

Result<SealedCase> CaseDesk::seal(std::string_view id, std::string_view by, UnixMillis now) {
    const std::lock_guard lock{impl_->seal_mutex};
    CORDON_TRY(const Impl::Read read, impl_->read(id));
    if (!read.content.value.archive.empty()) return fail(sealed_error(id));
    const std::string name{id};
    struct Over {  // However it ends, its end is told.
        Impl& impl;
        const std::string& id;
        ~Over() { impl.step(id, {}); }
    } const over{*impl_, name};
    const SealLog seal_log{impl_->log, impl_->options.log};
    CORDON_TRY(SealedCase sealed,
               seal_case(read.content,
                         {.path = impl_->archive_path(id),
                          .by = std::string{by},
                          .now = now,
                          .chromium = impl_->options.chromium,
                          .step = [&](std::string_view step) { impl_->step(name, step); }},
                         &seal_log));
    if (read.context->error()) return fail(*read.context->error());
    const std::lock_guard store_lock{impl_->store_mutex};
    CORDON_TRY(auto value, impl_->store->get(id));
    // Somebody put something in while it was written: the archive is not of what the case is now.
    if (!value || value->changed != read.content.value.changed ||
        value->items.size() != read.content.value.items.size())
        return fail(ErrorCode::kConflict,
                    format("case {}: it was changed meanwhile; seal it again", id));
    value->state = CaseState::kSealed;
    value->archive = sealed.sha256;
    value->changed = now;
    CORDON_TRY(impl_->store->put(*value, by));
    return sealed;
}

Result<std::string> CaseDesk::archive(std::string_view id) const {
    CORDON_TRY(const Case value, impl_->get(id));
    if (value.archive.empty())
        return fail(ErrorCode::kNotFound, format("case {}: it is not sealed yet", id));
    return impl_->archive_path(id);
}

std::string CaseDesk::sealing(std::string_view id) const {
    const std::lock_guard lock{impl_->steps_mutex};
    const auto found = impl_->steps.find(id);
    return found == impl_->steps.end() ? std::string{} : found->second;
}

}  // namespace cordon::engine
