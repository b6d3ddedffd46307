// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <set>

#include <cordon/base/format.hpp>
#include <cordon/chain/look_alike.hpp>
#include <cordon/crypto/hash.hpp>

#include "encoding.hpp"
#include "official.hpp"
#include "walk.hpp"

namespace cordon::explain {
namespace {

/// Payees of one account that a look-alike is compared with; the most frequent are imitated.
constexpr std::size_t kMaxKnown = 1'000;
/// DMM's vault had never sent 100 BTC and sent 4,502: far beyond is ten times what ever was.
constexpr uint64_t kFarBeyond = 10;
/// A part of the vault that one payment does not need. Of a hot wallet it is normal: a warning.
constexpr double kVaultShare = 0.5;
/// Effects that a person takes in from one sentence.
constexpr std::size_t kMostInSummary = 4;

std::string capital(std::string text) {
    if (!text.empty() && text[0] >= 'a' && text[0] <= 'z') text[0] -= 'a' - 'A';
    return text;
}

}  // namespace

bool Walk::off_the_list(const Party& party) const {
    const auto listed = [&](Vouch as) { return by_book(party.to, as) == Verdict::kBlock; };
    switch (party.role) {
        case Party::Role::kPayee: return listed(Vouch::kPayee);
        case Party::Role::kSpender: return listed(Vouch::kSpender);
        case Party::Role::kPower: return listed(Vouch::kOwner);
        case Party::Role::kCode: return listed(Vouch::kCode) || listed(Vouch::kDelegatecall);
        case Party::Role::kTarget: return false;  // Whatever is called is on no list.
    }
    return false;
}

void Walk::judge_first_seen(const Party& party) {
    if (party.to == party.who || party.to.is_zero() || party.to.empty()) return;
    if (words.entry(party.to) != nullptr || find_official(party.to) != nullptr) return;
    const bool power = party.role == Party::Role::kPower || party.role == Party::Role::kCode ||
                       party.role == Party::Role::kSpender;
    const Verdict severity = power ? Verdict::kBlock : Verdict::kWarn;
    const History* history = party.who.empty() ? nullptr : context_.history;
    const bool judged = history != nullptr && !history->payees(words.chain(), party.who, 1).empty();
    if (judged && history->dealings(words.chain(), party.who, party.to).count > 0) return;
    if (!judged && off_the_list(party))
        return raise("R3", Verdict::kWarn,
                     format("{} is not in your book.", words.address(party.to)), party.where);
    if (!judged)
        return not_judged("R3", format("Whether these addresses were ever dealt with is not known: "
                                       "no history of {} was given.",
                                       words.address(party.who)));
    raise(
        "R3", severity,
        format("{} was never {} by {} before.", words.address(party.to),
               party.role == Party::Role::kPayee ? "paid" : "dealt with", words.address(party.who)),
        party.where);
}

void Walk::judge_look_alike(const Party& party) {
    if (words.entry(party.to) != nullptr || party.to.is_zero()) return;
    if (context_.book.empty() && context_.history == nullptr && context_.owners.empty() &&
        !context_.request && !chain::looks_like(words.chain(), party.to, party.who))
        return;
    const auto [at, fresh] = known_.try_emplace(party.who);
    std::vector<Address>& known = at->second;
    if (fresh) {
        for (const BookEntry& entry : context_.book)
            if (entry.chain == words.chain()) known.push_back(entry.address);
        if (context_.history != nullptr && !party.who.empty())
            for (const Address& each :
                 context_.history->payees(words.chain(), party.who, kMaxKnown))
                known.push_back(each);
        known.insert(known.end(), context_.owners.begin(), context_.owners.end());
        if (context_.request) known.push_back(context_.request->to);
        if (!party.who.empty()) known.push_back(party.who);
    }
    for (const Address& each : known)
        if (chain::looks_like(words.chain(), party.to, each))
            return raise("R4", Verdict::kBlock,
                         format("{} looks like {} and is another address: somebody made it to be "
                                "taken for it.",
                                words.address(party.to), words.address(each)),
                         party.where);
}

void Walk::judge_amounts() {
    const History* history = context_.history;
    if (history == nullptr) {
        if (std::any_of(parties_.begin(), parties_.end(), [](const Party& party) {
                return party.role == Party::Role::kPayee && party.amount;
            }))
            not_judged("R11", "Whether the amount is usual is not known: no history was given.");
        return;
    }
    struct Sum {
        Amount total, largest;
        std::string where;
    };
    std::map<std::pair<Address, Asset>, Sum> sums;
    for (const Party& party : parties_) {
        if (party.role != Party::Role::kPayee || !party.amount || party.who == party.to) continue;
        Sum& sum = sums[{party.who, party.asset}];
        sum.total = checked_add(sum.total, *party.amount).value_or(Amount::max());
        if (*party.amount >= sum.largest) {
            sum.largest = *party.amount;
            sum.where = party.where;
        }
    }
    for (const auto& [of, sum] : sums) {
        const auto& [who, asset] = of;
        const auto largest = history->largest(words.chain(), who, asset);
        const auto balance = history->balance(words.chain(), who, asset);
        if (!largest && !balance) {
            not_judged("R11", format("Whether the amount is usual is not known: the history has "
                                     "nothing of {} at {}.",
                                     words.asset(asset), words.address(who)));
            continue;
        }
        if (largest && sum.largest > *largest) {
            // Compared without multiplying: the amounts may fill 256 bits.
            const bool far = largest->is_zero() ||
                             ratio(sum.largest, *largest) >= static_cast<double>(kFarBeyond);
            raise("R11", far ? Verdict::kBlock : Verdict::kWarn,
                  format("{} is more than {} ever paid at once; the most was {}.",
                         words.money(asset, sum.largest), words.address(who),
                         words.money(asset, *largest)),
                  sum.where);
        }
        if (balance && ratio(sum.total, *balance) >= kVaultShare)
            raise("R11", Verdict::kWarn,
                  format("{} is {} of the {} that {} holds.", words.money(asset, sum.total),
                         sum.total > *balance ? std::string{"more than all"}
                         : sum.total == *balance
                             ? std::string{"all"}
                             : format("{:.0f} %", 100 * ratio(sum.total, *balance)),
                         words.money(asset, *balance), words.address(who)),
                  sum.where);
    }
}

void Walk::judge_request() {
    if (!context_.request) {
        if (context_.request_required)
            return raise("R12", Verdict::kBlock,
                         "Nobody asked for this: there is no approved request for it.");
        return not_judged("R12",
                          "Whether this is what was approved is not known: no request was "
                          "given.");
    }
    const ApprovedRequest& request = *context_.request;
    std::vector<std::string> differs;
    if (request.chain != words.chain())
        differs.push_back(
            format("it is for {}, not for {}", to_string(words.chain()), to_string(request.chain)));
    const Party* paid = nullptr;
    std::size_t payments = 0;
    for (const Party& party : parties_)
        if (party.role == Party::Role::kPayee) {
            ++payments;
            if (paid == nullptr) paid = &party;
        }
    if (payments != 1) differs.push_back(format("it makes {} payments instead of one", payments));
    if (payments != parties_.size()) differs.emplace_back("it does more than pay");
    for (const Effect& effect : out_.effects)
        if (effect.kind != EffectKind::kTransfer && effect.kind != EffectKind::kFee &&
            payments == parties_.size()) {
            differs.push_back(format("it does more than pay: {}", effect.text));
            break;
        }
    if (paid != nullptr) {
        if (paid->to != request.to)
            differs.push_back(format("it pays {}, and {} was approved", words.address(paid->to),
                                     words.address(request.to)));
        if (paid->asset != request.asset)
            differs.push_back(format("it pays in {}, and {} was approved", words.asset(paid->asset),
                                     words.asset(request.asset)));
        if (paid->amount && *paid->amount != request.amount)
            differs.push_back(format("it pays {}, and {} was approved",
                                     words.money(paid->asset, *paid->amount),
                                     words.money(request.asset, request.amount)));
        if (request.from && !paid->who.empty() && paid->who != *request.from)
            differs.push_back(format("it pays from {}, and {} was approved",
                                     words.address(paid->who), words.address(*request.from)));
    }
    if (differs.empty())
        return raise("R12", Verdict::kOk, format("It is what request {} asks for.", request.id));
    std::string text = format("It is not what request {} asks for: ", request.id);
    for (std::size_t i = 0; i < differs.size(); ++i) text += (i == 0 ? "" : "; ") + differs[i];
    raise("R12", Verdict::kBlock, text + ".");
}

void Walk::judge() {
    std::set<std::tuple<Party::Role, Address, Address>> seen;
    for (const Party& party : parties_) {
        if (parties_.size() > 1 && !seen.emplace(party.role, party.who, party.to).second) continue;
        judge_first_seen(party);
        judge_look_alike(party);
    }
    judge_amounts();
    judge_request();
    for (const auto& [rule, count] : raised_)
        if (count > kMaxFindingsOfRule)
            add(out_, {rule,
                       Verdict::kOk,
                       format("{} more findings of this rule are not shown.",
                              grouped(std::to_string(count - kMaxFindingsOfRule))),
                       {}});
}

std::string Walk::sum_paid(bool& several) {
    std::vector<std::pair<Asset, Amount>> paid;
    for (const Party& party : parties_) {
        if (party.role != Party::Role::kPayee || !party.amount) continue;
        const auto same = std::find_if(paid.begin(), paid.end(),
                                       [&](const auto& each) { return each.first == party.asset; });
        if (same == paid.end())
            paid.emplace_back(party.asset, *party.amount);
        else
            same->second = checked_add(same->second, *party.amount).value_or(Amount::max());
    }
    std::string sums;
    for (std::size_t i = 0; i < paid.size() && i < kMostInSummary; ++i)
        sums += (i == 0 ? "" : ", ") + words.money(paid[i].first, paid[i].second);
    if (paid.size() > kMostInSummary)
        sums += format(" and {} more assets", paid.size() - kMostInSummary);
    several = paid.size() != 1;
    return sums;
}

std::string Walk::worst_case() {
    const std::string& who = words.address(worst_.who);
    std::string held;
    if (context_.history != nullptr && !worst_.who.empty())
        if (const auto balance = context_.history->balance(words.chain(), worst_.who, Asset{}))
            if (!balance->is_zero()) held = format(", among it {}", words.money(Asset{}, *balance));
    bool several = false;
    const std::string paid = sum_paid(several);
    const std::string besides =
        paid.empty() ? ""
                     : format(
                           " Besides, {} {} paid out, gone for good if the payee is not who you "
                           "mean.",
                           paid, several ? "are" : "is");
    switch (danger_) {
        case Danger::kNothing: return "Nothing is lost but what the transaction itself costs.";
        case Danger::kMoney: break;
        case Danger::kAllowance:
            return format(
                       "{} takes all the {} that it may take from {}, at any later time and "
                       "without another signature.",
                       words.address(worst_.to), words.asset(worst_.asset), who) +
                   besides;
        case Danger::kUnknown:
            if (worst_.to.empty())
                return "Whoever gets the signature uses it for whatever it stands for." + besides;
            return format(
                       "{} takes whatever it can reach of {}: what is sent along, and every "
                       "token that it was ever allowed to take.",
                       words.address(worst_.to), who) +
                   besides;
        case Danger::kControl:
            return format("Whoever stands behind {} takes everything that {} holds or controls{}.",
                          words.address(worst_.to), who, held);
        case Danger::kEverything:
            return format(
                "{} belongs to whoever wrote the code of {}: everything that it holds "
                "now and will ever hold is gone{}.",
                who, words.address(worst_.to), held);
    }
    const auto blocked = [&](std::string_view rule) {
        return std::any_of(out_.findings.begin(), out_.findings.end(), [&](const Finding& each) {
            return each.rule == rule && each.severity == Verdict::kBlock;
        });
    };
    const std::string_view when = blocked("R4")
                                      ? "to whoever made an address that looks like one you know"
                                  : blocked("E14") ? "money of many, if no deposit stands behind it"
                                                   : "if the payee is not who you mean";
    return format("{} {} gone for good{} {}.", paid, several ? "are" : "is",
                  when.starts_with("if") ? "" : ",", when);
}

std::string summarise(const std::vector<Effect>& effects) {
    if (effects.empty()) return "Nothing happens.";
    if (effects.size() == 1) return capital(effects[0].text) + ".";
    const bool all = effects.size() <= kMostInSummary;
    const std::size_t shown = all ? effects.size() : kMostInSummary - 1;
    std::string text;
    for (std::size_t i = 0; i < shown; ++i)
        text += format("{}({}) {}", i == 0 ? "" : "; ", i + 1, effects[i].text);
    if (!all) {
        Bytes rest;
        for (std::size_t i = shown; i < effects.size(); ++i) {
            rest.insert(rest.end(), effects[i].text.begin(), effects[i].text.end());
            rest.push_back('\n');
        }
        text += format("; and {} more effects [list fingerprint {}]",
                       grouped(std::to_string(effects.size() - shown)), data_code(rest));
    }
    return format("{} things happen: {}.", grouped(std::to_string(effects.size())), text);
}

}  // namespace cordon::explain
