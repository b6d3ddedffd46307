// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
// The flow alone on a page, for pictures and measurements (bench/flow.mjs). Not part of the console.
import { pictureOfBinary } from "../src/flow/binary";
import { Flow } from "../src/flow/flow";
import { pictureOf } from "../src/flow/picture";

const query = new URLSearchParams(location.search);
const began = performance.now();
const answer = await fetch(query.get("layout") ?? "");
const bytes = await answer.arrayBuffer();
const binary = (answer.headers.get("Content-Type") ?? "").includes("vnd.cordon.flow");
const read = performance.now();
const picture = binary ? pictureOfBinary(bytes).picture : pictureOf(JSON.parse(new TextDecoder().decode(bytes)));
const parsed = performance.now();
const dark = query.get("theme") !== "light";
document.documentElement.style.background = dark ? "#0d1117" : "#fff";
const flow = new Flow(document.getElementById("flow")!, {
  dark, painter: query.get("painter") === "canvas" ? "canvas" : "webgl", still: true,
});
flow.setPicture(picture);
const made = performance.now();
requestAnimationFrame(() => requestAnimationFrame(() => {
  Object.assign(window, {
    flow, ready: { painter: flow.painterKind, fetch: read - began, parse: parsed - read, make: made - parsed, shown: performance.now() - began },
  });
}));
