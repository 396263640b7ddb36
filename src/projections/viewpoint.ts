/**
 * One node of several as if it were alone: what happens on the others is turned into what happens outside, and its own
 * processes have the numbers that its own kernel gives them.
 */
import { kernelOfPid, NODE_KERNEL, OUTSIDE_KERNEL, PIDS_PER_KERNEL, type TraceEvent } from '../sim/trace.ts';

export type SeenNode = {
  /** Of its kernel. */
  readonly number: number;
  /** Host name. */
  readonly name: string;
};

/** Outside, each other machine has a stretch of numbers. */
const PIDS_PER_STRANGER = 100_000;

export class Viewpoint {
  readonly number: number;
  /** In the order in which they were switched on. */
  readonly nodes: SeenNode[] = [];
  /** The machine that a kernel is on: guests by their carriers. */
  private readonly machines = new Map<number, number>();

  constructor(number: number = NODE_KERNEL) {
    this.number = number;
  }

  machineOf(pid: number): number {
    const kernel = kernelOfPid(pid);
    return this.machines.get(kernel) ?? kernel;
  }

  /** To be called for every event once, in order. */
  see(event: TraceEvent): TraceEvent {
    if (event.kind === 'state' && event.component === 'kernel') this.learn(event);
    if (this.number === NODE_KERNEL && this.nodes.length < 2) return event;
    switch (event.kind) {
      case 'command.start':
      case 'command.end':
      case 'input':
        return this.isHere(event.pid) ? this.moved(event) : { ...event, pid: 0 };
      case 'span.start':
        return this.isHere(event.pid) ? this.moved(event) : { ...event, pid: 0, layer: null };
      case 'span.end':
        return this.isHere(event.pid) ? this.moved(event) : { ...event, pid: 0 };
      default:
        return this.moved(event);
    }
  }

  private learn(event: TraceEvent & { kind: 'state' }): void {
    const kernel = kernelOfPid(event.pid);
    if (event.topic === 'kernel') {
      this.machines.set(kernel, kernel);
      if (!this.nodes.some((node) => node.number === kernel)) this.nodes.push({ number: kernel, name: event.key });
    } else if (event.topic === 'guest' && event.value !== null)
      this.machines.set(Number(event.value.number), this.machineOf(event.pid));
  }

  private isHere(pid: number): boolean {
    return this.machineOf(pid) === this.number;
  }

  private moved(event: TraceEvent): TraceEvent {
    const pid = this.pid(event.pid);
    switch (event.kind) {
      case 'process.fork':
      case 'process.reparent':
        // Init has no parent.
        return { ...event, pid, child: this.pid(event.child), ppid: event.ppid === 0 ? 0 : this.pid(event.ppid) };
      case 'process.reap':
        return { ...event, pid, child: this.pid(event.child) };
      case 'cgroup.attach':
        return { ...event, pid, target: this.pid(event.target) };
      case 'signal.send':
      case 'rpc.request':
      case 'rpc.response':
      case 'rpc.message':
      case 'socket.connect':
        return { ...event, pid, to: this.pid(event.to) };
      case 'state':
        return event.component === 'kernel' && event.topic === 'guest' && event.value !== null
          ? { ...event, pid, value: { ...event.value, carrier: this.pid(Number(event.value.carrier)) } }
          : { ...event, pid };
      default:
        return pid === event.pid ? event : { ...event, pid };
    }
  }

  /** The machine's own number of a process that is seen by this one; null for what another machine runs. */
  machinePid(pid: number): number | null {
    const kernel = kernelOfPid(pid);
    if (kernel === OUTSIDE_KERNEL) return null;
    return kernel === NODE_KERNEL ? this.number * PIDS_PER_KERNEL + pid : pid;
  }

  private pid(pid: number): number {
    const kernel = kernelOfPid(pid);
    if (kernel === OUTSIDE_KERNEL) return pid;
    if (kernel === this.number) return pid % PIDS_PER_KERNEL;
    if (this.isHere(pid)) return pid;
    return OUTSIDE_KERNEL * PIDS_PER_KERNEL + (kernel + 1) * PIDS_PER_STRANGER + (pid % PIDS_PER_STRANGER);
  }
}
