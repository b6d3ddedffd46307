// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cmath>
#include <map>

#include <cordon/base/format.hpp>

#include "replay.hpp"
#include "svg.hpp"

namespace cordon::heists {
namespace {

// The page, in pixels of its own.
constexpr double kWidth = 960, kLeft = 150, kRight = 930;
constexpr double kSteps = 118, kAlerts = 168, kTop = 216, kBottom = 366;
constexpr double kLine = 19;

/// Days before and minutes after the theft on one axis: logarithmic to both sides of it.
class Axis {
public:
    Axis(double first, double last) : low_{bend(first)}, high_{bend(last)} {}
    double at(double seconds) const {
        return kLeft + (bend(seconds) - low_) / (high_ - low_) * (kRight - kLeft);
    }

private:
    static double bend(double seconds) {
        constexpr double kMinute = 60;  // Linear within it.
        return std::copysign(std::log10(1 + std::abs(seconds) / kMinute), seconds);
    }
    double low_, high_;
};

}  // namespace

std::string timeline_svg(const Facts& facts, const Outcome& outcome) {
    const auto away = [&](UnixMillis time) {
        return std::chrono::duration<double>(time - outcome.first_theft).count();
    };
    double first = std::min(-3'600.0, away(outcome.first_step));
    double last = std::max(600.0, away(outcome.thefts.back().time));
    for (const Mark& mark : outcome.marks) {
        first = std::min(first, away(mark.time));
        last = std::max(last, away(mark.time));
    }
    const Axis axis{first * 1.3, last * 1.3};
    std::string body;
    const auto text = [&](double x, double y, std::string_view style, std::string_view words) {
        body += format("<text x=\"{:.1f}\" y=\"{:.1f}\" class=\"{}\">{}</text>\n", x, y, style,
                       escaped(words));
    };

    // --- The head: what, and what the watch made of it.
    text(24, 36, "h", format("{} — {}", facts.victim, format_usd(outcome.stolen)));
    std::string verdict = "No detector saw it";
    if (outcome.first)
        verdict = format("First alert by {}, {} {} the first loss; {:.0f} % could still be saved",
                         outcome.first->detector, span_text(outcome.lead),
                         outcome.lead >= 0 ? "before" : "after", outcome.saveable * 100);
    if (outcome.first && outcome.lead == 0)
        verdict = format(
            "First alert by {}, in the block of the first loss; {:.0f} % could still "
            "be saved",
            outcome.first->detector, outcome.saveable * 100);
    text(24, 58, outcome.in_time ? "v good" : "v bad", verdict);
    text(24, 78, "m",
         format("seed {} · {} of normal traffic before · first loss {}", outcome.seed,
                span_text(std::chrono::floor<Seconds>(outcome.first_step - outcome.begin).count()),
                format_rfc3339(std::chrono::floor<Seconds>(outcome.first_theft))));

    // --- Ticks.
    struct Tick {
        double seconds;
        std::string_view words;
    };
    constexpr std::array kTicks{
        Tick{-30 * 86'400.0, "−30 d"}, Tick{-7 * 86'400.0, "−7 d"}, Tick{-86'400.0, "−1 d"},
        Tick{-3'600.0, "−1 h"},        Tick{-300.0, "−5 min"},      Tick{0, "first loss"},
        Tick{300.0, "5 min"},          Tick{3'600.0, "1 h"},        Tick{86'400.0, "1 d"},
        Tick{30 * 86'400.0, "30 d"},   Tick{365 * 86'400.0, "1 y"}};
    for (const Tick& tick : kTicks) {
        if (tick.seconds < first * 1.3 || tick.seconds > last * 1.3) continue;
        const double x = axis.at(tick.seconds);
        body += format("<line x1=\"{:.1f}\" y1=\"{}\" x2=\"{:.1f}\" y2=\"{}\" class=\"{}\"/>\n", x,
                       kSteps - 18, x, kBottom, tick.seconds == 0 ? "zero" : "grid");
        text(x, kBottom + 18, "t", tick.words);
    }

    // --- Steps: numbers that the list below explains. Those too close to be told apart are
    // stacked on two heights.
    text(24, kSteps + 4, "r", "What happened");
    double before = -100;
    bool raised = false;
    for (std::size_t i = 0; i < outcome.marks.size(); ++i) {
        const Mark& mark = outcome.marks[i];
        const double x = axis.at(away(mark.time));
        raised = x - before < 18 && !raised;
        before = x;
        const double y = raised ? kSteps - 11 : kSteps + 9;
        body += format(
            "<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"9\" class=\"{}\"><title>{}</title></circle>\n",
            x, y,
            mark.theft       ? "theft"
            : mark.is_public ? "step"
                             : "hidden",
            escaped(mark.text));
        text(x, y + 3.5, "n", format("{}", i + 1));
    }

    // --- Alerts.
    text(24, kAlerts + 4, "r", "Alerts");
    std::map<std::pair<int, bool>, std::size_t> drawn;  // One bar a pixel: thousands may come.
    for (const Seen& seen : outcome.seen) {
        if (away(seen.time) < first * 1.3 || away(seen.time) > last * 1.3) continue;
        const double x = axis.at(away(seen.time));
        if (drawn[{static_cast<int>(x), seen.hit}]++ > 0) continue;
        const double half = seen.hit ? 11 : 5;
        body += format(
            "<line x1=\"{:.1f}\" y1=\"{:.1f}\" x2=\"{:.1f}\" y2=\"{:.1f}\" class=\"{}\"><title>{} "
            "{}: {}</title></line>\n",
            x, kAlerts - half, x, kAlerts + half, seen.hit ? "hit" : "false",
            format_rfc3339(seen.time), escaped(seen.detector), escaped(seen.reason));
    }
    if (outcome.first)
        text(std::clamp(axis.at(away(outcome.first->time)), kLeft + 24, kRight - 24), kAlerts - 16,
             "a", outcome.first->detector);

    // --- What is lost, over time.
    text(24, kTop + 12, "r", "Stolen");
    text(24, kTop + 30, "m", format_usd(outcome.stolen));
    const auto height = [&](Cents lost) {
        return kBottom - (kBottom - kTop) * static_cast<double>(lost) /
                             static_cast<double>(std::max<Cents>(outcome.stolen, 1));
    };
    std::string path = format("M{:.1f},{:.1f}", axis.at(first * 1.3), kBottom);
    Cents lost = 0;
    for (const Theft& theft : outcome.thefts) {
        const double x = axis.at(away(theft.time));
        path += format(" L{:.1f},{:.1f}", x, height(lost));
        lost += theft.usd;
        path += format(" L{:.1f},{:.1f}", x, height(lost));
    }
    path += format(" L{:.1f},{:.1f}", kRight, height(lost));
    if (outcome.first && outcome.saveable > 0) {
        const double x = std::clamp(axis.at(away(outcome.first->time)), kLeft, kRight);
        const double y = kBottom - (kBottom - kTop) * (1 - outcome.saveable);
        body += format(
            "<rect x=\"{:.1f}\" y=\"{}\" width=\"{:.1f}\" height=\"{:.1f}\" class=\"save\"/>\n", x,
            kTop, kRight - x, std::max(0.0, y - kTop));
    }
    body +=
        format("<path d=\"{} L{:.1f},{} Z\" class=\"area\"/>\n<path d=\"{}\" class=\"curve\"/>\n",
               path, kRight, kBottom, path);
    if (outcome.first && outcome.saveable > 0)
        text(std::max(axis.at(away(outcome.first->time)), kLeft) + 8, kTop + 16, "s",
             format("{} not yet gone",
                    format_usd(static_cast<Cents>(outcome.saveable *
                                                  static_cast<double>(outcome.stolen)))));

    // --- What the numbers mean.
    double y = kBottom + 52;
    for (std::size_t i = 0; i < outcome.marks.size(); ++i) {
        const Mark& mark = outcome.marks[i];
        text(44, y, "li", format("{}", i + 1));
        text(58, y, "lt", format_rfc3339(std::chrono::floor<Seconds>(mark.time)));
        constexpr std::size_t kCharacters = 104;
        for (const std::string& line : wrapped(mark.text, kCharacters)) {
            text(228, y, "l", line);
            y += kLine;
        }
    }
    text(24, y + 14, "m",
         "Red a theft, blue another step that can be seen, grey one that cannot. Dark bars are "
         "alerts about it, pale ones false.");
    text(24, y + 32, "m", "Time is logarithmic to both sides of the first loss.");
    y += kLine;

    return format(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {} {:.0f}\" width=\"{}\" "
        "height=\"{:.0f}\" role=\"img\" aria-label=\"{}\">\n<style>\n"
        "{}"
        "text{{font:13px system-ui,sans-serif;fill:var(--i)}} .h{{font-size:21px;font-weight:650}}"
        " .v{{font-size:15px;font-weight:600}} .good{{fill:var(--k)}} .bad{{fill:var(--t)}}"
        " .m,.t,.lt{{fill:var(--m);font-size:12px}} .t,.n,.a{{text-anchor:middle}}"
        " .r{{font-weight:600}} .n{{font-size:10px;font-weight:700;fill:var(--p)}}"
        " .a{{font-size:12px;font-weight:700}} .li{{text-anchor:end;font-weight:700}}"
        " .s{{fill:var(--k);font-weight:600}} .lt{{font-variant-numeric:tabular-nums}}\n"
        ".grid{{stroke:var(--g)}} .zero{{stroke:var(--m);stroke-dasharray:3 3}}"
        " .theft{{fill:var(--t)}} .step{{fill:var(--s)}}"
        " .hidden{{fill:var(--m)}} .hit{{stroke:var(--i);stroke-width:2}}"
        " .false{{stroke:var(--m);stroke-opacity:.5}}"
        " .area{{fill:var(--t);fill-opacity:.14}} "
        ".curve{{fill:none;stroke:var(--t);stroke-width:2}}"
        " .save{{fill:var(--k);fill-opacity:.12}}\n</style>\n"
        "<rect width=\"100%\" height=\"100%\" fill=\"var(--p)\"/>\n{}</svg>\n",
        kWidth, y + 34, kWidth, y + 34, escaped(facts.victim), kSvgColours, body);
}

}  // namespace cordon::heists
