// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
// A browser that a running `cordon serve` knows: the link of --open works once, the session goes on in browsers after it.
import { launch } from "./browser.mjs";

/** What a new context needs to be signed in: { storageState }. */
export async function signIn(entry) {
  const browser = await launch();
  try {
    const context = await browser.newContext();
    const page = await context.newPage();
    await page.goto(entry);
    await page.waitForSelector("header nav", { timeout: 60_000 });
    await page.evaluate(() => localStorage.setItem("cordon.guide", "left"));
    return { storageState: await context.storageState() };
  } finally {
    await browser.close();
  }
}

/** Not page.waitForFunction: it evaluates text, which the console's policy forbids. */
export async function until(page, holds, longest = 120_000) {
  const end = Date.now() + longest;
  for (;;) {
    const got = await page.evaluate(holds);
    if (got) return got;
    if (Date.now() > end) throw new Error(`waited in vain for ${holds}`);
    await page.waitForTimeout(50);
  }
}
