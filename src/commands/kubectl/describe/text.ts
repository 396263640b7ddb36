/**
 * Pieces that most descriptions share.
 * @models k8s.io/kubectl pkg/describe describe.go (printLabelsMultiline, printAnnotationsMultiline, DescribeEvents, DescribeProbe)
 * @fidelity full
 */
import { tabwrite } from '../../../go/tabwriter.ts';
import { civilTime } from '../../../go/time.ts';
import type { Context } from '../../../linux/context.ts';
import { type Fields, field, list, number, object, pairs, text, texts } from '../../../protocols/kube/fields.ts';
import { since, timeOf } from '../../../protocols/kube/human-duration.ts';
import type { Run } from '../run.ts';

export function layOut(lines: readonly string[]): string {
  return tabwrite(lines.map((line) => `${line}\n`).join(''), { minWidth: 0, tabWidth: 8, padding: 2, padChar: ' ' });
}

const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** RFC 1123 with a numeric zone: `Mon, 23 Nov 2026 18:54:58 +0000`. */
export function timeText(timestamp: unknown): string {
  const ns = timeOf(timestamp);
  if (ns === null) return '<unset>';
  const t = civilTime(ns);
  const two = (n: number): string => String(n).padStart(2, '0');
  return `${DAYS[t.weekday]}, ${two(t.day)} ${MONTHS[t.month - 1]} ${t.year} ${two(t.hour)}:${two(t.minute)}:${two(t.second)} +0000`;
}

const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';
const ANNOTATION_LENGTH_MAX = 140;

/** `Labels:  a=1`, one a line. */
export function labelLines(title: string, from: unknown, ...path: readonly string[]): string[] {
  const entries = pairs(from, ...path);
  if (entries.length === 0) return [`${title}:\t<none>`];
  return entries.map(([key, value], i) => `${i === 0 ? `${title}:` : ''}\t${key}=${value}`);
}

export function annotationLines(title: string, from: unknown): string[] {
  const entries = pairs(from, 'metadata', 'annotations').filter(([key]) => key !== LAST_APPLIED);
  if (entries.length === 0) return [`${title}:\t<none>`];
  return entries.flatMap(([key, value], i) => {
    const head = i === 0 ? `${title}:` : '';
    if (!value.includes('\n') && key.length + value.length + 2 <= ANNOTATION_LENGTH_MAX)
      return [`${head}\t${key}: ${value}`];
    const lines = value.trimEnd().split('\n');
    return [`${head}\t${key}:`, ...lines.map((line) => `\t  ${shortened(line, ANNOTATION_LENGTH_MAX - 2)}`)];
  });
}

function shortened(line: string, max: number): string {
  return line.length > max ? `${line.slice(0, max)}...` : line;
}

export function controllerLines(of: unknown): string[] {
  const owner = list(of, 'metadata', 'ownerReferences').find((o) => o['controller'] === true);
  return owner === undefined ? [] : [`Controlled By:\t${text(owner, 'kind')}/${text(owner, 'name')}`];
}

export async function eventLines(ctx: Context, run: Run, of: Fields, kind: string): Promise<string[]> {
  const client = await run.client(ctx);
  const namespace = text(of, 'metadata', 'namespace');
  const uid = text(of, 'metadata', 'uid');
  const mirror = text(of, 'metadata', 'annotations', 'kubernetes.io/config.mirror');
  const terms = [`involvedObject.name=${text(of, 'metadata', 'name')}`];
  if (namespace !== '') terms.push(`involvedObject.namespace=${namespace}`);
  terms.push(`involvedObject.kind=${kind}`);
  if (uid !== '') terms.push(`involvedObject.uid=${mirror || uid}`);
  const found = await client.list<Fields>(ctx, 'events', namespace === '' ? null : namespace, {
    fieldSelector: terms.join(','),
    limit: 500,
  });
  const events = [...list(found, 'items')].sort(compareEvents);
  if (events.length === 0) return ['Events:\t<none>'];
  return [
    'Events:',
    '  Type\tReason\tAge\tFrom\tMessage',
    '  ----\t------\t----\t----\t-------',
    ...events.map((event) => {
      const fieldPath = text(event, 'involvedObject', 'fieldPath');
      const message = text(event, 'message').trim();
      const from = text(event, 'source', 'component') || text(event, 'reportingComponent');
      return `  ${text(event, 'type')}\t${text(event, 'reason')}\t${eventAge(event, ctx.wallTime)}\t${from}\t${fieldPath === '' ? '' : `${fieldPath}: `}${message}`;
    }),
  ];
}

/** By time; what fell into one second in the order it was stored. */
export function compareEvents(a: unknown, b: unknown): number {
  const seconds = (event: unknown): bigint => lastSeen(event) / 1_000_000_000n;
  const version = (event: unknown): number => Number(text(event, 'metadata', 'resourceVersion'));
  return Number(seconds(a) - seconds(b)) || version(a) - version(b);
}

/** ns since 1970. */
export function lastSeen(event: unknown): bigint {
  return (
    timeOf(field(event, 'series', 'lastObservedTime')) ??
    timeOf(field(event, 'lastTimestamp')) ??
    timeOf(field(event, 'eventTime')) ??
    timeOf(field(event, 'metadata', 'creationTimestamp')) ??
    0n
  );
}

/** `8s (x2 over 18s)` */
export function eventAge(event: unknown, now: bigint): string {
  const count = number(event, 'series', 'count') ?? number(event, 'count') ?? 1;
  const first = field(event, 'firstTimestamp') ?? field(event, 'eventTime');
  const last = field(event, 'series', 'lastObservedTime') ?? field(event, 'lastTimestamp') ?? first;
  return count > 1 ? `${since(last, now)} (x${count} over ${since(first, now)})` : since(last, now);
}

export function probeText(probe: unknown): string {
  const attribute = (key: string): number => number(probe, key) ?? 0;
  const attributes = `delay=${attribute('initialDelaySeconds')}s timeout=${attribute('timeoutSeconds')}s period=${attribute('periodSeconds')}s #success=${attribute('successThreshold')} #failure=${attribute('failureThreshold')}`;
  const exec = object(probe, 'exec');
  if (exec !== undefined) return `exec [${texts(exec, 'command').join(' ')}] ${attributes}`;
  const http = object(probe, 'httpGet');
  if (http !== undefined) {
    const scheme = (text(http, 'scheme') || 'http').toLowerCase();
    return `http-get ${scheme}://${text(http, 'host')}:${String(field(http, 'port') ?? '')}${text(http, 'path')} ${attributes}`;
  }
  const tcp = object(probe, 'tcpSocket');
  if (tcp !== undefined) return `tcp-socket ${text(tcp, 'host')}:${String(field(tcp, 'port') ?? '')} ${attributes}`;
  const grpc = object(probe, 'grpc');
  if (grpc !== undefined) return `grpc <pod>:${number(grpc, 'port') ?? 0} ${text(grpc, 'service')} ${attributes}`;
  return `unknown ${attributes}`;
}

export function tolerationLines(title: string, tolerations: readonly Fields[]): string[] {
  if (tolerations.length === 0) return [`${title}:\t<none>`];
  const shown = tolerations.map((toleration) => {
    const [key, value, effect] = [text(toleration, 'key'), text(toleration, 'value'), text(toleration, 'effect')];
    const operator = text(toleration, 'operator');
    const seconds = number(toleration, 'tolerationSeconds');
    let out = key;
    if (value !== '') out += `=${value}`;
    if (effect !== '') out += `:${effect}`;
    if (operator === 'Exists' && value === '') out += key !== '' || effect !== '' ? ' op=Exists' : 'op=Exists';
    if (seconds !== undefined) out += ` for ${seconds}s`;
    return out;
  });
  return shown.sort().map((line, i) => `${i === 0 ? `${title}:` : ''}\t${line}`);
}
