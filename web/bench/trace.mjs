// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
// What Trace costs a browser at a running server: usage: trace.mjs ENTRY_LINK TRACE_ID [RUNS]
//
// Each run is a browser that was never here: nothing of the console is in its cache, and the window is a little higher each time, so
// that the server too draws a picture that it has not drawn. Counted is the time from navigation to the second animation frame after
// the first ribbon was drawn: the first frame with ribbons has then been handed on. The last run of each painter also pans. One JSON
// line a run.
import { launch } from "./browser.mjs";
import { ms, panned } from "./cost.mjs";
import { signIn, until } from "./signed_in.mjs";

const [entry, trace, runs = "5"] = process.argv.slice(2);
if (!entry || !trace) {
  console.error("usage: trace.mjs ENTRY_LINK TRACE_ID [RUNS]");
  process.exit(2);
}
const known = await signIn(entry);
const origin = new URL(entry).origin;

/** Runs in the page before the console does. */
function watchFirstRibbon() {
  const drawn = () => {
    if (window.cordonFirst) return;
    window.cordonFirst = { drawn: performance.now() };
    requestAnimationFrame(() => requestAnimationFrame(() => { window.cordonFirst.painted = performance.now(); }));
  };
  // Ribbons alone: text and boxes do not go through these.
  for (const [kind, names] of [[WebGL2RenderingContext, ["drawArrays", "drawElements", "drawArraysInstanced", "drawElementsInstanced"]], [CanvasRenderingContext2D, ["fill"]]])
    for (const name of names) {
      const own = kind.prototype[name];
      kind.prototype[name] = function (...given) { drawn(); return own.apply(this, given); };
    }
}

let window_ = 0;
for (const painter of (process.env.PAINTERS ?? "webgl,canvas").split(","))
  for (let run = 1; run <= Number(runs); run++) {
    const browser = await launch();
    try {
      const context = await browser.newContext({ ...known, viewport: { width: 1440, height: 810 + window_++ } });
      const page = await context.newPage();
      await page.addInitScript(watchFirstRibbon);
      await page.goto(`${origin}/trace?trace=${trace}${painter === "canvas" ? "&painter=canvas" : ""}`, { waitUntil: "commit" });
      const first = await until(page, () => window.cordonFirst?.painted !== undefined && window.cordonFirst);
      const layout = await page.evaluate(() => {
        const one = performance.getEntriesByType("resource").find((each) => each.name.includes("/layout"));
        return { asked: one.startTime, begun: one.responseStart, there: one.responseEnd, bytes: one.encodedBodySize };
      });
      const row = {
        painter, run, first_paint_ms: ms(first.painted), ribbons_drawn_ms: ms(first.drawn), layout_asked_ms: ms(layout.asked),
        layout_first_byte_ms: ms(layout.begun), layout_there_ms: ms(layout.there), layout_bytes: layout.bytes,
      };
      if (run === Number(runs)) {
        const box = await page.locator(".flow").boundingBox();
        const KEPT_FREE = 6; // Below the lowest node there is always a margin.
        Object.assign(row, await panned(browser, page, box.x + box.width / 2, box.y + box.height - KEPT_FREE));
        if (process.env.SHOT) await page.screenshot({ path: `${process.env.SHOT}-${painter}.png` });
      }
      console.log(JSON.stringify(row));
    } finally {
      await browser.close();
    }
  }
