/** Ties the machine, the history, the director and the store together. One session for each page. */
import type { Savepoint } from '../machine/machine.ts';
import { type Marks, oneLine } from '../machine/moments/marks.ts';
import type { Stop } from '../projections/breakpoints.ts';
import { History } from '../projections/history.ts';
import type { NodeView } from '../projections/node-view.ts';
import { TraceIndex } from '../projections/trace-index.ts';
import { Viewpoint } from '../projections/viewpoint.ts';
import { NODE_KERNEL, type TraceEvent } from '../sim/trace.ts';
import { Director } from './director.ts';
import { DrawingTasks } from './drawing-tasks.ts';
import { followTo } from './follow-to.ts';
import { may, noteUse } from './interview/aids.ts';
import { presentOf } from './marks/branch-tree.ts';
import { marks, noteFork, noteGone, putMarks, sharedWith } from './marks/marks-store.ts';
import { select, ui } from './store.ts';
import { sameTerminals, TerminalsInUse } from './terminal/terminals-in-use.ts';
import { Transcript } from './terminal/transcript.ts';
import { stepAfter, walkOf } from './walk/walk.ts';
import {
  type BootOptions,
  type Course,
  EVENTS_IN_FRAME_MAX,
  type Frame,
  type Terminals,
  type Written,
} from './worker/contract.ts';
import { MachineLink } from './worker/machine-link.ts';

const IDLE_MS_MAX = 5 * 60_000;
/** How long after a replay's end somebody may still mean to skip it. */
const ARRIVED_MS = 1500;
const PROMPT = /[#$] $/;
const FOLLOW_MS = 2000;
/** A node that boots is drawn so often and no oftener: nobody has asked it anything yet, and the page has much to do. */
const BOOT_DRAWN_MS = 500;
/** A second machine comes after by so many events at least. */
const FOLLOW_EVENTS_MIN = 400;
/** A node that tells of more between two looks has much to do, and so has the page: the second machine waits. */
const BUSY_EVENTS_MIN = 400;

type OutputListener = (bytes: Uint8Array, terminal: number) => void;

class Session {
  history = new History();
  index = new TraceIndex();
  /** Which node is drawn; and every event as it came, to draw another one. */
  private viewpoint = new Viewpoint();
  received: TraceEvent[] = [];
  /** The machine on which the last command line was entered. */
  private shellOn = NODE_KERNEL;
  readonly director = new Director(
    () => this.history,
    () => this.index,
  );
  link: MachineLink | null = null;
  private readonly listeners = new Set<OutputListener>();
  /** What each terminal was told, by how many events had happened: to show it as it was. */
  private readonly transcripts = new Map<number, Transcript>();
  private readonly terminals = new TerminalsInUse();
  /** The terminal that is to be typed in as soon as it is there. */
  private wanted: number | null = null;
  /** What was typed for the terminal that was asked for. */
  private forWanted = '';
  private readonly writers = new Set<(writes: readonly Written[]) => void>();
  private readonly resets = new Set<() => void>();
  private readonly commandListeners = new Set<(event: TraceEvent & { kind: 'command.end' }) => void>();
  /** When the drawing was last seen out of the present. */
  private awayAt = Number.NEGATIVE_INFINITY;
  /** Something was typed since the last command began: arrow keys are then meant for the line. */
  typing = false;
  private held = false;
  /** The event up to which a second machine was last asked to follow. */
  private followed = 0;
  /** How many events there were when that was last considered. */
  private heard = 0;
  private tail = '';
  private activeAt = 0;
  private watched = true;
  private changed = false;
  private drawnAt = Number.NEGATIVE_INFINITY;
  readonly drawing = new DrawingTasks();
  /** Told when a breakpoint has stopped the machine. */
  onStop: ((stop: Stop) => void) | null = null;
  private readonly decoder = new TextDecoder();
  /** What a step was begun again from: its events, its log and its marks. */
  private before: { received: readonly TraceEvent[]; savepoint: Savepoint; kept: Marks } | null = null;
  /** Hears of each frame while a history is made again, which is no news: command lines in it are not announced. */
  arriving: ((frame: Frame) => void) | null = null;

  /** With a savepoint: its history is made again, and goes on from its end. */
  start(
    scenario: string,
    seed: number,
    options: { course?: Course; savepoint?: Savepoint; paused?: boolean } = {},
  ): void {
    const link = new MachineLink(
      { scenario, seed, columns: 120, rows: 12, ...options },
      {
        onFrame: (frame) => this.take(frame),
        onReplaced: (made) => this.reset(made),
        onFailed: (reason) => ui.setState({ bootError: reason }),
      },
    );
    this.link = link;
    this.activeAt = performance.now();
    void link.start();
    document.addEventListener('visibilitychange', () => this.watch());
    for (const type of ['pointerdown', 'keydown', 'pointermove'] as const) {
      addEventListener(type, () => {
        this.activeAt = performance.now();
        if (!this.watched) this.watch();
      });
    }
    setInterval(() => this.watch(), 10_000);
    setInterval(() => this.follow(), FOLLOW_MS);
    const frame = (): void => {
      this.tick();
      requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  }

  /** The page stands: the machine may have the processor. */
  drawn(): void {
    void this.link?.api.drawing(true);
  }

  /** The drawing has just come back to the present, and nothing was typed since the last command. */
  get justArrived(): boolean {
    return !this.typing && performance.now() - this.awayAt < ARRIVED_MS;
  }

  onOutput(listener: OutputListener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** All that was printed on a terminal before event `seq`; null: to this day. */
  printedUntil(seq: number | null, terminal: number): Uint8Array[] {
    return this.transcripts.get(terminal)?.until(seq) ?? [];
  }

  /** What programs write by descriptor; the worker attributes only while somebody listens. */
  onWritten(listener: (writes: readonly Written[]) => void): () => void {
    this.writers.add(listener);
    void this.link?.api.attribute(true);
    return () => {
      this.writers.delete(listener);
      if (this.writers.size === 0) void this.link?.api.attribute(false);
    };
  }

  onReset(listener: () => void): () => void {
    this.resets.add(listener);
    return () => this.resets.delete(listener);
  }

  onCommandEnd(listener: (event: TraceEvent & { kind: 'command.end' }) => void): () => void {
    this.commandListeners.add(listener);
    return () => this.commandListeners.delete(listener);
  }

  /** What somebody typed, or had typed for them. While the past is looked at it is kept, and whether to go on there is asked. */
  type(text: string): void {
    if (text === '\t' && !noteUse('completion')) return;
    const seq = this.director.lookingAt;
    if (seq !== null) {
      const { asking } = ui.getState();
      ui.setState({ asking: { seq, text: (asking?.text ?? '') + text, opens: asking?.opens ?? false } });
      return;
    }
    this.send(text);
  }

  /** What a terminal answers by itself to a program that asked it something. */
  answer(text: string, terminal: number): void {
    void this.link?.api.input(new TextEncoder().encode(text), terminal);
  }

  /** What was typed meanwhile goes to the machine as it now is. */
  goOn(from: 'past' | 'present'): void {
    const { asking } = ui.getState();
    ui.setState({ asking: null });
    const go = async (): Promise<void> => {
      if (from === 'present') this.skip();
      else if (asking !== null) await this.branch(asking.seq);
      if (asking === null) return;
      if (asking.opens && (await this.openTerminal())) this.forWanted = asking.text;
      else if (asking.text !== '') this.send(asking.text);
    };
    void go();
  }

  /**
   * Goes on from the state after the first `seq` events: the log of what came in is replayed up to there into a new
   * machine. What happened later is kept as a branch.
   */
  async branch(seq: number): Promise<void> {
    if (may('rewind')) await this.goOnFrom(seq);
  }

  private async goOnFrom(seq: number): Promise<void> {
    const parting = { at: seq, time: this.received[seq - 1]?.time ?? 0 };
    const said = this.saidSince(parting.at);
    const left = await this.replace(this.received.slice(0, seq), parting.time);
    if (left !== null) noteFork(parting, said && { ...said, savepoint: left });
  }

  /** Makes the history of a branch that was left again, and leaves the present one as a branch in turn. */
  async goToBranch(id: number): Promise<void> {
    const savepoint = marks.getState().branches.find((branch) => branch.id === id)?.savepoint ?? null;
    if (savepoint === null || ui.getState().interview !== null) return;
    const { at } = sharedWith(id);
    const said = this.saidSince(at);
    const left = await this.replace(this.received.slice(0, at), savepoint.time, savepoint, true);
    if (left !== null) noteGone(id, said && { ...said, savepoint: left });
  }

  /** Which command lines make the present history worth to be kept beside one that goes on after `at` events. */
  private saidSince(at: number): { line: string; last: string; commands: number } | null {
    const { commands } = this.index;
    const present = presentOf(marks.getState().branches);
    const own = commands.find(({ startSeq }) => startSeq >= (present.parent === null ? at : present.at));
    if (own === undefined || ui.getState().interview !== null) return null;
    return { line: oneLine(own.line), last: oneLine(commands.at(-1)?.line ?? ''), commands: commands.length };
  }

  /**
   * The history of `kept` in place of this one, or with `savepoint` that of another; `all`: it goes on beyond `kept`, to
   * virtual ns `until`. Resolves to the one that was left; null if nothing was done.
   */
  private async replace(
    kept: readonly TraceEvent[],
    until: number,
    savepoint?: Savepoint,
    all = false,
  ): Promise<Savepoint | null> {
    const { link } = this;
    if (link === null || ui.getState().branching !== null) return null;
    ui.setState({ branching: until, asking: null });
    this.forget();
    this.receive(kept);
    const arrived = all ? this.arrival() : null;
    const left = await link.branch(kept.length, savepoint, all);
    await arrived;
    ui.setState({ branching: null });
    this.pace({ ratio: ui.getState().ratio, paused: false });
    return left;
  }

  /** When all of a history that stands still at its end has been told. */
  private arrival(): Promise<void> {
    return new Promise((resolve) => {
      this.arriving = (frame) => {
        if (frame.running || frame.events.length >= EVENTS_IN_FRAME_MAX) return;
        this.arriving = null;
        resolve();
      };
    });
  }

  /** To the prompt as it was after `seq` events; false if nothing was typed since. */
  async backTo(seq: number): Promise<boolean> {
    const typed = this.history.events.findIndex((e) => e.seq >= seq && e.kind === 'input' && e.source === 'keys');
    if (typed < 0) return false;
    const { received } = this;
    const { markers, branches } = marks.getState();
    const parting = { at: typed, time: received[typed - 1]?.time ?? 0 };
    const savepoint = await this.replace(received.slice(0, typed), parting.time);
    if (savepoint === null) return false;
    this.before = { received, savepoint, kept: { markers, branches } };
    // Whoever begins a step again can take that back: it is none of the branches.
    noteFork(parting, null);
    return true;
  }

  /** To where the history was before `backTo`. */
  async takeBack(): Promise<boolean> {
    if (this.before === null) return false;
    const { received, savepoint, kept } = this.before;
    if ((await this.replace(received, savepoint.time, savepoint)) === null) return false;
    putMarks(kept);
    this.before = null;
    return true;
  }

  /** To the prompt as it was before the last command line was begun; false if there is none. */
  async undo(): Promise<boolean> {
    const commands = this.index.commands;
    if (commands.length === 0) return false;
    const typed = this.terminals.begun(commands, this.history.events);
    if (typed < 0 || !noteUse('undo')) return false;
    await this.goOnFrom(typed);
    return true;
  }

  /** Draws another node of the same machine, by its kernel's number; the history stays. */
  lookFrom(number: number): void {
    if (number === this.viewpoint.number) return;
    const { received } = this;
    this.director.finish();
    this.received = [];
    this.history = new History();
    this.index = new TraceIndex();
    this.viewpoint = new Viewpoint(number);
    this.receive(received);
    ui.setState({ selection: null, following: null, node: number });
    this.changed = true;
  }

  /** The machine's own number of a process of the drawing. */
  machinePid(pid: number): number | null {
    return this.viewpoint.machinePid(pid);
  }

  /** A command line for the drawn node: the learner's shell may be on another one. */
  onDrawnNode(line: string): string {
    const { number, nodes } = this.viewpoint;
    if (number === this.shellOn) return line;
    return `ssh ${nodes.find((node) => node.number === number)?.name} '${line.replaceAll("'", `'\\''`)}'`;
  }

  /** Somebody wants one more: while the past is looked at, whether there is asked. True if there was no question. */
  async anotherTerminal(): Promise<boolean> {
    const seq = this.director.lookingAt;
    if (seq === null) return this.openTerminal();
    ui.setState({ asking: { seq, text: ui.getState().asking?.text ?? '', opens: true } });
    return false;
  }

  /** One more terminal, which is then the one that is typed in; false if there cannot be one. */
  async openTerminal(): Promise<boolean> {
    if (ui.getState().branching !== null) return false;
    if (ui.getState().paused) this.pace({ paused: false });
    this.skip();
    const number = (await this.link?.api.openTerminal()) ?? null;
    if (number === null) return false;
    this.wanted = number;
    return true;
  }

  /** A terminal that was asked for is not there yet. */
  get opening(): boolean {
    return this.wanted !== null;
  }

  /** What is typed goes to the terminal after this one from now on; after the last to the first. */
  nextTerminal(): void {
    const { terminals, terminal } = ui.getState();
    const at = terminals.findIndex(({ number }) => number === terminal);
    const next = terminals[(at + 1) % Math.max(1, terminals.length)];
    if (next !== undefined) ui.setState({ terminal: next.number });
  }

  closeTerminal(terminal: number): void {
    if (ui.getState().paused) this.pace({ paused: false });
    void this.link?.api.closeTerminal(terminal);
  }

  private receive(events: readonly TraceEvent[]): void {
    const seen = events.map((event) => this.viewpoint.see(event));
    for (const event of events) {
      this.received.push(event);
      this.terminals.see(event);
    }
    const entered = events.findLast((event) => event.kind === 'command.start');
    if (entered !== undefined) this.shellOn = this.viewpoint.machineOf(entered.pid);
    this.history.append(seen);
    this.index.append(seen);
    const { nodes } = this.viewpoint;
    if (ui.getState().nodes.length !== nodes.length) ui.setState({ nodes: [...nodes] });
  }

  private send(text: string): void {
    if (ui.getState().paused) this.pace({ paused: false });
    this.typing = true;
    const { terminal, terminals } = ui.getState();
    // Nobody listens any more where the last session has ended: Enter begins another.
    if (ui.getState().prompted && !terminals.some(({ number }) => number === terminal)) {
      if (text.includes('\r')) void this.openTerminal();
      return;
    }
    void this.link?.api.input(new TextEncoder().encode(text), terminal);
    ui.setState({ fullWidth: /[\uff01-\uff5e\u3000]/.test(text) });
    this.changed = true;
  }

  pace(options: { ratio?: number; paused?: boolean }): void {
    void this.link?.api.pace(options);
    if (options.paused === false) this.held = false;
    if (options.paused !== undefined) this.director.paused = options.paused;
    ui.setState({
      ...(options.ratio === undefined ? {} : { ratio: options.ratio }),
      ...(options.paused === undefined ? {} : { paused: options.paused }),
    });
  }

  /** Stands still while something that was on its way is looked at. */
  hold(): void {
    if (ui.getState().paused) return;
    this.held = true;
    this.pace({ paused: true });
  }

  /** Closes the inspector; what stood still for it goes on. */
  close(): void {
    select(null);
    ui.setState({ following: null });
    if (this.held && ui.getState().paused) this.pace({ paused: false });
  }

  /** Shows the machine as it is without ending the replay of what it does next. */
  catchUp(): void {
    this.director.catchUp();
    this.changed = true;
  }

  hopMode(on: boolean): void {
    this.director.hopMode = on;
    if (on) this.pace({ ratio: 1 });
    else this.director.finish();
    ui.setState({ hopMode: on });
    this.changed = true;
  }

  skip(): void {
    this.director.finish();
    this.changed = true;
  }

  next(): void {
    if (this.director.next(performance.now())) this.changed = true;
    // At a breakpoint, where all is told: the machine makes the next step.
    else if (ui.getState().paused && this.director.caughtUp) void this.link?.api.step({ kind: 'event' });
  }

  previous(): void {
    this.changed = this.director.previous(performance.now()) || this.changed;
  }

  lookAt(seq: number): void {
    // One look back, however far it is dragged.
    if (this.director.lookingAt === null ? !noteUse('rewind') : !may('rewind')) return;
    this.director.lookAt(seq);
    this.changed = true;
  }

  /** The drawing goes on by itself from a moment in the midst of a command; false if it is in none. */
  playFrom(seq: number): boolean {
    const command = this.index.commands.findLast(({ startSeq }) => startSeq <= seq);
    if (command === undefined || (command.endSeq ?? seq) < seq || !may('rewind')) return false;
    this.director.paused = false;
    this.director.replay(command, performance.now(), seq);
    this.changed = true;
    return true;
  }

  /** Replays the last command from its start. */
  replayLast(): void {
    const command = this.index.commands.at(-1);
    if (command === undefined || !may('drawing')) return;
    this.director.paused = false;
    this.director.replay(command, performance.now());
    this.changed = true;
  }

  private take(frame: Frame): void {
    if (frame.crash !== null && ui.getState().crash === null) {
      console.error(frame.crash);
      ui.setState({ crash: frame.crash.split('\n')[0] ?? '' });
    }
    this.showTerminals(frame.terminals);
    for (const { terminal, bytes, printed } of frame.output) {
      let transcript = this.transcripts.get(terminal);
      if (transcript === undefined) this.transcripts.set(terminal, (transcript = new Transcript()));
      transcript.add(bytes, printed);
      for (const listener of this.listeners) listener(bytes, terminal);
      if (!ui.getState().prompted) this.notePrompt(this.decoder.decode(bytes, { stream: true }));
    }
    if (frame.progress !== null) ui.setState({ progress: frame.progress });
    if (frame.written.length > 0) for (const listener of this.writers) listener(frame.written);
    if (frame.events.length > 0) {
      this.receive(frame.events);
      this.showTerminals(frame.terminals);
      // The drawing goes where the learner's shell is.
      if (frame.events.some((event) => event.kind === 'command.start')) this.lookFrom(this.shellOn);
      if (this.arriving === null) for (const event of frame.events) this.note(event);
      this.changed = true;
    }
    this.arriving?.(frame);
    if (frame.stop !== null) this.onStop?.(frame.stop);
    const { running, now } = ui.getState();
    if (running !== frame.running || this.changed || Math.abs(frame.now - now) > 1e8) {
      ui.setState({ now: frame.now, running: frame.running });
    }
  }

  private showTerminals({ open, typedIn }: Terminals): void {
    const { terminals, terminal } = ui.getState();
    if (typedIn !== null) this.wanted = typedIn;
    let active = terminal;
    if (this.wanted !== null && open.includes(this.wanted)) {
      active = this.wanted;
      this.wanted = null;
    } else if (!open.includes(terminal)) active = open.findLast((number) => number < terminal) ?? open[0] ?? terminal;
    const shown = this.terminals.shown(open);
    if (active !== terminal || !sameTerminals(shown, terminals)) ui.setState({ terminal: active, terminals: shown });
    const text = this.forWanted;
    if (text === '' || this.wanted !== null) return;
    this.forWanted = '';
    this.send(text);
  }

  private note(event: TraceEvent): void {
    if (event.kind === 'command.start') {
      this.typing = false;
      const command = this.index.commands.at(-1);
      if (command !== undefined) this.director.commandStarted(command, performance.now());
    } else if (event.kind === 'command.end') {
      this.announce(event.command);
      const { walkStep, scenario } = ui.getState();
      // A line that failed is offered again: the next one would only fail after it.
      const line = this.index.commands.findLast((c) => c.command === event.command)?.line ?? '';
      const next = event.exitCode === 0 ? stepAfter(walkOf(scenario), walkStep, line) : walkStep;
      ui.setState({ walkStep: next, walkTyped: null });
      for (const listener of this.commandListeners) listener(event);
      void this.link?.remember();
    }
  }

  private announce(ended: number): void {
    const command = this.index.commands.findLast((each) => each.command === ended);
    // What made the node a lesson's, before anybody could see it, is no news.
    if (command === undefined || !ui.getState().prompted) return;
    const { history, index } = this;
    void import('./announcement.ts').then(({ announcementOf }) => {
      const announcement = announcementOf(ui.getState().catalogue, history, index, command);
      if (announcement !== null) ui.setState({ announcement });
    });
  }

  private notePrompt(text: string): void {
    if (ui.getState().prompted) return;
    this.tail = (this.tail + text).slice(-256);
    // Colours and window titles around the prompt do not count.
    const plain = this.tail.replace(/\u001b\][^\u0007]*\u0007|\u001b\[[0-9;?]*[a-zA-Z]/g, '');
    if (!PROMPT.test(plain)) return;
    performance.mark('cutaway:prompt');
    void this.link?.api.drawing(false);
    ui.setState({ prompted: true });
    const first = ui.getState().course === null ? walkOf(ui.getState().scenario)[0] : undefined;
    if (first !== undefined && ui.getState().walkStep === 0) {
      this.type(first.line);
      ui.setState({ walkTyped: ui.getState().terminal });
    }
  }

  private tick(): void {
    const now = performance.now();
    if (this.director.shown.playhead !== null) this.awayAt = now;
    this.changed = this.director.tick(now) || this.changed;
    if (!this.changed) return;
    if (this.index.commands.length === 0 && now - this.drawnAt < BOOT_DRAWN_MS) return;
    if (!this.drawing.mayBegin(now)) return;
    this.changed = false;
    this.drawnAt = now;
    const view = (): NodeView => {
      const { playhead } = this.director.shown;
      return playhead === null ? this.history.live : this.history.at(playhead);
    };
    this.drawing.begin(now, view, () =>
      ui.setState((state) => ({ version: state.version + 1, shown: this.director.shown })),
    );
  }

  /**
   * A history that takes long to make again is made beforehand, up to where somebody may want to go on from. Not while a
   * command runs or the node is busy, nor on a machine that has no core to spare.
   */
  private follow(): void {
    const { commands } = this.index;
    const busy = this.received.length - this.heard > BUSY_EVENTS_MIN || commands.at(-1)?.endSeq === null;
    this.heard = this.received.length;
    const { branching, moment } = ui.getState();
    if (
      busy ||
      branching !== null ||
      moment?.phase === 'making' ||
      document.hidden ||
      navigator.hardwareConcurrency < 2
    )
      return;
    const seq = followTo(commands, this.history.length);
    if (seq - this.followed < FOLLOW_EVENTS_MIN && this.followed > 0) return;
    if (seq === 0) return;
    this.followed = seq;
    void this.link?.follow(seq);
  }

  /** Virtual time stands still while nobody watches. */
  private watch(): void {
    const watched = !document.hidden && performance.now() - this.activeAt < IDLE_MS_MAX;
    if (watched === this.watched) return;
    this.watched = watched;
    void this.link?.api.pace({ watched });
  }

  /** Another machine in place of this one, from its beginning. */
  begin(options: BootOptions): void {
    this.arriving = null;
    this.forget();
    putMarks(null);
    void this.link?.begin(options);
  }

  private reset(made: Promise<void>): void {
    this.forget();
    ui.setState({ replaced: 'making', prompted: true });
    void made.then(() => ui.setState({ replaced: 'made' }));
  }

  private forget(): void {
    this.history = new History();
    this.index = new TraceIndex();
    this.viewpoint = new Viewpoint(this.viewpoint.number);
    this.received = [];
    this.shellOn = NODE_KERNEL;
    this.director.finish();
    this.tail = '';
    this.transcripts.clear();
    this.terminals.clear();
    this.wanted = null;
    this.forWanted = '';
    this.followed = 0;
    for (const listener of this.resets) listener();
    // What is open on a thing of that history is open on nothing now.
    const { selection } = ui.getState();
    const stays = selection?.kind === 'marks' || selection?.kind === 'breaks';
    ui.setState({ following: null, ...(stays ? {} : { selection: null }) });
    this.changed = true;
  }
}

export const session = new Session();
