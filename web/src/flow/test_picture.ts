// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
/** For tests: a small theft as the server lays it out, and pictures of any size. */

interface TestRibbon { from: number; to: number; value: number; back?: boolean; time?: string; confidence?: number; context?: boolean }

/** Nodes by column and height; ribbons stacked at their ports as trace/layout stacks them. */
export function testLayout(columns: number[][], ribbons: TestRibbon[], scale = 1): Record<string, unknown> {
  const nodes: Record<string, unknown>[] = [];
  const boxes: [number, number, number, number][] = [];
  columns.forEach((values, c) => {
    let y = 40;
    for (const value of values) {
      const i = nodes.length;
      const box: [number, number, number, number] = [34 + 200 * c, y, 8, value * scale];
      boxes.push(box);
      nodes.push({ key: `n${i}`, kind: c === 0 ? "seed" : i % 5 === 4 ? "fold" : "wallet", name: `node ${i}`, count: i % 5 === 4 ? 7 : 1, members: [i],
        column: c, hop_first: c, hop_last: c, in: 0, out: 0, rest: 0, source: 0, lost: 0, dust_in: 0, dust_out: 0, internal: 0, sum: value, taint: 1,
        box, rest_top: y + value * scale, label: `node ${i} · ${value}` });
      y += value * scale + 18;
    }
  });
  const left = nodes.map(() => 0);
  const right = nodes.map(() => 0);
  const rows = ribbons.map(({ from, to, value, back = false, time, confidence = 1, context = false }) => {
    const [a, b] = [boxes[from]!, boxes[to]!];
    const row = { from, to, value, taint: 1, movements: 1, confidence, kinds: ["native"], width: value * scale, back, context,
      ...(time === undefined ? {} : { first: time, last: time }) };
    if (back) return { ...row, arc_width: value * scale, arc: [[a[0] + 8, a[1]], [a[0] + 60, a[1]], [b[0] - 60, b[1]], [b[0], b[1]]] };
    const path = [[a[0] + 8, a[1] + right[from]!]];
    for (let c = (nodes[from]!.column as number) + 1; c < (nodes[to]!.column as number); c++) path.push([34 + 200 * c, 400]);
    path.push([b[0], b[1] + left[to]!]);
    right[from]! += value * scale;
    left[to]! += value * scale;
    return { ...row, path };
  });
  return { width: 34 + 200 * columns.length, height: 600, font_size: 11, node_width: 8, mode: "stolen", axis: "hop", backward: false, unit: "USD",
    loot: 100, scale_px: scale, columns: columns.map((_, c) => ({ x: 34 + 200 * c, head: c === 0 ? "THEFT" : `HOP ${c}` })), nodes, ribbons: rows,
    omitted: {}, notes: [] };
}

/** 0 → 1, 2 → 3 (through 1 and 2) and 4; 4 goes back to 1; 5 is alone. */
export const small = (): Record<string, unknown> => testLayout([[100], [60, 40], [70, 30], [5]], [
  { from: 0, to: 1, value: 60, time: "2026-01-01T00:00:00Z" }, { from: 0, to: 2, value: 40, time: "2026-01-01T01:00:00Z" },
  { from: 1, to: 3, value: 50, time: "2026-01-01T02:00:00Z" }, { from: 2, to: 3, value: 20, time: "2026-01-01T03:00:00Z" },
  { from: 2, to: 4, value: 20, time: "2026-01-01T04:00:00Z", confidence: 0.9 }, { from: 4, to: 1, value: 10, back: true },
  { from: 0, to: 3, value: 0 },
]);
