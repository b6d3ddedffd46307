// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <cordon/base/amount.hpp>
#include <cordon/base/result.hpp>
#include <cordon/base/time.hpp>
#include <cordon/model/alert.hpp>
#include <cordon/model/block.hpp>
#include <cordon/model/label.hpp>

/// May we deal with this address? Lists, labels and the money behind it, each with its proof.
namespace cordon::screen {

enum class Outcome : uint8_t {
    kClear,   ///< On no list, and what is behind it is below every limit.
    kReview,  ///< A person must look: a weak match, exposure above a limit, or something unknown.
    kHit,     ///< On a list that forbids it.
};
std::string_view to_string(Outcome outcome) noexcept;

/// An entry of a list that names the subject.
struct Match {
    std::string list;   ///< "ofac-sdn", the name of a plain list, or the source of a label.
    std::string entry;  ///< Text of the entry: who it is.
    Category category = Category::kOther;
    double score = 0;  ///< 0..1: 1 for an address that is on the list itself.
    std::string why;   ///< One sentence.
    friend bool operator==(const Match&, const Match&) = default;
};

/// One step of the money on its way.
struct ExposureStep {
    ChainId chain;
    Hash256 txn;
    Address from, to;  ///< One may be empty: whom strangers joined with cannot be said.
    Asset asset;
    Amount amount;  ///< All that moved there; as the ledger has it.
    std::optional<UnixMillis> time;
    friend bool operator==(const ExposureStep&, const ExposureStep&) = default;
};

/// Value of the subject that comes from (or went to) a category.
struct Exposure {
    Category category{};
    bool incoming = true;  ///< Received from; else sent to.
    bool direct = false;   ///< In one step.
    double share = 0;      ///< 0..1 of all that the subject received (or sent), in the same asset.
    Asset asset;
    Amount amount;                              ///< Smallest units, of that asset.
    std::optional<Cents> usd;                   ///< None: unpriced.
    Address counterparty;                       ///< Of the largest part.
    std::optional<ChainId> counterparty_chain;  ///< Where it is not the subject's (bridges).
    std::string label;                          ///< Its label.
    std::vector<ExposureStep> path;  ///< Of the largest part, from source to subject in time.
    friend bool operator==(const Exposure&, const Exposure&) = default;
};

/// The lists that were asked, for the record.
struct ListUsed {
    std::string name;
    std::string sha256;
    std::optional<UnixMillis> as_of;
    uint64_t entries = 0;
    bool stale = false;  ///< Older than the limit, or of unknown age.
    friend bool operator==(const ListUsed&, const ListUsed&) = default;
};

struct Screening {
    ChainId chain;
    Address subject;
    Outcome outcome = Outcome::kReview;
    std::vector<Match> matches;        ///< Best first.
    std::vector<Exposure> exposure;    ///< Largest share first.
    std::vector<std::string> reasons;  ///< Why the outcome is what it is; never empty.
    std::vector<ListUsed> lists;
    bool incomplete = false;  ///< A list is stale or absent, or a bound ended the search.
    /// What could not be asked: each makes it kReview at best.
    std::vector<std::string> gaps = {};
    /// Label of a subject that serves strangers, whose customers' money says nothing about it: its
    /// exposure was not looked at. Empty: no service.
    std::string service = {};
};

/// From when on exposure asks for review: at this share of the asset or at this value, whichever
/// comes first. None of both: never.
struct Limit {
    std::optional<double> share = {};  ///< 0..1; 0: any value that is no dust.
    std::optional<Cents> usd = {};
};

/// What is asked of one category, of money received and sent alike.
struct CategoryRule {
    Outcome listed = Outcome::kClear;  ///< Of a subject that carries the category itself.
    Limit direct = {}, indirect = {};
};

/// A label of another chain of the same family counts this much: on EVM chains the key is the same,
/// a contract at the same address need not be.
inline constexpr double kOtherChainScore = 0.5;

/// Reasons of all numbers: docs/formats/screen-result.md.
struct Settings {
    /// Lists that must be there, each with how old it may be. A list that is absent, or older, or
    /// without a date, makes every result kReview at best, and says so.
    std::map<std::string, std::chrono::milliseconds> required = {};
    /// The same age for every list that is there; none: no limit.
    std::optional<std::chrono::milliseconds> max_age = {};
    /// Lists of which every entry is a hit, whatever its category.
    std::set<std::string> forbidding = {};
    std::map<Category, CategoryRule> rules = default_rules();
    /// A match below it is weak: it asks for review where it would have been a hit.
    double certain = 0.9;
    /// Exposure below it is dust that anybody can send to anybody (unpriced: below the share), and
    /// asks for nothing.
    Cents dust_usd = 1'000;
    double dust_share = 0.001;

    // The search for exposure.
    bool exposure = true;
    uint32_t max_hops = 5;
    double min_share = 0.0001;  ///< Of all taint so far: less is not followed.
    uint64_t max_nodes = 20'000, max_edges = 100'000;

    static std::map<Category, CategoryRule> default_rules();
};

/// The outcome, its reasons and `incomplete` from what was found: all else of `screening`. Pure;
/// sorts matches and exposure.
void judge(Screening& screening, const Settings& settings);

}  // namespace cordon::screen
