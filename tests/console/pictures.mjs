// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
// Every screen as a picture, from a real `cordon serve --case` once its replay is over, with a clock that stands.
//   node pictures.mjs --cordon PROGRAM --case FOLDER               makes those of docs/user/img anew
//   node pictures.mjs … --check [--differences out/pictures]       compares all but UNSTEADY, in both themes, with tests/console/baselines
//   node pictures.mjs … --accept                                   makes the baselines anew: look at them before they are kept
//   node pictures.mjs … --look DIR [--size 390x844] [--scale 2]    all in both themes, to be looked at, and what scrolls sideways
// --only NAME[,NAME] takes part of them. Ends with "N passed, N failed, N skipped".
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

import { DOCUMENTED, screens, UNSTEADY } from "./screens.mjs";
import { browse, ofPage, serve, until } from "./served.mjs";
import { theft } from "./trace.mjs";

const { values: flags } = parseArgs({ options: {
  cordon: { type: "string" }, case: { type: "string" }, only: { type: "string", default: "" }, port: { type: "string", default: "18715" },
  chromium: { type: "string", default: process.env.CHROMIUM ?? "/usr/bin/chromium" },
  check: { type: "boolean", default: false }, accept: { type: "boolean", default: false }, look: { type: "string" },
  differences: { type: "string", default: "out/pictures" }, size: { type: "string", default: "1440x900" }, scale: { type: "string", default: "1" },
  themes: { type: "string", default: "light,dark" },
  web: { type: "string" }, // Another place that serves the console, e.g. the one of `npm run dev`, in front of --port.
} });
const root = fileURLToPath(new URL("../..", import.meta.url));
const baselines = join(root, "tests/console/baselines");
const madeWith = join(baselines, "made-with.json");
const LIVES_SECONDS = 900;
const REPLAY_MS = 240_000;
/** A pixel is another one where it differs by more than this (pixelmatch's measure; edges of letters do not count) … */
const THRESHOLD = 0.1;
/** … and a screen where more than so many of its 720 x 450 are. A button of another colour has some 300. */
const PIXELS = 60;
const MOST_BYTES = 120_000; // Of a picture of docs/user.
const compared = flags.check || flags.accept;
const wanted = flags.only === "" ? null : new Set(flags.only.split(","));
const chosen = screens.filter(([name]) => (wanted?.has(name) ?? true) && (flags.look || (compared ? !UNSTEADY.has(name) : DOCUMENTED.has(name))));

if (!existsSync(flags.chromium)) {
  console.log(`${flags.chromium}: not there\n0 passed, 0 failed, ${chosen.length} skipped`);
  process.exit(0);
}
const browser = await browse(flags.chromium);
const lab = await (await browser.newContext()).newPage();

/** What text looks like here: the browser's version and the fonts. Other ones make other pictures of the same screen. */
const here = { chromium: browser.version().split(".")[0], widths: await lab.evaluate(() => ["system-ui", "ui-monospace, monospace"].map((family) => {
  const context = document.createElement("canvas").getContext("2d");
  context.font = `40px ${family}`;
  return context.measureText("Who can freeze it? 0123456789").width;
})) };
if (flags.check) {
  const then = existsSync(madeWith) ? JSON.parse(readFileSync(madeWith, "utf8")) : null;
  if (JSON.stringify(then) !== JSON.stringify(here)) {
    console.log(`baselines were made with ${JSON.stringify(then)}, here is ${JSON.stringify(here)}: text looks different, nothing is compared`);
    console.log(`0 passed, 0 failed, ${chosen.length * 2} skipped`);
    await browser.close();
    process.exit(0);
  }
}

/** In Chromium's own canvas: fewer colours, then lossless WebP. */
const packed = async (png) => Buffer.from(await lab.evaluate(async (data) => {
  const bitmap = await createImageBitmap(await (await fetch(`data:image/png;base64,${data}`)).blob());
  const canvas = Object.assign(document.createElement("canvas"), { width: bitmap.width, height: bitmap.height });
  const context = canvas.getContext("2d");
  context.drawImage(bitmap, 0, 0);
  const image = context.getImageData(0, 0, canvas.width, canvas.height);
  for (let i = 0; i < image.data.length; ++i) if (i % 4 !== 3) image.data[i] = Math.min(255, Math.round(image.data[i] / 24) * 24);
  context.putImageData(image, 0, 0);
  return canvas.toDataURL("image/webp", 1).split(",")[1];
}, png.toString("base64")), "base64");
const pixels = async (bytes, type) => {
  const [width, height, data] = await lab.evaluate(async ([text, kind]) => {
    const bitmap = await createImageBitmap(await (await fetch(`data:${kind};base64,${text}`)).blob());
    const canvas = Object.assign(document.createElement("canvas"), { width: bitmap.width, height: bitmap.height });
    const context = canvas.getContext("2d", { willReadFrequently: true });
    context.drawImage(bitmap, 0, 0);
    const raw = context.getImageData(0, 0, canvas.width, canvas.height).data;
    let binary = "";
    for (let i = 0; i < raw.length; i += 32768) binary += String.fromCharCode(...raw.subarray(i, i + 32768));
    return [canvas.width, canvas.height, btoa(binary)];
  }, [bytes.toString("base64"), type]);
  return { width, height, data: new Uint8ClampedArray(Buffer.from(data, "base64")) };
};
const asPng = async (width, height, data) => Buffer.from(await lab.evaluate(([w, h, text]) => {
  const canvas = Object.assign(document.createElement("canvas"), { width: w, height: h });
  canvas.getContext("2d").putImageData(new ImageData(Uint8ClampedArray.from(atob(text), (c) => c.charCodeAt(0)), w, h), 0, 0);
  return canvas.toDataURL("image/png").split(",")[1];
}, [width, height, Buffer.from(data).toString("base64")]), "base64");

const { default: pixelmatch } = await import("../../web/node_modules/pixelmatch/index.js");
async function difference(png, baseline, name) {
  const [now, then] = [await pixels(await packed(png), "image/webp"), await pixels(baseline, "image/webp")];
  if (now.width !== then.width || now.height !== then.height) return `it is ${now.width}x${now.height}, was ${then.width}x${then.height}`;
  const shown = new Uint8ClampedArray(now.data.length);
  const count = pixelmatch(then.data, now.data, shown, now.width, now.height, { threshold: THRESHOLD });
  if (count <= PIXELS) return null;
  mkdirSync(flags.differences, { recursive: true });
  writeFileSync(join(flags.differences, `${name}-difference.png`), await asPng(now.width, now.height, shown));
  writeFileSync(join(flags.differences, `${name}-now.png`), png);
  return `${count} pixels are others, ${PIXELS} may be: ${join(flags.differences, `${name}-difference.png`)}`;
}

/** The story's own times stay; what the server's clock wrote is of a fixed day, so that two runs look the same. */
const STOOD = Date.parse("2026-01-01T04:05:00Z");
const started = Date.now();
const DAY = 86_400_000;
const steady = (text) => text.replace(/\b20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/g, (time) => {
  const away = Date.parse(time) - started;
  if (Math.abs(away) > 100 * DAY) return time;
  return new Date(STOOD - 60_000 + Math.round(away / DAY) * DAY).toISOString();
}).replaceAll(kase.id, kase.shown).replace(/"entry":\d+/g, '"entry":7').replace(/"lag_ms":\d+/g, '"lag_ms":0').replaceAll(served.folder, "/srv/tour");

/** What a page asks for by the fixed clock, by the real one. */
const unsteady = (text) => text.replace(/\b2026-0[12]-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/g, (time) => new Date(Date.parse(time) - STOOD + Date.now()).toISOString());

/** The case has another id each time; what is shown of it has not. */
const kase = { id: "c-", shown: "c-" };
const served = await serve({ cordon: flags.cordon, theft: flags.case, port: flags.port, seconds: LIVES_SECONDS });
const base = flags.web ?? served.base;
let passed = 0, failed = 0;
/** A cookie that is still good after the picture of the login. */
let cookies;
try {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(served.entry.replace(served.base, base));
  await page.waitForSelector("header nav");
  const t = { page, base, get: ofPage(page, "GET"), post: ofPage(page, "POST") };
  const end = Date.now() + REPLAY_MS;
  for (let last = ""; ;) {
    const { data } = await t.get("/api/watch");
    const now = JSON.stringify(data.sources.map((one) => one.height));
    const { data: system } = await t.get("/api/system");
    if (now === last && data.sources.every((one) => system.chains.some((chain) => chain.chain === one.chain && chain.height === one.height))) break;
    if (Date.now() > end) throw new Error(`the replay is not over after ${REPLAY_MS / 1000} s: ${now}`);
    last = now;
    await page.waitForTimeout(3000);
  }
  const { data: made } = await t.post("/api/cases", { title: "The theft from Examplia Exchange", items: [{ kind: "trace", ref: await theft(t) }] });
  await t.post(`/api/cases/${made.id}/items`, { kind: "note", note: "Longspan Bridge called; they look." });
  Object.assign(kase, { id: made.id, shown: `c-${"0".repeat(made.id.length - 2)}` });
  cookies = await context.cookies();

  for (const theme of flags.look || compared ? flags.themes.split(",") : ["light"]) {
    const [width, height] = (flags.look ? flags.size : compared ? "1440x900" : "1280x800").split("x").map(Number);
    const looks = await browser.newContext({ viewport: { width, height }, colorScheme: theme, reducedMotion: "reduce",
      deviceScaleFactor: compared ? 0.5 : Number(flags.scale) });
    looks.setDefaultTimeout(15_000);
    await looks.route(/\/api\/(?!events)/, async (route) => {
      const body = route.request().postData();
      const url = route.request().url().replaceAll(kase.shown, kase.id);
      const answer = await route.fetch(body === null ? { url } : { url, postData: unsteady(body) });
      if (!/json/.test(answer.headers()["content-type"] ?? "")) return route.fulfill({ response: answer });
      return route.fulfill({ response: answer, body: steady(await answer.text()) });
    });
    for (const [name, lead] of chosen) {
      await looks.addCookies(cookies);
      const one = await looks.newPage();
      await one.clock.setFixedTime(STOOD);
      await one.addInitScript(() => { localStorage.setItem("cordon.guide", "left"); });
      try {
        await lead({ page: one, base, until, kase: made.id, get: t.get, post: t.post });
        // The line is open, and has said what it follows.
        if (name !== "login") await one.waitForSelector("header .state:has-text('Replay')", { state: "attached" });
        await one.waitForTimeout(600); // Labels come a frame after the ribbons.
        if (name !== "login") await one.waitForSelector("header .badge", { state: "attached" });
        const png = await one.screenshot({ animations: "disabled", caret: "hide", type: "png" });
        const sideways = await one.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
        if (sideways > 0) throw new Error(`the page scrolls sideways by ${sideways}`);
        if (flags.look) {
          mkdirSync(flags.look, { recursive: true });
          writeFileSync(join(flags.look, `${name}-${theme}.png`), png);
        } else if (flags.accept) {
          mkdirSync(baselines, { recursive: true });
          writeFileSync(join(baselines, `${name}-${theme}.webp`), await packed(png));
        } else if (flags.check) {
          const file = join(baselines, `${name}-${theme}.webp`);
          if (!existsSync(file)) throw new Error(`no baseline: look at it, then --accept --only ${name}`);
          const differs = await difference(png, readFileSync(file), `${name}-${theme}`);
          if (differs) throw new Error(differs);
        } else {
          let jpeg;
          for (let quality = 76; !jpeg || (jpeg.length > MOST_BYTES && quality > 40); quality -= 8)
            jpeg = await one.screenshot({ animations: "disabled", caret: "hide", type: "jpeg", quality });
          writeFileSync(join(root, "docs/user/img", `${name}.jpg`), jpeg);
        }
        ++passed;
      } catch (error) {
        ++failed;
        console.log(`FAILED  ${name}, ${theme}\n        ${String(error?.message ?? error).slice(0, 600)}`);
      }
      await one.close();
    }
    await looks.close();
  }
  await context.close();
  if (flags.accept && failed === 0) writeFileSync(madeWith, `${JSON.stringify(here)}\n`);
} finally {
  await browser.close();
  await served.end();
}
console.log(`${passed} passed, ${failed} failed, 0 skipped`);
process.exitCode = failed > 0 ? 1 : 0;
