// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
import { api } from "../api/client";
import { EventFeed, type Connection } from "../api/events";
import type { WatchStatus } from "../api/types";

// A source that is this late is behind: somebody who waits for an alert must know that it cannot have come yet.
const BEHIND_MS = 60_000;
// Ages are told to the minute at best; redrawing them more often costs and shows nothing.
const TICK_MS = 5000;

class Live {
  connection = $state.raw<Connection>({ state: "connecting" });
  status = $state.raw<WatchStatus | null>(null);
  /** For ages only. */
  now = $state(Date.now());
  readonly feed = new EventFeed("/api/events?topics=alert,verdict,guard,feed,trace,case");
  behind = $derived((this.status?.sources ?? []).filter((source) => source.state !== "replay" && ((source.lag_ms ?? 0) > BEHIND_MS || source.state === "late")));
  /** Only what happened on another day is played: what is new is new to us, not to the world. */
  replayed = $derived((this.status?.sources.length ?? 0) > 0 && this.status!.sources.every((source) => source.state === "replay"));

  async read(): Promise<void> {
    try {
      this.status = (await api.get<WatchStatus>("/api/watch")).data;
    } catch {
      // The line will tell.
    }
  }

  constructor() {
    this.feed.onConnection = (connection) => {
      this.connection = connection;
      // Who has just come is told only when something changes: until then he would be shown what was, or nothing.
      if (connection.state === "live") void this.read();
    };
    // A stream that is refused does not say why; this does, and whose session has ended signs in again.
    this.feed.onRefused = () => void api.session().catch(() => undefined);
    this.feed.on("feed", (data) => {
      this.status = data as WatchStatus;
    });
    setInterval(() => {
      this.now = Date.now();
    }, TICK_MS);
  }
}

export const live = new Live();
