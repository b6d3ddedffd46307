// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
// What the flow costs the browser: usage: flow.mjs RESULT.json…   (results of cordon trace --layout; see README.md)
//
// Pans 120 frames by the pointer and prints, a picture and painter: milliseconds of script a frame on the main thread (CPU time of the
// thread, which other load barely touches, and wall time), CPU of the GPU process a frame (without a GPU it paints in software), time
// from navigation to the first picture, and JavaScript heap. One JSON line each.
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { launch, servePage } from "./browser.mjs";

const FRAMES = 120;
const results = process.argv.slice(2);
const files = new Map(results.map((path) => [basename(path), JSON.stringify(JSON.parse(readFileSync(path, "utf8")).data.layout)]));
const server = await servePage(files);
const browser = await launch();
const system = await browser.newBrowserCDPSession();
const gpuSeconds = async () => (await system.send("SystemInfo.getProcessInfo")).processInfo.filter((one) => one.type === "GPU").reduce((sum, one) => sum + one.cpuTime, 0);
const at = (sorted, share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;

async function trace(page, act) {
  const session = await page.context().newCDPSession(page);
  const events = [];
  session.on("Tracing.dataCollected", ({ value }) => events.push(...value));
  const done = new Promise((resolve) => session.once("Tracing.tracingComplete", resolve));
  await session.send("Tracing.start", { transferMode: "ReportEvents", traceConfig: { includedCategories: ["devtools.timeline"] } });
  await act();
  await session.send("Tracing.end");
  await done;
  // Script of a frame: what the pointer's event runs, and what is drawn in the animation frame.
  const script = events.filter((e) => e.ph === "X" && (e.name === "FireAnimationFrame" || (e.name === "EventDispatch" && /pointer|mouse|wheel/.test(e.args?.data?.type ?? ""))));
  const frames = script.filter((e) => e.name === "FireAnimationFrame");
  const cpu = script.reduce((sum, e) => sum + (e.tdur ?? e.dur), 0) / 1000 / Math.max(1, frames.length);
  return { frames: frames.length, cpu, cpuFrames: frames.map((e) => (e.tdur ?? e.dur) / 1000).sort((a, b) => a - b), wallFrames: frames.map((e) => e.dur / 1000).sort((a, b) => a - b) };
}

try {
  for (const name of files.keys())
    for (const painter of (process.env.PAINTERS ?? "webgl,canvas").split(",")) {
      const page = await browser.newPage({ viewport: { width: 1440, height: 810 } });
      await page.goto(`${server.url}?layout=/${name}&painter=${painter}`);
      await page.waitForFunction(() => window.ready !== undefined, null, { timeout: 120_000 });
      const ready = await page.evaluate(() => window.ready);
      await page.waitForTimeout(500);
      const idle = await trace(page, () => page.waitForTimeout(1000));
      await page.mouse.move(700, 780);
      await page.mouse.down();
      await page.mouse.move(710, 780);
      const gpu = await gpuSeconds();
      const pan = await trace(page, async () => {
        for (let i = 1; i <= FRAMES; i++) {
          await page.mouse.move(710 + 120 * Math.sin(i / 8), 780 - 40 * Math.sin(i / 5));
          await page.evaluate(() => new Promise((next) => requestAnimationFrame(next)));
        }
      });
      const gpuAfter = await gpuSeconds();
      await page.mouse.up();
      const heap = await page.evaluate(() => performance.memory?.usedJSHeapSize ?? 0);
      const ms = (v) => Number(v.toFixed(2));
      console.log(JSON.stringify({
        picture: name, painter: ready.painter, script_cpu_ms_a_frame: ms(pan.cpu), frame_cpu_p99_ms: ms(at(pan.cpuFrames, 0.99)),
        frame_wall_p50_ms: ms(at(pan.wallFrames, 0.5)), frame_wall_p99_ms: ms(at(pan.wallFrames, 0.99)),
        gpu_process_cpu_ms_a_frame: ms(((gpuAfter - gpu) * 1000) / FRAMES), idle_frames: idle.frames,
        first_picture_ms: ms(ready.shown), parse_ms: ms(ready.parse), heap_mb: ms(heap / 1e6),
      }));
      await page.close();
    }
} finally {
  await browser.close();
  server.close();
}
