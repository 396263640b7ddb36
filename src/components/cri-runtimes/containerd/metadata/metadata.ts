/**
 * The metadata database: namespaces, and in each of them the records of images, containers, content, snapshots, leases
 * and sandboxes.
 * @models containerd 2.1 core/metadata/db.go, namespaces.go
 * @fidelity partial: the file's format is ours (bolt-file.ts)
 */
import type { Context } from '../../../../linux/context.ts';
import { mkdirAll } from '../../../../linux/io.ts';
import { classed, failure, notFound } from '../../shared/errors.ts';
import type { Exchange } from '../events/exchange.ts';
import { BoltFile, type Transaction } from './bolt-file.ts';
import { Leases } from './leases.ts';

const NAMESPACES = 'namespaces';

export type NamespaceRecord = { labels: Record<string, string> };

export class Metadata {
  readonly db: BoltFile;
  readonly events: Exchange;
  readonly leases: Leases;
  /** Told when something is gone that may have held others. */
  onLoss: (() => void) | null = null;

  private constructor(db: BoltFile, events: Exchange) {
    this.db = db;
    this.events = events;
    this.leases = new Leases(this);
  }

  static async open(ctx: Context, root: string, events: Exchange): Promise<Metadata> {
    await mkdirAll(ctx, root, 0o711);
    const metadata = new Metadata(await BoltFile.open(ctx, `${root}/meta.db`, 0o644), events);
    metadata.announceAll(ctx);
    return metadata;
  }

  /** A write transaction in a namespace, which comes into being with its first record. */
  async update<T>(ctx: Context, ns: string, body: (tx: Transaction) => T): Promise<T> {
    validateNamespace(ns);
    return this.db.update(ctx, (tx) => {
      const result = body(tx);
      if (this.db.get(NAMESPACES, ns) === undefined) tx.put(NAMESPACES, ns, { labels: {} } satisfies NamespaceRecord);
      return result;
    });
  }

  namespaces(): string[] {
    return this.db
      .list<NamespaceRecord>(NAMESPACES)
      .map(([name]) => name)
      .sort();
  }

  namespace(name: string): NamespaceRecord | undefined {
    return this.db.get<NamespaceRecord>(NAMESPACES, name);
  }

  async createNamespace(ctx: Context, name: string, labels: Record<string, string>): Promise<void> {
    validateNamespace(name);
    await this.db.update(ctx, (tx) => {
      if (this.namespace(name) !== undefined) throw classed('AlreadyExists', `namespace "${name}"`);
      tx.put(NAMESPACES, name, { labels });
    });
  }

  async setNamespaceLabels(ctx: Context, name: string, labels: Record<string, string>): Promise<void> {
    await this.db.update(ctx, (tx) => tx.put(NAMESPACES, name, { labels }));
  }

  async deleteNamespace(ctx: Context, name: string): Promise<void> {
    await this.db.update(ctx, (tx) => {
      if (this.namespace(name) === undefined) throw notFound(`namespace "${name}"`);
      const left = ['images', 'content', 'containers', 'snapshots/overlayfs', 'snapshots/native']
        .filter((kind) => this.db.list(`${name}/${kind}`).length > 0)
        .map((kind) => LEFT_WORDS[kind] ?? kind);
      if (left.length > 0) {
        throw failure(
          `namespace "${name}" must be empty, but it still has ${left.join(', ')}: failed precondition`,
          'FailedPrecondition',
        );
      }
      tx.delete(NAMESPACES, name);
      for (const [id] of this.db.list(`${name}/leases`)) tx.delete(`${name}/leases`, id);
    });
  }

  /** Tells observers the state of one record; null when it is gone. */
  announce(ctx: Context, topic: string, key: string, value: Record<string, unknown> | null, ns?: string): void {
    const scope = ns === undefined ? {} : { scope: ns };
    ctx.trace.emit(ctx.span, ctx.process.pid, { kind: 'state', component: 'containerd', topic, key, ...scope, value });
  }

  private announceAll(ctx: Context): void {
    for (const ns of this.namespaces()) {
      for (const kind of ['image', 'content', 'container'] as const) {
        const bucket = kind === 'content' ? `${ns}/content` : `${ns}/${kind}s`;
        for (const [key, value] of this.db.list<Record<string, unknown>>(bucket))
          this.announce(ctx, kind, key, { ...value, namespace: ns }, kind === 'content' ? undefined : ns);
      }
    }
  }
}

const LEFT_WORDS: Record<string, string> = {
  images: 'images',
  content: 'blobs',
  containers: 'containers',
  'snapshots/overlayfs': 'snapshots on "overlayfs" snapshotter',
  'snapshots/native': 'snapshots on "native" snapshotter',
};

/** namespaces.NamespaceRequired and identifiers.Validate. */
export function validateNamespace(ns: string): void {
  if (ns === '') throw classed('FailedPrecondition', 'namespace is required');
  validateIdentifier(ns, 'namespace');
}

export function validateIdentifier(id: string, what: string): void {
  if (id.length > 76) {
    throw classed('InvalidArgument', `identifier "${id}" greater than maximum length (76 characters)`);
  }
  if (id === '') throw classed('InvalidArgument', `${what === 'namespace' ? 'identifier' : what} must not be empty`);
  if (!/^[A-Za-z0-9]+(?:[._-](?:[A-Za-z0-9]+))*$/.test(id)) {
    throw classed('InvalidArgument', `identifier "${id}" must match ^[A-Za-z0-9]+(?:[._-](?:[A-Za-z0-9]+))*$`);
  }
}
