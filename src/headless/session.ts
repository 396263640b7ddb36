/** Types command lines into one shell session of a machine, and says what each wrote and how it ended. */

import type { Process } from '../linux/process.ts';
import type { Machine } from '../machine/machine.ts';
import type { SessionEvent, SessionPort } from '../machine/ports.ts';
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
/** A command that has read its input for so long and got nothing may be waiting for the next line: it is typed. */
const TYPE_AHEAD_NS = 20_000_000_000;
/** After the interrupt; a command that ignores that is killed. */
const INTERRUPT_GRACE_NS = 5_000_000_000;
/** ssh's own exit code. */
const LOST_EXIT_CODE = 255;
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
  private readonly port: SessionPort;
  private readonly listeners: Listeners;
  private readonly out: Uint8Array[] = [];
  private readonly err: Uint8Array[] = [];
  /** `late`: when the node was on its way down already. */
  private started: { command: string; time: number; late: boolean } | null = null;
  /** How often the connection was lost. */
  private lost = 0;
  private begun = false;
  private commands: readonly string[] = [];
  /** Which of them is typed next, and which come after the last that was begun. */
  private next = 0;
  private startedCount = 0;
  /** The running command has used up its steps. */
  private exhausted = false;
  private readonly outcomes: CommandOutcome[] = [];

  constructor(machine: Machine, listeners: Listeners = {}) {
    this.machine = machine;
    this.listeners = listeners;
    this.port = machine.openSession();
    this.port.onStdout((bytes) => {
      this.out.push(bytes);
      listeners.stdout?.(bytes);
    });
    this.port.onStderr((bytes) => {
      this.err.push(bytes);
      listeners.stderr?.(bytes);
    });
    this.port.onEvent((event) => this.onEvent(event));
    machine.onDefect((report) => listeners.notice?.(`a defect of the simulation, please report it: ${report}`));
  }

  /** Runs a script to its end and logs out: one outcome for each complete command line. */
  async run(script: string): Promise<CommandOutcome[]> {
    this.commands = splitCommands(script);
    do {
      await this.typeAll();
      // Nothing more will be typed: whoever still reads sees the end, and at last the shell logs out.
      this.port.end();
      while (!this.port.closed && !this.port.away) {
        if (this.started !== null) await this.limit(this.started);
        else if (!(await this.until(() => this.started !== null, LOGOUT_NS_MAX))) break;
      }
      // Unless the node goes down under it: then the rest is typed when it is back.
      if (this.port.away) await this.machine.untilBack(this.port);
    } while (!this.port.closed && this.next < this.commands.length);
    if (this.started !== null) this.onEvent({ event: 'end', command: this.started.command, exitCode: this.exitCode() });
    return this.outcomes;
  }

  private async typeAll(): Promise<void> {
    while (this.next < this.commands.length) {
      const reachable = await this.machine.untilBack(this.port);
      const command = this.commands[this.next++] as string;
      if (!reachable) {
        this.unreachable(command);
        continue;
      }
      // One that still runs is not what is waited for.
      const target = this.outcomes.length + (this.started === null ? 1 : 2);
      this.port.write(`${command}\n`);
      await this.typeAhead(() => this.outcomes.length >= target);
      if (this.port.closed) return;
    }
  }

  /** Waits for the line's end, but no longer than until it may be waiting for the next. What it does not read, the shell will. */
  private async typeAhead(ended: () => boolean): Promise<void> {
    const { lost, port } = this;
    let waits = await this.until(ended, TYPE_AHEAD_NS);
    while (!waits && !port.closed && this.lost === lost && !port.awaited) {
      const running = this.started;
      if (running === null) return;
      waits = await this.until(
        () => ended() || port.awaited,
        Math.max(1, running.time + COMMAND_NS_MAX - this.machine.now),
      );
      if (!waits && this.lost === lost) await this.limit(running);
    }
  }

  private async until(done: () => boolean, limitNs: number): Promise<boolean> {
    const { machine, port } = this;
    const { scheduler } = machine;
    const steps = scheduler.steps + COMMAND_STEPS_MAX;
    const { lost } = this;
    const stopWhen = (): boolean => scheduler.steps >= steps || this.lost !== lost || done() || port.closed;
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
    const shell = [...kernel.processes.values()].find((p) => p.alive && p.parent?.pid === this.port.pid);
    if (shell === undefined) return;
    for (const process of [...kernel.processes.values()]) {
      // Some put what they run into a group of its own.
      const isMeant = signal === 'SIGINT' ? process.processGroup === shell.processGroup : isBelow(process, shell);
      if (!process.alive || !isMeant) continue;
      if (process !== shell || signal === 'SIGINT') kernel.deliver(process, signal, null);
    }
  }

  /** How the session itself ended: what an `exec` left behind. */
  private exitCode(): number {
    const exit = this.machine.trace.findLast((e) => e.kind === 'process.exit' && e.pid === this.port.pid);
    return exit?.kind === 'process.exit' ? exit.code : 1;
  }

  /** What a client says when it gets no answer. */
  private unreachable(command: string): void {
    const text = new TextEncoder().encode('ssh: connect to host node-1 port 22: No route to host\n');
    this.err.push(text);
    this.listeners.stderr?.(text);
    this.started = { command, time: this.machine.now, late: false };
    this.onEvent({ event: 'end', command, exitCode: LOST_EXIT_CODE });
  }

  private onEvent(event: SessionEvent): void {
    if (event.event === 'lost') {
      this.lost++;
      const { started } = this;
      // What was typed ahead is lost, whether the shell had come to it or not; it is typed again.
      this.next = this.startedCount;
      if (started?.late) this.next--;
      else if (started !== null) this.onEvent({ event: 'end', command: started.command, exitCode: LOST_EXIT_CODE });
      this.started = null;
      // What the client says and what the next login says belongs to no command.
      this.begun = false;
      this.out.length = this.err.length = 0;
      return;
    }
    if (event.event === 'start') {
      // What the login itself had to say belongs to no command.
      if (!this.begun) this.out.length = this.err.length = 0;
      this.begun = true;
      this.started = { command: event.command, time: this.machine.now, late: this.port.away };
      const at = this.commands.findIndex((one, i) => i >= this.startedCount && one.trim() === event.command.trim());
      if (at >= 0) this.startedCount = at + 1;
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

function isBelow(process: Process, ancestor: Process): boolean {
  for (let at: Process | null = process; at !== null; at = at.parent) if (at === ancestor) return true;
  return false;
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
