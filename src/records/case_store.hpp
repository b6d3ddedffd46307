// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <cordon/base/result.hpp>
#include <cordon/base/time.hpp>

namespace cordon::records {

enum class CaseState : uint8_t { kOpen, kSealed, kClosed };
std::string_view to_string(CaseState state) noexcept;
std::optional<CaseState> parse_case_state(std::string_view text) noexcept;

/// Something that belongs to a case, and who put it there.
struct CaseItem {
    /// What `ref` names: an id of the watch, the trace desk, an address "eth:0x...", a txn.
    enum class Kind : uint8_t { kAlert, kIncident, kTrace, kView, kAddress, kTxn, kNote };
    uint64_t number = 0;  ///< Within its case, rising from 1; given by the store.
    Kind kind{};
    std::string ref = {};
    std::string note = {};  ///< Plain text.
    std::string by = {};
    UnixMillis time = {};
};
std::string_view to_string(CaseItem::Kind kind) noexcept;
std::optional<CaseItem::Kind> parse_case_item_kind(std::string_view text) noexcept;

/// Who writes the letters of a case: on whose word a service acts, and whom it calls back. Plain
/// text of people; empty: a blank to fill in.
struct CaseSender {
    std::string organisation = {}, name = {}, role = {}, email = {}, phone = {};
    std::string reference = {};   ///< Of the police, an authority or a court.
    std::string answer_to = {};   ///< Where an answer goes, when not to `email`.
    std::string hold_until = {};  ///< How long a service is asked to hold.
    friend bool operator==(const CaseSender&, const CaseSender&) = default;
};

struct Case {
    std::string id;  ///< "c-7f3a9c12": random, so that nobody guesses one from another.
    std::string title;
    std::string summary;  ///< Plain text: the story so far.
    CaseState state = CaseState::kOpen;
    std::string by;
    UnixMillis made, changed;
    std::string archive;  ///< SHA-256 of the sealed archive; empty: none.
    CaseSender sender = {};
    /// Keys of the letters that somebody asked for; empty: all that can be drafted.
    std::vector<std::string> letters_for = {};
    std::vector<CaseItem> items;
};

/// One thing that happened to a case.
struct CaseStep {
    UnixMillis time;
    std::string by;
    std::string what;  ///< "made", "title", "summary", "sender", "letters", "open", "sealed", …,
                       ///< "added 3", "removed 3".
    std::string was;   ///< What stood there before, or what was taken out.
};

/// One file of cases. Nothing is ever deleted: an item that is taken out stays in the history, and
/// so does a text that was replaced.
/// Thread rule and errors as AlertStore; kNotFound: no such case.
class CaseStore {
public:
    /// Opens or creates; the directory must exist. kUnsupported when a newer version of Cordon, or
    /// another program, wrote it.
    static Result<std::unique_ptr<CaseStore>> open(const std::string& path);
    ~CaseStore();

    /// By id, without its items; who made it and when stay as they were first put. `by` has changed
    /// it, at value.changed.
    Status put(const Case& value, std::string_view by);
    /// Its number. kNotFound; kConflict: the case is sealed.
    Result<uint64_t> add(std::string_view id, const CaseItem& item);
    /// kNotFound also when the item is gone already; kConflict: the case is sealed.
    Status remove(std::string_view id, uint64_t number, std::string_view by, UnixMillis time);
    Result<std::optional<Case>> get(std::string_view id) const;
    /// Newest change first, without items.
    Result<std::vector<Case>> list(std::optional<CaseState> state) const;
    Result<std::vector<CaseStep>> history(std::string_view id) const;  ///< Oldest first.
    /// How many cases have this item now.
    Result<uint64_t> mentions(CaseItem::Kind kind, std::string_view ref) const;

private:
    struct Impl;
    explicit CaseStore(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace cordon::records
