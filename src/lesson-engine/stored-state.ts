/** What the daemons keep on the node's disk: Kubernetes objects (etcd) and containerd's records of every namespace. */
import type { Kernel } from '../linux/kernel.ts';
import { LineLog, textAt } from './node-files.ts';

const ETCD = '/var/lib/etcd/member';
const CONTAINERD = '/var/lib/containerd/io.containerd.metadata.v1.bolt/meta.db';

type EtcdRecord = { key: string; value: string | null };
type BoltChange = [bucket: string, key: string, value: unknown];

export class StoredState {
  /** By etcd key; the value is the object's JSON. */
  readonly objects = new Map<string, Record<string, unknown>>();
  /** By bucket (`k8s.io/images`), then key. */
  readonly buckets = new Map<string, Map<string, Record<string, unknown>>>();
  private readonly etcd: LineLog;
  private readonly bolt: LineLog;

  constructor(kernel: Kernel) {
    this.etcd = new LineLog(
      `${ETCD}/wal/0000000000000000-0000000000000000.wal`,
      (record) => this.put(record as Partial<EtcdRecord>),
      () => this.startOver(kernel),
    );
    this.bolt = new LineLog(
      CONTAINERD,
      (transaction) => {
        for (const [bucket, key, value] of transaction as BoltChange[]) this.change(bucket, key, value);
      },
      () => this.buckets.clear(),
    );
  }

  read(kernel: Kernel): void {
    this.etcd.read(kernel);
    this.bolt.read(kernel);
  }

  /** The log begins anew after each snapshot of the whole. */
  private startOver(kernel: Kernel): void {
    this.objects.clear();
    const snapshot = textAt(kernel, `${ETCD}/snap/db`);
    if (snapshot === '') return;
    for (const [key, { value }] of (JSON.parse(snapshot) as { data: [string, { value: string }][] }).data)
      this.put({ key, value });
  }

  /** Not each record is about a key, and not each key an object's: anybody may put what he likes. */
  private put({ key, value }: Partial<EtcdRecord>): void {
    if (key === undefined || value === undefined) return;
    const object = value === null || !key.startsWith('/registry/') ? null : objectIn(value);
    if (object === null) this.objects.delete(key);
    else this.objects.set(key, object);
  }

  private change(bucket: string, key: string, value: unknown): void {
    const entries = this.buckets.get(bucket) ?? new Map<string, Record<string, unknown>>();
    this.buckets.set(bucket, entries);
    if (value === null) entries.delete(key);
    else entries.set(key, value as Record<string, unknown>);
  }
}

function objectIn(text: string): Record<string, unknown> | null {
  try {
    const value = JSON.parse(text) as unknown;
    return typeof value === 'object' ? (value as Record<string, unknown> | null) : null;
  } catch {
    return null;
  }
}
