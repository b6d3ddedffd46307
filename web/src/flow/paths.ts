// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
/** Ways of money through the picture. Arcs back are followed only where asked: through them everything leads everywhere. */
import { kBack, type Picture } from "./picture";

export interface Lit {
  nodes: Uint8Array;
  ribbons: Uint8Array;
}

export class Ways {
  /** Ribbons by the node they leave, and by the node they reach. */
  readonly out: number[][];
  readonly in: number[][];

  constructor(private readonly picture: Picture) {
    const n = picture.nodes.length;
    this.out = Array.from({ length: n }, () => []);
    this.in = Array.from({ length: n }, () => []);
    for (let r = 0; r < picture.ribbons.count; r++) {
      this.out[picture.ribbons.from[r]!]!.push(r);
      this.in[picture.ribbons.to[r]!]!.push(r);
    }
  }

  private reach(start: Iterable<number>, forward: boolean): Uint8Array {
    const { from, to, bits } = this.picture.ribbons;
    const seen = new Uint8Array(this.picture.nodes.length);
    const queue = [...start];
    for (const at of queue) seen[at] = 1;
    for (let at = queue.pop(); at !== undefined; at = queue.pop()) {
      for (const r of (forward ? this.out : this.in)[at]!) {
        const next = forward ? to[r]! : from[r]!;
        if (bits[r]! & kBack || seen[next]) continue;
        seen[next] = 1;
        queue.push(next);
      }
    }
    return seen;
  }

  /** All that is on a way through any of `nodes` or `ribbons`. */
  through(nodes: Iterable<number>, ribbons: Iterable<number> = []): Lit {
    const { from, to, bits, count } = this.picture.ribbons;
    const chosen = [...nodes];
    const lines = [...ribbons];
    const before = this.reach([...chosen, ...lines.map((r) => from[r]!)], false);
    const behind = this.reach([...chosen, ...lines.map((r) => to[r]!)], true);
    const lit: Lit = { nodes: new Uint8Array(before.length), ribbons: new Uint8Array(count) };
    for (let i = 0; i < before.length; i++) lit.nodes[i] = before[i]! | behind[i]!;
    for (let r = 0; r < count; r++)
      if (!(bits[r]! & kBack)) lit.ribbons[r] = (before[to[r]!] || behind[from[r]!]) ? 1 : 0;
    for (const i of chosen) for (const r of [...this.out[i]!, ...this.in[i]!]) lit.ribbons[r] = 1;
    for (const r of lines) lit.ribbons[r] = lit.nodes[from[r]!] = lit.nodes[to[r]!] = 1;
    return lit;
  }

  /** All ways from one node to another, in whichever direction there is one; null: none. */
  between(a: number, b: number): (Lit & { from: number; to: number; widest: number[]; bottleneck: number }) | null {
    for (const [s, t] of [[a, b], [b, a]] as const) {
      const way = this.widest(s, t);
      if (!way) continue;
      const { from, to, bits, count } = this.picture.ribbons;
      const [behind, before] = [this.reach([s], true), this.reach([t], false)];
      const lit: Lit = { nodes: new Uint8Array(behind.length), ribbons: new Uint8Array(count) };
      for (let i = 0; i < behind.length; i++) lit.nodes[i] = behind[i]! & before[i]!;
      for (let r = 0; r < count; r++)
        if (!(bits[r]! & kBack) && lit.nodes[from[r]!] && lit.nodes[to[r]!]) lit.ribbons[r] = 1;
      for (const r of way.ribbons) lit.ribbons[r] = lit.nodes[from[r]!] = lit.nodes[to[r]!] = 1;
      return { ...lit, from: s, to: t, widest: way.ribbons, bottleneck: way.bottleneck };
    }
    return null;
  }

  /** The way whose thinnest ribbon is the widest (arcs included); the first found of equal ones. */
  widest(a: number, b: number): { ribbons: number[]; bottleneck: number } | null {
    const { from, to, value } = this.picture.ribbons;
    const best = new Float64Array(this.picture.nodes.length).fill(-1);
    const by = new Int32Array(best.length).fill(-1);
    const done = new Uint8Array(best.length);
    best[a] = Infinity;
    // A heap of [value, node]: entries that were overtaken are skipped.
    const heap = new Heap();
    heap.push(Infinity, a);
    for (let at = heap.pop(); at !== undefined && at !== b; at = heap.pop()) {
      if (done[at]) continue;
      done[at] = 1;
      for (const r of this.out[at]!) {
        const through = Math.min(best[at]!, value[r]!);
        const next = to[r]!;
        if (done[next] || through <= best[next]!) continue;
        best[next] = through;
        by[next] = r;
        heap.push(through, next);
      }
    }
    if (a === b || by[b]! < 0) return null;
    const ribbons: number[] = [];
    for (let at = b; at !== a; at = from[by[at]!]!) ribbons.push(by[at]!);
    return { ribbons: ribbons.reverse(), bottleneck: best[b]! };
  }
}

/** Largest first. */
class Heap {
  private readonly items: [number, number][] = [];

  push(value: number, node: number): void {
    const items = this.items;
    items.push([value, node]);
    for (let i = items.length - 1, up = (i - 1) >> 1; i > 0 && items[up]![0] < items[i]![0]; i = up, up = (i - 1) >> 1)
      [items[up], items[i]] = [items[i]!, items[up]!];
  }

  pop(): number | undefined {
    const items = this.items;
    const top = items[0];
    const last = items.pop();
    if (items.length > 0 && last) {
      items[0] = last;
      for (let i = 0; ; ) {
        const [l, r] = [2 * i + 1, 2 * i + 2];
        let big = l < items.length && items[l]![0] > items[i]![0] ? l : i;
        if (r < items.length && items[r]![0] > items[big]![0]) big = r;
        if (big === i) break;
        [items[big], items[i]] = [items[i]!, items[big]!];
        i = big;
      }
    }
    return top?.[1];
  }
}
