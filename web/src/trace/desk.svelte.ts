// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
/** One trace on the screen: its job, its picture, the view document, and what can be done with it. */
import { api, isAborted, Problem } from "../api/client";
import type { TraceJob } from "../api/types";
import { pictureOfBinary } from "../flow/binary";
import { Ways } from "../flow/paths";
import { heirOf, isObject, pictureOf, type Picture } from "../flow/picture";
import { auth } from "../state/session.svelte";
import { live } from "../state/live.svelte";
import { membersOf, type Member, type Result, type Summary } from "./answers";
import { seedsShort, seedsText } from "./question";
import { value } from "./words";
import { collapse, History, layoutQuery, newView, parseView, sameLayout, withNote, type View } from "./view";

/** Events tell of a running trace; asking now and then covers a line that is lost. */
const kAskMs = 1500;
/** The server's bounds of a picture's sides. */
const kLeastSide = 320;
const kMostSide = 8000;

export class Desk {
  job = $state.raw<TraceJob | null>(null);
  history = $state.raw<History | null>(null);
  view = $state.raw<View | null>(null);
  picture = $state.raw<Picture | null>(null);
  members = $state.raw<Member[][]>([]);
  summary = $state.raw<Summary | null>(null);
  result = $state.raw<Result | null>(null);
  warnings = $state.raw<string[]>([]);
  incomplete = $state(false);
  error = $state.raw<unknown>(null);
  busy = $state(false);
  ribbon = $state<number | null>(null);
  path = $state.raw<[string, string] | null>(null);
  /** What the next picture keeps in place. */
  anchor: string | undefined;
  size = { width: 1100, height: 640 };
  ways = $derived(this.picture ? new Ways(this.picture) : null);
  #control = new AbortController();
  #asking: AbortController | null = null;
  #off = live.feed.on("trace", (data) => {
    const job = data as TraceJob;
    if (job.id === this.job?.id) this.#heard(job);
  });

  leave(): void {
    this.#off();
    this.#control.abort();
    this.#asking?.abort();
  }

  /** A saved view. */
  async openView(id: string): Promise<void> {
    await this.#try(async (signal) => {
      const { data } = await api.get<unknown>(`/api/views/${encodeURIComponent(id)}`, { signal });
      const view = parseView(data);
      if (!view) throw new Error("This view is of a version that this console does not read.");
      const job = await this.#jobOf(view, signal);
      this.#begin({ ...view, trace: job.id }, job);
    });
  }
  /** A trace that the server knows. */
  async openTrace(id: string): Promise<void> {
    await this.#try(async (signal) => {
      const { data } = await api.get<TraceJob>(`/api/traces/${encodeURIComponent(id)}`, { signal });
      const { seeds } = data;
      this.#begin(newView(data.id, { seeds }), data);
    });
  }
  async ask(question: Record<string, unknown>): Promise<void> {
    await this.#try(async (signal) => {
      const { data } = await api.post<TraceJob>("/api/traces", question, { signal });
      this.#begin(newView(data.id, question), data);
    });
  }

  /** A server that has forgotten the trace asks again. */
  async #jobOf(view: View, signal: AbortSignal): Promise<TraceJob> {
    try {
      return (await api.get<TraceJob>(`/api/traces/${encodeURIComponent(view.trace)}`, { signal })).data;
    } catch (error) {
      if (!(error instanceof Problem && error.status === 404)) throw error;
      return (await api.post<TraceJob>("/api/traces", view.question, { signal })).data;
    }
  }

  #begin(view: View, job: TraceJob): void {
    this.history = new History(view);
    this.view = view;
    this.#heard(job);
    void this.#follow();
  }

  async #follow(): Promise<void> {
    const { signal } = this.#control;
    while (this.job && (this.job.state === "waiting" || this.job.state === "running") && !signal.aborted) {
      await new Promise((done) => setTimeout(done, kAskMs));
      if (signal.aborted) return;
      await this.#try(async () => {
        this.#heard((await api.get<TraceJob>(`/api/traces/${this.job!.id}`, { signal })).data);
      });
    }
  }

  #heard(job: TraceJob): void {
    const before = this.job;
    this.job = job;
    if (job.state === "done" && !(before?.id === job.id && before.state === "done")) {
      void this.layout();
      void this.#try(async (signal) => {
        const answer = await api.get<Summary>(`/api/traces/${job.id}/summary`, { signal });
        this.summary = answer.data;
        this.warnings = [...new Set([...answer.warnings, ...(answer.data.warnings ?? [])])];
        this.incomplete ||= answer.incomplete;
      });
    }
  }

  async layout(): Promise<void> {
    const { view, job } = this;
    if (!view || job?.state !== "done") return;
    this.#asking?.abort();
    const asking = new AbortController();
    this.#asking = asking;
    this.busy = true;
    await this.#try(async () => {
      const side = (of: number) => Math.max(kLeastSide, Math.min(kMostSide, of));
      const got = await this.#picture(view, side(this.size.width), side(this.size.height), asking.signal);
      const before = this.picture;
      this.members = got.members;
      this.picture = got.picture;
      // Whoever opened a fold looks at what was in it.
      const lost = this.selected !== undefined && before ? before.nodes[before.place.get(this.selected) ?? -1] : undefined;
      const heir = lost && !got.picture.place.has(lost.key) ? heirOf(lost, got.picture) : undefined;
      if (heir !== undefined) this.select([got.picture.nodes[heir]!.key]);
      this.ribbon = null;
    });
    if (this.#asking === asking) this.busy = false;
  }

  async #picture(view: View, width: number, height: number, signal: AbortSignal): Promise<{ picture: Picture; members: Member[][] }> {
    const path = `/api/traces/${view.trace}/layout`;
    const query = layoutQuery(view, width, height);
    if (view.mode === "raw") {
      const answer = await api.bytes(path, { query, signal, accept: "application/vnd.cordon.flow, application/json;q=0.5" });
      if ((answer.headers.get("Content-Type") ?? "").includes("vnd.cordon.flow")) {
        const { picture, data } = pictureOfBinary(await answer.arrayBuffer());
        return { picture, members: membersOf(data, picture.nodes) };
      }
      const body: unknown = await answer.json();
      return this.#read(isObject(body) && isObject(body.data) ? body.data : {});
    }
    const answer = await api.get<Record<string, unknown>>(path, { query, signal });
    this.incomplete ||= answer.incomplete;
    return this.#read(answer.data);
  }
  #read(data: Record<string, unknown>): { picture: Picture; members: Member[][] } {
    const picture = pictureOf(isObject(data.layout) ? data.layout : data);
    return { picture, members: membersOf(data, picture.nodes) };
  }

  /** Of a node; in raw pictures they come only with the whole result. */
  membersAt(at: number): Member[] {
    const came = this.members[at] ?? [];
    return came.length > 0 || !this.result ? came : (this.picture?.nodes[at]?.members ?? []).slice(0, 40).flatMap((place) => this.result!.nodes[place] ?? []);
  }

  /** All movements: large, so only for who asks. */
  async readResult(): Promise<void> {
    if (this.result || !this.job) return;
    await this.#try(async (signal) => {
      const answer = await api.get<Result>(`/api/traces/${this.job!.id}/result`, { signal });
      this.result = answer.data;
      this.incomplete ||= answer.incomplete;
    });
  }

  async #try(act: (signal: AbortSignal) => Promise<void>): Promise<void> {
    try {
      await act(this.#control.signal);
      this.error = null;
    } catch (error) {
      if (!isAborted(error)) this.error = error;
    }
  }

  // ---- what changes the document

  do(did: string, next: View, anchor?: string): void {
    if (!this.history || !this.view) return;
    this.history.do(did, next);
    this.#shown(this.view, anchor);
  }
  undo(): string | null {
    return this.#step(this.history?.undo() ?? null);
  }
  redo(): string | null {
    return this.#step(this.history?.redo() ?? null);
  }
  #step(did: string | null): string | null {
    if (did !== null && this.view) this.#shown(this.view, this.view.selected[0]);
    return did;
  }
  #shown(before: View, anchor?: string): void {
    this.view = this.history!.view;
    this.anchor = anchor;
    if (!sameLayout(before, this.view)) void this.layout();
  }

  select(keys: string[], ribbon: number | null = null): void {
    this.history?.select(keys);
    this.view = this.history?.view ?? null;
    this.ribbon = ribbon;
    this.path = null;
  }
  get selected(): string | undefined { return this.view?.selected.at(-1); }
  node(key: string | undefined): number | undefined { return key === undefined ? undefined : this.picture?.place.get(key); }

  open(key: string): boolean {
    const at = this.node(key);
    if (at === undefined || !this.view || this.picture!.nodes[at]!.count < 2) return false;
    this.do("open", { ...this.view, open: [...this.view.open, key] }, key);
    return true;
  }
  expand(key: string, side: "in" | "out"): void {
    if (!this.view || this.view.expand.some((one) => one.key === key && one.side === side)) return;
    this.do(`expand ${side}`, { ...this.view, expand: [...this.view.expand, { key, side }] }, key);
  }
  collapse(key: string): void {
    if (this.view) this.do("collapse", collapse(this.view, key), key);
  }
  move(key: string, y: number): void {
    if (this.view) this.do("move", { ...this.view, moved: [...this.view.moved.filter((one) => one.key !== key), { key, y }] });
  }
  note(key: string, text: string, colour: string, by: string): void {
    if (this.view) this.do("note", withNote(this.view, { key, text, colour, by, time: new Date().toISOString() }));
  }

  /** Puts the trace, this view and what is selected into a new case; with a letter's key, for that letter alone. */
  async makeCase(letter?: string): Promise<string> {
    const [view, job] = [await this.save(), this.job!];
    const chosen = (this.view?.selected ?? []).flatMap((key) => this.membersAt(this.node(key) ?? -1).slice(0, 1));
    const items = [{ kind: "trace", ref: job.id }, { kind: "view", ref: view },
      ...chosen.map((one) => ({ kind: "address", ref: `${one.chain}:${one.address}` }))];
    const title = this.view?.title || this.#title();
    return (await api.post<{ id: string }>("/api/cases", { ...(title ? { title } : {}), items, ...(letter ? { letters_for: [letter] } : {}) })).data.id;
  }

  /** A case that nobody has named yet: what it is about, as far as the trace knows. */
  #title(): string {
    const seeds = seedsText(this.job!.seeds);
    if (auth.system?.guide === seeds) return auth.system.name;
    const loot = this.summary ? `${value(this.summary.loot, this.summary.unit)} from ` : "";
    return `${loot}${seedsShort(seeds)}`.slice(0, 200);
  }

  /** The document's address: the same view has the same one. */
  async save(): Promise<string> {
    return (await api.post<{ id: string }>("/api/views", this.view)).data.id;
  }
}
