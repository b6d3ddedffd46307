// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <cordon/base/result.hpp>
#include <cordon/model/block.hpp>
#include <cordon/tlog/retention.hpp>
#include <cordon/wallet/statement.hpp>

#include "../gate.hpp"

/// What the gate writes into its log (docs/formats/guard-log.md): one line of JSON an entry. All
/// that the gate knows comes from these.
namespace cordon::guard {

/// Of the form of entries. An older one is read as long as this program knows it.
inline constexpr uint64_t kEntryVersion = 1;
/// Payloads and policies that are longer go into entries of their own before the one that needs
/// them, since an entry of the log has 64 KiB at most: in base64 this and the rest fit.
inline constexpr std::size_t kMaxInline = 24'576;
/// A statement with all that belongs to it; one that is honest has about 1 KiB.
inline constexpr std::size_t kMaxStatement = 32'768;

/// An account of the limits that a withdrawal counts under.
struct Count {
    Scope scope{};
    std::string key;
    friend bool operator==(const Count&, const Count&) = default;
};

/// A request was judged.
struct Judged {
    std::optional<WithdrawalRequest> request;  ///< The first time only.
    Verdict verdict;                           ///< Its entry is the place in the log.
    /// Of one that is let through and counts now.
    std::vector<Count> counts = {};
    Cents usd = 0;
    bool counted = false;
    std::string asked_by = {};  ///< Who handed the request in; empty: not known.
    /// Not of the entry: its payload, of this digest, left the log.
    std::optional<Hash256> payload_left = {};
    friend bool operator==(const Judged&, const Judged&) = default;
};
/// A statement that counts.
struct Stated {
    wallet::Subject subject{};
    std::string about;  ///< Id of the request, digest of the policy in hex, breaker.
    wallet::SignedStatement statement;
    friend bool operator==(const Stated&, const Stated&) = default;
};
struct Cancelled {
    std::string id, by, why = {};
    friend bool operator==(const Cancelled&, const Cancelled&) = default;
};
/// Who trips a breaker when it is an alert, before its id.
inline constexpr std::string_view kByAlert = "alert ";
struct Tripped {
    BreakerKey key;
    std::string by, why;
    friend bool operator==(const Tripped&, const Tripped&) = default;
};
struct WasReset {
    BreakerKey key;
    friend bool operator==(const WasReset&, const WasReset&) = default;
};
struct Proposed {
    Hash256 digest;
    uint64_t version = 0;
    std::string yaml;
    std::string by;
    UnixMillis begins;  ///< At the earliest.
    friend bool operator==(const Proposed&, const Proposed&) = default;
};
/// A policy that was proposed begins; others that were proposed are gone.
struct Began {
    Hash256 digest;
    friend bool operator==(const Began&, const Began&) = default;
};
/// Somebody said no to a policy, or its proposer took it back.
struct Dropped {
    Hash256 digest;
    std::string by;
    friend bool operator==(const Dropped&, const Dropped&) = default;
};
/// A payment of a wallet of ours was seen on chain.
struct Outflow {
    ChainId chain;
    Hash256 txn;
    Transfer transfer;
    std::string id;    ///< Of the request that it carries out; empty: of none.
    std::string text;  ///< For a person.
    friend bool operator==(const Outflow&, const Outflow&) = default;
};
/// A bundle was made for the signer.
struct Bundled {
    std::string id;
    friend bool operator==(const Bundled&, const Bundled&) = default;
};
/// A piece of something long, by its SHA-256; pieces follow each other.
struct Part {
    Hash256 of;
    std::string data;
    friend bool operator==(const Part&, const Part&) = default;
};

/// Entries before it left the log (docs/formats/tlog.md#retention); the log itself writes it.
struct Anchored {
    tlog::Anchor anchor;
};
bool operator==(const Anchored& a, const Anchored& b);

using Deed = std::variant<Judged, Stated, Cancelled, Tripped, WasReset, Proposed, Began, Dropped,
                          Outflow, Bundled, Part, Anchored>;

struct Entry {
    UnixMillis time;
    Deed deed;
    friend bool operator==(const Entry&, const Entry&) = default;
};

/// Without a newline. Long payloads and policies are left out: parts_of() has them.
std::string format_entry(const Entry& entry);
/// kMalformed; kUnsupported: a newer program wrote it. What was left out is empty, its digest is
/// in `left_out`.
struct ReadEntry {
    Entry entry;
    std::optional<Hash256> left_out;
};
Result<ReadEntry> parse_entry(std::string_view text);
/// The entries that must stand before this one; none for most.
std::vector<Entry> parts_of(const Entry& entry);
/// The text of an entry that may be left out, or nothing.
std::string* long_text(Deed& deed);

Hash256 digest_of_text(std::string_view text) noexcept;
/// "global", "wallet eth:0x…", "asset eth:native". kMalformed.
Result<BreakerKey> parse_breaker_key(std::string_view text);

}  // namespace cordon::guard
