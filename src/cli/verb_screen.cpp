// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <boost/json.hpp>
#include <charconv>
#include <chrono>
#include <fstream>
#include <iostream>

#include <cordon/base/format.hpp>
#include <cordon/chain/text.hpp>
#include <cordon/engine/ingest.hpp>
#include <cordon/engine/screen_json.hpp>
#include <cordon/engine/screener.hpp>

#include "exit_code.hpp"
#include "output.hpp"
#include "progress.hpp"

#include "table.hpp"
#include "verbs.hpp"

namespace cordon::cli {
namespace {

using Millis = std::chrono::milliseconds;
using engine::screen_json;
using screen::Outcome;
using screen::Screening;

/// More subjects than this are not worth one question each: all labels are read once.
constexpr std::size_t kAskOneByOne = 10'000;
/// A person reads a page or two; machines get all of it.
constexpr std::size_t kMostShown = 200;
/// An address line is never longer.
constexpr std::size_t kMaxLine = 4096;

/// "90m", "24h", "30d".
Result<Millis> age_of(std::string_view text, std::string_view flag) {
    uint64_t count = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
    const std::string_view unit{end, static_cast<std::size_t>(text.data() + text.size() - end)};
    constexpr uint64_t kMost = 1'000'000;  // Hours, days: far beyond any list.
    if (error == std::errc{} && count <= kMost) {
        if (unit == "m") return std::chrono::minutes{count};
        if (unit == "h") return std::chrono::hours{count};
        if (unit == "d") return std::chrono::days{count};
    }
    return fail(ErrorCode::kInvalidParam,
                format("--{} {}: expected a time such as 90m, 24h or 30d", flag, printable(text)));
}

Result<UnixMillis> time_of(const Args& args, std::string_view flag) {
    auto time = parse_time(args.get(flag));
    if (!time)
        return fail(ErrorCode::kInvalidParam, format("--{}: {}", flag, time.error().message));
    return *time;
}

Result<screen::Settings> settings_of(const Args& args) {
    screen::Settings settings;
    if (args.has("max-age")) {
        CORDON_TRY(settings.max_age, age_of(args.get("max-age"), "max-age"));
    }
    for (const std::string& text : args.all("require")) {
        const std::size_t equals = text.find('=');
        Millis age = settings.max_age.value_or(Millis::max());
        if (equals != std::string::npos) {
            CORDON_TRY(age, age_of(std::string_view{text}.substr(equals + 1), "require"));
        }
        settings.required[text.substr(0, equals)] = age;
    }
    settings.exposure = !args.has("no-exposure");
    if (args.has("hops")) {
        const std::string text = args.get("hops");
        const auto [end, error] =
            std::from_chars(text.data(), text.data() + text.size(), settings.max_hops);
        if (error != std::errc{} || end != text.data() + text.size() || settings.max_hops == 0)
            return fail(ErrorCode::kInvalidParam, "--hops: expected a whole number from 1");
    }
    return settings;
}

/// One address a line, from a file or standard input; blank lines and "# ..." left out.
Status read_subjects(std::istream& in, const std::string& name, std::span<const ChainId> chains,
                     std::vector<std::vector<engine::Subject>>& out) {
    uint64_t number = 0;
    for (std::string line; std::getline(in, line);) {
        ++number;
        if (line.size() > kMaxLine)
            return fail(ErrorCode::kLimit, format("{}:{}: the line is too long", name, number));
        const std::size_t first = line.find_first_not_of(" \t\r");
        if (first == std::string::npos || line[first] == '#') continue;
        const std::size_t last = line.find_last_not_of(" \t\r");
        auto subjects = engine::parse_subject(line.substr(first, last - first + 1), chains);
        if (!subjects) return fail(subjects.error().in(format("{}:{}", name, number)));
        out.push_back(*std::move(subjects));
    }
    if (in.bad()) return fail(ErrorCode::kIo, format("{}: read error", name));
    return {};
}

Result<std::vector<std::vector<engine::Subject>>> subjects_of(const Args& args,
                                                              std::span<const ChainId> chains) {
    std::vector<std::vector<engine::Subject>> out;
    for (const std::string& text : args.operands()) {
        if (text == "-") {
            CORDON_TRY(read_subjects(std::cin, "standard input", chains, out));
            continue;
        }
        CORDON_TRY(auto subjects, engine::parse_subject(text, chains));
        out.push_back(std::move(subjects));
    }
    if (args.has("file")) {
        const std::string path = args.get("file");
        std::ifstream in{path};
        if (!in) return fail(ErrorCode::kNotFound, format("{}: cannot be opened", path));
        CORDON_TRY(read_subjects(in, path, chains, out));
    }
    if (out.empty())
        return fail(ErrorCode::kInvalidParam,
                    "whom? ADDRESS…, --file FILE with one address a line, or - for standard input");
    return out;
}

std::vector<engine::Subject> on_its_chains(std::vector<engine::Subject> subjects,
                                           const ledger::Reader* ledger) {
    if (ledger == nullptr || subjects.size() < 2) return subjects;
    std::vector<engine::Subject> held;
    for (const engine::Subject& each : subjects)
        if (const auto id = ledger->address_id(each.chain, each.address); !id || *id)
            held.push_back(each);
    if (!held.empty()) return held;
    subjects.resize(1);  // On none of them: the lists are asked once.
    return subjects;
}

class Printer {
public:
    explicit Printer(Format format) : format_{format} {}

    Status add(const Screening& screening) {
        ++counts_[static_cast<std::size_t>(screening.outcome)];
        incomplete_ = incomplete_ || screening.incomplete;
        switch (format_) {
            case Format::kJsonl:
                return print(
                    envelope("screen.result", screen_json(screening), {}, screening.incomplete));
            case Format::kJson: results_.push_back(screen_json(screening)); return {};
            case Format::kCsv: return csv(screening);
            case Format::kTable: break;
        }
        if (++rows_ <= kMostShown) row(screening);
        return {};
    }

    Status end(const std::vector<screen::ListUsed>& lists,
               const std::vector<std::string>& warnings) {
        if (format_ == Format::kJson) return json(warnings);
        if (format_ != Format::kTable) return {};
        CORDON_TRY(print(table_.render(terminal_width())));
        if (rows_ > kMostShown)
            CORDON_TRY(print(format("… and {} more: --format jsonl shows all\n",
                                    format_count(rows_ - kMostShown))));
        CORDON_TRY(print(details_));
        std::string line = "\nlists:";
        for (const screen::ListUsed& list : lists)
            line += format(" {} ({}{}),", printable(list.name),
                           list.as_of ? format_rfc3339(*list.as_of) : "no date",
                           list.stale ? ", TOO OLD" : "");
        if (lists.empty()) line += " none,";
        line.pop_back();
        return print(format("{}\n{} hits, {} to review, {} clear\n", line, count(Outcome::kHit),
                            count(Outcome::kReview), count(Outcome::kClear)));
    }

    bool found() const noexcept { return count(Outcome::kHit) + count(Outcome::kReview) > 0; }

private:
    uint64_t count(Outcome outcome) const noexcept {
        return counts_[static_cast<std::size_t>(outcome)];
    }

    Status json(const std::vector<std::string>& warnings) {
        if (results_.size() == 1)
            return print(envelope("screen.result", results_[0], warnings, incomplete_));
        boost::json::object data{{"results", std::move(results_)},
                                 {"hits", count(Outcome::kHit)},
                                 {"reviews", count(Outcome::kReview)},
                                 {"clear", count(Outcome::kClear)}};
        return print(envelope("screen.result", data, warnings, incomplete_));
    }

    Status csv(const Screening& screening) {
        if (!headed_) CORDON_TRY(print("subject,chain,result,list,category,reason\n"));
        headed_ = true;
        const auto quoted = [](std::string text) {
            std::string out = "\"";
            for (const char c : printable(text))
                out += c == '"' ? std::string{"\"\""} : std::string{c};
            return out + "\"";
        };
        const bool matched = !screening.matches.empty();
        return print(
            format("{},{},{},{},{},{}\n", chain::format_address(screening.chain, screening.subject),
                   to_string(screening.chain), to_string(screening.outcome),
                   quoted(matched ? screening.matches.front().list : ""),
                   matched ? to_string(screening.matches.front().category) : std::string_view{},
                   quoted(screening.reasons.front())));
    }

    void row(const Screening& screening) {
        const std::string address = chain::display_address(screening.chain, screening.subject);
        std::string result{to_string(screening.outcome)};
        if (screening.outcome == Outcome::kHit) result = "HIT";
        table_.add(
            {address, to_string(screening.chain), result, printable(screening.reasons.front())});
        if (screening.exposure.empty()) return;
        details_ += format("\nmoney behind {}:\n", address);
        Table table{{{"CATEGORY"},
                     {"HOW"},
                     {"SHARE", Table::Align::kRight},
                     {"USD", Table::Align::kRight},
                     {"ASSET", Table::Align::kLeft, true},
                     {"LARGEST PART", Table::Align::kLeft, true},
                     {"LABEL", Table::Align::kLeft, true, true},
                     {"STEPS", Table::Align::kRight}}};
        for (const screen::Exposure& each : screening.exposure)
            table.add({std::string{to_string(each.category)},
                       format("{} {}", each.direct ? "direct" : "indirect",
                              each.incoming ? "from" : "to"),
                       format("{:.2f} %", each.share * 100),
                       each.usd ? group_digits(format("{}", *each.usd / 100)) : "-",
                       each.asset.is_native() ? std::string{native_symbol(screening.chain)}
                                              : std::string{each.asset.text()},
                       chain::display_address(each.counterparty_chain.value_or(screening.chain),
                                              each.counterparty),
                       printable(each.label), std::to_string(each.path.size())});
        details_ += table.render(terminal_width());
    }

    Format format_;
    std::array<uint64_t, 3> counts_{};
    uint64_t rows_ = 0;
    bool incomplete_ = false, headed_ = false;
    boost::json::array results_;
    std::string details_;
    Table table_{{{"ADDRESS", Table::Align::kLeft, true},
                  {"CHAIN"},
                  {"RESULT"},
                  {"WHY", Table::Align::kLeft, true, true}}};
};

/// What a person should know of lists whose age nobody limited.
void warn_of_lists(const std::vector<screen::ListUsed>& used, UnixMillis now,
                   std::vector<std::string>& warnings) {
    // OFAC publishes several times a month: a list that has not changed for longer is old.
    constexpr std::chrono::days kOld{30};
    for (const screen::ListUsed& list : used) {
        if (list.stale || !list.name.starts_with("ofac")) continue;
        if (!list.as_of)
            warnings.push_back(format("{} has no date: say --as-of, and limit its age", list.name));
        else if (now - *list.as_of > kOld)
            warnings.push_back(format(
                "{} is of {}, {} days ago: take in a newer one, and limit its age with --max-age",
                list.name, format_rfc3339(*list.as_of),
                std::chrono::floor<std::chrono::days>(now - *list.as_of).count()));
    }
}

Result<int> run_screen(const Args& args, const Session& session) {
    CORDON_TRY(screen::Settings settings, settings_of(args));
    engine::ListSettings list_settings{.as_of = {}, .name = {}, .skip_bad = args.has("skip-bad")};
    if (args.has("as-of")) {
        CORDON_TRY(list_settings.as_of, time_of(args, "as-of"));
    }
    UnixMillis now = std::chrono::floor<Millis>(std::chrono::system_clock::now());
    if (args.has("at")) {
        CORDON_TRY(now, time_of(args, "at"));
    }
    std::vector<std::string> warnings;
    std::vector<engine::GivenList> given;
    for (const std::string& text : args.all("list")) {
        CORDON_TRY(engine::GivenList list, engine::read_given_list(text, list_settings));
        if (list.forbids) settings.forbidding.insert(list.list.name);
        for (std::string& warning : list.warnings) warnings.push_back(std::move(warning));
        given.push_back(std::move(list));
    }

    engine::ScreenerOptions options{
        .ledger = args.get("ledger"), .settings = settings, .cancel = session.cancel};
    std::shared_ptr<const ledger::Reader> ledger;
    std::unique_ptr<records::Store> store;
    std::vector<ChainId> chains;
    if (!options.ledger.empty()) {
        CORDON_TRY(ledger, ledger::open_reader(options.ledger));
        CORDON_TRY(store, records::Store::open_read_only(engine::records_path(options.ledger)));
        for (const auto& each : ledger->chains()) chains.push_back(each.chain);
    }
    CORDON_TRY(auto asked, subjects_of(args, chains));
    std::vector<engine::Subject> subjects;
    std::vector<Address> addresses;
    for (auto& each : asked)
        for (engine::Subject& subject : on_its_chains(std::move(each), ledger.get())) {
            addresses.push_back(subject.address);
            subjects.push_back(std::move(subject));
        }
    CORDON_TRY(auto lists,
               engine::load_lists(store.get(), std::move(given),
                                  addresses.size() <= kAskOneByOne ? &addresses : nullptr));
    const std::vector<screen::ListUsed> used = lists->used(settings, now);
    warn_of_lists(used, now, warnings);
    CORDON_TRY(const auto screener, engine::Screener::open(options, std::move(lists)));

    ProgressLine line{session};
    Printer printer{session.format};
    for (std::size_t i = 0; i < subjects.size() && !session.cancel->load(); ++i) {
        if (line.due()) line.show(format("screening {} of {}", i + 1, subjects.size()));
        CORDON_TRY(Screening screening,
                   screener->screen(subjects[i].chain, subjects[i].address, now));
        if (session.cancel->load()) break;
        line.clear();
        CORDON_TRY(printer.add(screening));
    }
    line.clear();
    if (!session.quiet) print_warnings(warnings);
    CORDON_TRY(printer.end(used, warnings));
    if (session.cancel->load()) return kInterrupted;
    return printer.found() ? kFound : kClean;
}

}  // namespace

Command screen_command() {
    return {
        .name = "screen",
        .summary = "ask whether we may deal with an address",
        .usage = "ADDRESS… [--ledger DIR] [--list FILE]…",
        .about =
            "Asks every list and label about the address itself, and the ledger about the money "
            "behind it: what share of what it received came from, and of what it sent went to, "
            "sanctioned, stolen, ransom, scam or mixer money, directly or through others, each "
            "with the path of txns that proves it. hit: on a list that forbids it. review: a "
            "person must look. A list that is required and absent, or older than --max-age, makes "
            "nobody clear. Exit 1 on hit or review.",
        .flags =
            {{"ledger", "DIR", "Its lists, labels and transfers", {}, 'l'},
             {"list",
              "FILE",
              "Another list: OFAC (XML, CSV), CSV with an address column, an address a line, or "
              "SCHEMA:FILE; several",
              {},
              0,
              true},
             {"file", "FILE", "Addresses to screen, one a line"},
             {"max-age", "AGE", "How old a list may be: 90m, 24h, 30d"},
             {"require", "NAME[=AGE]", "A list that must be there; several", {}, 0, true},
             {"at", "TIME", "Screen as of this moment, for the age of lists"},
             {"as-of", "TIME", "The date of given lists that carry none"},
             {"skip-bad", "", "Leave out bad rows of given lists, with a warning"},
             {"hops", "N", "How far behind the address", "5"},
             {"no-exposure", "", "Lists and labels only"}},
        .examples = {"cordon screen 0x8589…da16 --ledger led --max-age 24h",
                     "cordon screen bc1q…9x --list sdn_advanced.xml --list own-blocklist.txt",
                     "cordon screen --file customers.txt --ledger led --format jsonl > screened",
                     "cordon screen tron:TXYZ…1c --ledger led --require ofac-sdn=7d"},
        .takes_operands = true,
        .run = run_screen};
}

}  // namespace cordon::cli
