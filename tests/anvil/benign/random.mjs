// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
// Chance from a seed: the same numbers on every machine.
import { keccak256, toUtf8Bytes } from "ethers";

/// xorshift128 (Marsaglia 2003), seeded by a digest; good enough for traffic, for nothing else.
export class Random {
  constructor(seed) {
    const digest = keccak256(toUtf8Bytes(String(seed)));
    this.state = [0, 1, 2, 3].map((n) => Number.parseInt(digest.slice(2 + 8 * n, 10 + 8 * n), 16) | 1);
  }
  next() {
    const [x, , , w] = this.state;
    const t = x ^ (x << 11);
    this.state = [...this.state.slice(1), (w ^ (w >>> 19) ^ t ^ (t >>> 8)) | 0];
    return (this.state[3] >>> 0) / 2 ** 32;
  }
  /// From `low` to `high`, both included.
  int(low, high) { return low + Math.floor(this.next() * (high - low + 1)); }
  chance(share) { return this.next() < share; }
  pick(list) { return list[Math.floor(this.next() * list.length)]; }
  /// Standard normal (Box and Muller).
  normal() { return Math.sqrt(-2 * Math.log(1 - this.next())) * Math.cos(2 * Math.PI * this.next()); }
  logNormal(median, sigma) { return median * Math.exp(sigma * this.normal()); }
  /// Place in a list of `count` by Zipf with exponent 1: few are met often, most seldom.
  zipf(count) { return Math.min(count - 1, Math.floor(Math.exp(this.next() * Math.log(count + 1))) - 1); }
  shuffle(list) {
    for (let n = list.length - 1; n > 0; --n) {
      const other = Math.floor(this.next() * (n + 1));
      [list[n], list[other]] = [list[other], list[n]];
    }
    return list;
  }
  sample(list, count) { return this.shuffle([...list]).slice(0, count); }
  bytes32() { return keccak256(toUtf8Bytes(String(this.next()))); }
}
