/**
 * What a transfer tells its client: what is waited for, how far each download has come, what has arrived.
 * @models containerd 2.1 core/transfer/local/progress.go
 * @fidelity partial: no extraction progress
 */
import type { Context } from '../../../../linux/context.ts';
import type { Descriptor } from '../../../../protocols/oci/types.ts';
import type { ActiveIngest } from '../content-store/content-writer.ts';
import { refKey } from './fetch.ts';

export type Progress = {
  event: string;
  name?: string;
  parents?: string[];
  progress?: number;
  total?: number;
  desc?: Pick<Descriptor, 'mediaType' | 'digest' | 'size'>;
};

export type ProgressFunction = (ctx: Context, progress: Progress) => Promise<void>;

/** How far uploads or downloads have come, and what has arrived. */
export type ProgressSource = {
  active(): readonly Pick<ActiveIngest, 'ref' | 'offset' | 'total'>[];
  isComplete(digest: string): boolean;
};

type Job = {
  name: string;
  parents: string[];
  desc: Descriptor;
  offset: number;
  state: 'waiting' | 'busy' | 'complete';
};

const TICK_NS = 300_000_000;

export class ProgressTracker {
  private readonly root: string;
  private readonly verb: 'downloading' | 'uploading';
  private readonly report: ProgressFunction;
  private readonly source: ProgressSource;
  private readonly jobs = new Map<string, Job>();
  private readonly parents = new Map<string, Descriptor[]>();
  /** Reports go out in order, one after the other. */
  private readonly outbox: Progress[] = [];
  private sending = false;
  private ended = false;

  constructor(root: string, verb: 'downloading' | 'uploading', report: ProgressFunction, source: ProgressSource) {
    this.root = root;
    this.verb = verb;
    this.report = report;
    this.source = source;
  }

  start(ctx: Context): void {
    ctx.go('progress', async (c) => {
      for (;;) {
        await c.sleep(TICK_NS);
        if (this.ended) return;
        this.update(c);
      }
    });
  }

  add(ctx: Context, desc: Descriptor): void {
    if (this.jobs.has(desc.digest)) return;
    const above = (this.parents.get(desc.digest) ?? []).map(refKey);
    const parents = above.length === 0 ? [this.root] : above;
    const job: Job = { name: refKey(desc), parents, desc, offset: 0, state: 'waiting' };
    this.jobs.set(desc.digest, job);
    this.send(ctx, { event: 'waiting', name: job.name, parents, progress: 0, total: desc.size, desc });
  }

  children(parent: Descriptor, children: readonly Descriptor[]): void {
    for (const child of children) this.parents.set(child.digest, [...(this.parents.get(child.digest) ?? []), parent]);
  }

  exists(ctx: Context, desc: Descriptor): void {
    const job = this.jobs.get(desc.digest);
    if (job === undefined) return;
    job.state = 'complete';
    this.send(ctx, { event: 'already exists', name: job.name, progress: desc.size, total: desc.size, desc });
  }

  private update(ctx: Context): void {
    const active = this.source.active();
    for (const job of this.jobs.values()) {
      if (job.state === 'complete') continue;
      const { name, parents, desc } = job;
      const status = active.find((ingest) => ingest.ref === name);
      if (status !== undefined) {
        if (status.offset <= job.offset) continue;
        job.offset = status.offset;
        job.state = 'busy';
        this.send(ctx, { event: this.verb, name, parents, progress: status.offset, total: status.total, desc });
      } else if (this.source.isComplete(desc.digest)) {
        job.state = 'complete';
        this.send(ctx, { event: 'complete', name, parents, progress: desc.size, total: desc.size, desc });
      }
    }
  }

  /** Says a last time where everything stands. */
  async end(ctx: Context): Promise<void> {
    this.ended = true;
    this.update(ctx);
    await this.flush(ctx);
  }

  send(ctx: Context, progress: Progress): void {
    this.outbox.push(progress);
    if (!this.sending) ctx.go('send progress', (c) => this.flush(c));
  }

  private async flush(ctx: Context): Promise<void> {
    // Whoever sends takes what others add meanwhile; the last caller waits until nothing is left.
    while (this.sending) await ctx.sleep(0);
    this.sending = true;
    for (let next = this.outbox.shift(); next !== undefined; next = this.outbox.shift()) await this.report(ctx, next);
    this.sending = false;
  }
}
