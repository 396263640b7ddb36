/**
 * The trace: an append-only list of what happened, the only thing observers see. Events are plain data (they cross
 * from the worker to the page); the bytes of RPC frames stay here and are fetched by `payload` number.
 */

import { Payloads } from './payloads.ts';
import { BLOCK_EVENTS, canPack, TraceBlock } from './trace-block.ts';

/** The eight strata of the drawing, top to bottom; `client` is whoever typed the command. */
export type Layer =
  | 'client'
  | 'control-plane'
  | 'kubelet'
  | 'cri'
  | 'cri-runtime'
  | 'shim'
  | 'oci-runtime'
  | 'workload'
  | 'kernel';

export type SpanId = number;

/**
 * Every kernel numbers its processes in a range of its own, so that a pid in the trace says whose process it is:
 * 0 is the node, 1 whatever is out on the network, 2 and on the guests (VMs, Sentries) as they are started. What a
 * kernel does of its own accord has the first number of its range. Paths, cgroups and namespace ids of different kernels
 * may look alike: they belong to the kernel of the event's pid.
 */
export const PIDS_PER_KERNEL = 10_000_000;
export const NODE_KERNEL = 0;
export const OUTSIDE_KERNEL = 1;

export function kernelOfPid(pid: number): number {
  return Math.floor(pid / PIDS_PER_KERNEL);
}

/** A network interface after what happened to it. `peer` is the far end of a veth pair; addresses are CIDR. */
export type LinkState = {
  readonly namespace: number;
  readonly name: string;
  readonly kind: string;
  readonly up: boolean;
  readonly mtu: number;
  readonly master: string | null;
  readonly peer: { readonly namespace: number; readonly name: string } | null;
  readonly addresses: readonly string[];
};

export type RpcProtocol = 'grpc' | 'ttrpc' | 'http' | 'cni' | 'systemd' | 'lisafs';

/** What each kind of event carries. Times are virtual ns since boot; pids are those of the kernel's root pid namespace, in its range. */
export type TraceEventData =
  /** A piece of work with a beginning and an end; spans of one command form its causal tree. */
  | {
      kind: 'span.start';
      id: SpanId;
      parent: SpanId;
      name: string;
      layer: Layer | null;
      attributes: Record<string, string>;
    }
  | { kind: 'span.end'; id: SpanId; error: string | null }
  | {
      kind: 'process.fork';
      child: number;
      ppid: number;
      comm: string;
      layer: Layer | null;
      argv: readonly string[];
      rssBytes: number;
      /** Its number in a pid namespace that is not its kernel's first; one that it is the first of, it joins later. */
      inside?: number;
    }
  | { kind: 'process.exec'; path: string; argv: readonly string[]; comm: string; layer: Layer | null; program: string }
  | { kind: 'process.comm'; comm: string }
  /** Its resident memory has changed; a cgroup's memory.current is the sum over the processes in and below it. */
  /** `fileBytes` of it are mapped from files and counted to no cgroup. */
  | { kind: 'process.memory'; rssBytes: number; fileBytes?: number }
  /** How many threads it has, which pids.current counts; a fork begins with one, and a zombie is left with one. */
  | { kind: 'process.threads'; count: number }
  | { kind: 'process.reparent'; child: number; ppid: number }
  | { kind: 'process.exit'; code: number; signal: string | null }
  | { kind: 'process.reap'; child: number }
  | { kind: 'process.stop'; stopped: boolean }
  | { kind: 'signal.send'; to: number; signal: string }
  /** `call` pairs a request with its response; `payload` numbers are for `Trace.payload`. `type` names the message. */
  | {
      kind: 'rpc.request';
      call: number;
      protocol: RpcProtocol;
      method: string;
      address: string;
      to: number;
      metadata: Record<string, string>;
      payload: number;
      length: number;
      type: string;
    }
  | {
      kind: 'rpc.response';
      call: number;
      protocol: RpcProtocol;
      method: string;
      to: number;
      code: number;
      codeName: string;
      message: string;
      payload: number;
      length: number;
      type: string;
    }
  /** One message of a stream, in either direction. */
  | {
      kind: 'rpc.message';
      call: number;
      protocol: RpcProtocol;
      method: string;
      to: number;
      payload: number;
      length: number;
      type: string;
    }
  | { kind: 'socket.listen'; address: string }
  | { kind: 'socket.close'; address: string }
  | { kind: 'socket.connect'; address: string; to: number }
  | { kind: 'mount'; namespace: number; source: string; target: string; fstype: string; options: string }
  | { kind: 'umount'; namespace: number; target: string }
  /**
   * Every mount that is there, by its id: made by a call of mount(2), by propagation, or moved (it is then attached again).
   * `parent` is null for the root of the namespace; `at` is the place within the parent.
   */
  | {
      kind: 'mount.attach';
      id: number;
      namespace: number;
      parent: number | null;
      at: string;
      source: string;
      fstype: string;
      options: string;
    }
  | { kind: 'mount.detach'; namespace: number; ids: readonly number[] }
  /** A new namespace begins with copies of another's mounts: ids of originals and copies. */
  /** Copies have ids one after the other, from `first` on. */
  | { kind: 'mount.copy'; namespace: number; copied: readonly number[]; first: number }
  /** The last process has left the namespace; should somebody enter it again, its mounts are attached again. */
  | { kind: 'mount.forget'; namespace: number }
  | { kind: 'namespace.new'; type: string; id: number }
  | { kind: 'namespace.join'; type: string; id: number }
  | { kind: 'cgroup.create'; path: string }
  | { kind: 'cgroup.remove'; path: string }
  | { kind: 'cgroup.attach'; path: string; target: number }
  | { kind: 'cgroup.write'; path: string; file: string; value: string }
  /** What files in memory take that processes of this very cgroup wrote, or of one below that is gone. */
  | { kind: 'cgroup.shmem'; path: string; bytes: number }
  | { kind: 'file.create'; path: string; type: string }
  | { kind: 'file.write'; path: string; length: number }
  | { kind: 'file.unlink'; path: string }
  | { kind: 'file.rename'; path: string; to: string }
  /** `namespace` and `name` are those it had before; `link` is null when it has gone. */
  | { kind: 'net.link'; namespace: number; name: string; op: string; detail: string; link: LinkState | null }
  | { kind: 'net.address'; namespace: number; name: string; address: string }
  /**
   * A rule of destination NAT was added, for the address `host` or with '' for any of the machine's own; or all rules with
   * this comment were deleted, and `to` is empty.
   */
  | {
      kind: 'net.nat';
      namespace: number;
      op: 'add' | 'delete';
      comment: string;
      host: string;
      port: number;
      to: string;
    }
  | { kind: 'net.connect'; namespace: number; from: string; address: string; result: string }
  | { kind: 'log'; source: string; text: string }
  /** A program was asked for something that is there in reality and is not simulated: what it said of it. */
  | { kind: 'refusal'; what: string }
  /**
   * A long-running program's own state changed: `value` null means removed. Keys are the real nouns; `scope` is what else
   * tells two of them apart (the containerd namespace of a record).
   */
  | {
      kind: 'state';
      component: string;
      topic: string;
      key: string;
      scope?: string;
      value: Record<string, unknown> | null;
    }
  /** A complete command line began / ended in the learner's shell. */
  | { kind: 'command.start'; command: number; line: string }
  | { kind: 'command.end'; command: number; exitCode: number }
  /** `terminal`: what came in on one, by its number. */
  | { kind: 'input'; source: string; length: number; terminal?: number };

export type TraceEvent = { seq: number; time: number; span: SpanId; pid: number } & TraceEventData;

export type TraceEventKind = TraceEventData['kind'];

/** What happened last is wanted soon; what came before is packed. */
const LOOSE_EVENTS_MAX = 2 * BLOCK_EVENTS;
const EVENTS_MAX = 2_000_000;
const PAYLOAD_BYTES_MAX = 256 * 1024 * 1024;

/** The number of every frame where none is kept. */
const FORGOTTEN = -1;
const NO_ATTRIBUTES: Record<string, string> = {};

export class Trace {
  private eventsMax = EVENTS_MAX;
  private payloadBytesMax = PAYLOAD_BYTES_MAX;
  /** Sequence number of the oldest event kept; grows when the oldest are evicted. */
  firstSeq = 0;
  // What every event has lies in columns beside the data: emitting is on every program's path, reading is not.
  private data: TraceEventData[] = [];
  private times: number[] = [];
  private spans: SpanId[] = [];
  private pids: number[] = [];
  /** What came before that, oldest first; `blocksSkipped` events at the very beginning have been evicted. */
  private readonly blocks: TraceBlock[] = [];
  private blocksSkipped = 0;
  /** Of the oldest event that lies in the columns. */
  private looseSeq = 0;
  /** With so many in the columns, packing is tried. */
  private packAt = LOOSE_EVENTS_MAX;
  private unpacked: { readonly block: TraceBlock; readonly events: readonly TraceEvent[] } | null = null;
  private whole: TraceEvent[] = [];
  private readonly payloads = new Payloads();
  private nextSpan = 1;
  private nextCall = 1;
  private nextKernel = OUTSIDE_KERNEL + 1;
  private hash = 0x811c9dc5;
  private readonly clock: { readonly now: number };

  constructor(clock: { readonly now: number }) {
    this.clock = clock;
  }

  /** The trace keeps `data`: the caller must not change it afterwards. */
  emit(span: SpanId, pid: number, data: TraceEventData): void {
    this.data.push(data);
    this.times.push(this.clock.now);
    this.spans.push(span);
    this.pids.push(pid);
    if (this.data.length >= this.packAt) this.pack();
    if (this.nextSeq - this.firstSeq > this.eventsMax) this.evict();
  }

  /** Everything kept, oldest first. */
  get events(): readonly TraceEvent[] {
    for (const event of this.from(this.firstSeq + this.whole.length)) this.whole.push(event);
    return this.whole;
  }

  /** The newest event that is so. */
  findLast(wanted: (event: TraceEvent) => boolean): TraceEvent | undefined {
    for (let i = this.data.length - 1; i >= 0; i--) {
      const event = this.looseAt(i);
      if (wanted(event)) return event;
    }
    for (let b = this.blocks.length - 1; b >= 0; b--) {
      const events = this.blockEvents(this.blocks[b] as TraceBlock);
      const found = events.findLast((event) => event.seq >= this.firstSeq && wanted(event));
      if (found !== undefined) return found;
    }
    return undefined;
  }

  private *from(seq: number): Generator<TraceEvent> {
    const first = Math.max(seq, this.firstSeq);
    let blockSeq = this.firstSeq - this.blocksSkipped;
    for (const block of this.blocks) {
      if (blockSeq + block.length > first)
        for (const event of this.blockEvents(block)) if (event.seq >= first) yield event;
      blockSeq += block.length;
    }
    for (let i = Math.max(0, first - this.looseSeq); i < this.data.length; i++) yield this.looseAt(i);
  }

  /** Whoever reads block after block reads in parts: the last one is kept. */
  private blockEvents(block: TraceBlock): readonly TraceEvent[] {
    if (this.unpacked?.block !== block) this.unpacked = { block, events: block.events() };
    return this.unpacked.events;
  }

  private looseAt(i: number): TraceEvent {
    return {
      seq: this.looseSeq + i,
      time: this.times[i] as number,
      span: this.spans[i] as SpanId,
      pid: this.pids[i] as number,
      ...(this.data[i] as TraceEventData),
    };
  }

  startSpan(
    parent: SpanId,
    pid: number,
    name: string,
    layer: Layer | null,
    attributes: Record<string, string> = NO_ATTRIBUTES,
  ): SpanId {
    const id = this.nextSpan++;
    this.emit(parent, pid, { kind: 'span.start', id, parent, name, layer, attributes });
    return id;
  }

  endSpan(id: SpanId, pid: number, error: string | null = null): void {
    this.emit(id, pid, { kind: 'span.end', id, error });
  }

  /** A number for another kernel, of a guest or of another machine: the range of its pids. */
  newKernel(): number {
    return this.nextKernel++;
  }

  newCall(): number {
    return this.nextCall++;
  }

  /** Keeps the bytes of a frame; returns its number. */
  keepPayload(bytes: Uint8Array): number {
    if (bytes.length === 0) return 0;
    return this.payloadBytesMax === 0 ? FORGOTTEN : this.payloads.keep(bytes, this.payloadBytesMax);
  }

  /** Null if it is not kept any more. */
  payload(id: number): Uint8Array | null {
    return id === 0 ? new Uint8Array(0) : this.payloads.get(id);
  }

  /** Keeps less of the past than usual. */
  limit(eventsMax: number, payloadBytesMax: number): void {
    this.eventsMax = eventsMax;
    this.payloadBytesMax = payloadBytesMax;
  }

  /** From `seq` on, oldest first; `max` of them. */
  since(seq: number, max = Number.POSITIVE_INFINITY): TraceEvent[] {
    const out: TraceEvent[] = [];
    if (seq >= this.nextSeq) return out;
    for (const event of this.from(seq)) {
      if (out.length >= max) break;
      out.push(event);
    }
    return out;
  }

  get nextSeq(): number {
    return this.looseSeq + this.data.length;
  }

  /** Order-sensitive hash of everything traced so far: two runs are the same history if it is equal. */
  digest(): string {
    let h = this.hash;
    const mix = (text: string): void => {
      for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
    };
    for (const event of this.events) mix(JSON.stringify(event));
    for (const b of this.payloads.bytes()) h = Math.imul(h ^ b, 0x01000193);
    return (h >>> 0).toString(16).padStart(8, '0');
  }

  private pack(): void {
    this.packAt = this.data.length + BLOCK_EVENTS;
    if (!canPack()) return;
    while (this.data.length >= LOOSE_EVENTS_MAX) this.packOldest();
    this.packAt = LOOSE_EVENTS_MAX;
  }

  private packOldest(): void {
    const columns = [this.times, this.spans, this.pids] as const;
    const [times, spans, pids] = columns.map((column) => column.splice(0, BLOCK_EVENTS)) as [
      number[],
      number[],
      number[],
    ];
    this.blocks.push(new TraceBlock(this.looseSeq, times, spans, pids, this.data.splice(0, BLOCK_EVENTS)));
    this.looseSeq += BLOCK_EVENTS;
  }

  /** The oldest quarter. */
  private evict(): void {
    let left = (this.nextSeq - this.firstSeq) >> 2;
    this.whole.splice(0, left);
    this.firstSeq += left;
    while (left > 0) {
      const block = this.blocks[0];
      if (block === undefined) break;
      const end = Math.min(block.length, this.blocksSkipped + left);
      for (let i = this.blocksSkipped; i < end; i++) this.mixTime(block.timeAt(i));
      left -= end - this.blocksSkipped;
      this.blocksSkipped = end;
      if (end < block.length) return;
      this.blocks.shift();
      this.blocksSkipped = 0;
    }
    for (let i = 0; i < left; i++) this.mixTime(this.times[i] as number);
    for (const column of [this.data, this.times, this.spans, this.pids]) column.splice(0, left);
    this.looseSeq += left;
  }

  private mixTime(time: number): void {
    this.hash = Math.imul(this.hash ^ time, 0x01000193);
  }
}
