/**
 * A stretch of the trace that has become old, kept small: what happened as deflated JSON, when and to whom in columns.
 * Hardly anybody reads it again, and as objects it is ten times as large.
 */
import type { SpanId, TraceEvent, TraceEventData } from './trace.ts';

export const BLOCK_EVENTS = 2048;

export type Codec = { packText(text: string): Uint8Array; unpackText(packed: Uint8Array): string };

let codec: Codec | null = null;
let loading: Promise<void> | null = null;

/**
 * Whether blocks can be made by now; if not, what they need is sent for. Nothing in the model depends on when it comes:
 * a trace reads the same packed and unpacked.
 */
export function canPack(): boolean {
  if (codec === null) void loadCodec();
  return codec !== null;
}

/** From a host that packs by other means: Node's own deflate takes a fifth of the time that one in JavaScript takes. */
export function lendCodec(lent: Codec): void {
  codec = lent;
}

export function loadCodec(): Promise<void> {
  loading ??= import('./trace-codec.ts').then(
    ({ packText, unpackText }) => {
      codec = { packText, unpackText };
    },
    // It could not be fetched: the next to ask tries again, and until then the trace is larger.
    () => {
      loading = null;
    },
  );
  return loading;
}

type Column = Uint32Array | Float64Array;

export class TraceBlock {
  readonly length: number;
  private readonly firstSeq: number;
  private readonly firstTime: number;
  /** ns since `firstTime`. */
  private readonly times: Column;
  private readonly spans: Column;
  private readonly pids: Column;
  private readonly codec: Codec;
  private readonly packed: Uint8Array;

  constructor(
    firstSeq: number,
    times: readonly number[],
    spans: readonly SpanId[],
    pids: readonly number[],
    data: readonly TraceEventData[],
  ) {
    if (codec === null) throw new Error('a trace block before canPack');
    this.codec = codec;
    const firstTime = times[0] ?? 0;
    this.length = data.length;
    this.firstSeq = firstSeq;
    this.firstTime = firstTime;
    this.times = columnOf(times.map((time) => time - firstTime));
    this.spans = columnOf(spans);
    this.pids = columnOf(pids);
    this.packed = codec.packText(JSON.stringify(data));
  }

  timeAt(i: number): number {
    return this.firstTime + (this.times[i] as number);
  }

  /** Made anew for each caller. */
  events(): TraceEvent[] {
    const data = JSON.parse(this.codec.unpackText(this.packed)) as TraceEventData[];
    return data.map((event, i) => ({
      seq: this.firstSeq + i,
      time: this.timeAt(i),
      span: this.spans[i] as SpanId,
      pid: this.pids[i] as number,
      ...event,
    }));
  }
}

function columnOf(values: readonly number[]): Column {
  return values.every((value) => value < 2 ** 32) ? Uint32Array.from(values) : Float64Array.from(values);
}
