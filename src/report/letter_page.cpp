// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <array>
#include <map>

#include <cordon/base/format.hpp>
#include <cordon/base/unicode.hpp>
#include <cordon/chain/text.hpp>

#include "case_page.hpp"
#include "case_style.hpp"
#include "csv.hpp"
#include "letter.hpp"
#include "text.hpp"

namespace cordon::report {
namespace {

/// The amounts of a letter are written with what the letter itself says of its assets.
class Units final : public trace::Context {
public:
    explicit Units(const Letter& letter) : letter_{letter} {}
    std::optional<Label> label(ChainId, const Address&) const override { return std::nullopt; }
    std::optional<AssetInfo> asset(ChainId chain, const Asset& asset) const override {
        for (const AssetInfo& info : letter_.units)
            if (info.chain == chain && info.asset == asset) return info;
        return std::nullopt;
    }
    std::optional<double> usd(ChainId, const Asset&, const Amount&,
                              std::optional<UnixMillis>) const override {
        return std::nullopt;
    }

private:
    const Letter& letter_;
};

constexpr std::string_view kDraft = "DRAFT FOR COUNSEL";
constexpr std::string_view kNotSent = "not sent, no legal advice";
constexpr std::string_view kBlank = "____________________________________";

constexpr std::size_t kSenderText = 200;  ///< Of each of its parts.

std::string part(const std::string& text) { return clean_text(text, kSenderText); }

/// "Name, role, Organisation"; empty where nobody said.
std::string sender_line(const records::CaseSender& sender) {
    std::string line;
    for (const std::string* each : {&sender.organisation, &sender.name, &sender.role})
        if (!each->empty()) line += (line.empty() ? "" : ", ") + part(*each);
    return line;
}

/// Whom a service calls back.
std::string contact_line(const records::CaseSender& sender) {
    std::string line;
    for (const std::string* each : {&sender.phone, &sender.email})
        if (!each->empty()) line += (line.empty() ? "" : ", ") + part(*each);
    return line;
}

std::string answer_line(const records::CaseSender& sender) {
    return part(sender.answer_to.empty() ? sender.email : sender.answer_to);
}

/// What is left for counsel, or for whoever did not fill in the sender.
std::vector<std::string_view> open_fields(const records::CaseSender& sender) {
    std::vector<std::string_view> fields{"Legal basis of this request"};
    const auto ask = [&fields](const std::string& text, std::string_view name) {
        if (text.empty()) fields.push_back(name);
    };
    ask(sender.reference, "Authority, and its case number");
    ask(sender.hold_until, "Hold until");
    ask(sender.organisation, "Organisation that asks");
    ask(sender.name, "Contact: name and office");
    ask(sender.phone, "Contact: telephone, day and night");
    ask(sender.email, "Contact: e-mail, key to encrypt");
    fields.push_back("Signature");
    return fields;
}

std::optional<UnixMillis> first_time(const Letter& letter) {
    return letter.rows.empty() ? std::nullopt : letter.rows.front().time;
}

/// What the letter asks for, a sentence each.
std::vector<std::string> requests(const Letter& letter, const records::CaseSender& sender) {
    const std::string until =
        (sender.hold_until.empty() ? std::string{} : "until " + part(sender.hold_until) + ", or ") +
        "until an order decides about it.";
    const std::string since = first_time(letter) ? "from " + utc_text(first_time(letter)) + " on"
                                                 : std::string{"of the movements listed below"};
    if (letter.kind == Letter::Kind::kIssuer)
        return {
            "Please consider freezing the token at the addresses listed below, which are not "
            "known to be those of a service, " +
                until,
            "Please preserve records of issue, redemption and support that name these "
            "addresses, " +
                since + ".",
            "Please tell us whether one of the addresses belongs to a customer of yours, and "
            "tell us before a freeze is lifted.",
            "Please pass this on to your legal and compliance departments at once, and name a "
            "contact who can act outside office hours."};
    if (letter.category == Category::kBridge)
        return {
            "For each movement listed below, please name the chain, the address and the "
            "transaction of its payment on the other side.",
            "Please hold what has not been paid out, " + until,
            "Please preserve logs of relayers, front ends and interfaces, " + since + ".",
            "Please pass this on to your legal and compliance departments at once, and name a "
            "contact who can act outside office hours."};
    return {
        "Please hold the balances credited by the movements listed below, and what was bought "
        "with them, " +
            until,
        "Please preserve, and exempt from deletion, identity records (KYC), account history, "
        "log-ins, devices, IP addresses, withdrawal addresses and messages of the account "
        "holders, " +
            since + ".",
        "Please tell us whether the money is still with you; and if it was moved on: when, how "
        "much, and to which address or account.",
        "Please pass this on to your legal and compliance departments at once, and name a "
        "contact who can act outside office hours.",
        "Please do not tell the account holder of this request, as far as the law that binds "
        "you permits."};
}

std::string_view addresses_word(const Letter& letter) {
    return letter.kind == Letter::Kind::kIssuer ? "holder" : "your address";
}

std::string subject(const Letter& letter, const LetterPage& page) {
    return format(
        "{}: stolen assets {}{}",
        letter.kind == Letter::Kind::kIssuer ? "Request to freeze a token"
                                             : "Request to hold and to preserve",
        letter.kind == Letter::Kind::kIssuer ? "at the addresses below" : "at " + letter.service,
        page.case_title.empty() ? "" : " (" + clean_text(page.case_title, 120) + ")");
}

std::string usd_or_unpriced(const std::optional<double>& usd) {
    return usd ? usd_text(*usd) : "unpriced";
}

std::string contract(const Asset& asset) {
    return asset.is_contract() ? std::string{asset.text()} : std::string{};
}

std::string block_text(BlockNum block) { return block == 0 ? "" : "block " + grouped(block); }

/// Up to where the ledger was read, and how an empty balance is to be understood.
std::string resting_words(const Letter& letter) {
    std::map<ChainId, std::string> tips;
    for (const Letter::Resting& rests : letter.resting)
        if (rests.as_of != 0)
            tips[rests.chain] = format("{} {} ({})", to_string(rests.chain),
                                       block_text(rests.as_of), utc_text(rests.time));
    std::string text;
    for (const auto& [chain, tip] : tips) text += (text.empty() ? "As of " : ", ") + tip;
    if (!text.empty()) text += ". ";
    return text +
           (letter.kind == Letter::Kind::kIssuer
                ? "The stolen part is what this trace found; the rest may be others' money."
                : "An address that has sent on what it received does not mean that the money "
                  "is gone: services sweep deposits, and what counts is the account that "
                  "was credited, in books that we do not see.");
}

/// What the ledger as a whole saw at the address; empty where nobody looked.
std::string balance_text(Money& money, const Letter::Resting& rests) {
    if (!rests.received || !rests.sent) return {};
    const auto amount = [&](const Amount& value) {
        return money.text(rests.chain, rests.asset, value);
    };
    std::string text =
        format("received {}, sent {} in all", amount(*rests.received), amount(*rests.sent));
    return *rests.received >= *rests.sent
               ? text + "; balance " + amount(*rests.received - *rests.sent)
               : text + "; it sent more than this ledger saw arrive";
}

std::string confidence_text(double confidence) {
    return confidence < 1 ? "confidence " + percent_text(confidence) : std::string{};
}

/// What a compliance officer needs before anything else, a line each: name and text; an empty text
/// is a blank to fill in.
using Glance = std::vector<std::pair<std::string_view, std::string>>;
Glance at_a_glance(const Letter& letter, const LetterPage& page, Money& money) {
    constexpr std::size_t kListed = 6;
    const records::CaseSender& sender = page.sender;
    std::string what;
    for (std::size_t i = 0; i < std::min(kListed, letter.totals.size()); ++i) {
        const Letter::Total& total = letter.totals[i];
        what += (what.empty() ? "" : "; ") + money.text(total.chain, total.asset, total.stolen) +
                " on " + to_string(total.chain);
        if (total.usd) what += format(" ({} when it arrived)", usd_text(*total.usd));
    }
    if (letter.totals.size() > kListed)
        what += format("; and {} further assets, below", letter.totals.size() - kListed);
    std::string where;
    if (letter.resting.size() == 1)
        where =
            chain::display_address(letter.resting.front().chain, letter.resting.front().address);
    else
        where = format("{} {}, by {} movements, all listed below", grouped(letter.resting.size()),
                       letter.kind == Letter::Kind::kIssuer ? "holders" : "of your addresses",
                       grouped(letter.rows.size()));
    std::string word = sender_line(sender);
    if (!word.empty() && !sender.reference.empty()) word += "; reference " + part(sender.reference);
    const std::string whose =
        sender.organisation.empty() ? std::string{"whoever asks"} : part(sender.organisation);
    return {
        {letter.kind == Letter::Kind::kIssuer ? "Freeze" : "Hold", what},
        {"Where", where},
        {"Until", part(sender.hold_until)},
        {"On the word of", word},
        {"Call back", contact_line(sender)},
        {"Answer to", answer_line(sender)},
        {"Before you act",
         format("call back {} by a number that you know from elsewhere, not by the one in this "
                "letter; look up a movement in an explorer of its chain; and ask for the sealed "
                "archive of the case, which shows whether this text was changed.",
                whose)}};
}

/// What the case says of the units that stand in this letter, and of the authors of its labels: as
/// its maker wrote it, a line each.
std::vector<std::string> units_said(const Letter& letter, const LetterPage& page, Money& money) {
    std::vector<std::string> lines;
    std::string last;
    for (const Letter::Total& total : letter.totals) {
        const std::string_view about = Words::of(page.words.assets, total.asset.text());
        if (about.empty() || last == total.asset.text()) continue;
        last = total.asset.text();
        lines.push_back(format("{}: {}.", money.symbol(total.chain, total.asset), about));
    }
    return lines;
}

std::string said_line(const std::string& said, const LetterPage& page) {
    for (const auto& [author, about] : page.words.authors)
        if (said.starts_with(clean_text(author, 80) + ": "))
            return format("{}. {} is, by the words of the case: {}", said, clean_text(author, 80),
                          about);
    return said;
}

// --- HTML

std::string fill_in(std::string_view name) {
    return format("<div class=\"fill\"><span>{}</span><i></i></div>", name);
}

std::string head(const Letter& letter, const LetterPage& page) {
    std::string out = format(
        "<p class=\"draft\"><b>{}</b> {}. Generated from the public ledger; to be completed, "
        "checked "
        "and signed by counsel or an authority.</p>",
        kDraft, kNotSent);
    out += "<div class=\"head\"><dl><dt>To</dt><dd><b>" + escape(letter.service) +
           "</b>, legal and compliance</dd><dt>From</dt><dd>" +
           (sender_line(page.sender).empty() ? "<i class=\"line\"></i>"
                                             : escape(sender_line(page.sender))) +
           "</dd><dt>Date</dt><dd>" +
           (page.date.empty() ? "<i class=\"line\"></i>" : safe(page.date, 20)) +
           "</dd><dt>Our case</dt><dd>" +
           (page.case_id.empty() ? "<i class=\"line\"></i>" : safe(page.case_id, 60)) + "</dd>" +
           (page.sender.reference.empty()
                ? std::string{}
                : "<dt>Reference</dt><dd>" + escape(part(page.sender.reference)) + "</dd>") +
           "</dl></div>";
    return out + "<h1>" + escape(subject(letter, page)) + "</h1>";
}

std::string glance_html(const Glance& glance) {
    std::string out = "<dl class=\"glance\">";
    for (const auto& [name, text] : glance)
        out += format("<dt>{}</dt><dd>{}</dd>", name,
                      text.empty() ? std::string{"<i class=\"line\"></i>"} : escape(text));
    return out + "</dl>";
}

std::string totals_html(const Letter& letter, Money& money) {
    std::string out =
        "<table><thead><tr><th>Chain</th><th>Asset</th><th>Token contract</th><th "
        "class=\"n\">Stolen amount</th><th class=\"n\">USD when it "
        "arrived</th></tr></thead><tbody>";
    for (const Letter::Total& total : letter.totals)
        out += format(
            "<tr><td>{}</td><td>{}</td><td class=\"id\">{}</td><td class=\"n\">{}</td><td "
            "class=\"n\">{}</td></tr>",
            to_string(total.chain), escape(money.symbol(total.chain, total.asset)),
            escape(contract(total.asset)), money.html(total.chain, total.asset, total.stolen),
            usd_or_unpriced(total.usd));
    return out + "</tbody></table>";
}

std::string rows_html(const Letter& letter, Money& money) {
    std::string out = format(
        "<table class=\"dense rows\"><thead><tr><th class=\"n\">No.</th><th>Time (UTC), "
        "block</th><th>Transaction, {}, sender</th><th class=\"n\">Stolen part, of "
        "what</th></tr></thead><tbody>",
        addresses_word(letter));
    std::size_t number = 0;
    for (const LetterRow& row : letter.rows) {
        std::string when = row.time ? utc_text(row.time) : "see the transaction";
        if (when.ends_with(" UTC")) when.resize(when.size() - 4);
        std::string small = to_string(row.chain);
        for (const std::string& more : {block_text(row.block), confidence_text(row.confidence)})
            if (!more.empty()) small += "<br>" + more;
        out += format(
            "<tr><td class=\"n\">{}</td><td>{}<small>{}</small></td><td "
            "class=\"id\">{}{}<br><span>to </span><b>{}</b><br><span>from </span>{}</td><td "
            "class=\"n\"><b>{}</b><small>{} {}</small></td></tr>",
            ++number, when, small, escape(chain::format_hash(row.chain, row.txn)),
            row.outpoint ? format("<br><span>output </span>{}", row.outpoint->index)
                         : std::string{},
            escape(chain::display_address(row.chain, row.address)),
            escape(chain::display_address(row.chain, row.from)),
            money.html(row.chain, row.asset, row.stolen),
            row.stolen == row.amount ? "all of" : "of",
            money.html(row.chain, row.asset, row.amount));
    }
    return out + "</tbody></table>";
}

std::string resting_html(const Letter& letter, Money& money) {
    std::string out =
        "<table class=\"dense\"><thead><tr><th>Address</th><th>All that the ledger saw "
        "there</th><th class=\"n\">Stolen part</th></tr></thead><tbody>";
    for (const Letter::Resting& rests : letter.resting)
        out += format("<tr><td class=\"id\">{}</td><td>{}</td><td class=\"n\">{}</td></tr>",
                      escape(chain::display_address(rests.chain, rests.address)),
                      escape(balance_text(money, rests)),
                      money.html(rests.chain, rests.asset, rests.resting));
    return out + "</tbody></table>";
}

constexpr std::string_view kLetterStyle = R"(
main{max-width:980px}
h1{font-size:23px;margin:22px 0 4px}h2{margin-top:34px}
.draft{border:1.5px solid var(--cr);border-radius:4px;padding:8px 12px;max-width:none}.draft b{color:var(--cr);letter-spacing:.04em}
.head dl{grid-template-columns:6em 1fr;margin:18px 0 0;font-size:15px}
.glance{display:grid;grid-template-columns:9em 1fr;gap:4px 12px;margin:14px 0 0;padding:10px 14px;background:var(--panel);border-radius:6px;break-inside:avoid}
.glance dt{color:var(--soft)}.glance dd{margin:0;overflow-wrap:anywhere;max-width:75ch}
@media (max-width:520px){.glance{grid-template-columns:1fr}}
.line{display:inline-block;width:20em;max-width:100%;border-bottom:1px solid var(--soft);height:1.1em}
.fill{display:grid;grid-template-columns:17em 1fr;gap:12px;margin:12px 0;break-inside:avoid}.fill span{color:var(--soft)}.fill i{border-bottom:1px solid var(--soft);min-height:1.5em}
ol{padding-left:22px;max-width:75ch}ol li{margin:5px 0}
.rows .id{white-space:nowrap;overflow-wrap:normal}.rows td:nth-child(2){white-space:nowrap}
@media screen and (max-width:760px){.rows .id{white-space:normal;overflow-wrap:anywhere}.fill{grid-template-columns:1fr}}
@media print{h1{font-size:15pt;margin:9pt 0 2pt}h2{font-size:11.5pt;margin:12pt 0 3pt;padding-top:5pt}.head dl{font-size:9.5pt}.fill{margin:9pt 0}
.rows{font-size:7.4pt;line-height:1.3}.rows .id{font-size:7pt}.rows td{padding:2.5pt 6pt 2.5pt 0}.rows td small{display:block}.rows td small::before{content:none}}
)";

// --- Text

/// Columns of a text, so that a mail program breaks none of its lines.
constexpr std::size_t kColumns = 78;

std::size_t width_of(std::string_view text) {
    std::size_t width = 0;
    for (std::size_t at = 0; at < text.size(); ++width)
        at += std::max<std::size_t>(1, utf8_length(text.substr(at)));
    return width;
}

/// Broken at blanks; the first line begins with `first`, the others with as many blanks.
std::string wrapped(std::string_view first, std::string_view text) {
    std::string out{first};
    const std::string indent(width_of(first), ' ');
    std::size_t at = indent.size();
    bool begun = false;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find(' '), text.size());
        const std::string_view word = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        if (begun && at + 1 + width_of(word) > kColumns) {
            out += "\n" + indent;
            at = indent.size();
            begun = false;
        }
        if (begun) out += ' ', ++at;
        out += word;
        at += width_of(word);
        begun = true;
    }
    return out + "\n";
}

std::string heading(std::string_view text) {
    return format("\n{}\n{}\n", text, std::string(width_of(text), '-'));
}

std::string paragraphs_text(std::string_view text) {
    constexpr std::size_t kLimit = 4'000;
    std::string out;
    for (std::size_t begin = 0; begin < text.size();) {
        const std::size_t end = std::min(text.find('\n', begin), text.size());
        const std::string line = clean_text(text.substr(begin, end - begin), kLimit);
        if (!line.empty()) out += wrapped("", line);
        begin = end + 1;
    }
    return out;
}

}  // namespace

std::string letter_html(const Letter& letter, const LetterPage& page) {
    const Units units{letter};
    Money money{units};
    const std::string title = escape(subject(letter, page));
    std::string out =
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta "
        "http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
        "'unsafe-inline'; base-uri 'none'; form-action 'none'\"><meta name=\"viewport\" "
        "content=\"width=device-width, initial-scale=1\"><meta name=\"referrer\" "
        "content=\"no-referrer\"><title>" +
        title + " – draft</title><style>" +
        case_style(std::string{kDraft} + " - " + std::string{kNotSent}, page.evidence_sha256,
                   clean_text(letter.service, 50)) +
        std::string{kLetterStyle} + "</style></head>\n<body><main>\n";
    out += head(letter, page);
    out += glance_html(at_a_glance(letter, page, money));
    out += "<h2>What we ask</h2><ol>";
    for (const std::string& request : requests(letter, page.sender))
        out += "<li>" + escape(request) + "</li>";
    out += "</ol>";
    out += format("<h2>What it is about</h2>{}<p>{}</p>{}", paragraphs(page.story),
                  letter.kind == Letter::Kind::kIssuer
                      ? "Of the stolen money, this much of your token rests unspent with others:"
                      : "Of the stolen money, this much came to rest with you:",
                  totals_html(letter, money));
    for (const std::string& line : units_said(letter, page, money))
        out += "<p class=\"soft\">" + escape(line) + "</p>";
    out +=
        "<h2>The movements</h2><p>Each can be seen in any explorer of its chain. The stolen part "
        "is what we ask about; the rest of an amount is not claimed.</p>" +
        rows_html(letter, money);
    out += "<h2>What rests, by the public ledger</h2><p>" + resting_words(letter) + "</p>" +
           resting_html(letter, money);
    out += "<h2>Why we think so</h2><p>" + escape(letter.confidence) + "</p><ul>";
    for (const std::string& said : letter.said_by)
        out += "<li>" + safe(said_line(said, page), 800) + "</li>";
    out += "</ul><h2>To be completed</h2>";
    for (const std::string_view field : open_fields(page.sender)) out += fill_in(field);
    out += "<h2>Evidence</h2><p>" +
           (page.evidence_sha256.empty()
                ? std::string{"The case is not sealed yet: no manifest vouches for this page."}
                : "SHA-256 of the evidence: <code>" + safe(page.evidence_sha256, 64) +
                      "</code>. It names the files, the ledger and the parameters from which this "
                      "page was made.") +
           " Made by Cordon " + safe(page.version, 60) + ".</p>";
    return out + "</main></body></html>\n";
}

std::string letter_text(const Letter& letter, const LetterPage& page) {
    const Units units{letter};
    Money money{units};
    const auto or_blank = [](const std::string& text, std::size_t limit) {
        return text.empty() ? std::string{kBlank} : clean_text(text, limit);
    };
    std::string out = format("*** {}: {} ***\n\n", kDraft, kNotSent);
    out += wrapped("To:       ", letter.service + ", legal and compliance");
    out += wrapped("From:     ", or_blank(sender_line(page.sender), 3 * kSenderText));
    out += wrapped("Date:     ", or_blank(page.date, 20));
    out += wrapped("Our case: ", or_blank(page.case_id, 60));
    if (!page.sender.reference.empty())
        out += wrapped("Reference:", " " + part(page.sender.reference));
    out += wrapped("Subject:  ", subject(letter, page));
    out += heading("At a glance");
    for (const auto& [name, value] : at_a_glance(letter, page, money))
        out += wrapped(format("{:<16}", format("{}:", name)),
                       value.empty() ? std::string{kBlank} : value);
    out += heading("What we ask");
    std::size_t number = 0;
    for (const std::string& request : requests(letter, page.sender))
        out += wrapped(format("{}. ", ++number), request);
    out += heading("What it is about") + paragraphs_text(page.story);
    for (const Letter::Total& total : letter.totals) {
        out += wrapped("  ", format("{} on {} ({} when it arrived)",
                                    money.text(total.chain, total.asset, total.stolen),
                                    to_string(total.chain), usd_or_unpriced(total.usd)));
        if (total.asset.is_contract()) out += format("  token contract {}\n", total.asset.text());
    }
    for (const std::string& line : units_said(letter, page, money)) out += wrapped("  ", line);
    out += heading("The movements");
    number = 0;
    for (const LetterRow& row : letter.rows) {
        const std::string more = confidence_text(row.confidence);
        out += wrapped(
            format("{:>3}. ", ++number),
            format("{}, {}{}{}{}", row.time ? utc_text(row.time) : "time: see the transaction",
                   to_string(row.chain), row.block == 0 ? "" : " ", block_text(row.block),
                   more.empty() ? "" : ", " + more));
        out += format("     txn    {}\n", chain::format_hash(row.chain, row.txn));
        if (row.outpoint) out += format("     output {}\n", row.outpoint->index);
        out += format("     to     {}\n     from   {}\n",
                      chain::display_address(row.chain, row.address),
                      chain::display_address(row.chain, row.from));
        out += wrapped("     moved  ", money.text(row.chain, row.asset, row.amount));
        out += wrapped("     stolen ", money.text(row.chain, row.asset, row.stolen));
    }
    out += heading("What rests, by the public ledger") + wrapped("", resting_words(letter));
    for (const Letter::Resting& rests : letter.resting) {
        out += format("  {}\n", chain::display_address(rests.chain, rests.address));
        out += wrapped("    ", money.text(rests.chain, rests.asset, rests.resting));
        if (const std::string balance = balance_text(money, rests); !balance.empty())
            out += wrapped("    ", balance);
    }
    out += heading("Why we think so") + wrapped("", letter.confidence);
    for (const std::string& said : letter.said_by)
        out += wrapped("- ", clean_text(said_line(said, page), 800));
    out += heading("To be completed");
    for (const std::string_view field : open_fields(page.sender))
        out += format("{}:\n{}\n", field, kBlank);
    out += heading("Evidence");
    out += page.evidence_sha256.empty()
               ? wrapped("", "The case is not sealed yet: no manifest vouches for this text.")
               : format("SHA-256 {}\n", clean_text(page.evidence_sha256, 64));
    return out + format("Made by Cordon {}\n", clean_text(page.version, 60));
}

std::string letter_csv(const Letter& letter) {
    std::string out =
        "chain,block,time,tx,outpoint,from,to,asset,symbol,decimals,amount,stolen,confidence\n";
    const Units units{letter};
    for (const LetterRow& row : letter.rows) {
        const auto info = units.asset(row.chain, row.asset);
        out +=
            format("{},{},{},{},{},{},{},{},{},{},{},{},{}\n", to_string(row.chain),
                   row.block == 0 ? std::string{} : std::to_string(row.block),
                   row.time ? format_rfc3339(*row.time) : std::string{},
                   chain::format_hash(row.chain, row.txn),
                   row.outpoint ? chain::format_outpoint(row.chain, *row.outpoint) : std::string{},
                   chain::format_address(row.chain, row.from),
                   chain::format_address(row.chain, row.address), csv_field(row.asset.text()),
                   info ? csv_field(clean_text(info->symbol, 24)) : std::string{},
                   info ? std::to_string(info->decimals) : std::string{}, row.amount.to_string(),
                   row.stolen.to_string(), row.confidence);
    }
    return out;
}

}  // namespace cordon::report
