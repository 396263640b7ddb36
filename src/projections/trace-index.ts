/** What is looked up across the whole history rather than at one moment: commands, calls, spans, timeline bars. */
import type { Layer, RpcProtocol, SpanId, TraceEvent } from '../sim/trace.ts';
import { callFailed, callKey, isKernelEvent, isOutside, STANDING_NS, type Stratum, stratumOfCall } from './layers.ts';

export type PayloadRef = { readonly payload: number; readonly length: number; readonly type: string };

export type CallRecord = {
  readonly call: number;
  readonly protocol: RpcProtocol;
  readonly method: string;
  readonly address: string;
  readonly from: number;
  readonly to: number;
  readonly span: SpanId;
  readonly metadata: Readonly<Record<string, string>>;
  readonly stratum: Stratum;
  readonly startSeq: number;
  readonly startTime: number;
  readonly request: PayloadRef;
  endSeq: number | null;
  endTime: number | null;
  code: number;
  codeName: string;
  message: string;
  response: PayloadRef | null;
  readonly messages: (PayloadRef & { readonly seq: number; readonly from: number; readonly time: number })[];
};

export type SpanRecord = {
  readonly id: SpanId;
  readonly parent: SpanId;
  readonly name: string;
  readonly layer: Layer | null;
  readonly pid: number;
  readonly attributes: Readonly<Record<string, string>>;
  readonly startSeq: number;
  readonly startTime: number;
  endSeq: number | null;
  endTime: number | null;
  error: string | null;
  readonly children: SpanId[];
};

export type CommandRecord = {
  readonly command: number;
  readonly line: string;
  readonly span: SpanId;
  readonly startSeq: number;
  readonly startTime: number;
  endSeq: number | null;
  endTime: number | null;
  exitCode: number | null;
};

/** A bar on the timeline, in event numbers. */
export type Bar = { readonly stratum: Stratum; readonly from: number; readonly startTime: number; to: number | null };

const BARS_MAX = 20_000;
const FAILED_MAX = 4_000;

export class TraceIndex {
  readonly calls = new Map<number, CallRecord>();
  readonly spans = new Map<SpanId, SpanRecord>();
  readonly commands: CommandRecord[] = [];
  /** Spans that ended with an error, in the order in which they did. */
  readonly failed: SpanRecord[] = [];
  readonly bars: Bar[] = [];
  /** Strata that have had a bar: the tracks of the timeline. */
  readonly strata = new Set<Stratum>();
  private readonly kubelets = new Set<number>();
  private readonly barOfKubeletCall = new Map<number, Bar>();
  private readonly barOfProcess = new Map<number, Bar>();
  private readonly barOfSpan = new Map<number, Bar>();
  private readonly barOfCall = new Map<number, Bar>();
  private kernelBar: Bar | null = null;

  append(events: readonly TraceEvent[]): void {
    for (const event of events) this.add(event);
  }

  /** Is `span` the span `root` or beneath it? */
  within(span: SpanId, root: SpanId): boolean {
    for (let at = span, depth = 0; at !== 0 && depth < 256; depth++) {
      if (at === root) return true;
      at = this.spans.get(at)?.parent ?? 0;
    }
    return false;
  }

  withinAny(span: SpanId, roots: ReadonlySet<SpanId>): boolean {
    for (let at = span, depth = 0; at !== 0 && depth < 256; depth++) {
      if (roots.has(at)) return true;
      at = this.spans.get(at)?.parent ?? 0;
    }
    return false;
  }

  private add(event: TraceEvent): void {
    if (isOutside(event.pid)) return;
    if (isKernelEvent(event)) this.kernelTick(event);
    switch (event.kind) {
      case 'rpc.request':
        this.request(event);
        return;
      case 'rpc.response':
        this.response(event);
        return;
      case 'rpc.message':
        this.calls.get(callKey(event))?.messages.push({
          payload: event.payload,
          length: event.length,
          type: event.type,
          seq: event.seq,
          from: event.pid,
          time: event.time,
        });
        return;
      case 'span.start':
        this.spans.set(event.id, {
          id: event.id,
          parent: event.parent,
          name: event.name,
          layer: event.layer,
          pid: event.pid,
          attributes: event.attributes,
          startSeq: event.seq,
          startTime: event.time,
          endSeq: null,
          endTime: null,
          error: null,
          children: [],
        });
        this.spans.get(event.parent)?.children.push(event.id);
        if (event.layer === 'cri-runtime') this.barOfSpan.set(event.id, this.bar('cri-runtime', event));
        return;
      case 'span.end': {
        this.closeBar(this.barOfSpan, event.id, event);
        const span = this.spans.get(event.id);
        if (span !== undefined) {
          span.endSeq = event.seq;
          span.endTime = event.time;
          span.error = event.error ?? span.error;
          if (span.error !== null) this.fail(span);
        }
        return;
      }
      case 'command.start':
        this.commands.push({
          command: event.command,
          line: event.line,
          span: event.span,
          startSeq: event.seq,
          startTime: event.time,
          endSeq: null,
          endTime: null,
          exitCode: null,
        });
        return;
      case 'command.end': {
        const command = this.commands.findLast((c) => c.command === event.command);
        if (command !== undefined) {
          command.endSeq = event.seq;
          command.endTime = event.time;
          command.exitCode = event.exitCode;
        }
        return;
      }
      case 'process.exec': {
        this.closeBar(this.barOfProcess, event.pid, event);
        if (event.layer === 'kubelet') this.kubelets.add(event.pid);
        if (event.layer === 'shim' || event.layer === 'oci-runtime' || event.layer === 'workload') {
          const bar = this.bar(event.layer, event);
          this.barOfProcess.set(event.pid, bar);
          // What lives long is drawn where it began: a bar to the end of time would hide all others.
          if (event.layer !== 'oci-runtime') bar.to = event.seq + 1;
        }
        return;
      }
      case 'process.exit':
        this.closeBar(this.barOfProcess, event.pid, event);
        return;
      default:
    }
  }

  private request(event: TraceEvent & { kind: 'rpc.request' }): void {
    const stratum = stratumOfCall(event.protocol, event.method, event.address);
    this.calls.set(callKey(event), {
      call: callKey(event),
      protocol: event.protocol,
      method: event.method,
      address: event.address,
      from: event.pid,
      to: event.to,
      span: event.span,
      metadata: event.metadata,
      stratum,
      startSeq: event.seq,
      startTime: event.time,
      request: { payload: event.payload, length: event.length, type: event.type },
      endSeq: null,
      endTime: null,
      code: 0,
      codeName: '',
      message: '',
      response: null,
      messages: [],
    });
    this.barOfCall.set(callKey(event), this.bar(stratum, event));
    // Kubelet has nobody above it who calls: what it does shows in whom it calls.
    if (this.kubelets.has(event.pid)) this.barOfKubeletCall.set(callKey(event), this.bar('kubelet', event));
  }

  private response(event: TraceEvent & { kind: 'rpc.response' }): void {
    this.closeBar(this.barOfCall, callKey(event), event);
    this.closeBar(this.barOfKubeletCall, callKey(event), event);
    const call = this.calls.get(callKey(event));
    if (call === undefined) return;
    call.endSeq = event.seq;
    call.endTime = event.time;
    call.code = event.code;
    call.codeName = event.codeName;
    call.message = event.message;
    call.response = { payload: event.payload, length: event.length, type: event.type };
    if (callFailed(event.protocol, event.code) && event.message !== '') this.failCall(call, event);
  }

  /** What a call was answered with is what its span failed with. HTTP has none of its own: its requests are counted apart. */
  private failCall(call: CallRecord, { seq, time, message }: TraceEvent & { kind: 'rpc.response' }): void {
    const span = call.protocol === 'http' ? undefined : this.spans.get(call.call);
    if (span !== undefined) span.error ??= message;
    else
      this.fail({
        id: call.call,
        parent: call.span,
        name: call.method,
        layer: call.stratum,
        pid: call.to,
        attributes: {},
        startSeq: call.startSeq,
        startTime: call.startTime,
        endSeq: seq,
        endTime: time,
        error: message,
        children: [],
      });
  }

  private fail(span: SpanRecord): void {
    this.failed.push(span);
    if (this.failed.length > FAILED_MAX) this.failed.splice(0, FAILED_MAX >> 2);
  }

  private kernelTick(event: TraceEvent): void {
    const { seq } = event;
    if (this.kernelBar !== null && seq - (this.kernelBar.to ?? 0) < 8) this.kernelBar.to = seq + 1;
    else {
      this.kernelBar = this.bar('kernel', event);
      this.kernelBar.to = seq + 1;
    }
  }

  private bar(stratum: Stratum, { seq, time }: TraceEvent): Bar {
    const bar: Bar = { stratum, from: seq, startTime: time, to: null };
    this.strata.add(stratum);
    this.bars.push(bar);
    if (this.bars.length > BARS_MAX) this.bars.splice(0, BARS_MAX >> 2);
    return bar;
  }

  private closeBar(bars: Map<number, Bar>, key: number, { seq, time }: TraceEvent): void {
    const bar = bars.get(key);
    if (bar === undefined) return;
    if (bar.to === null) bar.to = time - bar.startTime > STANDING_NS ? bar.from + 1 : seq;
    bars.delete(key);
  }
}
