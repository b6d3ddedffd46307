// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
// Watch under a flood, at a running server: usage: watch.mjs ENTRY_LINK [SECONDS]
//
// Three stretches of so many seconds: nobody touches the list, so it follows the news; somebody walks in it by j and k, so the news
// wait behind a button; and all is taken in again and again by "." while walking. Of each: how many alerts came into the page, the
// longest task of its main thread and how many were longer than 50 ms, what part of the time the thread was busy, and from a key to the
// second animation frame after it, when what it changed has been handed on to be shown. One JSON line each.
import { launch } from "./browser.mjs";
import { at, ms } from "./cost.mjs";
import { signIn, until } from "./signed_in.mjs";

const [entry, seconds = "10"] = process.argv.slice(2);
if (!entry) {
  console.error("usage: watch.mjs ENTRY_LINK [SECONDS]");
  process.exit(2);
}
const KEY_EVERY_MS = 100;
const known = await signIn(entry);
const browser = await launch();

/** Runs in the page before the console does. */
function watchThread() {
  const seen = { alerts: 0, batches: 0, resets: 0, tasks: [], keys: [] };
  window.cordonSeen = seen;
  new PerformanceObserver((list) => { for (const one of list.getEntries()) seen.tasks.push(one.duration); }).observe({ type: "longtask" });
  addEventListener("keydown", (event) => {
    requestAnimationFrame(() => requestAnimationFrame(() => { seen.keys.push(performance.now() - event.timeStamp); }));
  }, { capture: true });
  const Own = window.EventSource;
  window.EventSource = class extends Own {
    constructor(...given) {
      super(...given);
      this.addEventListener("alert", ({ data }) => { seen.batches++; seen.alerts += data.split('"detector":').length - 1; });
      this.addEventListener("reset", () => { seen.resets++; });
    }
  };
}

async function stretch(page, name, keys) {
  const session = await page.context().newCDPSession(page);
  await session.send("Performance.enable", { timeDomain: "threadTicks" });
  const busy = async () => Object.fromEntries((await session.send("Performance.getMetrics")).metrics.map((one) => [one.name, one.value]));
  await page.evaluate(() => { Object.assign(window.cordonSeen, { alerts: 0, batches: 0, resets: 0, tasks: [], keys: [] }); });
  const [before, begin] = [await busy(), Date.now()];
  for (let i = 0; Date.now() - begin < Number(seconds) * 1000; i++) {
    if (keys.length > 0) await page.keyboard.press(keys[i % keys.length]);
    await page.waitForTimeout(KEY_EVERY_MS);
  }
  const [after, took] = [await busy(), (Date.now() - begin) / 1000];
  const seen = await page.evaluate(() => window.cordonSeen);
  const sorted = seen.keys.sort((a, b) => a - b);
  console.log(JSON.stringify({
    stretch: name, seconds: ms(took), alerts_each_second: ms(seen.alerts / took), batches_each_second: ms(seen.batches / took), resets: seen.resets,
    longest_task_ms: ms(Math.max(0, ...seen.tasks)), long_tasks: seen.tasks.length, busy: ms((after.TaskDuration - before.TaskDuration) / took),
    script: ms((after.ScriptDuration - before.ScriptDuration) / took), keys: sorted.length, key_p50_ms: ms(at(sorted, 0.5)), key_p99_ms: ms(at(sorted, 0.99)),
    key_max_ms: ms(sorted.at(-1) ?? 0), heap_mb: ms(after.JSHeapUsedSize / 1e6), rows: await page.evaluate(() => document.querySelector(".virtual [aria-setsize]")?.getAttribute("aria-setsize") ?? "0"),
  }));
}

try {
  const context = await browser.newContext({ ...known, viewport: { width: 1440, height: 900 } });
  const page = await context.newPage();
  await page.addInitScript(watchThread);
  await page.goto(`${new URL(entry).origin}/watch`);
  await until(page, () => document.querySelector(".virtual [role=option]") !== null);
  await until(page, () => window.cordonSeen.alerts > 0);
  await stretch(page, "nobody touches it", []);
  await stretch(page, "somebody walks", ["j", "j", "j", "k"]);
  await stretch(page, "somebody takes all in", ["j", "k", ".", "j", "k"]);
  if (process.env.SHOT) await page.screenshot({ path: `${process.env.SHOT}.png` });
} finally {
  await browser.close();
}
