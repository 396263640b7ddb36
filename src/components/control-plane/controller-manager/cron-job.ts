/**
 * CronJobs: a Job whenever the schedule says so.
 * @models kubernetes 1.36 pkg/controller/cronjob cronjob_controllerv2.go
 * @fidelity partial: UTC only; of several missed times the latest
 */
import { parseRfc3339, rfc3339 } from '../../../go/time.ts';
import type { Context } from '../../../linux/context.ts';
import type { KubeClient } from '../../../protocols/kube/client.ts';
import { equal } from '../../../protocols/kube/equal.ts';
import { keyOf } from '../../../protocols/kube/informer.ts';
import { isStatusError } from '../../../protocols/kube/status-error.ts';
import type { CronJob, Job } from '../../../protocols/kube/types.ts';
import type { Recorder } from '../common/events.ts';
import { startWorkQueue } from '../common/work-queue.ts';
import { nextDue, parseSchedule, type Schedule } from './schedule.ts';
import { controllerKey, ownerOf, type SharedInformers } from './shared.ts';

/** After the minute has begun, so that clocks that differ a little agree. */
const DELTA_NS = 100_000_000n;
const TIMESTAMP = 'batch.kubernetes.io/cronjob-scheduled-timestamp';

export function startCronJobs(
  ctx: Context,
  client: KubeClient,
  { jobs, cronJobs }: SharedInformers,
  record: Recorder,
): void {
  const queue = startWorkQueue(ctx, 'cronjob', async (c, key) => {
    const cron = cronJobs.items.get(key);
    return cron === undefined ? undefined : sync(c, cron);
  });
  cronJobs.onChange((before, after) => queue.add(keyOf((after ?? before) as CronJob)));
  jobs.onChange((before, after) => {
    const key = controllerKey((after ?? before) as Job, 'CronJob');
    if (key !== null) queue.add(key);
  });

  /** Gives when to look again. */
  async function sync(c: Context, cron: CronJob): Promise<number | undefined> {
    const owned = [...jobs.items.values()].filter((job) =>
      job.metadata.ownerReferences?.some((o) => o.uid === cron.metadata.uid),
    );
    await tidy(c, cron, owned);
    const active = owned.filter((job) => verdictOf(job) === null);
    const schedule = parseSchedule(cron.spec.schedule);
    if (schedule === null) {
      record(cron, 'Warning', 'UnparseableSchedule', `unparseable schedule: ${JSON.stringify(cron.spec.schedule)}`);
      return undefined;
    }
    let last = cron.status?.lastScheduleTime;
    const due = latestDue(c, cron, schedule);
    if (due !== null && cron.spec.suspend !== true && cron.metadata.deletionTimestamp === undefined) {
      if (await startJob(c, cron, active, due)) last = rfc3339(due);
    }
    await updateStatus(c, cron, owned, active, last);
    const next = nextDue(schedule, c.wallTime);
    return next === null ? undefined : Number(next - c.wallTime + DELTA_NS);
  }

  function latestDue(c: Context, cron: CronJob, schedule: Schedule): bigint | null {
    const since = nsOf(cron.status?.lastScheduleTime ?? cron.metadata.creationTimestamp);
    let found: bigint | null = null;
    for (let at = nextDue(schedule, since); at !== null && at <= c.wallTime; at = nextDue(schedule, at)) found = at;
    const limit = cron.spec.startingDeadlineSeconds;
    if (found !== null && limit !== undefined && c.wallTime - found > BigInt(limit) * 1_000_000_000n) {
      record(cron, 'Warning', 'MissSchedule', `Missed scheduled time to start a job: ${rfc3339(found)}`);
      return null;
    }
    return found;
  }

  async function startJob(c: Context, cron: CronJob, active: readonly Job[], due: bigint): Promise<boolean> {
    const name = `${cron.metadata.name}-${due / 60_000_000_000n}`;
    const { namespace = null } = cron.metadata;
    if (active.some((job) => job.metadata.name === name)) return true;
    if (active.length > 0 && cron.spec.concurrencyPolicy === 'Forbid') {
      record(
        cron,
        'Normal',
        'JobAlreadyActive',
        'Not starting job because prior execution is running and concurrency policy is Forbid',
      );
      return false;
    }
    if (cron.spec.concurrencyPolicy === 'Replace') for (const job of active) await remove(c, cron, job);
    const { metadata, spec } = cron.spec.jobTemplate;
    try {
      await client.create<Job>(c, 'jobs', namespace, {
        metadata: {
          ...metadata,
          name,
          annotations: { ...metadata?.annotations, [TIMESTAMP]: rfc3339(due) },
          ownerReferences: [ownerOf(cron)],
        },
        spec,
      });
      record(cron, 'Normal', 'SuccessfulCreate', `Created job ${name}`);
    } catch (error) {
      if (!isStatusError(error, 'AlreadyExists')) throw error;
    }
    return true;
  }

  async function remove(c: Context, cron: CronJob, job: Job): Promise<void> {
    try {
      await client.delete(c, 'jobs', job.metadata.namespace ?? null, job.metadata.name);
      record(cron, 'Normal', 'SuccessfulDelete', `Deleted job ${job.metadata.name}`);
    } catch (error) {
      if (!isStatusError(error, 'NotFound')) throw error;
    }
  }

  /** Tells of jobs that have ended and drops the oldest of them. */
  async function tidy(c: Context, cron: CronJob, owned: readonly Job[]): Promise<void> {
    for (const { name } of cron.status?.active ?? []) {
      const job = owned.find((one) => one.metadata.name === name);
      const verdict = job === undefined ? null : verdictOf(job);
      if (verdict !== null)
        record(cron, 'Normal', 'SawCompletedJob', `Saw completed job: ${name}, condition: ${verdict}`);
    }
    for (const [verdict, limit] of [
      ['Complete', cron.spec.successfulJobsHistoryLimit ?? 3],
      ['Failed', cron.spec.failedJobsHistoryLimit ?? 1],
    ] as const) {
      const ended = owned
        .filter((job) => verdictOf(job) === verdict)
        .sort((a, b) => ((a.status?.startTime ?? '') < (b.status?.startTime ?? '') ? -1 : 1));
      for (const job of ended.slice(0, Math.max(0, ended.length - limit))) await remove(c, cron, job);
    }
  }

  async function updateStatus(
    c: Context,
    cron: CronJob,
    owned: readonly Job[],
    active: readonly Job[],
    last: string | undefined,
  ): Promise<void> {
    const done = owned
      .flatMap((job) => job.status?.completionTime ?? [])
      .sort()
      .at(-1);
    const status: NonNullable<CronJob['status']> = {
      ...(active.length === 0
        ? {}
        : {
            active: active.map(({ metadata: { name, namespace = '', uid } }) => ({
              kind: 'Job',
              namespace,
              name,
              uid,
              apiVersion: 'batch/v1',
            })),
          }),
      ...(last === undefined ? {} : { lastScheduleTime: last }),
      ...((done ?? cron.status?.lastSuccessfulTime) === undefined
        ? {}
        : { lastSuccessfulTime: done ?? (cron.status?.lastSuccessfulTime as string) }),
    };
    if (!equal(status, cron.status ?? {})) await client.update(c, 'cronjobs', { ...cron, status }, 'status');
  }
}

function verdictOf(job: Job): 'Complete' | 'Failed' | null {
  const found = job.status?.conditions?.find((x) => ['Complete', 'Failed'].includes(x.type) && x.status === 'True');
  return found === undefined ? null : (found.type as 'Complete' | 'Failed');
}

function nsOf(time: string): bigint {
  const parsed = parseRfc3339(time);
  return parsed.ok ? parsed.ns : 0n;
}
