// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
// What a page costs: script a frame by the main thread, and the GPU process beside it.
export const ms = (value) => Number(value.toFixed(2));
export const at = (sorted, share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
const FRAMES = 120;

/** Script of a frame: what the pointer's event runs, and what is drawn in the animation frame. CPU time of the thread, and wall time. */
export async function framesOf(page, act) {
  const session = await page.context().newCDPSession(page);
  const events = [];
  session.on("Tracing.dataCollected", ({ value }) => events.push(...value));
  const done = new Promise((resolve) => session.once("Tracing.tracingComplete", resolve));
  await session.send("Tracing.start", { transferMode: "ReportEvents", traceConfig: { includedCategories: ["devtools.timeline"] } });
  await act();
  await session.send("Tracing.end");
  await done;
  const script = events.filter((e) => e.ph === "X" && (e.name === "FireAnimationFrame" || (e.name === "EventDispatch" && /pointer|mouse|wheel/.test(e.args?.data?.type ?? ""))));
  const frames = script.filter((e) => e.name === "FireAnimationFrame");
  const sorted = (time) => frames.map((e) => time(e) / 1000).sort((a, b) => a - b);
  return {
    frames: frames.length, cpu: script.reduce((sum, e) => sum + (e.tdur ?? e.dur), 0) / 1000 / Math.max(1, frames.length),
    cpuFrames: sorted((e) => e.tdur ?? e.dur), wallFrames: sorted((e) => e.dur),
  };
}

/** A still second, then 120 frames panned by the pointer from (x, y), where nothing is. */
export async function panned(browser, page, x, y) {
  const system = await browser.newBrowserCDPSession();
  const gpuSeconds = async () => (await system.send("SystemInfo.getProcessInfo")).processInfo.filter((one) => one.type === "GPU").reduce((sum, one) => sum + one.cpuTime, 0);
  await page.waitForTimeout(500);
  const idle = await framesOf(page, () => page.waitForTimeout(1000));
  await page.mouse.move(x, y);
  await page.mouse.down();
  await page.mouse.move(x + 10, y);
  const gpu = await gpuSeconds();
  const pan = await framesOf(page, async () => {
    for (let i = 1; i <= FRAMES; i++) {
      await page.mouse.move(x + 10 + 120 * Math.sin(i / 8), y - 40 * Math.sin(i / 5));
      await page.evaluate(() => new Promise((next) => requestAnimationFrame(next)));
    }
  });
  const gpuAfter = await gpuSeconds();
  await page.mouse.up();
  const heap = await page.evaluate(() => performance.memory?.usedJSHeapSize ?? 0);
  return {
    script_cpu_ms_a_frame: ms(pan.cpu), frame_cpu_p99_ms: ms(at(pan.cpuFrames, 0.99)),
    frame_wall_p50_ms: ms(at(pan.wallFrames, 0.5)), frame_wall_p99_ms: ms(at(pan.wallFrames, 0.99)),
    gpu_process_cpu_ms_a_frame: ms(((gpuAfter - gpu) * 1000) / FRAMES), idle_frames: idle.frames, heap_mb: ms(heap / 1e6),
  };
}
