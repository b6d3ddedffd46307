// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
import { parseRoute, type Route } from "./route";

/** Where we are. Every screen keeps its filters in the query, so that a link shows what its sender saw. */
class Router {
  path = $state(location.pathname);
  query = $state.raw(new URLSearchParams(location.search));
  hash = $state(location.hash);
  route: Route = $derived(parseRoute(this.path));

  constructor() {
    addEventListener("popstate", () => this.#read());
    document.addEventListener("click", (event) => this.#onClick(event));
  }

  go(to: string, how: { replace?: boolean } = {}): void {
    const same = to === location.pathname + location.search + location.hash;
    if (how.replace === true || same) history.replaceState(null, "", to);
    else history.pushState(null, "", to);
    this.#read();
  }

  /** Changes some of the query in place; null, undefined and "" take away. */
  set(changes: Record<string, string | null | undefined>, how: { replace?: boolean } = { replace: true }): void {
    const query = new URLSearchParams(this.query);
    for (const [name, value] of Object.entries(changes)) {
      if (value == null || value === "") query.delete(name);
      else query.set(name, value);
    }
    const text = query.toString();
    this.go(location.pathname + (text === "" ? "" : `?${text}`), how);
  }

  get(name: string): string {
    return this.query.get(name) ?? "";
  }

  #read(): void {
    this.path = location.pathname;
    this.query = new URLSearchParams(location.search);
    this.hash = location.hash;
  }

  // Links are plain <a href>: they open in a new tab as people expect. Only the plain click is ours.
  #onClick(event: MouseEvent): void {
    if (event.defaultPrevented || event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey)
      return;
    const link = (event.target as Element | null)?.closest?.("a[href]");
    if (!(link instanceof HTMLAnchorElement) || link.target !== "" || link.hasAttribute("download")) return;
    const url = new URL(link.href);
    if (url.origin !== location.origin || url.pathname.startsWith("/api/")) return;
    if (url.hash !== "" && url.pathname === location.pathname && url.search === location.search) return;
    event.preventDefault();
    this.go(url.pathname + url.search + url.hash);
  }
}

export const router = new Router();
