// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "fields.hpp"

#include <algorithm>
#include <array>

#include <cordon/base/format.hpp>
#include <cordon/chain/conditions/units.hpp>
#include <cordon/chain/text.hpp>

namespace cordon::guard {
namespace {

using std::chrono::milliseconds;

Value number(uint64_t n) { return Amount{n}; }
Value text(std::string_view text, std::string_view why) {
    return text.empty() ? Value{Absent{why}} : Value{text};
}
Value millis(milliseconds d) {
    return number(static_cast<uint64_t>(std::max<int64_t>(0, d.count())));
}
Value time(UnixMillis t) { return millis(t.time_since_epoch()); }
/// Millionths, rounded to the next: what a list or trace says with six digits stays as it is.
Value share(double part) {
    return number(
        static_cast<uint64_t>(std::clamp(part, 0.0, 1.0) * double{chain::kShareOne} + 0.5));
}

/// A value made from an answer; what is not answered is not known.
template <typename T, typename Make>
Value of(const Result<T>& answer, Make make) {
    return answer ? make(*answer) : Value{Unknown{answer.error().message}};
}
/// The same where the answer may be that there is nothing.
template <typename T, typename Make>
Value of(const Result<std::optional<T>>& answer, std::string_view none, Make make) {
    if (!answer) return Unknown{answer.error().message};
    return *answer ? make(**answer) : Value{Absent{none}};
}

constexpr std::string_view kNotOurs = "the address is not ours";
constexpr std::string_view kNoPayload = "there is no payload yet";
constexpr std::string_view kNever = "the wallet never paid it";

// --- Moments of the day, where the policy's people are.

milliseconds local(const Facts& f) { return f.now.time_since_epoch() + f.utc_offset; }
constexpr milliseconds kDay = std::chrono::hours{24};
constexpr std::array<std::string_view, 7> kDays{"thu", "fri", "sat", "sun", "mon", "tue", "wed"};

// --- Alerts.

/// 0: there is none.
Value severity(std::optional<Severity> worst) {
    return number(worst ? static_cast<uint64_t>(*worst) + 1 : 0);
}
template <typename Match>
Value worst_of(Facts& f, Match match) {
    return of(f.alerts(), [&](const std::vector<Alert>& all) {
        std::optional<Severity> worst;
        for (const Alert& alert : all)
            if (match(alert)) worst = worst ? std::max(*worst, alert.severity) : alert.severity;
        return severity(worst);
    });
}
bool concerns(const Alert& alert, const Address& address) {
    return !address.empty() &&
           (alert.subject == address ||
            std::find(alert.related.begin(), alert.related.end(), address) != alert.related.end());
}

// --- Screening.

/// A yes from lists that are not whole is a yes; a no is not.
Value screened(Facts& f, screen::Outcome wanted) {
    return of(f.screening(), [&](const screen::Screening& s) -> Value {
        const bool yes = s.outcome == wanted;
        if (s.incomplete && yes != (wanted == screen::Outcome::kHit))
            return Unknown{"the screening is incomplete"};
        return yes;
    });
}
constexpr uint32_t kDirect = 1U << 8, kIndirect = 1U << 9;
Value exposure(Facts& f, uint32_t argument) {
    return of(f.screening(), [&](const screen::Screening& s) -> Value {
        if (s.incomplete) return Unknown{"the screening is incomplete"};
        double most = 0;
        for (const screen::Exposure& one : s.exposure)
            if (one.category == static_cast<Category>(argument & 0xFFU) &&
                (argument & (one.direct ? kDirect : kIndirect)) != 0)
                most = std::max(most, one.share);
        return share(most);
    });
}

// --- Velocity.

template <typename Make>
Value spent(Facts& f, uint32_t limit, Make make) {
    const Limit& window = f.limits[limit];
    const Result<std::string> key = f.key_of(window);
    if (!key) return Unknown{f.keep(key.error().message)};
    const Result<Spent> spent = f.spending.spent(window, *key, f.now);
    if (!spent) return Unknown{f.keep(spent.error().message)};
    return make(*spent);
}
constexpr std::array<std::pair<std::string_view, Scope>, 7> kScopes{{
    {"wallet", Scope::kWallet},
    {"tier", Scope::kTier},
    {"asset", Scope::kAsset},
    {"organisation", Scope::kOrganisation},
    {"requester", Scope::kRequester},
    {"destination", Scope::kDestination},
    {"all", Scope::kAll},
}};

constexpr std::array<std::string_view, 3> kVerdictWords{"ok", "warn", "block"};
constexpr WordList kVerdicts{"verdict", kVerdictWords};
constexpr std::array<std::string_view, 7> kDayWords{"mon", "tue", "wed", "thu",
                                                    "fri", "sat", "sun"};
constexpr WordList kWeekdays{"weekday", kDayWords};
constexpr std::array<std::string_view, 4> kTierWords{"hot", "warm", "cold", "deposit"};
constexpr WordList kTiers{"tier", kTierWords};
constexpr std::array<std::string_view, kCategoryCount> kCategoryWords{
    "bridge",     "defi",       "deposit", "exchange", "gambling", "mixer", "other",
    "ransomware", "sanctioned", "scam",    "service",  "swap",     "theft", "user"};
constexpr WordList kCategories{"category", kCategoryWords};

constexpr std::array<Field, 53> kFields{{
    // The request.
    {"id", Type::kText, "of the request", "the id of the request",
     [](Facts& f, uint32_t) -> Value { return std::string_view{f.request.id}; }},
    {"chain", Type::kChain, "the chain: `eth`, `btc`, `eip155:N`", "the chain",
     [](Facts& f, uint32_t) -> Value { return f.keep(to_string(f.request.chain)); }},
    {"asset", Type::kAsset, "`native`, a token contract, or a code", "the asset",
     [](Facts& f, uint32_t) -> Value { return f.request.asset.text(); }},
    {"symbol", Type::kText, "of the asset, where it is known and not counterfeit",
     "the symbol of the asset",
     [](Facts& f, uint32_t) -> Value {
         if (f.request.asset.is_native()) return native_symbol(f.request.chain);
         return of(f.asset(), "the asset is in no list", [](const AssetInfo& a) {
             return a.status == AssetStatus::kCounterfeit
                        ? Value{Absent{"the asset is counterfeit"}}
                        : text(a.symbol, "the asset has no symbol");
         });
     }},
    {"amount", Type::kAmount, "in smallest units; `5 ETH` works where the asset's symbol is ETH",
     "the amount", [](Facts& f, uint32_t) -> Value { return f.request.amount; }},
    {"usd", Type::kUsd, "the amount at its last price; an unpriced asset has none", "the value",
     [](Facts& f, uint32_t) {
         return of(f.usd(), "no price is known", [](Cents cents) {
             return cents < 0 ? Value{Unknown{"the price is below zero"}}
                              : number(static_cast<uint64_t>(cents));
         });
     }},
    {"requester", Type::kText, "who asks; `requester in GROUP` asks for a group of the policy",
     "the requester",
     [](Facts& f, uint32_t) { return text(f.request.requester, "the request names nobody"); }},
    {"request.age", Type::kDuration, "since the request was made, by the gate's clock",
     "the age of the request", [](Facts& f, uint32_t) { return millis(f.now - f.request.time); }},
    {"from", Type::kAddress, "the wallet that pays", "the paying wallet",
     [](Facts& f, uint32_t) {
         return f.request.from.empty() ? Value{Absent{"the request names no wallet"}}
                                       : Value{f.request.from};
     }},
    {"to", Type::kAddress, "the destination", "the destination",
     [](Facts& f, uint32_t) -> Value { return f.request.to; }},
    {"payload.type", Type::kText,
     "`safe`, `evm`, `delay`, `typed-data`, `psbt`; none: there is no payload",
     "the kind of payload",
     [](Facts& f, uint32_t) { return text(f.request.payload.type, kNoPayload); }},
    {"time", Type::kTime, "now, by the gate's clock", "the time",
     [](Facts& f, uint32_t) { return time(f.now); }},
    {"time_of_day", Type::kDuration, "since midnight at the policy's `utc_offset`: `9h`, `17h`",
     "the time of day", [](Facts& f, uint32_t) { return millis((local(f) % kDay + kDay) % kDay); }},
    {"weekday", Type::kText, "`mon` to `sun`, at the policy's `utc_offset`", "the weekday",
     [](Facts& f, uint32_t) -> Value {
         // The first of January 1970 was a Thursday.
         const auto day = std::chrono::floor<std::chrono::days>(local(f)).count();
         return kDays[static_cast<std::size_t>((day % 7 + 7) % 7)];
     },
     &kWeekdays},

    // The wallet that pays.
    {"wallet", Type::kText, "the set that `from` belongs to", "the wallet set",
     [](Facts& f, uint32_t) {
         return of(f.from_wallet(), kNotOurs,
                   [](const WalletAddress& w) { return text(w.set, "it is in no set"); });
     }},
    {"tier", Type::kText, "of `from`: `hot`, `warm`, `cold`, `deposit`", "the tier of the wallet",
     [](Facts& f, uint32_t) {
         return of(f.from_wallet(), kNotOurs,
                   [](const WalletAddress& w) { return text(w.tier, "it has no tier"); });
     },
     &kTiers},
    {"organisation", Type::kText, "the entity that holds `from`", "the organisation",
     [](Facts& f, uint32_t) {
         return of(f.from_wallet(), kNotOurs,
                   [](const WalletAddress& w) { return text(w.entity, "it has no entity"); });
     }},
    {"balance", Type::kAmount, "what `from` holds of the asset", "what the wallet holds",
     [](Facts& f, uint32_t) {
         return of(f.balance(), "the balance is not known",
                   [](const Amount& a) -> Value { return a; });
     }},
    {"share", Type::kShare, "the amount as a part of `balance`",
     "the part of what the wallet holds",
     [](Facts& f, uint32_t) {
         return of(f.balance(), "the balance is not known", [&](const Amount& held) -> Value {
             const auto part = chain::as_share(f.request.amount, held);
             return part ? Value{*part} : Value{Unknown{"the wallet holds nothing"}};
         });
     }},
    {"largest", Type::kAmount, "the largest that `from` ever sent of the asset; 0: it sent none",
     "the largest amount that the wallet ever sent",
     [](Facts& f, uint32_t) {
         return of(f.dealings(),
                   [](const Dealings& d) -> Value { return d.largest.value_or(Amount{}); });
     }},

    // The destination.
    {"to.wallet", Type::kText, "the set of ours that the destination belongs to",
     "the wallet set of the destination",
     [](Facts& f, uint32_t) {
         return of(f.to_wallet(), kNotOurs,
                   [](const WalletAddress& w) { return text(w.set, "it is in no set"); });
     }},
    {"to.tier", Type::kText, "its tier, when it is ours", "the tier of the destination",
     [](Facts& f, uint32_t) {
         return of(f.to_wallet(), kNotOurs,
                   [](const WalletAddress& w) { return text(w.tier, "it has no tier"); });
     },
     &kTiers},
    {"to.organisation", Type::kText, "its entity, when it is ours",
     "the organisation of the destination",
     [](Facts& f, uint32_t) {
         return of(f.to_wallet(), kNotOurs,
                   [](const WalletAddress& w) { return text(w.entity, "it has no entity"); });
     }},
    {"to.book", Type::kText, "the book of the policy that names it", "the book of the destination",
     [](Facts& f, uint32_t) -> Value {
         const BookEntry* entry = f.books.find(f.request.chain, f.request.to, kAnyBook);
         return entry ? Value{std::string_view{entry->book}} : Value{Absent{"it is in no book"}};
     }},
    {"to.book.name", Type::kText, "what the book calls it", "the name of the destination",
     [](Facts& f, uint32_t) -> Value {
         const BookEntry* entry = f.books.find(f.request.chain, f.request.to, kAnyBook);
         return entry ? text(entry->name, "it has no name") : Value{Absent{"it is in no book"}};
     }},
    {"to.book.age", Type::kDuration, "since it was put into the book (`added`)",
     "how long the destination is in the book",
     [](Facts& f, uint32_t) -> Value {
         const BookEntry* entry = f.books.find(f.request.chain, f.request.to, kAnyBook);
         if (!entry) return Absent{"it is in no book"};
         return entry->added ? millis(f.now - *entry->added)
                             : Value{Unknown{"the book does not say since when"}};
     }},
    {"to.label", Type::kTexts, "what lists call it", "the labels of the destination",
     [](Facts& f, uint32_t) {
         return of(f.labels(), [&](const std::vector<Label>& all) -> Value {
             std::vector<std::string> names;
             for (const Label& one : all) names.push_back(one.text);
             return f.keep(std::move(names));
         });
     }},
    {"to.category", Type::kTexts, "the categories of its labels",
     "what the destination is known as",
     [](Facts& f, uint32_t) {
         return of(f.labels(), [&](const std::vector<Label>& all) -> Value {
             std::vector<std::string> names;
             for (const Label& one : all) names.emplace_back(to_string(one.category));
             return f.keep(std::move(names));
         });
     },
     &kCategories},
    {"to.seen", Type::kBool, "whether the chain ever saw it", "the destination was seen before",
     [](Facts& f, uint32_t) {
         return of(f.dealings(),
                   [](const Dealings& d) -> Value { return d.destination_seen.has_value(); });
     }},
    {"to.first_seen", Type::kTime, "when the chain first saw it; none: never",
     "when the destination was first seen",
     [](Facts& f, uint32_t) {
         return of(f.dealings(), [](const Dealings& d) -> Value {
             return d.destination_seen ? time(*d.destination_seen)
                                       : Value{Absent{"the chain never saw it"}};
         });
     }},
    {"to.age", Type::kDuration, "since the chain first saw it; 0: never",
     "the age of the destination",
     [](Facts& f, uint32_t) {
         return of(f.dealings(), [&](const Dealings& d) -> Value {
             return millis(d.destination_seen ? f.now - *d.destination_seen : milliseconds{});
         });
     }},
    {"to.look_alike", Type::kBool,
     "it is in no book, and a person could take it for an entry of one or for an earlier payee",
     "the destination looks like somebody else",
     [](Facts& f, uint32_t) {
         return of(f.look_alike(), [](const auto& l) -> Value { return l.has_value(); });
     }},
    {"to.look_alike.of", Type::kText, "whom it looks like", "whom the destination looks like",
     [](Facts& f, uint32_t) {
         return of(f.look_alike(), "it looks like nobody", [&](const LookAlike& l) -> Value {
             const std::string address = chain::display_address(f.request.chain, l.address);
             return f.keep(l.name.empty() ? address + ", paid before"
                                          : format("{} ({})", address, l.name));
         });
     }},
    {"paid.count", Type::kNumber, "how often `from` paid the destination",
     "how often the wallet paid the destination",
     [](Facts& f, uint32_t) {
         return of(f.dealings(), [](const Dealings& d) { return number(d.count); });
     }},
    {"paid.first", Type::kTime, "when first; none: never", "the first payment to the destination",
     [](Facts& f, uint32_t) {
         return of(f.dealings(), [](const Dealings& d) {
             return d.first ? time(*d.first) : Value{Absent{kNever}};
         });
     }},
    {"paid.last", Type::kTime, "when last; none: never", "the last payment to the destination",
     [](Facts& f, uint32_t) {
         return of(f.dealings(), [](const Dealings& d) {
             return d.last ? time(*d.last) : Value{Absent{kNever}};
         });
     }},
    {"paid.age", Type::kDuration, "since the first payment to it; 0: never",
     "how long the wallet pays the destination",
     [](Facts& f, uint32_t) {
         return of(f.dealings(), [&](const Dealings& d) -> Value {
             return millis(d.first ? f.now - *d.first : milliseconds{});
         });
     }},
    {"paid.idle", Type::kDuration, "since the last payment to it; none: never",
     "the time since the last payment to the destination",
     [](Facts& f, uint32_t) {
         return of(f.dealings(), [&](const Dealings& d) {
             return d.last ? millis(f.now - *d.last) : Value{Absent{kNever}};
         });
     }},

    // Screening of the destination.
    {"screen.hit", Type::kBool, "it is on a list that forbids it", "the destination is on a list",
     [](Facts& f, uint32_t) { return screened(f, screen::Outcome::kHit); }},
    {"screen.review", Type::kBool, "a person must look", "screening asks for a person",
     [](Facts& f, uint32_t) { return screened(f, screen::Outcome::kReview); }},
    {"screen.clear", Type::kBool, "on no list, with little behind it",
     "the destination is clear by screening",
     [](Facts& f, uint32_t) -> Value {
         // What lists that are not whole say is at best a review: no is an answer.
         return of(f.screening(), [](const screen::Screening& s) -> Value {
             return s.outcome == screen::Outcome::kClear && !s.incomplete;
         });
     }},
    {"screen.lists", Type::kTexts, "the lists that name it", "the lists that name the destination",
     [](Facts& f, uint32_t) {
         return of(f.screening(), [&](const screen::Screening& s) -> Value {
             if (s.incomplete) return Unknown{"the screening is incomplete"};
             std::vector<std::string> names;
             for (const screen::Match& one : s.matches) names.push_back(one.list);
             return f.keep(std::move(names));
         });
     }},

    // The payload.
    {"explain.verdict", Type::kText, "`ok`, `warn`, `block`; none: there is no payload",
     "the verdict on the payload",
     [](Facts& f, uint32_t) {
         if (f.request.payload.data.empty()) return Value{Absent{kNoPayload}};
         return of(f.explanation(),
                   [](const explain::Explanation& e) -> Value { return to_string(e.verdict); });
     },
     &kVerdicts},
    {"explain.rules", Type::kTexts, "rules of docs/explain/rules.md that warn or block",
     "what speaks against the payload",
     [](Facts& f, uint32_t) -> Value {
         if (f.request.payload.data.empty()) return f.keep(std::vector<std::string>{});
         return of(f.explanation(), [&](const explain::Explanation& e) -> Value {
             std::vector<std::string> rules;
             for (const explain::Finding& one : e.findings)
                 if (one.severity > explain::Verdict::kOk) rules.emplace_back(one.rule);
             return f.keep(std::move(rules));
         });
     }},
    {"explain.unjudged", Type::kTexts, "rules that could not be applied to it",
     "what could not be judged of the payload",
     [](Facts& f, uint32_t) -> Value {
         if (f.request.payload.data.empty()) return f.keep(std::vector<std::string>{});
         return of(f.explanation(), [&](const explain::Explanation& e) -> Value {
             std::vector<std::string> rules;
             for (const explain::Finding& one : e.findings)
                 if (!one.judged) rules.emplace_back(one.rule);
             return f.keep(std::move(rules));
         });
     }},
    {"explain.effects", Type::kTexts,
     "kinds of effects: `transfer`, `allowance`, `owner`, `code`, …", "what the payload does",
     [](Facts& f, uint32_t) -> Value {
         if (f.request.payload.data.empty()) return f.keep(std::vector<std::string>{});
         return of(f.explanation(), [&](const explain::Explanation& e) -> Value {
             std::vector<std::string> kinds;
             for (const explain::Effect& one : e.effects) kinds.emplace_back(to_string(one.kind));
             return f.keep(std::move(kinds));
         });
     }},

    // The watch.
    {"alerts.worst", Type::kSeverity, "of all open alerts that concern the request, or `none`",
     "the worst open alert",
     [](Facts& f, uint32_t) { return worst_of(f, [](const Alert&) { return true; }); }},
    {"alerts.from", Type::kSeverity, "of those about the paying wallet",
     "the worst open alert about the wallet",
     [](Facts& f, uint32_t) {
         return worst_of(f, [&](const Alert& a) { return concerns(a, f.request.from); });
     }},
    {"alerts.to", Type::kSeverity, "of those about the destination",
     "the worst open alert about the destination",
     [](Facts& f, uint32_t) {
         return worst_of(f, [&](const Alert& a) { return concerns(a, f.request.to); });
     }},
    {"alerts.watch", Type::kSeverity, "of those about the watch itself",
     "the worst open alert about the watch itself",
     [](Facts& f, uint32_t) {
         return worst_of(f, [](const Alert& a) { return a.subject.empty(); });
     }},
    {"alerts.count", Type::kNumber, "how many there are", "the number of open alerts",
     [](Facts& f, uint32_t) {
         return of(f.alerts(), [](const std::vector<Alert>& all) { return number(all.size()); });
     }},
    {"alerts.detectors", Type::kTexts, "their detectors: `D11`, names of rules",
     "the detectors that raised alerts",
     [](Facts& f, uint32_t) {
         return of(f.alerts(), [&](const std::vector<Alert>& all) -> Value {
             std::vector<std::string> names;
             for (const Alert& one : all) names.push_back(one.detector);
             return f.keep(std::move(names));
         });
     }},
    {"feed.lag", Type::kDuration, "how far the slowest feed of the chain is behind; none: no feed",
     "how far the feed is behind",
     [](Facts& f, uint32_t) {
         return of(f.lag(), "there is no feed", [](milliseconds lag) { return millis(lag); });
     }},
}};

// Of families; their argument says which.
constexpr Field kExposure{"exposure", Type::kShare, "", "", exposure};
constexpr Field kSpent{"spent", Type::kUsd, "", "", [](Facts& f, uint32_t limit) {
                           return spent(f, limit, [](const Spent& s) -> Value {
                               return s.usd < 0 ? Value{Unknown{"the sum is below zero"}}
                                                : number(static_cast<uint64_t>(s.usd));
                           });
                       }};
constexpr Field kSent{"sent", Type::kAmount, "", "", [](Facts& f, uint32_t limit) {
                          return spent(f, limit, [](const Spent& s) -> Value { return s.amount; });
                      }};
constexpr Field kCount{"count", Type::kNumber, "", "", [](Facts& f, uint32_t limit) {
                           return spent(f, limit, [](const Spent& s) { return number(s.count); });
                       }};

constexpr std::array<Family, 6> kFamilies{{
    {"exposure.CATEGORY", Type::kShare,
     "the largest part of what the destination received or sent that came from, or went to, the "
     "category, directly or not"},
    {"exposure.direct.CATEGORY", Type::kShare, "the same in one step"},
    {"exposure.indirect.CATEGORY", Type::kShare, "the same in several steps"},
    {"spent.SCOPE.WINDOW", Type::kUsd,
     "the value let through before under the scope (`wallet`, `tier`, `asset`, `organisation`, "
     "`requester`, `destination`, `all`) in the window (`24h`, `7d`, `lifetime`), without this "
     "request"},
    {"sent.SCOPE.WINDOW", Type::kAmount, "likewise the amount of the request's asset"},
    {"count.SCOPE.WINDOW", Type::kNumber, "likewise how many withdrawals"},
}};

std::vector<std::string_view> split(std::string_view name) {
    std::vector<std::string_view> parts;
    for (;;) {
        const std::size_t dot = name.find('.');
        parts.push_back(name.substr(0, dot));
        if (dot == std::string_view::npos) return parts;
        name.remove_prefix(dot + 1);
    }
}

std::optional<FieldUse> exposure_of(const std::vector<std::string_view>& parts) {
    const bool has_way = parts.size() == 3 && (parts[1] == "direct" || parts[1] == "indirect");
    if (parts.size() != 2 && !has_way) return std::nullopt;
    const Result<Category> category = parse_category(parts.back());
    if (!category) return std::nullopt;
    const uint32_t way = !has_way               ? kDirect | kIndirect
                         : parts[1] == "direct" ? kDirect
                                                : kIndirect;
    return FieldUse{&kExposure, static_cast<uint32_t>(*category) | way,
                    format("the {}{}exposure of the destination to {}", has_way ? parts[1] : "",
                           has_way ? " " : "", parts.back())};
}

std::optional<FieldUse> velocity_of(const std::vector<std::string_view>& parts,
                                    std::string_view name) {
    const Field* field = parts[0] == "spent"   ? &kSpent
                         : parts[0] == "sent"  ? &kSent
                         : parts[0] == "count" ? &kCount
                                               : nullptr;
    if (!field || parts.size() != 3) return std::nullopt;
    const std::optional<Scope> scope = parse_scope(parts[1]);
    if (!scope) return std::nullopt;
    Limit limit;
    limit.id = std::string{name};
    limit.scope = *scope;
    limit.per_asset = field == &kSent;
    limit.lifetime = parts[2] == "lifetime";
    if (!limit.lifetime) {
        const auto window = chain::parse_duration(parts[2]);
        if (!window || window->count() == 0) return std::nullopt;
        limit.window = *window;
    }
    const std::string_view of = *scope == Scope::kAll ? "all wallets" : to_string(*scope);
    return FieldUse{field, 0,
                    format("{} let through before {} {}{}{}",
                           field == &kSpent  ? "the value"
                           : field == &kSent ? "the amount"
                                             : "the number of withdrawals",
                           *scope == Scope::kAll ? "for" : "for the same", of,
                           limit.lifetime ? " ever" : " in ", limit.lifetime ? "" : parts[2]),
                    std::move(limit)};
}

}  // namespace

std::span<const Field> fields() noexcept { return kFields; }
std::span<const Family> families() noexcept { return kFamilies; }

std::optional<FieldUse> find_field(std::string_view name) {
    for (const Field& one : fields())
        if (one.name == name) return FieldUse{&one, 0, std::string{one.words}};
    const std::vector<std::string_view> parts = split(name);
    if (parts[0] == "exposure") return exposure_of(parts);
    return velocity_of(parts, name);
}

std::string_view to_string(Scope scope) noexcept {
    return kScopes[static_cast<std::size_t>(scope)].first;
}

std::optional<Scope> parse_scope(std::string_view text) noexcept {
    for (const auto& [name, scope] : kScopes)
        if (name == text) return scope;
    return std::nullopt;
}

std::string_view to_string(Type type) noexcept {
    constexpr std::array<std::string_view, 13> kNames{
        "condition", "number",  "amount", "usd",   "duration", "time", "share",
        "severity",  "address", "text",   "chain", "asset",    "texts"};
    return kNames[static_cast<std::size_t>(type)];
}

std::string value_text(const Value& value, Type type, Facts& facts) {
    if (const auto* unknown = std::get_if<Unknown>(&value))
        return format("not known ({})", unknown->why);
    if (const auto* absent = std::get_if<Absent>(&value)) return format("none ({})", absent->why);
    if (const bool* yes = std::get_if<bool>(&value)) return *yes ? "yes" : "no";
    if (const Amount* n = std::get_if<Amount>(&value)) {
        const auto low = static_cast<int64_t>(
            n->fits_u64() ? std::min<uint64_t>(n->low_u64(), std::numeric_limits<int64_t>::max())
                          : std::numeric_limits<int64_t>::max());
        switch (type) {
            case Type::kAmount: return facts.amount_text(*n);
            case Type::kUsd: return format_usd(low);
            case Type::kShare: return format_units(*n, 4) + "%";
            case Type::kDuration: return chain::format_duration(milliseconds{low});
            case Type::kTime: {
                constexpr int64_t kLast = 253'402'300'799'999;  // The end of the year 9999.
                return format_rfc3339(UnixMillis{milliseconds{std::min(low, kLast)}});
            }
            case Type::kSeverity:
                return low == 0 ? "none"
                                : std::string{to_string(
                                      static_cast<Severity>(std::min<int64_t>(low - 1, 4)))};
            default: return n->to_string();
        }
    }
    if (const Address* a = std::get_if<Address>(&value))
        return chain::display_address(facts.request.chain, *a);
    if (const auto* view = std::get_if<std::string_view>(&value)) return std::string{*view};
    std::string all;
    for (const std::string& one : std::get<std::span<const std::string>>(value))
        all += (all.empty() ? "" : ", ") + one;
    return all.empty() ? "none" : all;
}

std::string detail_of(std::string_view field, const Value& value, Facts& facts) {
    const bool* yes = std::get_if<bool>(&value);
    if (!yes || !*yes) return {};
    if (field == "to.look_alike")
        return format(
            ", {} looks like {}", chain::display_address(facts.request.chain, facts.request.to),
            value_text(find_field("to.look_alike.of")->field->get(facts, 0), Type::kText, facts));
    if ((field != "screen.hit" && field != "screen.review") || !facts.screening()) return {};
    const screen::Screening& screening = *facts.screening();
    if (!screening.matches.empty())
        return format(", on {}{}{}", screening.matches.front().list,
                      screening.matches.front().entry.empty() ? "" : ": ",
                      screening.matches.front().entry);
    return screening.reasons.empty() ? std::string{} : ", " + screening.reasons.front();
}

}  // namespace cordon::guard
