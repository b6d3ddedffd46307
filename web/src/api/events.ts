// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
// The live stream. The browser's EventSource comes again by itself with Last-Event-ID while the server answers at all; after a
// refusal (signed out, restarting) it gives up, and we begin anew, which for the screens is a `reset`.

export type EventName = "alert" | "verdict" | "guard" | "feed" | "trace" | "case" | "reset";
export type Connection = { state: "connecting" } | { state: "live" } | { state: "lost"; since: number };
type Handler = (data: unknown) => void;

export interface Source {
  readyState: number;
  addEventListener(name: string, handler: (event: { data?: string }) => void): void;
  close(): void;
}
interface Hands {
  open?: (url: string) => Source;
  now?: () => number;
  later?: (run: () => void, ms: number) => unknown;
}

const CLOSED = 2;  // EventSource.CLOSED
const FIRST_RETRY_MS = 1000;
const LAST_RETRY_MS = 30_000;
// The server tells the state of the feeds every few seconds. A line that says nothing for so long is dead, though nobody told us
// (a laptop slept, a proxy forgot us).
export const SILENCE_MS = 45_000;

export class EventFeed {
  connection: Connection = { state: "connecting" };
  onConnection: (connection: Connection) => void = () => {};
  /** There was an answer, and it was none: signed out, or a server that has just begun. */
  onRefused: () => void = () => {};
  readonly #handlers = new Map<string, Set<Handler>>();
  readonly #open: (url: string) => Source;
  readonly #now: () => number;
  readonly #later: (run: () => void, ms: number) => unknown;
  #source: Source | null = null;
  #wanted = false;
  #again = false;  ///< There was a stream before: what was missed is not known.
  #retry = FIRST_RETRY_MS;
  #heard = 0;

  constructor(readonly url: string, hands: Hands = {}) {
    this.#open = hands.open ?? ((to) => new EventSource(to) as unknown as Source);
    this.#now = hands.now ?? (() => Date.now());
    this.#later = hands.later ?? ((run, ms) => setTimeout(run, ms));
  }

  on(name: EventName, handler: Handler): () => void {
    const of = this.#handlers.get(name) ?? new Set<Handler>();
    of.add(handler);
    this.#handlers.set(name, of);
    return () => of.delete(handler);
  }

  start(): void {
    if (this.#wanted) return;
    this.#wanted = true;
    this.#connect();
    this.#watch();
  }
  stop(): void {
    this.#wanted = false;
    this.#source?.close();
    this.#source = null;
  }

  #connect(): void {
    if (!this.#wanted) return;
    const source = this.#open(this.url);
    this.#source = source;
    this.#heard = this.#now();
    source.addEventListener("open", () => {
      if (source !== this.#source) return;
      this.#heard = this.#now();
      this.#retry = FIRST_RETRY_MS;
      this.#say({ state: "live" });
      if (this.#again) this.#tell("reset", null);
      this.#again = false;
    });
    source.addEventListener("error", () => {
      if (source !== this.#source) return;
      this.#lost();
      if (source.readyState !== CLOSED) return;
      this.onRefused();
      this.#anew();
    });
    for (const name of ["alert", "verdict", "guard", "feed", "trace", "case", "reset"] as const)
      source.addEventListener(name, (event) => {
        if (source !== this.#source) return;
        this.#heard = this.#now();
        let data: unknown;
        try {
          data = JSON.parse(event.data ?? "null");
        } catch {
          // Half a message is a missed one.
          this.#tell("reset", null);
          return;
        }
        this.#tell(name, data);
      });
  }
  #anew(): void {
    this.#source?.close();
    this.#source = null;
    this.#again = true;
    const wait = this.#retry;
    this.#retry = Math.min(LAST_RETRY_MS, this.#retry * 2);
    this.#later(() => {
      if (this.#source === null) this.#connect();
    }, wait);
  }
  #watch(): void {
    this.#later(() => {
      if (!this.#wanted) return;
      if (this.#source !== null && this.#now() - this.#heard > SILENCE_MS) {
        this.#lost();
        this.#anew();
      }
      this.#watch();
    }, SILENCE_MS / 3);
  }
  #lost(): void {
    if (this.connection.state !== "lost") this.#say({ state: "lost", since: this.#now() });
  }
  #say(connection: Connection): void {
    this.connection = connection;
    this.onConnection(connection);
  }
  #tell(name: string, data: unknown): void {
    for (const handler of this.#handlers.get(name) ?? []) handler(data);
  }
}
