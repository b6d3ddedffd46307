// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "svg.hpp"

#include <algorithm>
#include <cmath>
#include <set>

#include <cordon/base/format.hpp>
#include <cordon/chain/text.hpp>

#include "palette.hpp"
#include "service.hpp"
#include "text.hpp"

namespace cordon::report {
namespace {

using trace::FlowKind;
using trace::FlowLayout;
using trace::FlowNode;
using trace::Ribbon;

/// Thinner lines vanish on paper.
constexpr double kThinnest = 0.8;
constexpr std::size_t kAddressesInTip = 12;
constexpr double kMargin = 34;

std::string style(Theme theme) {
    std::string css = ".cf{";
    css += palette_css(theme == Theme::kDark);
    css +=
        "background:var(--bg);font-family:Inter,system-ui,-apple-system,\"Segoe "
        "UI\",Roboto,\"DejaVu Sans\",sans-serif;"
        "font-variant-numeric:tabular-nums}";
    if (theme == Theme::kAuto)
        css += "@media (prefers-color-scheme:dark){.cf{" + palette_css(true) +
               "}}@media print{.cf{" + palette_css(false) + "}}";
    css +=
        ".cf .ground{fill:var(--bg)}.cf text{fill:var(--ink)}.cf .head,.cf .note,.cf "
        ".sub{fill:var(--soft)}"
        ".cf .head{letter-spacing:.04em}.cf .title{font-weight:650}.cf "
        ".rule{stroke:var(--line);stroke-width:1}"
        ".cf .r{fill-opacity:var(--ribbon)}.cf .r:hover{fill-opacity:.8}"
        ".cf .a{fill:none;stroke-opacity:var(--ribbon)}.cf .a:hover{stroke-opacity:.8}"
        ".cf .u{stroke-dasharray:5 4}.cf .r.u{stroke-width:1}"
        ".cf "
        ".l{paint-order:stroke;stroke:var(--bg);stroke-width:3px;stroke-linejoin:round;stroke-"
        "opacity:.85}"
        ".cf .rest{fill:var(--ink);fill-opacity:.75}.cf .src{fill:var(--soft);fill-opacity:.8}.cf "
        ".seed{fill:var(--ink)}"
        ".cf .icon "
        ".d{fill:none;stroke:var(--bg);stroke-width:1.3;stroke-linecap:round;stroke-linejoin:round}"
        ".cf .icon .p{fill:var(--bg)}";
    for (const char* name : {"ex", "br", "mx", "sw", "ga", "sv", "cr"})
        css += format(".cf .s-{0} .f,.cf rect.s-{0},.cf text.s-{0}{{fill:var(--{0})}}", name);
    for (int i = 0; i < kTaintSteps; ++i)
        css +=
            format(".cf .t{0}{{fill:var(--t{0})}}.cf .a.t{0},.cf .u.t{0}{{stroke:var(--t{0})}}", i);
    css += ".cf .c{fill:var(--soft)}.cf .a.c{stroke:var(--soft)}";
    // An arc is a line: the fill of its step must not close it to an area.
    css += ".cf path.a{fill:none}";
    return css;
}

bool has_several_chains(const trace::TraceResult& result) {
    return std::any_of(result.nodes.begin(), result.nodes.end(), [&](const trace::Node& node) {
        return node.chain != result.nodes.front().chain;
    });
}

class FlowSvg {
public:
    FlowSvg(const trace::TraceResult& result, const FlowLayout& layout, const SvgOptions& options)
        : result_{result},
          layout_{layout},
          options_{options},
          title_{!options.title.empty() ? options.title
                 : searched()           ? "Movements that were found"
                                        : "Flow of the stolen money"},
          several_chains_{has_several_chains(result)} {}

    std::string write() {
        top_ = options_.embedded ? 0 : 54;
        std::string body;
        body.swap(out_);
        if (!options_.embedded) heading();
        out_ += format("<g transform=\"translate(0 {:.0f})\">", top_);
        if (layout_.nodes.empty()) {
            out_ += format(
                "<text class=\"sub\" x=\"{}\" y=\"60\" font-size=\"13\">No movement{} was found."
                "</text>",
                kMargin, searched() ? "" : " of stolen money");
        } else {
            heads();
            for (const Ribbon& ribbon : layout_.ribbons) draw(ribbon);
            for (const FlowNode& node : layout_.nodes) draw(node);
            for (const FlowNode& node : layout_.nodes) draw_label(node);
        }
        out_ += "</g>";
        const double height = legend(top_ + layout_.height);
        body.swap(out_);
        return frame(body, height);
    }

private:
    bool searched() const noexcept {
        return result_.mode == trace::Mode::kRanked || result_.mode == trace::Mode::kPaths;
    }
    /// How the ramp colours a share of stolen money.
    std::string colour(double taint) const {
        return format("t{}", searched() ? 0 : taint_step(taint));
    }
    /// What was stolen; of a search, what left where it began.
    std::string loot() const {
        return layout_.scale.text_with_unit(layout_.scale.loot()) +
               (searched() ? " left the start" : " stolen");
    }

    std::string frame(const std::string& body, double height) const {
        const std::string title = safe(title_);
        std::string out;
        if (!options_.embedded) out += "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
        out += format(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"cf\" viewBox=\"0 0 {0:.0f} "
            "{1:.0f}\"",
            layout_.width, height);
        if (!options_.embedded)
            out += format(" width=\"{:.0f}\" height=\"{:.0f}\"", layout_.width, height);
        out += " role=\"img\" aria-labelledby=\"cf-title cf-desc\" font-size=\"" +
               format("{:g}", layout_.font_size) + "\">";
        out += "<title id=\"cf-title\">" + title + "</title><desc id=\"cf-desc\">" +
               escape(description()) + "</desc>";
        out += "<style>" + style(options_.theme) + "</style>";
        out += format("<rect class=\"ground\" width=\"{:.0f}\" height=\"{:.0f}\"/>", layout_.width,
                      height);
        return out + body + "</svg>\n";
    }

    std::string description() const {
        return format(
            "{}; {} movements of {} addresses, drawn as {} nodes in {} columns and {} ribbons. "
            "The width of a ribbon is the {} it carries.",
            loot(), grouped(result_.edges.size()), grouped(result_.nodes.size()),
            layout_.nodes.size(), layout_.columns.size(), layout_.ribbons.size(),
            searched() ? "value" : "stolen value");
    }

    void heading() {
        const double room = layout_.width - 2 * kMargin;
        out_ += format("<text class=\"title\" x=\"{}\" y=\"28\" font-size=\"17\">{}</text>",
                       kMargin, fitted(clean_text(title_), 17, room));
        const std::string sub =
            format("{} · {} movements · {} addresses · {} nodes, {} ribbons drawn", loot(),
                   grouped(result_.edges.size()), grouped(result_.nodes.size()),
                   layout_.nodes.size(), layout_.ribbons.size());
        out_ += format("<text class=\"sub\" x=\"{}\" y=\"46\" font-size=\"12\">{}</text>", kMargin,
                       fitted(sub, 12, room));
    }

    /// Escaped, and cut where it would leave `room`.
    static std::string fitted(std::string text, double font, double room) {
        if (trace::text_width(text, font) <= room) return escape(text);
        while (!text.empty() && trace::text_width(text, font) + font > room) {
            do text.pop_back();
            while (!text.empty() && (static_cast<unsigned char>(text.back()) & 0xC0) == 0x80);
            if (!text.empty() && static_cast<unsigned char>(text.back()) >= 0xC0) text.pop_back();
        }
        return escape(text) + "…";
    }

    void heads() {
        for (const trace::FlowColumn& column : layout_.columns) {
            out_ += format(
                "<text class=\"head\" x=\"{:.1f}\" y=\"{:.1f}\" font-size=\"{:g}\">{}</text>",
                column.x, column.head_box.bottom() - 3, layout_.font_size - 0.5,
                escape(column.head));
        }
    }

    void tip(const std::string& text) { out_ += "<title>" + escape(text) + "</title>"; }

    void draw(const Ribbon& ribbon) {
        const double width = std::max(ribbon.width, kThinnest);
        const double shift = (ribbon.width - width) / 2;
        const std::string css =
            ribbon.context ? "c" : colour(ribbon.taint) + (ribbon.confidence < 1 ? " u" : "");
        std::string d;
        if (ribbon.back) {
            const trace::Arc arc = trace::arc_of(layout_, ribbon);
            const auto& p = arc.points;
            d = format("M{:.1f} {:.1f}C{:.1f} {:.1f} {:.1f} {:.1f} {:.1f} {:.1f}", p[0].x, p[0].y,
                       p[1].x, p[1].y, p[2].x, p[2].y, p[3].x, p[3].y);
            out_ +=
                format("<path class=\"a {}\" stroke-width=\"{:.2f}\" d=\"{}\">", css, arc.width, d);
        } else {
            // There along the upper edge, back along the lower one; straight across the lanes in
            // between.
            d = format("M{:.1f} {:.2f}", ribbon.path.front().x, ribbon.path.front().y + shift);
            for (std::size_t i = 1; i < ribbon.path.size(); ++i)
                edge(d, leave(ribbon, i - 1), ribbon.path[i].x, ribbon.path[i - 1].y + shift,
                     ribbon.path[i].y + shift, i + 1 < ribbon.path.size());
            d += format("V{:.2f}", ribbon.path.back().y + shift + width);
            for (std::size_t i = ribbon.path.size() - 1; i > 0; --i) {
                const double x0 = leave(ribbon, i - 1);
                const double x1 = ribbon.path[i].x;
                const double middle = (x0 + x1) / 2;
                if (i + 1 < ribbon.path.size()) d += format("H{:.1f}", x1);
                d += format("C{:.1f} {:.2f} {:.1f} {:.2f} {:.1f} {:.2f}", middle,
                            ribbon.path[i].y + shift + width, middle,
                            ribbon.path[i - 1].y + shift + width, x0,
                            ribbon.path[i - 1].y + shift + width);
            }
            d += 'Z';
            out_ += format("<path class=\"r {}\" d=\"{}\">", css, d);
        }
        tip(ribbon_tip(ribbon));
        out_ += "</path>";
    }

    /// Where the ribbon leaves its i-th point: a lane is as wide as a node.
    double leave(const Ribbon& ribbon, std::size_t i) const {
        return i == 0 ? ribbon.path[0].x : ribbon.path[i].x + layout_.node_width;
    }

    void edge(std::string& d, double x0, double x1, double y0, double y1, bool lane) const {
        const double middle = (x0 + x1) / 2;
        d += format("C{:.1f} {:.2f} {:.1f} {:.2f} {:.1f} {:.2f}", middle, y0, middle, y1, x1, y1);
        if (lane) d += format("H{:.1f}", x1 + layout_.node_width);
    }

    std::string ribbon_tip(const Ribbon& ribbon) const {
        const auto who = [this](uint32_t i) {
            const FlowNode& node = layout_.nodes[i];
            if (node.kind == FlowKind::kContext && !node.address.empty()) return node.address;
            return node.members.size() == 1 ? full_address(node.members.front())
                                            : clean_text(node.name) + format(" ×{}", node.count());
        };
        if (ribbon.context) {
            std::string text = format("{} → {}\n{} movements, nothing stolen known of them",
                                      who(ribbon.from), who(ribbon.to), grouped(ribbon.movements));
            if (ribbon.first) text += "\n" + utc_text(ribbon.first);
            if (ribbon.last && ribbon.last != ribbon.first) text += " to " + utc_text(ribbon.last);
            return text;
        }
        std::string text =
            format("{} → {}\n{} in {} movements", who(ribbon.from), who(ribbon.to),
                   layout_.scale.text_with_unit(ribbon.value), grouped(ribbon.movements));
        if (!searched()) text += format(", {} of it stolen", percent_text(ribbon.taint));
        if (ribbon.first) text += "\n" + utc_text(ribbon.first);
        if (ribbon.last && ribbon.last != ribbon.first) text += " to " + utc_text(ribbon.last);
        std::string kinds;
        for (const std::string& kind : ribbon.kinds)
            kinds += (kinds.empty() ? "" : ", ") + clean_text(kind, 40);
        text += "\nkind: " + kinds;
        if (ribbon.confidence < 1)
            text += format("\nconfidence {} at least", percent_text(ribbon.confidence));
        return text;
    }

    std::string full_address(uint32_t member) const {
        const trace::Node& node = result_.nodes[member];
        const std::string text = chain::display_address(node.chain, node.address);
        return several_chains_ ? to_string(node.chain) + " " + text : text;
    }

    std::string taint_of(const FlowNode& node, const std::string& through) const {
        std::string text = format("\n{} stolen money passed, {} of all that passed", through,
                                  percent_text(node.taint));
        if (layout_.backward) {
            if (node.source > 0)
                text += format("\n{} comes from here or before: not traced further back",
                               layout_.scale.text_with_unit(node.source));
        } else if (node.rest > 0)
            text += format("\n{} rests here: {}", layout_.scale.text_with_unit(node.rest),
                           trace::to_string(node.stop));
        if (!layout_.backward && node.source > 0 && node.kind != FlowKind::kSeed)
            text += format("\n{} appears here: inherited or clean",
                           layout_.scale.text_with_unit(node.source));
        if (node.lost > 0)
            text +=
                format("\n{} left by fees, dust or price", layout_.scale.text_with_unit(node.lost));
        if (node.dust_out > 0)
            text += format("\n{} leaves in ribbons too thin to draw",
                           layout_.scale.text_with_unit(node.dust_out));
        return text;
    }

    std::string node_tip(const FlowNode& node) const {
        std::string text = clean_text(node.name);
        if (node.count() > 1) text += format(" ×{}", node.count());
        if (node.category) text += format(" ({})", to_string(*node.category));
        if (node.kind == FlowKind::kContext)
            return text + format("\n{} by the ledger; nothing stolen is known of it", node.moved) +
                   (node.address.empty() ? "" : "\n" + node.address);
        const std::string through = layout_.scale.text_with_unit(node.through());
        text += searched() ? format("\n{} passed", through) : taint_of(node, through);
        const trace::Node& first = result_.nodes[node.members.front()];
        if (node.members.size() == 1 && first.label)
            text += format("\nlabel by {}, confidence {}", clean_text(first.label->source, 80),
                           percent_text(first.label->confidence));
        for (std::size_t i = 0; i < std::min(node.members.size(), kAddressesInTip); ++i)
            text += "\n" + full_address(node.members[i]);
        if (node.members.size() > kAddressesInTip)
            text += format("\n+{} more", node.members.size() - kAddressesInTip);
        return text;
    }

    void draw(const FlowNode& node) {
        const trace::Box& box = node.box;
        const double h = std::max(box.height, kThinnest);
        out_ += "<g>";
        tip(node_tip(node));
        std::string css = node.kind == FlowKind::kContext ? "c" : colour(node.taint);
        if (node.category && sign_of(*node.category) != Sign::kCrime)
            css = sign_class(sign_of(*node.category));
        if (node.count() > 1)  // Several things in one: a second edge, like a stack of cards.
            out_ += format(
                "<rect class=\"{}\" fill-opacity=\".55\" x=\"{:.1f}\" y=\"{:.2f}\" width=\"1.6\" "
                "height=\"{:.2f}\"/>",
                css, box.x - 3, box.y, h);
        out_ += format(
            "<rect class=\"{}\" x=\"{:.1f}\" y=\"{:.2f}\" width=\"{:.1f}\" height=\"{:.2f}\" "
            "rx=\"{:.1f}\"/>",
            css, box.x, box.y, box.width, h, std::min(1.5, h / 3));
        const double rest = box.bottom() - node.rest_top;
        if (rest >= 0.5 && !searched())
            out_ += format(
                "<rect class=\"rest\" x=\"{:.1f}\" y=\"{:.2f}\" width=\"2.4\" height=\"{:.2f}\"/>",
                box.right() + 1.2, node.rest_top, rest);
        const double whole = node.through();
        if (node.kind != FlowKind::kSeed && whole > 0 && !searched()) {
            const double source = box.height * node.source / whole;
            if (source >= 1.5)
                out_ += format(
                    "<rect class=\"src\" x=\"{:.1f}\" y=\"{:.2f}\" width=\"2.4\" "
                    "height=\"{:.2f}\"/>",
                    box.x - 3.6, box.bottom() - source, source);
        }
        out_ += "</g>\n";
    }

    void draw_label(const FlowNode& node) {
        if (node.label.empty()) return;
        const double font = layout_.font_size;
        double x = node.label_box.x;
        const double base = node.label_box.y + node.label_box.height / 2 + font * 0.35;
        std::string css = "l";
        if (node.category) {
            const Sign sign = sign_of(*node.category);
            out_ += sign_icon(sign, x, node.label_box.y + (node.label_box.height - font) / 2, font);
            x += FlowNode::kIconRoom * font;
            css += format(" {}", sign_class(sign));
        }
        out_ += format("<text class=\"{}\" x=\"{:.1f}\" y=\"{:.1f}\">{}</text>\n", css, x, base,
                       escape(node.label));
    }

    /// Draws the legend below `top` and returns where it ends.
    double legend(double top) {
        const double font = layout_.font_size;
        double y = top + 12;
        out_ +=
            format("<line class=\"rule\" x1=\"{0}\" x2=\"{1:.0f}\" y1=\"{2:.1f}\" y2=\"{2:.1f}\"/>",
                   kMargin, layout_.width - kMargin, top);
        if (layout_.nodes.empty()) return y;
        double x = kMargin;
        const auto text_at = [&](const std::string& text) {
            out_ += format("<text class=\"note\" x=\"{:.1f}\" y=\"{:.1f}\">{}</text>", x, y + 10,
                           escape(text));
            x += trace::text_width(text, font) + 22;
        };
        const auto wrap = [&](double need) {
            if (x + need <= layout_.width - kMargin || x <= kMargin) return;
            x = kMargin;
            y += 20;
        };
        if (!searched()) {  // The ramp.
            wrap(trace::text_width("0 %100 % stolen", font) + 150);
            out_ += format("<text class=\"note\" x=\"{:.1f}\" y=\"{:.1f}\">0 %</text>", x, y + 10);
            x += trace::text_width("0 %", font) + 6;
            for (int i = 0; i < kTaintSteps; ++i, x += 9)
                out_ += format(
                    "<rect class=\"t{}\" x=\"{:.1f}\" y=\"{:.1f}\" width=\"9\" height=\"11\"/>", i,
                    x, y);
            x += 6;
            text_at("100 % stolen");
        }
        std::set<Sign> signs;
        bool rests = false, several = false, back = false, unsure = false, sources = false;
        bool narrowed = false, context = false;
        for (const FlowNode& node : layout_.nodes) {
            if (node.category) signs.insert(sign_of(*node.category));
            rests = rests || (!searched() && node.box.bottom() - node.rest_top >= 0.5);
            several = several || node.count() > 1;
            sources =
                sources || (!searched() && node.kind != FlowKind::kSeed && node.through() > 0 &&
                            node.box.height * node.source / node.through() >= 1.5);
        }
        for (const Ribbon& ribbon : layout_.ribbons)
            back = back || ribbon.back, context = context || ribbon.context,
            unsure = unsure || ribbon.confidence < 1,
            narrowed = narrowed || (ribbon.back && trace::arc_of(layout_, ribbon).narrowed);
        for (const Sign sign : signs) {
            const std::string name{sign_name(sign)};
            wrap(trace::text_width(name, font) + 16);
            out_ += sign_icon(sign, x, y - 0.5, 12);
            x += 17;
            text_at(name);
        }
        const auto mark = [&](const std::string& drawing, const std::string& text) {
            wrap(trace::text_width(text, font) + 22);
            out_ += format("<g transform=\"translate({:.1f} {:.1f})\">{}</g>", x, y, drawing);
            x += 20;
            text_at(text);
        };
        if (rests)
            mark(
                "<rect class=\"t10\" x=\"2\" width=\"8\" height=\"11\"/><rect class=\"rest\" "
                "x=\"11.2\" y=\"4\" width=\"2.4\" height=\"7\"/>",
                layout_.backward ? "traced back from here" : "rests here");
        if (sources)
            mark(
                "<rect class=\"src\" x=\"0\" y=\"4\" width=\"2.4\" height=\"7\"/><rect "
                "class=\"t5\" x=\"4\" width=\"8\" height=\"11\"/>",
                layout_.backward ? "comes from here or before" : "inherited or clean");
        if (several)
            mark(format("<rect class=\"{0}\" fill-opacity=\".55\" x=\"0\" width=\"1.6\" "
                        "height=\"11\"/><rect class=\"{0}\" x=\"3\" width=\"8\" height=\"11\"/>",
                        colour(1)),
                 "×N addresses in one");
        if (back)
            mark("<path class=\"a " + colour(1) +
                     "\" stroke-width=\"2\" d=\"M14 2C20 2 -4 9 2 9\"/>",
                 narrowed ? "back to an earlier hop (wide ones drawn narrower)"
                          : "back to an earlier hop");
        if (unsure)
            mark("<path class=\"a u " + colour(1) + "\" stroke-width=\"2\" d=\"M0 6H16\"/>",
                 "confidence below 100 %");
        if (context)
            mark("<path class=\"a c\" stroke-width=\"1\" d=\"M0 6H16\"/>",
                 "payment around it: nothing stolen known");
        y += 26;
        for (const std::string& note : layout_.notes) {
            const std::string all = clean_text(note, 600);
            std::string line;
            for (std::size_t i = 0; i < all.size();) {
                const std::size_t end = std::min(all.find(' ', i), all.size());
                const std::string word = all.substr(i, end - i);
                if (!line.empty() &&
                    trace::text_width(line + " " + word, font) > layout_.width - 2 * kMargin) {
                    out_ += format("<text class=\"note\" x=\"{}\" y=\"{:.1f}\">{}</text>", kMargin,
                                   y + 8, escape(line));
                    y += font * 1.45;
                    line.clear();
                }
                line += (line.empty() ? "" : " ") + word;
                i = end + 1;
            }
            out_ += format("<text class=\"note\" x=\"{}\" y=\"{:.1f}\">{}</text>", kMargin, y + 8,
                           fitted(line, font, layout_.width - 2 * kMargin));
            y += font * 1.45;
        }
        return y + 8;
    }

    const trace::TraceResult& result_;
    const FlowLayout& layout_;
    const SvgOptions& options_;
    std::string title_;
    bool several_chains_;  // Then an address alone does not say where it is.
    std::string out_;
    double top_ = 0;
};

}  // namespace

trace::LayoutParams flow_params(const trace::TraceResult& result) {
    trace::LayoutParams params;
    params.name = [several = has_several_chains(result)](const trace::Node& node) {
        if (node.label)
            if (std::string text = clean_text(node.label->text, 60); !text.empty()) return text;
        const std::string text = shortened(chain::display_address(node.chain, node.address));
        return several ? to_string(node.chain) + " " + text : text;
    };
    params.holder = [](const trace::Node& node) {
        return node.label ? service_name(*node.label) : std::string{};
    };
    return params;
}

std::string flow_svg(const trace::TraceResult& result, const trace::FlowLayout& layout,
                     const SvgOptions& options) {
    return FlowSvg{result, layout, options}.write();
}

}  // namespace cordon::report
