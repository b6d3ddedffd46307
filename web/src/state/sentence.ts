// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
/** Any error as a sentence, with what the server said of it. */
export function sentence(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { detail, retryAfter } = error as { detail?: unknown; retryAfter?: unknown };
  const text = typeof detail === "string" && detail !== "" ? `${error.message}: ${detail}` : error.message;
  return typeof retryAfter === "number" ? `${text} (in ${retryAfter} ${retryAfter === 1 ? "second" : "seconds"})` : text;
}
