// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
// What the flow alone costs the browser: usage: flow.mjs RESULT.json…   (results of cordon trace --layout; see README.md)
//
// Pans 120 frames by the pointer and prints, a picture and painter: milliseconds of script a frame on the main thread (CPU time of the
// thread, which other load barely touches, and wall time), CPU of the GPU process a frame (without a GPU it paints in software), time
// from navigation to the first picture, and JavaScript heap. One JSON line each.
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { launch, servePage } from "./browser.mjs";
import { ms, panned } from "./cost.mjs";

const results = process.argv.slice(2);
const files = new Map(results.map((path) => [basename(path), JSON.stringify(JSON.parse(readFileSync(path, "utf8")).data.layout)]));
const server = await servePage(files);
const browser = await launch();

try {
  for (const name of files.keys())
    for (const painter of (process.env.PAINTERS ?? "webgl,canvas").split(",")) {
      const page = await browser.newPage({ viewport: { width: 1440, height: 810 } });
      await page.goto(`${server.url}?layout=/${name}&painter=${painter}`);
      await page.waitForFunction(() => window.ready !== undefined, null, { timeout: 120_000 });
      const ready = await page.evaluate(() => window.ready);
      const cost = await panned(browser, page, 700, 780);
      console.log(JSON.stringify({ picture: name, painter: ready.painter, ...cost, first_picture_ms: ms(ready.shown), parse_ms: ms(ready.parse) }));
      await page.close();
    }
} finally {
  await browser.close();
  server.close();
}
