// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
import type { Zone } from "../format/time";

export type Theme = "system" | "dark" | "light";

// Only how things look is kept in the browser; a shared machine must not keep what was looked at.
function stored<T extends string>(name: string, allowed: readonly T[], fallback: T): T {
  try {
    const value = localStorage.getItem(name);
    return allowed.find((one) => one === value) ?? fallback;
  } catch {
    return fallback;  // Storage may be forbidden.
  }
}
function store(name: string, value: string): void {
  try {
    localStorage.setItem(name, value);
  } catch {
    // Then it holds for this page only.
  }
}

const light = matchMedia("(prefers-color-scheme: light)");

class Settings {
  #theme = $state<Theme>(stored("cordon.theme", ["system", "dark", "light"], "system"));
  #zone = $state<Zone>(stored("cordon.zone", ["utc", "local"], "utc"));
  #systemLight = $state(light.matches);
  /** What is shown now: canvases ask this. */
  shown: "dark" | "light" = $derived(this.#theme === "system" ? (this.#systemLight ? "light" : "dark") : this.#theme);

  constructor() {
    light.addEventListener("change", () => {
      this.#systemLight = light.matches;
      this.#apply();
    });
    this.#apply();
  }
  get theme(): Theme {
    return this.#theme;
  }
  set theme(theme: Theme) {
    this.#theme = theme;
    store("cordon.theme", theme);
    this.#apply();
  }
  get zone(): Zone {
    return this.#zone;
  }
  set zone(zone: Zone) {
    this.#zone = zone;
    store("cordon.zone", zone);
  }
  #apply(): void {
    document.documentElement.dataset.theme = this.shown;
  }
}

export const settings = new Settings();
