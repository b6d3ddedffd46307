// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
import { api, Problem } from "../api/client";
import type { Permission, Session, System } from "../api/types";

class SessionState {
  /** undefined: not asked yet; null: nobody is signed in. */
  session = $state.raw<Session | null | undefined>(undefined);
  system = $state.raw<System | null>(null);
  trouble = $state.raw<unknown>(null);
  /** Somebody was signed in, and the server knows him no more. */
  ended = $state(false);

  constructor() {
    api.onUnknown = () => {
      if (this.session != null) this.ended = true;
      this.session = null;
    };
  }
  get name(): string {
    return this.session?.name ?? "";
  }
  may(permission: Permission): boolean {
    return this.session?.may.includes(permission) ?? false;
  }
  async load(): Promise<void> {
    this.trouble = null;
    try {
      // Both at once: the page waits for them before it shows anything.
      const [session, system] = await Promise.all([api.session(), api.get<System>("/api/system")]);
      this.system = system.data;
      this.session = session;
    } catch (error) {
      if (error instanceof Problem && error.status === 401) this.session = null;
      else this.trouble = error;
    }
  }
  async login(body: { name: string; password: string } | { entry: string }): Promise<void> {
    const session = await api.login(body);
    this.ended = false;
    this.system = (await api.get<System>("/api/system")).data;
    this.session = session;
  }
  async logout(): Promise<void> {
    try {
      await api.delete("/api/session");
    } finally {
      this.session = null;
    }
  }
}

export const auth = new SessionState();
