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

/// What nobody but counsel can fill in.
constexpr std::array<std::string_view, 6> kOpenFields{
    "Legal basis of this request",     "Authority, and its case number",
    "Contact: name and office",        "Contact: telephone, day and night",
    "Contact: e-mail, key to encrypt", "Signature"};

std::optional<UnixMillis> first_time(const Letter& letter) {
    return letter.rows.empty() ? std::nullopt : letter.rows.front().time;
}

/// What the letter asks for, a sentence each.
std::vector<std::string> requests(const Letter& letter) {
    const std::string since = first_time(letter) ? "from " + utc_text(first_time(letter)) + " on"
                                                 : std::string{"of the movements listed below"};
    if (letter.kind == Letter::Kind::kIssuer)
        return {
            "Please consider freezing the token at the addresses listed below, which are not "
            "known to be those of a service, until an order decides about it.",
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
            "Please hold what has not been paid out, until an order decides about it.",
            "Please preserve logs of relayers, front ends and interfaces, " + since + ".",
            "Please pass this on to your legal and compliance departments at once, and name a "
            "contact who can act outside office hours."};
    return {
        "Please hold the balances credited by the movements listed below, and what was bought "
        "with them, until an order decides about it.",
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
           (page.sender.empty() ? "<i class=\"line\"></i>" : safe(page.sender, 200)) +
           "</dd><dt>Date</dt><dd>" +
           (page.date.empty() ? "<i class=\"line\"></i>" : safe(page.date, 20)) +
           "</dd><dt>Our case</dt><dd>" +
           (page.case_id.empty() ? "<i class=\"line\"></i>" : safe(page.case_id, 60)) +
           "</dd></dl></div>";
    return out + "<h1>" + escape(subject(letter, page)) + "</h1>";
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
    out += "<h2>What we ask</h2><ol>";
    for (const std::string& request : requests(letter)) out += "<li>" + escape(request) + "</li>";
    out += "</ol>";
    out += format("<h2>What it is about</h2>{}<p>{}</p>{}", paragraphs(page.story),
                  letter.kind == Letter::Kind::kIssuer
                      ? "Of the stolen money, this much of your token rests unspent with others:"
                      : "Of the stolen money, this much came to rest with you:",
                  totals_html(letter, money));
    out +=
        "<h2>The movements</h2><p>Each can be seen in any explorer of its chain. The stolen part "
        "is what we ask about; the rest of an amount is not claimed.</p>" +
        rows_html(letter, money);
    out += "<h2>What rests, by the public ledger</h2><p>" + resting_words(letter) + "</p>" +
           resting_html(letter, money);
    out += "<h2>Why we think so</h2><p>" + escape(letter.confidence) + "</p><ul>";
    for (const std::string& said : letter.said_by) out += "<li>" + safe(said, 400) + "</li>";
    out += "</ul><h2>To be completed</h2>";
    for (const std::string_view field : kOpenFields) out += fill_in(field);
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
    out += wrapped("From:     ", or_blank(page.sender, 200));
    out += wrapped("Date:     ", or_blank(page.date, 20));
    out += wrapped("Our case: ", or_blank(page.case_id, 60));
    out += wrapped("Subject:  ", subject(letter, page));
    out += heading("What we ask");
    std::size_t number = 0;
    for (const std::string& request : requests(letter))
        out += wrapped(format("{}. ", ++number), request);
    out += heading("What it is about") + paragraphs_text(page.story);
    for (const Letter::Total& total : letter.totals) {
        out += wrapped("  ", format("{} on {} ({} when it arrived)",
                                    money.text(total.chain, total.asset, total.stolen),
                                    to_string(total.chain), usd_or_unpriced(total.usd)));
        if (total.asset.is_contract()) out += format("  token contract {}\n", total.asset.text());
    }
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
    for (const std::string& said : letter.said_by) out += wrapped("- ", clean_text(said, 400));
    out += heading("To be completed");
    for (const std::string_view field : kOpenFields) out += format("{}:\n{}\n", field, kBlank);
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
