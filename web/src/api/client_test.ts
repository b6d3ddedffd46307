// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";

import { Client, isAborted, Problem, withQuery } from "./client";

type Call = { path: string; init: RequestInit };
function stage(...answers: (Response | Error)[]) {
  const calls: Call[] = [];
  const waits: number[] = [];
  const client = new Client({
    fetch: async (path, init) => {
      calls.push({ path: String(path), init: init ?? {} });
      const answer = answers.shift() ?? new Error("no more answers");
      if (answer instanceof Error) throw answer;
      return answer;
    },
    wait: async (ms) => void waits.push(ms),
  });
  return { client, calls, waits };
}
const good = (data: unknown, more = {}) => new Response(JSON.stringify({ v: 1, kind: "k", data, warnings: [], incomplete: false, ...more }));
const bad = (status: number, body: unknown = {}, headers = {}) =>
  new Response(typeof body === "string" ? body : JSON.stringify(body), { status, headers });
const problem = async (promise: Promise<unknown>): Promise<Problem> => {
  try {
    await promise;
  } catch (error) {
    assert.ok(error instanceof Problem);
    return error;
  }
  return assert.fail("no problem");
};

test("the envelope is opened, its warnings stay", async () => {
  const { client } = stage(good([1], { warnings: ["old list"], incomplete: true }));
  assert.deepEqual(await client.get("/api/x"), { data: [1], warnings: ["old list"], incomplete: true, kind: "k" });
});

test("every change carries the token of the session, no read does", async () => {
  const { client, calls } = stage(good({ name: "a", csrf: "T" }), good({}), good({}));
  await client.session();
  await client.post("/api/y", { b: 1 });
  await client.get("/api/x");
  const header = (i: number) => new Headers(calls[i]!.init.headers).get("X-Cordon-CSRF");
  assert.deepEqual([header(0), header(1), header(2)], [null, "T", null]);
  assert.equal(calls[1]!.init.body, '{"b":1}');
});

test("a change without a body sends none: the server refuses one where it takes none", async () => {
  const { client, calls } = stage(good({}));
  await client.post("/api/y");
  assert.equal(calls[0]!.init.body, undefined);
  assert.equal(new Headers(calls[0]!.init.headers).get("Content-Type"), null);
});

test("reads are tried again when it may pass, changes never", async () => {
  const reads = stage(new Error("down"), bad(503), good(7));
  assert.equal((await reads.client.get("/api/x")).data, 7);
  assert.deepEqual(reads.waits, [300, 600]);
  const writes = stage(new Error("down"), good(7));
  assert.equal((await problem(writes.client.post("/api/x"))).status, 0);
  assert.equal(writes.calls.length, 1);
  const refused = stage(bad(404, { title: "Not found", code: "not_found" }), good(7));
  assert.equal((await problem(refused.client.get("/api/x"))).code, "not_found");
});

test("problems are read, and what is none is told by its status", async () => {
  const { client } = stage(bad(400, { title: "No", code: "invalid_param", detail: "too long", field: "/why" }), bad(429, "<html>", { "Retry-After": "7" }),
    bad(418, { title: 5, detail: {} }));
  const first = await problem(client.post("/a"));
  assert.deepEqual([first.message, first.detail, first.field], ["No", "too long", "/why"]);
  const second = await problem(client.post("/a"));
  assert.deepEqual([second.message, second.retryAfter], ["Too many requests", 7]);
  assert.equal((await problem(client.post("/a"))).message, "The server answered 418");
});

test("who is not known is asked to sign in, but a wrong password is no lost session", async () => {
  const { client } = stage(bad(401), bad(401));
  let unknown = 0;
  client.onUnknown = () => ++unknown;
  await problem(client.login({ name: "a", password: "b" }));
  assert.equal(unknown, 0);
  await problem(client.get("/api/x"));
  assert.equal(unknown, 1);
});

test("answers of another shape are refused, not shown", async () => {
  for (const body of ["", "null", "[]", "{}", '{"v":2,"data":1}', '{"v":1}', "<html>"]) {
    const { client } = stage(new Response(body));
    await problem(client.post("/a"));
  }
});

test("what was left is not an error to show", async () => {
  const control = new AbortController();
  control.abort();
  const { client, calls } = stage(new DOMException("aborted", "AbortError"));
  const error = await problem(client.get("/a", { signal: control.signal }));
  assert.ok(isAborted(error));
  assert.equal(calls.length, 1);
});

test("queries leave out what is not given", () => {
  assert.equal(withQuery("/a", { q: "x y&z", n: 0, none: undefined, empty: "" }), "/a?q=x+y%26z&n=0");
  assert.equal(withQuery("/a?b=1", { c: true }), "/a?b=1&c=true");
});
