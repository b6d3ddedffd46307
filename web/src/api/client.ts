// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
// One way to ask the server: envelope in, value out; everything else is a Problem. Plain TypeScript, tested in Node.

import type { Envelope, Page, Session } from "./types";

/** An answer that is none: RFC 9457, or what stands for it when the server did not answer at all. */
export class Problem extends Error {
  readonly status: number;  ///< 0: no answer (offline, aborted, refused).
  readonly code: string;
  readonly detail: string;
  readonly field: string | null;  ///< JSON Pointer of what is to blame.
  readonly retryAfter: number | null;  ///< Seconds.

  constructor(from: { status: number; title: string; code?: string; detail?: string; field?: string; retryAfter?: number }) {
    super(from.title);
    this.name = "Problem";
    this.status = from.status;
    this.code = from.code ?? "";
    this.detail = from.detail ?? "";
    this.field = from.field ?? null;
    this.retryAfter = from.retryAfter ?? null;
  }
}

export interface Answer<T> {
  data: T;
  warnings: string[];
  incomplete: boolean;
  kind: string;
}
export type Query = Record<string, string | number | boolean | null | undefined>;
export interface Options {
  query?: Query | undefined;
  signal?: AbortSignal | undefined;
}

export function withQuery(path: string, query: Query = {}): string {
  const given = new URLSearchParams();
  for (const [name, value] of Object.entries(query))
    if (value !== null && value !== undefined && value !== "") given.set(name, String(value));
  const text = given.toString();
  return text === "" ? path : `${path}${path.includes("?") ? "&" : "?"}${text}`;
}

// A reader tries again by itself only what changes nothing, and only what may pass: no answer, or "not now".
const RETRIES = 2;
const RETRY_MS = 300;
const PASSING = new Set([0, 502, 503, 504]);

export class Client {
  /** Called when the server says that it does not know us (any more). */
  onUnknown: () => void = () => {};
  #csrf = "";
  readonly #fetch: typeof fetch;
  readonly #wait: (ms: number) => Promise<void>;

  constructor(how: { fetch?: typeof fetch; wait?: (ms: number) => Promise<void> } = {}) {
    this.#fetch = how.fetch ?? ((input, init) => fetch(input, init));
    this.#wait = how.wait ?? ((ms) => new Promise((done) => setTimeout(done, ms)));
  }

  async session(): Promise<Session> {
    const { data } = await this.get<Session>("/api/session");
    this.#csrf = data.csrf;
    return data;
  }
  async login(body: { name: string; password: string } | { entry: string }): Promise<Session> {
    const { data } = await this.post<Session>("/api/session", body);
    this.#csrf = data.csrf;
    return data;
  }

  async get<T>(path: string, options: Options = {}): Promise<Answer<T>> {
    for (let tries = 0; ; ++tries) {
      try {
        return await this.#json<T>("GET", withQuery(path, options.query), undefined, options.signal);
      } catch (error) {
        const passing = error instanceof Problem && PASSING.has(error.status) && options.signal?.aborted !== true;
        if (!passing || tries === RETRIES) throw error;
        await this.#wait(RETRY_MS * 2 ** tries);
      }
    }
  }
  page<T>(path: string, options: Options = {}): Promise<Answer<Page<T>>> {
    return this.get<Page<T>>(path, options);
  }
  post<T>(path: string, body?: unknown, options: Options = {}): Promise<Answer<T>> {
    return this.#json<T>("POST", withQuery(path, options.query), body, options.signal);
  }
  patch<T>(path: string, body: unknown): Promise<Answer<T>> {
    return this.#json<T>("PATCH", path, body);
  }
  delete<T>(path: string, body?: unknown): Promise<Answer<T>> {
    return this.#json<T>("DELETE", path, body);
  }
  /** An answer that is no JSON: CSV, HTML, the binary form of a flow. */
  async bytes(path: string, options: Options & { accept?: string } = {}): Promise<Response> {
    const headers: Record<string, string> = options.accept === undefined ? {} : { Accept: options.accept };
    return this.#ask("GET", withQuery(path, options.query), { headers, signal: options.signal ?? null });
  }

  async #json<T>(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<Answer<T>> {
    const headers: Record<string, string> = { Accept: "application/json" };
    if (body !== undefined) headers["Content-Type"] = "application/json";
    if (method !== "GET") headers["X-Cordon-CSRF"] = this.#csrf;
    const init: RequestInit = { headers, signal: signal ?? null };
    if (body !== undefined) init.body = JSON.stringify(body);
    const response = await this.#ask(method, path, init);
    if (response.status === 204) return { data: null as T, warnings: [], incomplete: false, kind: "" };
    let envelope: Partial<Envelope<T>> | null;
    try {
      envelope = (await response.json()) as Partial<Envelope<T>> | null;
    } catch (error) {
      if (signal?.aborted === true) throw aborted();
      throw new Problem({ status: 0, title: "The server's answer broke off", detail: String(error) });
    }
    if (envelope === null || typeof envelope !== "object" || envelope.v !== 1 || envelope.data === undefined)
      throw new Problem({ status: response.status, title: "The server's answer is not of this console's version" });
    return {
      data: envelope.data, warnings: envelope.warnings ?? [],
      incomplete: envelope.incomplete ?? false, kind: envelope.kind ?? "",
    };
  }

  async #ask(method: string, path: string, init: RequestInit): Promise<Response> {
    let response: Response;
    try {
      response = await this.#fetch(path, { ...init, method, credentials: "same-origin", redirect: "error" });
    } catch (error) {
      if (init.signal?.aborted === true) throw aborted();
      throw new Problem({ status: 0, title: "No answer from the server", detail: String(error) });
    }
    if (response.ok || response.status === 304) return response;
    const problem = await readProblem(response);
    // A wrong password is 401 as well, and is for the form that asked.
    if (problem.status === 401 && !(method === "POST" && path === "/api/session")) this.onUnknown();
    throw problem;
  }
}

function aborted(): Problem {
  return new Problem({ status: 0, title: "Left", code: "aborted" });
}
export function isAborted(error: unknown): boolean {
  return error instanceof Problem && error.code === "aborted";
}

async function readProblem(response: Response): Promise<Problem> {
  const after = Number(response.headers.get("Retry-After") ?? "NaN");
  const fallback = {
    status: response.status, title: TITLES[response.status] ?? `The server answered ${response.status}`,
    ...(Number.isFinite(after) ? { retryAfter: after } : {}),
  };
  try {
    const body: unknown = await response.json();
    if (body === null || typeof body !== "object") return new Problem(fallback);
    const text = (name: string): string | undefined => {
      const value = (body as Record<string, unknown>)[name];
      return typeof value === "string" ? value : undefined;
    };
    const [code, detail, field] = [text("code"), text("detail"), text("field")];
    return new Problem({
      ...fallback, title: text("title") ?? fallback.title,
      ...(code === undefined ? {} : { code }),
      ...(detail === undefined ? {} : { detail }),
      ...(field === undefined ? {} : { field }),
    });
  } catch {
    return new Problem(fallback);
  }
}

const TITLES: Readonly<Record<number, string>> = {
  401: "Please sign in", 403: "Your role does not allow this", 404: "There is nothing by this name",
  409: "Not possible now", 413: "Too large", 429: "Too many requests",
};

export const api = new Client();
