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
/** After this long the next line is typed all the same: the command may be waiting for it. */
const TYPE_AHEAD_NS = 5_000_000_000;
/** After the interrupt. A command that ignores that, too, is killed. */
const INTERRUPT_GRACE_NS = 5_000_000_000;

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
  private started: { command: string; time: number } | null = null;
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
  }

  /** Runs a script to its end: one outcome for each complete command line. */
  async run(script: string): Promise<CommandOutcome[]> {
    const first = this.outcomes.length;
    const commands = splitCommands(script);
    for (const [i, command] of commands.entries()) {
      const target = this.outcomes.length + 1;
      this.port.write(`${command}\n`);
      // Type ahead for a while: what the command does not read, the shell will.
      await this.until(() => this.outcomes.length >= target, i + 1 < commands.length ? TYPE_AHEAD_NS : COMMAND_NS_MAX);
      if (this.port.closed) break;
    }
    while (!this.port.closed && this.started !== null) await this.limit();
    return this.outcomes.slice(first);
  }

  /** No more input: whoever still reads sees the end, and the shell logs out. */
  async end(): Promise<void> {
    if (this.port.closed) return;
    this.port.end();
    await this.until(() => this.port.closed, INTERRUPT_GRACE_NS);
  }

  private async until(done: () => boolean, limitNs: number): Promise<void> {
    const { machine, port } = this;
    await machine.advance({ horizon: machine.now + limitNs, stopWhen: () => done() || port.closed });
  }

  private async limit(): Promise<void> {
    const running = this.started;
    if (running === null) return;
    const left = running.time + COMMAND_NS_MAX - this.machine.now;
    if (left > 0) await this.until(() => this.started !== running, left);
    if (this.started !== running || this.port.closed) return;
    this.listeners.notice?.(`interrupted after ${COMMAND_NS_MAX / 1e9} s of virtual time: ${running.command}`);
    interruptSession(this.machine);
    await this.until(() => this.started !== running, INTERRUPT_GRACE_NS);
  }

  private onEvent(event: SessionEvent): void {
    if (event.event === 'start') {
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
  return parts.splice(0).map((bytes) => decoder.decode(bytes, { stream: true })).join('') + decoder.decode();
}
