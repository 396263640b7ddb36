/**
 * A simulated node, or several on one network, with their surroundings: composed from a scenario, booted, fed with
 * input, and reproducible from (scenario, seed, input log).
 */
import { Kernel } from '../linux/kernel.ts';
import type { Internet } from '../linux/net/net-namespace.ts';
import type { Process } from '../linux/process.ts';
import { rootCredentials } from '../linux/process.ts';
import type { LazyProgram, Program, ProgramRegistry } from '../linux/program.ts';
import { Listener } from '../linux/socket.ts';
import type { FileSystem } from '../linux/vfs/inode.ts';
import { fromBase64, toBase64 } from '../protocols/base64.ts';
import { Random } from '../sim/random.ts';
import { type HostHooks, type RunOutcome, Scheduler, type StrandGroup } from '../sim/scheduler.ts';
import { OUTSIDE_KERNEL, Trace } from '../sim/trace.ts';
import { fromLatin1, hex, latin1, unhex } from './bytes-as-text.ts';
import { endCommandOfTheDead, endCommands } from './end-commands.ts';
import { HostInput, HostOutput } from './host-port.ts';
import { FIRST_HOST, switchOn } from './hosts.ts';
import { nodePrograms, outsidePrograms } from './install-list.ts';
import { prepareOutside } from './internet.ts';
import { mountOutside } from './mount-outside.ts';
import { inodeAt, type NodePower } from './node-power.ts';
import type { ConnectionPort, SessionEvent, SessionPort, TerminalPort, UploadPort } from './ports.ts';
import { Replay, type ReplayHooks } from './replay.ts';
import { loadScenario, type Scenario, type ScenarioName } from './scenarios/index.ts';

export type MachineOptions = {
  scenario: ScenarioName;
  seed: number;
  files?: Readonly<Record<string, Uint8Array>>;
  /** Wall time when everything is up, ns since 1970; a fixed one by default. */
  readyWallTimeNs?: bigint;
  /** A place outside that the node has mounted: the machine's history then cannot be made again. */
  mount?: { path: string; open(kernel: Kernel): FileSystem };
  /** In place of the scenario of that name: to measure on a machine that nobody else needs. */
  instead?: Scenario;
  /** Nobody will make its history again: what comes in is not kept. */
  forgetful?: boolean;
  /** How much of the trace is kept, if less than usual. */
  traced?: { eventsMax: number; payloadBytesMax: number };
};

/** A stream socket of the node, as a connection from outside names it. */
export type SocketTarget = { family: 'unix'; path: string } | { family: 'inet'; host: string; port: number };

/** One thing that came in from outside. `step` and `time` say exactly when. */
export type LoggedInput = { step: number; time: number } & (
  | { kind: 'open-terminal'; columns: number; rows: number }
  | { kind: 'open-session' }
  | { kind: 'connect'; target: SocketTarget }
  /** A file for root's home, whatever was there of that name. */
  | { kind: 'upload'; name: string; base64: string }
  /** `text` holds one character for each byte. */
  | { kind: 'bytes'; channel: number; text: string }
  | { kind: 'hang-up'; channel: number }
  /** The host has taken what was sent to it. */
  | { kind: 'drained'; channel: number }
  | { kind: 'keys'; channel: number; text: string }
  | { kind: 'end'; channel: number }
  | { kind: 'resize'; channel: number; columns: number; rows: number }
);

type ChannelInput =
  | { kind: 'bytes'; channel: number; text: string }
  | { kind: 'hang-up'; channel: number }
  | { kind: 'drained'; channel: number }
  | { kind: 'keys'; channel: number; text: string }
  | { kind: 'end'; channel: number }
  | { kind: 'resize'; channel: number; columns: number; rows: number };

/** Everything needed to make this history again. */
export type Savepoint = {
  format: 1;
  scenario: ScenarioName;
  seed: number;
  readyWallTimeNs?: string;
  files: Record<string, string>;
  inputs: LoggedInput[];
  time: number;
};

/** Which opening of its terminal a session has for errors. */
const STDERR_SERIAL = 2;
const STEPS_MAX = 50_000_000;
/** What a connection may have sent to a host that does not take it. */
const OUTPUT_BYTES_MAX = 1 << 20;
/** 2026-11-23T17:00:00Z: when everything is up and the learner begins. */
const READY_WALL_TIME = 1_795_453_200_000_000_000n;

/** What the input log may hold before it is given up: a served machine lives long. */
const INPUT_TEXT_MAX = 256 << 20;

type Channel = {
  input: HostInput;
  control: HostInput | null;
  /** None while the node is not there. */
  process: Process | null;
  outputs: readonly HostOutput[];
  /** The client logs in again when the node is back. */
  lost: boolean;
  /** The client itself has gone away. */
  ended: boolean;
};

const CLOSED = 'Connection to node-1 closed by remote host.';
const SWITCHED_OFF = '\r\nnode-1 is off. Enter switches it on.\r\n';
/** How long a node may take to stop and to come back before nobody waits any more. */
const AWAY_NS_MAX = 1_200_000_000_000;

export class Machine {
  readonly scheduler = new Scheduler();
  readonly trace: Trace;
  readonly scenario: Scenario;
  readonly seed: number;
  readonly inputs: LoggedInput[] = [];
  /** The first error of ours outside every program, if any: the machine is then untrustworthy. */
  crash: unknown = null;
  /** Errors of ours that ended a program and nothing else. */
  readonly defects: { program: string; pid: number; error: unknown }[] = [];
  private readonly outside: Kernel;
  private readonly hosts: ReadonlyMap<string, NodePower>;
  private readonly channels: Channel[] = [];
  /** The channels that are terminals, in the order in which they were opened. */
  private readonly terminals: Channel[] = [];
  private readonly sessions: {
    stdout: ((b: Uint8Array) => void)[];
    stderr: ((b: Uint8Array) => void)[];
    event: ((e: SessionEvent) => void)[];
  }[] = [];
  private readonly options: MachineOptions;
  private readonly defectListeners: ((report: string) => void)[] = [];
  /** What a client does outside the node. Of this machine: a group keeps those who wait in it. */
  private readonly client: StrandGroup = { dead: false, stopped: false, held: null, parked: null, name: 'ssh' };
  private nextSession = 1;
  /** Length of everything that came in. */
  private inputText = 0;
  /** Who listens to what is written on the terminal of a session, by the process that serves it. */
  private readonly writers = new Map<Process, ((fd: number, bytes: Uint8Array) => void)[]>();

  private constructor(options: MachineOptions, scenario: Scenario) {
    this.options = options;
    this.seed = options.seed;
    this.scenario = scenario;
    this.trace = new Trace(this.scheduler);
    if (options.traced !== undefined) this.trace.limit(options.traced.eventsMax, options.traced.payloadBytesMax);
    this.scheduler.onCrash = (error) => {
      this.crash ??= error;
      this.scheduler.halt();
    };
    const internet: Internet = { hosts: new Map() };
    const random = new Random(options.seed);
    const common = {
      scheduler: this.scheduler,
      trace: this.trace,
      internet,
      onDefect: (error: unknown, { comm, pid }: Process) => {
        this.defects.push({ program: comm, pid, error });
        for (const listener of this.defectListeners) listener(`${comm}[${pid}]: ${describe(error)}`);
      },
      bootWallTime: (options.readyWallTimeNs ?? READY_WALL_TIME) - BigInt(this.scenario.readyNs),
    };
    const outsideMap = byName(outsidePrograms());
    this.outside = new Kernel({
      ...common,
      random: random.fork('outside'),
      programs: outsideMap,
      hostname: 'internet',
      release: '6.12.48',
      version: '#1 SMP',
      cores: 16,
      memoryBytes: 64 * 1024 ** 3,
      diskBytes: 1024 ** 4,
      commandLine: '',
      number: OUTSIDE_KERNEL,
    });
    prepareOutside(this.outside, this.scenario.outside);
    this.hosts = switchOn(this.scenario, options.files ?? {}, { ...common, programs: byName(nodePrograms()) }, random, {
      prepare: (kernel) => this.attribute(kernel),
      ready: (kernel) => {
        const { mount } = options;
        if (kernel === this.kernel && mount !== undefined) mountOutside(kernel, mount.path, mount.open(kernel));
      },
    });
  }

  /** The power of the node that one logs in to. */
  get power(): NodePower {
    return this.powerOf(FIRST_HOST);
  }

  /** Its kernel: another one after each boot. */
  get kernel(): Kernel {
    return this.power.kernel;
  }

  powerOf(name: string): NodePower {
    const power = this.hosts.get(name);
    if (power === undefined) throw new Error(`no machine is called ${name}`);
    return power;
  }

  /** The kernel that runs there now, or ran last. */
  kernelOf(name: string): Kernel {
    return this.powerOf(name).kernel;
  }

  /** Host names, the one to log in to first. */
  get hostNames(): readonly string[] {
    return [...this.hosts.keys()];
  }

  /** Tells those who listen to a terminal which descriptor it was written by. */
  private attribute(kernel: Kernel): void {
    kernel.onTerminalWrite = (terminal, slave, data) => {
      // The login opens the terminal once for input and output and once for errors; every copy of a descriptor keeps
      // to its own, so that `>&2` and `2>&1` are told apart although it is one terminal.
      const fd = slave.serial === STDERR_SERIAL ? 2 : 1;
      for (let at = kernel.processes.get(terminal.session) ?? null; at !== null; at = at.parent) {
        for (const listener of this.writers.get(at) ?? []) listener(fd, data.bytes());
      }
    };
  }

  /** Waits for a node that goes down to come back, and for everything on it. False if it stays off. */
  async untilBack(port: SessionPort): Promise<boolean> {
    const stopWhen = (): boolean => this.power.off || !port.away;
    if (!stopWhen()) await this.advance({ horizon: this.now + AWAY_NS_MAX, stopWhen });
    const { bootTime } = this.kernel;
    const settled = bootTime + this.scenario.readyNs;
    if (bootTime > 0 && !port.away && this.now < settled) await this.advance({ horizon: settled });
    return !port.away;
  }

  /** Hears of every defect, those before included, as a text with the stack. */
  onDefect(listener: (report: string) => void): void {
    for (const { program, pid, error } of this.defects) listener(`${program}[${pid}]: ${describe(error)}`);
    this.defectListeners.push(listener);
  }

  /** Boots until one can log in, or (the default) until everything is up. */
  static async boot(options: MachineOptions, until: 'login' | 'ready' = 'ready'): Promise<Machine> {
    const machine = new Machine(options, options.instead ?? (await loadScenario(options.scenario)));
    await machine.advance({ horizon: until === 'login' ? machine.scenario.loginNs : machine.scenario.readyNs });
    // Only now: what a node mounts while it boots (/tmp) would cover it.
    const { mount } = options;
    if (mount !== undefined) mountOutside(machine.kernel, mount.path, mount.open(machine.kernel));
    return machine;
  }

  get now(): number {
    return this.scheduler.now;
  }

  /** Runs up to a virtual time (ns since boot), or until `stopWhen`. */
  async advance(options: { horizon?: number; stopWhen?: () => boolean; host?: HostHooks } = {}): Promise<RunOutcome> {
    const outcome = await this.scheduler.run({ ...options, maxSteps: STEPS_MAX });
    if (this.crash !== null) throw this.crash;
    return outcome;
  }

  private log(input: LoggedInput, source: string, length: number): void {
    this.inputText += length;
    if (this.options.forgetful === true || this.inputText > INPUT_TEXT_MAX) this.inputs.length = 0;
    else this.inputs.push(input);
    const terminal = 'channel' in input ? this.terminalOf(input.channel) : -1;
    this.trace.emit(0, 0, { kind: 'input', source, length, ...(terminal < 0 ? {} : { terminal }) });
  }

  /** Which terminal a channel is; -1: none. */
  private terminalOf(channel: number): number {
    const found = this.channels[channel];
    return found === undefined ? -1 : this.terminals.indexOf(found);
  }

  private get when(): { step: number; time: number } {
    return { step: this.scheduler.steps, time: this.scheduler.now };
  }

  /** None while the node is not there to answer. */
  private startSession(argv: string[], descriptors: readonly (HostInput | HostOutput)[]): Process | null {
    const init = this.kernel.processes.get(1);
    if (init === undefined) return null;
    const root = this.kernel.rootLocation(this.kernel.initialNamespaces.mnt);
    const process = this.kernel.newProcess({
      parent: init,
      comm: 'sshd',
      argv,
      env: [],
      cwd: root,
      root,
      credentials: rootCredentials(),
      namespaces: this.kernel.initialNamespaces,
      pidNamespace: this.kernel.rootPidNamespace,
      cgroup: this.kernel.rootCgroup,
      span: 0,
    });
    process.sessionLeader = process.pid;
    process.processGroup = process.pid;
    descriptors.forEach((file, fd) => {
      file.references++;
      process.descriptors.set(fd, file);
    });
    const { pid, rssBytes } = process;
    this.kernel.emit(0, 1, {
      kind: 'process.fork',
      child: pid,
      ppid: 1,
      comm: 'sshd',
      layer: 'client',
      argv,
      rssBytes,
    });
    this.kernel.emit(0, 1, { kind: 'cgroup.attach', path: process.cgroup.path, target: pid });
    this.kernel.runMain(process, (ctx) =>
      ctx.sys.execve(ctx, '/usr/lib/openssh/sshd-session', argv, ['PATH=/usr/bin:/bin']),
    );
    return process;
  }

  /** One more terminal, of a machine that may be in the middle of a step. */
  openAnother(size: { columns: number; rows: number }, opened: (port: TerminalPort) => void): void {
    this.scheduler.betweenSteps(() => opened(this.openTerminal(size)));
  }

  /** A login on a new terminal, as over ssh. */
  openTerminal(size: { columns: number; rows: number }): TerminalPort {
    this.log({ kind: 'open-terminal', ...size, ...this.when }, 'terminal', 0);
    return this.attachTerminal(size);
  }

  private attachTerminal(size: { columns: number; rows: number }): TerminalPort {
    const listeners: ((bytes: Uint8Array) => void)[] = [];
    const written: ((fd: number, bytes: Uint8Array) => void)[] = [];
    const show = (bytes: Uint8Array): void => {
      for (const listener of listeners) listener(bytes);
    };
    let { columns, rows } = size;
    const channel = this.openChannel(
      () => {
        const input = new HostInput(this.scheduler, 'wire:in');
        const control = new HostInput(this.scheduler, 'wire:control');
        const output = new HostOutput('wire:out', show);
        const process = this.startSession(
          ['sshd-session', 'tty', String(this.nextSession++), String(columns), String(rows)],
          [input, output, output, control],
        );
        if (process !== null) this.writers.set(process, written);
        return { input, control, outputs: [output], process };
      },
      (what) =>
        show(new TextEncoder().encode(what === 'off' ? SWITCHED_OFF : `${CLOSED}\r\nConnection to node-1 closed.\r\n`)),
    );
    const number = this.channels.indexOf(channel);
    const decoder = new TextDecoder();
    const machine = this;
    return {
      number: this.terminals.push(channel) - 1,
      write: (bytes) => {
        const text = decoder.decode(bytes, { stream: true });
        if (text === '') return;
        this.take({ kind: 'keys', channel: number, text }, 'keys', bytes.length);
      },
      end: () => this.take({ kind: 'end', channel: number }, 'end', 0),
      onData: (listener) => void listeners.push(listener),
      onWrite: (listener) => void written.push(listener),
      resize: (c, r) => {
        [columns, rows] = [c, r];
        this.take({ kind: 'resize', channel: number, columns: c, rows: r }, 'resize', 0);
      },
      get closed() {
        return machine.isClosed(channel);
      },
    };
  }

  /** A client's connection, made again when the node has gone down and come back; `tell` says so at its end. */
  private openChannel(logIn: () => Omit<Channel, 'lost' | 'ended'>, tell: (what: 'lost' | 'off') => void): Channel {
    const channel: Channel = { ...logIn(), lost: false, ended: false };
    this.channels.push(channel);
    this.scheduler.go(this.client, 'ssh', async () => {
      for (;;) {
        const { process } = channel;
        if (process?.alive === true) await process.exited.wait();
        if (!this.power.away || channel.ended) {
          if (!this.power.away && this.terminals.includes(channel)) endCommandOfTheDead(this.trace, this.kernel);
          return;
        }
        channel.lost = true;
        if (process !== null) {
          for (const output of channel.outputs) output.hangUp();
          endCommands(this.trace);
          tell('lost');
        }
        while (this.power.away) {
          if (this.power.off) tell('off');
          await this.power.changed.wait();
          if (!channel.ended) continue;
          channel.lost = false;
          return;
        }
        Object.assign(channel, logIn());
        channel.lost = channel.process === null;
        if (channel.lost) await this.power.changed.wait();
      }
    });
    return channel;
  }

  private isClosed(channel: Channel): boolean {
    if (channel.ended) return true;
    return !channel.lost && channel.process !== null && !channel.process.alive && !this.power.away;
  }

  /** A shell without a terminal that is told commands and reports where each begins and ends. */
  openSession(): SessionPort {
    this.log({ kind: 'open-session', ...this.when }, 'session', 0);
    return this.attachSession();
  }

  private attachSession(): SessionPort {
    const listeners = {
      stdout: [] as ((b: Uint8Array) => void)[],
      stderr: [] as ((b: Uint8Array) => void)[],
      event: [] as ((e: SessionEvent) => void)[],
    };
    const output = (name: string, to: ((b: Uint8Array) => void)[]): HostOutput =>
      new HostOutput(name, (bytes) => {
        for (const listener of to) listener(bytes);
      });
    const tell = (event: SessionEvent): void => {
      for (const listener of listeners.event) listener(event);
    };
    const channel = this.openChannel(
      () => {
        let pendingText = '';
        const input = new HostInput(this.scheduler, 'pipe:in');
        const control = new HostOutput('pipe:control', (bytes) => {
          pendingText += new TextDecoder().decode(bytes);
          for (let end = pendingText.indexOf('\n'); end >= 0; end = pendingText.indexOf('\n')) {
            const event = JSON.parse(pendingText.slice(0, end)) as SessionEvent;
            pendingText = pendingText.slice(end + 1);
            tell(event);
          }
        });
        const argv = ['sshd-session', 'streams', String(this.nextSession++)];
        const outputs = [output('pipe:out', listeners.stdout), output('pipe:err', listeners.stderr), control];
        return { input, control: null, outputs, process: this.startSession(argv, [input, ...outputs]) };
      },
      (what) => {
        if (what === 'off') return;
        for (const listener of listeners.stderr) listener(new TextEncoder().encode(`${CLOSED}\n`));
        tell({ event: 'lost' });
      },
    );
    const number = this.channels.indexOf(channel);
    this.sessions[number] = listeners;
    const machine = this;
    return {
      write: (text) => {
        this.take({ kind: 'keys', channel: number, text }, 'session', new TextEncoder().encode(text).length);
      },
      end: () => {
        this.take({ kind: 'end', channel: number }, 'end', 0);
      },
      onStdout: (listener) => void listeners.stdout.push(listener),
      onStderr: (listener) => void listeners.stderr.push(listener),
      onEvent: (listener) => void listeners.event.push(listener),
      get pid() {
        return channel.process?.pid ?? 0;
      },
      get away() {
        return channel.lost || machine.power.away;
      },
      get awaited() {
        return channel.input.awaited;
      },
      get closed() {
        return machine.isClosed(channel);
      },
    };
  }

  /** Whether somebody listens at this path of the node. */
  hasSocket(path: string): boolean {
    const endpoint = inodeAt(this.kernel, path)?.endpoint;
    return endpoint instanceof Listener && endpoint.open;
  }

  /** A connection to one of the node's stream sockets, forwarded as sshd does it. */
  connect(target: SocketTarget): ConnectionPort {
    this.log({ kind: 'connect', target, ...this.when }, 'connect', 0);
    return this.attachConnection(target);
  }

  private attachConnection(target: SocketTarget): ConnectionPort {
    const listeners: ((bytes: Uint8Array) => void)[] = [];
    const input = new HostInput(this.scheduler, 'wire:in');
    const output = new HostOutput('wire:out', (bytes) => {
      for (const listener of listeners) listener(bytes);
    });
    output.limit(this.scheduler, OUTPUT_BYTES_MAX);
    const where = target.family === 'unix' ? [target.path] : [target.host, String(target.port)];
    const process = this.startSession(['sshd-session', 'forward', ...where], [input, output, output]);
    const channel =
      this.channels.push({ input, control: null, process, outputs: [output], lost: false, ended: false }) - 1;
    return {
      write: (bytes) => this.take({ kind: 'bytes', channel, text: latin1(bytes) }, 'socket', bytes.length),
      end: () => this.take({ kind: 'end', channel }, 'socket', 0),
      hangUp: () => this.take({ kind: 'hang-up', channel }, 'socket', 0),
      onData: (listener) => void listeners.push(listener),
      drained: () => {
        if (output.filling) this.take({ kind: 'drained', channel }, 'socket', 0);
      },
      get pendingBytes() {
        return input.pendingBytes;
      },
      get closed() {
        return process?.alive !== true;
      },
    };
  }

  /** A file that is copied to root's home, as sftp does it. `name` is one of a file there, without any directory. */
  upload(name: string, bytes: Uint8Array): UploadPort {
    const port: { state: UploadPort['state'] } = { state: 'going' };
    this.scheduler.betweenSteps(() => {
      const base64 = toBase64(bytes);
      this.log({ kind: 'upload', name, base64, ...this.when }, 'upload', base64.length);
      const process = this.attachUpload(name, bytes);
      if (process === null) port.state = 'lost';
      else
        this.scheduler.go(this.client, 'sftp', async () => {
          if (process.alive) await process.exited.wait();
          port.state = process.exitCode === 0 ? 'there' : 'lost';
        });
    });
    return port;
  }

  private attachUpload(name: string, bytes: Uint8Array): Process | null {
    const input = new HostInput(this.scheduler, 'wire:in');
    const output = new HostOutput('wire:out', () => {});
    input.push(bytes);
    input.end();
    return this.startSession(['sshd-session', 'sftp', String(this.nextSession++), name], [input, output, output]);
  }

  /** Logs and applies one thing that came in, never in the middle of a step: a replay could not find that place. */
  private take(input: ChannelInput, source: string, length: number): void {
    this.scheduler.betweenSteps(() => {
      this.log({ ...input, ...this.when }, source, length);
      this.apply(input);
    });
  }

  private apply(input: ChannelInput): void {
    const channel = this.channels[input.channel];
    if (channel === undefined) throw new Error(`input for channel ${input.channel}, which was never opened`);
    if (input.kind === 'end' && this.terminals.includes(channel)) channel.ended = true;
    // Nobody is at the other end; but a node that is off has a button.
    if (channel.lost && channel.process?.alive !== true) {
      if (input.kind === 'keys' && /[\r\n]/.test(input.text)) this.power.switchOn();
    } else if (input.kind === 'keys') channel.input.push(new TextEncoder().encode(input.text));
    else if (input.kind === 'bytes') channel.input.push(fromLatin1(input.text));
    else if (input.kind === 'drained') channel.outputs[0]?.drained();
    else if (input.kind === 'hang-up') {
      if (channel.process?.alive) this.kernel.deliver(channel.process, 'SIGKILL', null);
    } else if (input.kind === 'end') channel.input.end();
    else channel.control?.push(new TextEncoder().encode(`${input.columns} ${input.rows}\n`));
  }

  /** What the trace says of an input: as when it came in. */
  private sourceOf(input: LoggedInput): [source: string, length: number] {
    if (input.kind === 'bytes') return ['socket', input.text.length];
    if (input.kind === 'upload') return [input.kind, input.base64.length];
    if (!('channel' in input)) return [input.kind.replace('open-', ''), 0];
    const isTerminal = this.terminalOf(input.channel) >= 0;
    if (!isTerminal && this.sessions[input.channel] === undefined) return ['socket', 0];
    if (input.kind !== 'keys') return [input.kind, 0];
    const source = isTerminal ? 'keys' : 'session';
    return [source, new TextEncoder().encode(input.text).length];
  }

  savepoint(): Savepoint {
    if (this.options.mount !== undefined || this.options.forgetful === true || this.inputText > INPUT_TEXT_MAX)
      throw new Error('this history cannot be made again: it depends on more than its log holds');
    const files = Object.fromEntries(
      Object.entries(this.options.files ?? {}).map(([path, bytes]) => [path, hex(bytes)]),
    );
    return {
      format: 1,
      scenario: this.options.scenario,
      seed: this.seed,
      ...(this.options.readyWallTimeNs === undefined ? {} : { readyWallTimeNs: String(this.options.readyWallTimeNs) }),
      files,
      inputs: this.inputs.map((i) => ({ ...i })),
      time: this.now,
    };
  }

  /**
   * Makes the same history again, up to a virtual time `until` (default: the savepoint's own) or, if that is sooner, to the
   * end of the step in which event `untilSeq - 1` happens. What came in later is not in the new machine's log: whatever is
   * given to it then makes another history from here on. `onTerminal` has each terminal as it opens, so that nothing
   * printed on it is missed.
   */
  static async replay(
    savepoint: Savepoint,
    options: ReplayHooks & { until?: number; untilSeq?: number } = {},
  ): Promise<{ machine: Machine; terminals: TerminalPort[] }> {
    const replay = await Machine.replaying(savepoint, options);
    await replay.to(savepoint.inputs, options.until ?? savepoint.time, options.untilSeq);
    return replay;
  }

  /** The same in parts: nothing has been given again yet. */
  static async replaying(savepoint: Savepoint, hooks: ReplayHooks = {}): Promise<Replay> {
    const files = Object.fromEntries(Object.entries(savepoint.files).map(([path, text]) => [path, unhex(text)]));
    const { scenario, seed, readyWallTimeNs } = savepoint;
    const epoch = readyWallTimeNs === undefined ? {} : { readyWallTimeNs: BigInt(readyWallTimeNs) };
    return new Replay(await Machine.boot({ scenario, seed, files, ...epoch }, 'login'), hooks);
  }

  /** Gives an input of a savepoint again; the terminal, if it opened one. */
  again(input: LoggedInput): TerminalPort | null {
    this.log({ ...input }, ...this.sourceOf(input));
    if (input.kind === 'open-terminal') return this.attachTerminal(input);
    if (input.kind === 'open-session') this.attachSession();
    else if (input.kind === 'connect') this.attachConnection(input.target);
    else if (input.kind === 'upload') this.attachUpload(input.name, fromBase64(input.base64));
    else this.apply(input);
    return null;
  }
}

function byName(programs: readonly (Program | LazyProgram)[]): ProgramRegistry {
  const map = new Map<string, Program | LazyProgram>();
  for (const program of programs) {
    if (map.has(program.name)) throw new Error(`two programs are called ${program.name}`);
    map.set(program.name, program);
  }
  return map;
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
