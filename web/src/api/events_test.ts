// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";

import { EventFeed, SILENCE_MS, type Source } from "./events";

class FakeSource implements Source {
  readyState = 0;
  closed = false;
  #handlers = new Map<string, (event: { data?: string }) => void>();
  addEventListener(name: string, handler: (event: { data?: string }) => void): void {
    this.#handlers.set(name, handler);
  }
  close(): void {
    this.closed = true;
    this.readyState = 2;
  }
  fire(name: string, data?: string): void {
    this.#handlers.get(name)?.(data === undefined ? {} : { data });
  }
}

function stage() {
  const sources: FakeSource[] = [];
  const timers: { at: number; run: () => void }[] = [];
  let now = 0;
  const feed = new EventFeed("/api/events", {
    open: () => (sources.push(new FakeSource()), sources.at(-1)!),
    now: () => now,
    later: (run, ms) => timers.push({ at: now + ms, run }),
  });
  const pass = (ms: number) => {
    const end = now + ms;
    for (;;) {
      timers.sort((a, b) => a.at - b.at);
      if (timers.length === 0 || timers[0]!.at > end) break;
      now = timers[0]!.at;
      timers.shift()!.run();
    }
    now = end;
  };
  const heard: [string, unknown][] = [];
  for (const name of ["alert", "reset"] as const) feed.on(name, (data) => heard.push([name, data]));
  feed.start();
  return { feed, sources, pass, heard };
}

test("events are told as they come", () => {
  const { feed, sources, heard } = stage();
  assert.equal(feed.connection.state, "connecting");
  sources[0]!.fire("open");
  assert.equal(feed.connection.state, "live");
  sources[0]!.fire("alert", "[1,2]");
  assert.deepEqual(heard, [["alert", [1, 2]]]);
});

test("a broken line is the browser's to mend; the console says since when", () => {
  const { feed, sources, pass, heard } = stage();
  sources[0]!.fire("open");
  pass(5000);
  sources[0]!.fire("error");
  pass(1000);
  sources[0]!.fire("error");
  assert.deepEqual(feed.connection, { state: "lost", since: 5000 });
  sources[0]!.fire("open");
  assert.equal(feed.connection.state, "live");
  assert.equal(sources.length, 1);
  assert.deepEqual(heard, []);
});

test("after a refusal it begins anew, slower each time, and the state is read anew", () => {
  const { sources, pass, heard } = stage();
  for (let i = 0; i < 3; ++i) {
    sources.at(-1)!.readyState = 2;
    sources.at(-1)!.fire("error");
    pass(1000 * 2 ** i);
    assert.equal(sources.length, i + 2);
  }
  sources.at(-1)!.fire("open");
  assert.deepEqual(heard, [["reset", null]]);
});

test("a refusal is told once each time, a broken line is none", () => {
  const { feed, sources } = stage();
  let refused = 0;
  feed.onRefused = () => (refused += 1);
  sources[0]!.fire("error");
  assert.equal(refused, 0);
  sources[0]!.readyState = 2;
  sources[0]!.fire("error");
  assert.equal(refused, 1);
});

test("a line that says nothing is dead", () => {
  const { feed, sources, pass } = stage();
  sources[0]!.fire("open");
  pass(SILENCE_MS * 1.5);
  assert.equal(feed.connection.state, "lost");
  assert.equal(sources[0]!.closed, true);
  sources[0]!.fire("alert", "[]");  // Late: of a source that was given up.
  pass(2000);
  assert.equal(sources.length, 2);
});

test("half a message is a missed one; stopped is stopped", () => {
  const { feed, sources, pass, heard } = stage();
  sources[0]!.fire("alert", "[{");
  assert.deepEqual(heard, [["reset", null]]);
  feed.stop();
  pass(SILENCE_MS * 4);
  assert.equal(sources.length, 1);
});
