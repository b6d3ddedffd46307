// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
/** Reads docs/formats/flow.md: a picture whose ribbons are arrays. Everything is checked before it is believed. */
import { BadPicture, emptyRibbons, isObject, pictureOf, type Picture } from "./picture";

const kMagic = 0x314c4643; // "CFL1", little-endian
const kHead = 8;
/** Arrays begin at multiples of 8 bytes, so that a reader may look instead of copy. */
const kAlign = 8;

const aligned = (at: number): number => Math.ceil(at / kAlign) * kAlign;

export function pictureOfBinary(bytes: ArrayBuffer): { picture: Picture; data: Record<string, unknown> } {
  if (bytes.byteLength < kHead) throw new BadPicture("flow: shorter than its head");
  const view = new DataView(bytes);
  if (view.getUint32(0, true) !== kMagic) throw new BadPicture("flow: not a CFL1 file");
  const length = view.getUint32(4, true);
  if (kHead + length > bytes.byteLength) throw new BadPicture("flow: ends inside its JSON");
  let data: unknown;
  try {
    data = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(new Uint8Array(bytes, kHead, length)));
  } catch {
    throw new BadPicture("flow: its JSON cannot be read");
  }
  if (!isObject(data)) throw new BadPicture("flow: its JSON is no object");
  const layout = isObject(data.layout) ? data.layout : data;
  const head = layout.ribbons;
  if (!isObject(head)) throw new BadPicture("flow: ribbons without count");
  const { count, points } = head;
  const size = (n: unknown): n is number => Number.isInteger(n) && (n as number) >= 0 && (n as number) <= bytes.byteLength;
  if (!size(count) || !size(points)) throw new BadPicture("flow: counts that cannot be");

  let at = aligned(kHead + length);
  const take = (each: number, n: number): number => {
    const begin = at;
    at = aligned(begin + each * n);
    if (begin + each * n > bytes.byteLength) throw new BadPicture("flow: ends inside an array");
    return begin;
  };
  const kinds = Array.isArray(head.kinds) ? head.kinds.filter((k): k is string => typeof k === "string") : [];
  const ribbons = {
    ...emptyRibbons(0, 0, kinds),
    count,
    from: new Uint32Array(bytes, take(4, count), count),
    to: new Uint32Array(bytes, take(4, count), count),
    value: new Float64Array(bytes, take(8, count), count),
    taint: new Float32Array(bytes, take(4, count), count),
    movements: new Uint32Array(bytes, take(4, count), count),
    confidence: new Float32Array(bytes, take(4, count), count),
    width: new Float32Array(bytes, take(4, count), count),
    first: new Float64Array(bytes, take(8, count), count),
    last: new Float64Array(bytes, take(8, count), count),
    bits: new Uint32Array(bytes, take(4, count), count),
    start: new Uint32Array(bytes, take(4, count + 1), count + 1),
    xy: new Float32Array(bytes, take(8, points), 2 * points),
  };
  return { picture: pictureOf(layout, ribbons), data };
}
