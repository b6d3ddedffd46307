# Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
"""Draws how the figures of a ledger change while it grows, each relative to its first point."""
import math
from xml.sax.saxutils import escape

WIDTH, HEIGHT = 760, 400
LEFT, RIGHT, TOP, BOTTOM = 64, 210, 56, 56  # Margins; the names of the lines stand at the right.
LABEL_STEP = 34  # A name has two lines.
# Figure, name, factor and unit of its last value; colours of Okabe and Ito, told apart by everyone.
LINES = (("rows_per_cpu_s", "ingest", 1e-6, "M rows/CPU-s"), ("edges_p50_us", "out-edges p50", 1, "us"),
         ("txn_p50_us", "txn by hash p50", 1, "us"), ("peak_anonymous_bytes", "anonymous memory", 2 ** -20, "MiB"))
STYLE = """
  svg { background: #ffffff }
  text { font: 13px system-ui, sans-serif; fill: #24292f }
  .title { font-weight: 600; font-size: 15px } .quiet { fill: #57606a; font-size: 12px }
  .grid { stroke: #d0d7de; stroke-width: 1 } .base { stroke: #57606a; stroke-width: 1 }
  .line { fill: none; stroke-width: 2.2; stroke-linejoin: round }
  .a { stroke: #0072b2 } .b { stroke: #d55e00 } .c { stroke: #00805f } .d { stroke: #a0528a }
  .dot { stroke: none } .dot.a { fill: #0072b2 } .dot.b { fill: #d55e00 } .dot.c { fill: #00805f } .dot.d { fill: #a0528a }
  text.a { fill: #0072b2; stroke: none } text.b { fill: #b84f00; stroke: none }
  text.c { fill: #00805f; stroke: none } text.d { fill: #a0528a; stroke: none }
  @media (prefers-color-scheme: dark) {
    svg { background: #0d1117 } text { fill: #e6edf3 } .quiet { fill: #9198a1 }
    .grid { stroke: #2a313a } .base { stroke: #9198a1 }
    .a { stroke: #56b4e9 } .b { stroke: #f0934a } .c { stroke: #3fc79a } .d { stroke: #dd94c4 }
    .dot.a, text.a { fill: #56b4e9 } .dot.b, text.b { fill: #f0934a }
    .dot.c, text.c { fill: #3fc79a } .dot.d, text.d { fill: #dd94c4 }
  }
"""


def draw(points):
    """The SVG of points as `ledger_bench --case growth` prints them: at least two, the first is 100 %."""
    first, last = points[0], points[-1]
    shares = {key: [point[key] / first[key] * 100 for point in points] for key, *_ in LINES}
    step, top = scale(max(max(values) for values in shares.values()))

    def x(gigabytes):
        return LEFT + gigabytes / last["gigabytes"] * (WIDTH - LEFT - RIGHT)

    def y(percent):
        return HEIGHT - BOTTOM - percent / top * (HEIGHT - TOP - BOTTOM)

    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
           f'aria-label="Figures of one growing ledger relative to its first point">',
           "<!-- Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0 -->", f"<style>{STYLE}</style>",
           text(LEFT, 24, "One growing ledger", "title"),
           text(LEFT, 42, f"each figure relative to {first['gigabytes']:.2g} GB = 100 %", "quiet")]
    for percent in range(0, top + 1, step):
        kind = "base" if percent == 0 else "grid"
        out += [f'<line class="{kind}" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y(percent):.1f}" y2="{y(percent):.1f}"/>',
                text(LEFT - 8, y(percent) + 4, f"{percent} %", "quiet", "end")]
    for point in points:
        out.append(text(x(point["gigabytes"]), HEIGHT - BOTTOM + 20, f"{point['gigabytes']:.2g}", "quiet", "middle"))
    out.append(text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - BOTTOM + 42, "size of the ledger's files, GB", "quiet", "middle"))

    places = apart([y(shares[key][-1]) for key, *_ in LINES], LABEL_STEP, HEIGHT - BOTTOM)
    for (key, name, factor, unit), colour, place in zip(LINES, "abcd", places):
        spots = [(x(point["gigabytes"]), y(share)) for point, share in zip(points, shares[key])]
        out.append(f'<polyline class="line {colour}" points="{" ".join(f"{a:.1f},{b:.1f}" for a, b in spots)}"/>')
        out += [f'<circle class="dot {colour}" cx="{a:.1f}" cy="{b:.1f}" r="3"/>' for a, b in spots]
        out += [text(WIDTH - RIGHT + 14, place, f"{name} {shares[key][-1]:.0f} %", colour),
                text(WIDTH - RIGHT + 14, place + 15,
                     f"{shown(first[key] * factor)} → {shown(last[key] * factor)} {unit}", "quiet")]
    return "\n".join([*out, "</svg>", ""])


def scale(most):
    """(step, top) of the axis of per cents: at most six steps."""
    step = next(step for step in (25, 50, 100, 200, 500, 1000, 10 ** 9) if most <= 6 * step)
    return step, max(math.ceil(most / step) * step, 100)


def apart(places, step, lowest):
    """The same places in the same order, moved so that neighbours are `step` apart and none is below `lowest`."""
    order = sorted(range(len(places)), key=places.__getitem__)
    moved, limit = list(places), lowest
    for nth in reversed(order):
        moved[nth] = min(moved[nth], limit)
        limit = moved[nth] - step
    return moved


def shown(value):
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def text(x, y, words, kind, anchor="start"):
    return f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(words)}</text>'
