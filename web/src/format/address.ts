// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
// Addresses and hashes for sight. What is copied is always the whole, and look-alikes share their ends: the middle is shown where
// somebody decides (digitGroups), the short form only where they read on.

/** "0x1db92e…fcf4". Short ones stay as they are. */
export function shorten(id: string, head = 8, tail = 6): string {
  return id.length <= head + tail + 1 ? id : `${id.slice(0, head)}…${id.slice(-tail)}`;
}

/** In groups of four, for comparing with another screen: "0x", "1db9", "2e2e", … */
export function digitGroups(id: string): string[] {
  const prefix = id.startsWith("0x") ? "0x" : "";
  return [...(prefix === "" ? [] : [prefix]), ...(id.slice(prefix.length).match(/.{1,4}/gsu) ?? [])];
}

export const isEvmAddress = (text: string): boolean => /^0x[0-9a-fA-F]{40}$/.test(text);
export const isHash = (text: string): boolean => /^(0x)?[0-9a-fA-F]{64}$/.test(text);

/** Whether somebody most likely pasted one thing that has a page of its own. */
export function looksLike(text: string): "address" | "txn" | null {
  const trimmed = text.trim();
  if (isHash(trimmed)) return "txn";
  if (isEvmAddress(trimmed)) return "address";
  // Bitcoin: base58 of 26 to 35, bech32 in one case. Whether it is one, the server says.
  if (/^([13mn2][1-9A-HJ-NP-Za-km-z]{25,34}|(bc1|tb1|bcrt1)[02-9ac-hj-np-z]{11,87}|(BC1|TB1)[02-9AC-HJ-NP-Z]{11,87}|T[1-9A-HJ-NP-Za-km-z]{33})$/.test(trimmed))
    return "address";
  return null;
}

/** Text of others in a place where one line is: what does not show or turns the direction is made visible, what is long is cut. */
export function oneLine(text: string, most = 300): string {
  const shown = text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, "\u{fffd}");
  return shown.length > most ? `${shown.slice(0, most)}…` : shown;
}

const CHAINS: Readonly<Record<string, string>> = { btc: "Bitcoin", eth: "Ethereum", tron: "Tron", bsc: "BNB Chain" };
export const chainName = (chain: string): string => (Object.hasOwn(CHAINS, chain) ? CHAINS[chain]! : chain);
