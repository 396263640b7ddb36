/** A savepoint's history made again: as far as is asked for, and later further. */
import type { HostHooks } from '../sim/scheduler.ts';
import type { LoggedInput, Machine } from './machine.ts';
import type { TerminalPort } from './ports.ts';

export type ReplayHooks = {
  host?: HostHooks;
  onTerminal?: (port: TerminalPort, machine: Machine) => void;
  /** Before each input is given again: what came before it has taken place. */
  onInput?: (machine: Machine) => void;
};

export class Replay {
  readonly machine: Machine;
  readonly terminals: TerminalPort[] = [];
  private readonly hooks: ReplayHooks;
  private given = 0;

  constructor(machine: Machine, hooks: ReplayHooks) {
    this.machine = machine;
    this.hooks = hooks;
  }

  /**
   * On to virtual ns `until` or, if that is sooner, to the end of the step in which event `untilSeq - 1` happens. The
   * first of `inputs` are those of every call before.
   */
  async to(inputs: readonly LoggedInput[], until: number, untilSeq = Number.POSITIVE_INFINITY): Promise<void> {
    const { machine, hooks } = this;
    const host = hooks.host === undefined ? {} : { host: hooks.host };
    const reached = (): boolean => machine.trace.nextSeq >= untilSeq;
    const advance = (horizon: number, steps = Number.POSITIVE_INFINITY): Promise<unknown> =>
      machine.advance({ horizon, stopWhen: () => reached() || machine.scheduler.steps >= steps, ...host });
    for (let input = inputs[this.given]; input !== undefined; input = inputs[this.given]) {
      if (input.time > until || reached()) break;
      await advance(input.time, input.step);
      // Nothing happened between the last event and the input: only the clock went on.
      if (machine.now < input.time && !reached()) await advance(input.time);
      if (reached()) break;
      hooks.onInput?.(machine);
      this.given++;
      const port = machine.again(input);
      if (port === null) continue;
      this.terminals.push(port);
      hooks.onTerminal?.(port, machine);
    }
    if (machine.now < until && !reached()) await advance(until);
  }
}
