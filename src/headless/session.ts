/** Types command lines into one shell session of a machine, and says what each wrote and how it ended. */
import type { Machine, SessionEvent, SessionPort } from '../machine/machine.ts';
import { splitCommands } from '../shell/parse.ts';

export type CommandOutcome = {
  command: string;
  stdout: string;
  stderr: string;
  exitCode: number;
  virtualMs: number;
};

/** Virtual time that a command line may take; then it gets Ctrl-C's signal, as a person would send it. */
export const COMMAND_NS_MAX = 3_600_000_000_000;
/** The same for one that computes rather than waits: resumptions of simulated programs. */
const COMMAND_STEPS_MAX = 10_000_000;
/** What ssh gives for a connection that was cut. */
const CONNECTION_LOST_EXIT = 255;
const SHUTDOWN_NS_MAX = 10_000_000_000;
const REBOOT_NS_MAX = 60_000_000_000;
/** A command that has read its input for so long and got nothing may be waiting for the next line: it is typed. */
const TYPE_AHEAD_NS = 20_000_000_000;
/** After the interrupt; a command that ignores that is killed. */
const INTERRUPT_GRACE_NS = 5_000_000_000;
const LOGOUT_NS_MAX = 5_000_000_000;

export type Listeners = {
  stdout?(bytes: Uint8Array): void;
  stderr?(bytes: Uint8Array): void;
  outcome?(outcome: CommandOutcome): void;
  /** Something a reader should know that no simulated program said. */
  notice?(text: string): void;
};

export class ScriptSession {
  private readonly machine: Machine;
  private port: SessionPort;
  private readonly listeners: Listeners;
  private readonly out: Uint8Array[] = [];
  private readonly err: Uint8Array[] = [];
  /** The process that carries the session, as sshd has one for each connection. */
  private pid: number;
  private started: { command: string; time: number } | null = null;
  private begun = false;
  /** The running command has used up its steps. */
  private exhausted = false;
  private readonly outcomes: CommandOutcome[] = [];

  constructor(machine: Machine, listeners: Listeners = {}) {
    this.machine = machine;
    this.listeners = listeners;
    ({ port: this.port, pid: this.pid } = this.login());
    machine.onDefect((report) => listeners.notice?.(`a defect of the simulation, please report it: ${report}`));
  }

  private login(): { port: SessionPort; pid: number } {
    const { machine, listeners } = this;
    const before = machine.trace.nextSeq;
    const port = machine.openSession();
    const fork = machine.trace.since(before).find((e) => e.kind === 'process.fork');
    port.onStdout((bytes) => {
      this.out.push(bytes);
      listeners.stdout?.(bytes);
    });
    port.onStderr((bytes) => {
      this.err.push(bytes);
      listeners.stderr?.(bytes);
    });
    port.onEvent((event) => this.onEvent(event));
    return { port, pid: fork?.kind === 'process.fork' ? fork.child : 0 };
  }

  /** After the node was rebooted one logs in again; false if it stays off. */
  private async loginAgain(): Promise<boolean> {
    const { machine } = this;
    if (this.started !== null)
      this.onEvent({ event: 'end', command: this.started.command, exitCode: CONNECTION_LOST_EXIT });
    const { kernel } = machine;
    // Sessions end before the machine does.
    await machine.advance({ horizon: machine.now + SHUTDOWN_NS_MAX, stopWhen: () => kernel.poweredOff !== null });
    if (kernel.poweredOff !== 'reset') return false;
    await machine.advance({ horizon: machine.now + REBOOT_NS_MAX, stopWhen: () => machine.canLogIn });
    await machine.advance({ horizon: machine.now + machine.scenario.readyNs - machine.kernel.uptimeNs });
    ({ port: this.port, pid: this.pid } = this.login());
    return true;
  }

  /** Runs a script to its end and logs out: one outcome for each complete command line. */
  async run(script: string): Promise<CommandOutcome[]> {
    const commands = splitCommands(script);
    for (const command of commands) {
      // One that still runs is not what is waited for.
      const target = this.outcomes.length + (this.started === null ? 1 : 2);
      this.port.write(`${command}\n`);
      const ended = (): boolean => this.outcomes.length >= target;
      // Not longer: the command may be waiting for the next line. What it does not read, the shell will.
      let waits = await this.until(ended, TYPE_AHEAD_NS);
      while (!waits && !this.port.closed && !this.port.awaited) {
        const running = this.started;
        if (running === null) break;
        waits = await this.until(
          () => ended() || this.port.awaited,
          Math.max(1, running.time + COMMAND_NS_MAX - this.machine.now),
        );
        if (!waits) await this.limit(running);
      }
      if (this.port.closed && !(await this.loginAgain())) break;
    }
    // Nothing more will be typed: whoever still reads sees the end, and at last the shell logs out.
    this.port.end();
    while (!this.port.closed) {
      if (this.started !== null) await this.limit(this.started);
      else if (!(await this.until(() => this.started !== null, LOGOUT_NS_MAX))) break;
    }
    if (this.started !== null) this.onEvent({ event: 'end', command: this.started.command, exitCode: this.exitCode() });
    return this.outcomes;
  }

  private async until(done: () => boolean, limitNs: number): Promise<boolean> {
    const { machine, port } = this;
    const { scheduler } = machine;
    const steps = scheduler.steps + COMMAND_STEPS_MAX;
    const stopWhen = (): boolean => done() || port.closed || scheduler.steps >= steps;
    await machine.advance({ horizon: machine.now + limitNs, stopWhen });
    if (scheduler.steps >= steps) this.exhausted = true;
    return done();
  }

  private async limit(running: { command: string; time: number }): Promise<void> {
    const left = running.time + COMMAND_NS_MAX - this.machine.now;
    if (left > 0 && !this.exhausted) {
      await this.until(() => this.started !== running, left);
      return;
    }
    const virtualSeconds = ((this.machine.now - running.time) / 1e9).toFixed(0);
    this.listeners.notice?.(`interrupted after ${virtualSeconds} s of virtual time: ${running.command}`);
    this.exhausted = false;
    for (const signal of ['SIGINT', 'SIGKILL'] as const) {
      this.signalSession(signal);
      if (await this.until(() => this.started !== running, INTERRUPT_GRACE_NS)) return;
      if (this.port.closed) return;
    }
  }

  /** What Ctrl-C sends to everything in the foreground; SIGKILL spares the shell itself. */
  private signalSession(signal: 'SIGINT' | 'SIGKILL'): void {
    const { kernel } = this.machine;
    const shell = [...kernel.processes.values()].find((p) => p.alive && p.parent?.pid === this.pid);
    if (shell === undefined) return;
    for (const process of [...kernel.processes.values()]) {
      if (!process.alive || process.processGroup !== shell.processGroup) continue;
      if (process !== shell || signal === 'SIGINT') kernel.deliver(process, signal, null);
    }
  }

  /** How the session itself ended: what an `exec` left behind. */
  private exitCode(): number {
    const exit = this.machine.trace.events.findLast((e) => e.kind === 'process.exit' && e.pid === this.pid);
    return exit?.kind === 'process.exit' ? exit.code : 1;
  }

  private onEvent(event: SessionEvent): void {
    if (event.event === 'start') {
      // What the login itself had to say belongs to no command.
      if (!this.begun) this.out.length = this.err.length = 0;
      this.begun = true;
      this.started = { command: event.command, time: this.machine.now };
      return;
    }
    const time = this.started?.time ?? this.machine.now;
    this.started = null;
    const outcome = {
      command: event.command,
      stdout: textOf(this.out),
      stderr: textOf(this.err),
      exitCode: event.exitCode,
      virtualMs: (this.machine.now - time) / 1e6,
    };
    this.outcomes.push(outcome);
    this.listeners.outcome?.(outcome);
  }
}

function textOf(parts: Uint8Array[]): string {
  const decoder = new TextDecoder();
  return (
    parts
      .splice(0)
      .map((bytes) => decoder.decode(bytes, { stream: true }))
      .join('') + decoder.decode()
  );
}
