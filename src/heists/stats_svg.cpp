// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <cordon/base/format.hpp>

#include "stats.hpp"
#include "svg.hpp"

namespace cordon::heists {
namespace {

// The page, in pixels of its own.
constexpr double kWidth = 960, kMargin = 24, kBars = 236, kBarsEnd = 690, kRow = 21, kBar = 13;
constexpr double kHalf = kWidth / 2;

std::string billions(Cents cents) {
    constexpr double kMillion = 100e6, kBillion = 1'000;
    const double millions = static_cast<double>(cents) / kMillion;
    return millions >= kBillion ? format("${:.2f} bn", millions / kBillion)
                                : format("${:.0f} m", millions);
}

std::string when(const StatsRow& row) {
    if (!row.lead) return "not seen";
    if (*row.lead == 0) return "in its block";
    return format("{} {}", span_text(*row.lead), *row.lead > 0 ? "before" : "after");
}

/// Draws what it is told to, line by line.
class Page {
public:
    std::string body;
    double y = 36;

    void text(double x, std::string_view style, std::string_view words) {
        body += format("<text x=\"{:.1f}\" y=\"{:.1f}\" class=\"{}\">{}</text>\n", x, y, style,
                       escaped(words));
    }
    /// A bar with its base line at `y`: green what could be saved, red the rest.
    void bar(double x, double width, Cents loss, Cents saveable, Cents whole,
             std::string_view title) {
        const auto length = [&](Cents cents) {
            return width * static_cast<double>(cents) /
                   static_cast<double>(std::max<Cents>(whole, 1));
        };
        body += format("<g><title>{}</title>", escaped(title));
        rectangle(x, length(saveable), "kept");
        // Never so short that it cannot be seen.
        rectangle(x + length(saveable), std::max(1.5, length(loss - saveable)), "gone");
        body += "</g>\n";
    }

private:
    void rectangle(double x, double width, std::string_view style) {
        if (width <= 0) return;
        body +=
            format("<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{}\" class=\"{}\"/>",
                   x, y - kBar + 2, width, kBar, style);
    }
};

void draw_head(Page& page, const Stats& stats, std::string_view basis) {
    const StatsGroup& all = stats.all;
    page.text(kMargin, "h",
              format("{} theft{}, {}", all.heists, all.heists == 1 ? "" : "s", billions(all.loss)));
    page.y += 24;
    page.text(kMargin, "v good",
              format("{} of {} raise an alert before the first loss or in its block; {} ({:.0f} %) "
                     "is then still there",
                     all.in_time, all.heists, billions(all.saveable),
                     100 * static_cast<double>(all.saveable) /
                         static_cast<double>(std::max<Cents>(all.loss, 1))));
    page.y += 20;
    page.text(kMargin, "m", basis);
    page.y += 34;
}

void draw_rows(Page& page, const Stats& stats) {
    Cents largest = 1;
    for (const StatsRow& row : stats.rows) largest = std::max(largest, row.loss);
    page.text(kBars, "m", "loss");
    page.text(kBarsEnd + 78, "m", "first alert");
    page.y += kRow;
    int year = 0;
    for (const StatsRow& row : stats.rows) {
        if (row.year != year) {
            page.body += format(
                "<line x1=\"{}\" y1=\"{:.1f}\" x2=\"{}\" y2=\"{:.1f}\" "
                "class=\"grid\"/>\n",
                kMargin, page.y - 15, kWidth - kMargin, page.y - 15);
            page.text(kMargin, "r", format("{}", row.year));
        }
        year = row.year;
        page.text(kMargin + 48, "l", row.facts->victim.substr(0, row.facts->victim.find(" (")));
        page.bar(kBars, kBarsEnd - kBars, row.loss, row.saveable, largest,
                 format("{}: {}", row.facts->victim, row.facts->vintage));
        page.text(kBarsEnd + 62, "e", billions(row.loss));
        page.text(kBarsEnd + 78, row.in_time ? "l good" : "l bad",
                  row.lead ? format("{} · {}", row.detector, when(row)) : when(row));
        page.y += kRow;
    }
    page.y += 26;
}

/// One beside the other.
void draw_groups(Page& page, const Stats& stats) {
    const double top = page.y;
    double bottom = top;
    const auto column = [&](double x, std::string_view title,
                            const std::vector<StatsGroup>& groups) {
        page.y = top;
        page.text(x, "r", title);
        page.y += kRow + 2;
        Cents largest = 1;
        for (const StatsGroup& group : groups) largest = std::max(largest, group.loss);
        for (const StatsGroup& group : groups) {
            page.text(x, "l", group.name);
            page.bar(x + 100, kHalf - kMargin - 240, group.loss, group.saveable, largest,
                     group.name);
            page.text(x + kHalf - kMargin - 16, "e",
                      format("{} in {}", billions(group.loss), group.heists));
            page.y += kRow;
        }
        bottom = std::max(bottom, page.y);
    };
    column(kMargin, "Whose keys signed", stats.causes);
    column(kHalf + 12, "What came first in public", stats.signals);
    page.y = bottom + 20;
}

void draw_sources(Page& page, const Stats& stats) {
    page.text(kMargin, "m",
              "Green: in no block yet at the first alert. Red: gone. Losses as given by:");
    std::string all;
    for (const StatsRow& row : stats.rows)
        all += format("{}{}: {}", all.empty() ? "" : "; ", row.facts->name, row.facts->vintage);
    constexpr std::size_t kCharacters = 150;
    for (const std::string& line : wrapped(all, kCharacters)) {
        page.y += 15;
        page.text(kMargin, "f", line);
    }
    page.y += 20;
}

}  // namespace

std::string stats_svg(const Stats& stats, std::string_view basis) {
    Page page;
    draw_head(page, stats, basis);
    draw_rows(page, stats);
    draw_groups(page, stats);
    draw_sources(page, stats);
    return format(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {} {:.0f}\" width=\"{}\" "
        "height=\"{:.0f}\" role=\"img\" aria-label=\"Thefts by year, loss and first alert\">\n"
        "<style>\n{}"
        "text{{font:13px system-ui,sans-serif;fill:var(--i)}} .h{{font-size:24px;font-weight:650}}"
        " .v{{font-size:15px;font-weight:600}} .m{{fill:var(--m);font-size:12px}}"
        " .r{{font-weight:650}} .e{{text-anchor:end;font-variant-numeric:tabular-nums}}"
        " .f{{fill:var(--m);font-size:10.5px}} .good{{fill:var(--k)}} .bad{{fill:var(--t)}}"
        " .grid{{stroke:var(--g)}} .kept{{fill:var(--k)}} .gone{{fill:var(--t)}}\n</style>\n"
        "<rect width=\"100%\" height=\"100%\" fill=\"var(--p)\"/>\n{}</svg>\n",
        kWidth, page.y, kWidth, page.y, kSvgColours, page.body);
}

}  // namespace cordon::heists
