// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
// Pictures of layouts, to be looked at: usage: flow_shots.mjs OUT_DIR RESULT.json…   (results of cordon trace --layout)
import { mkdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { launch, servePage } from "./browser.mjs";

const [out, ...results] = process.argv.slice(2);
mkdirSync(out, { recursive: true });
const files = new Map(results.map((path) =>
  [basename(path), JSON.stringify(JSON.parse(readFileSync(path, "utf8")).data.layout)]));
const server = await servePage(files);
const browser = await launch();
try {
  for (const name of files.keys())
    for (const theme of (process.env.THEMES ?? "dark,light").split(","))
      for (const painter of (process.env.PAINTERS ?? "webgl,canvas").split(",")) {
        const page = await browser.newPage({ viewport: { width: 1440, height: 810 } });
        page.on("console", (m) => console.log("console:", m.text()));
        page.on("pageerror", (e) => console.log("error:", e.message));
        await page.goto(`${server.url}?layout=/${name}&theme=${theme}&painter=${painter}`);
        await page.waitForFunction(() => window.ready !== undefined, null, { timeout: 60_000 });
        if (process.env.DO) { await page.evaluate(process.env.DO); await page.waitForTimeout(400); }
        const file = join(out, `${name.replace(/\.json$/, "")}.${theme}.${painter}${process.env.TAG ?? ""}.png`);
        await page.screenshot({ path: file });
        console.log(file, JSON.stringify(await page.evaluate(() => window.ready)));
        await page.close();
      }
} finally {
  await browser.close();
  server.close();
}
