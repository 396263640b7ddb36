/**
 * Jobs: pods until enough have succeeded, or too many have failed.
 * @models kubernetes 1.36 pkg/controller/job
 * @fidelity partial: no indexed completion, pod failure policy, or finalizers on pods
 */
import { parseRfc3339, rfc3339 } from '../../../go/time.ts';
import type { Context } from '../../../linux/context.ts';
import type { KubeClient } from '../../../protocols/kube/client.ts';
import { keyOf } from '../../../protocols/kube/informer.ts';
import { isStatusError } from '../../../protocols/kube/status-error.ts';
import type { Condition, Job, Pod } from '../../../protocols/kube/types.ts';
import { isApiFailure, type Recorder } from '../common/events.ts';
import { startWorkQueue } from '../common/work-queue.ts';
import { candidates, claim, onDependents, selectorOf } from './claim-dependents.ts';
import { podsToDelete } from './pods-to-delete.ts';
import { Expectations, isActive, isReady, ownerOf, type SharedInformers } from './shared.ts';

const SECOND = 1_000_000_000;
const BACKOFF_FIRST_NS = 10 * SECOND;
const BACKOFF_MAX_NS = 600 * SECOND;

type Status = NonNullable<Job['status']>;
const RESOURCES = { owner: 'jobs', dependents: 'pods' };

export function startJobs(ctx: Context, client: KubeClient, { pods, jobs }: SharedInformers, record: Recorder): void {
  const expected = new Expectations();
  const queue = startWorkQueue(ctx, 'job', async (c, key) => {
    const job = jobs.items.get(key);
    return job === undefined ? undefined : sync(c, key, job);
  });
  jobs.onChange((before, after) => {
    const key = keyOf((after ?? before) as Job);
    if (after === null) expected.forget(key);
    queue.add(key);
  });
  onDependents(pods, jobs, 'Job', selectorOf, (key, before, after) => {
    expected.observed(key, ((after ?? before) as Pod).metadata.name, after);
    queue.add(key);
  });

  /** Gives when to look again. */
  async function sync(c: Context, key: string, job: Job): Promise<number | undefined> {
    if (job.metadata.deletionTimestamp !== undefined) return undefined;
    const finished = job.status?.conditions?.find(
      (x) => ['Complete', 'Failed'].includes(x.type) && x.status === 'True',
    );
    if (finished !== undefined) return expire(c, job, finished);
    const near = candidates(job, pods.items.values());
    const owned = await claim(c, client, RESOURCES, job, selectorOf(job), near);
    const active = owned.filter(isActive);
    const succeeded = owned.filter((pod) => pod.status?.phase === 'Succeeded').length;
    const failedPods = owned.filter((pod) => pod.status?.phase === 'Failed');
    const { completions = 1, parallelism = 1, backoffLimit = 6, activeDeadlineSeconds, suspend } = job.spec;
    const now = rfc3339(c.wallTime);
    const startTime = job.status?.startTime ?? now;
    const elapsed = Number(c.wallTime - nsOf(startTime));
    const left = activeDeadlineSeconds === undefined ? undefined : activeDeadlineSeconds * SECOND - elapsed;
    const restarts = active.reduce((sum, pod) => sum + restartsOf(pod), 0);
    let verdict: Condition | null = null;
    if (
      failedPods.length > backoffLimit ||
      (job.spec.template.spec.restartPolicy === 'OnFailure' && restarts > backoffLimit)
    )
      verdict = condition('Failed', 'BackoffLimitExceeded', 'Job has reached the specified backoff limit', now);
    else if (left !== undefined && left <= 0)
      verdict = condition('Failed', 'DeadlineExceeded', 'Job was active longer than specified deadline', now);
    else if (succeeded >= completions)
      verdict = condition('Complete', 'CompletionsReached', 'Reached expected number of succeeded pods', now);
    let again = left;
    let made = 0;
    if (verdict?.type === 'Failed') {
      for (const pod of active) await remove(c, job, pod, key);
      record(job, 'Warning', verdict.reason ?? '', verdict.message ?? '');
    } else if (verdict !== null) record(job, 'Normal', 'Completed', 'Job completed');
    else if (expected.satisfied(key) && suspend !== true) {
      const wait = backoff(c, failedPods);
      const missing = Math.min(parallelism, completions - succeeded) - active.length;
      if (missing > 0 && wait > 0) again = Math.min(wait, left ?? wait);
      else for (; made < missing; made++) await create(c, job, key);
      if (missing < 0)
        for (const pod of podsToDelete(active, [], -missing, null)) {
          await remove(c, job, pod, key);
          made--;
        }
    }
    const conditions: Condition[] =
      verdict === null
        ? []
        : [
            condition(
              verdict.type === 'Complete' ? 'SuccessCriteriaMet' : 'FailureTarget',
              verdict.reason ?? '',
              verdict.message ?? '',
              now,
            ),
            verdict,
          ];
    const running = verdict === null ? active.length + made : 0;
    const ready = verdict === null ? active.filter(isReady).length : 0;
    const status: Status = {
      startTime,
      ...(running === 0 ? {} : { active: running }),
      ...(succeeded === 0 ? {} : { succeeded }),
      ...(failedPods.length === 0 ? {} : { failed: failedPods.length }),
      ready,
      terminating: 0,
      uncountedTerminatedPods: {},
      ...(conditions.length === 0 ? {} : { conditions }),
      ...(verdict?.type === 'Complete' ? { completionTime: now } : {}),
    };
    if (JSON.stringify(status) !== JSON.stringify(job.status))
      await client.update(c, 'jobs', { ...job, status }, 'status');
    return again === undefined ? undefined : Math.max(again, SECOND / 10);
  }

  async function create(c: Context, job: Job, key: string): Promise<void> {
    const { name, namespace = null } = job.metadata;
    const { metadata, spec } = job.spec.template;
    try {
      const pod = await client.create<Pod>(c, 'pods', namespace, {
        metadata: { ...metadata, generateName: `${name}-`, ownerReferences: [ownerOf(job)] },
        spec,
      });
      if (!pods.items.has(keyOf(pod))) expected.creation(key, pod.metadata.name);
      record(job, 'Normal', 'SuccessfulCreate', `Created pod: ${pod.metadata.name}`);
    } catch (error) {
      if (!isApiFailure(error)) throw error;
      record(job, 'Warning', 'FailedCreate', `Error creating: ${(error as Error).message}`);
      throw error;
    }
  }

  async function remove(c: Context, job: Job, pod: Pod, key: string): Promise<void> {
    const { name, namespace = null } = pod.metadata;
    expected.deletion(key, name);
    try {
      await client.delete(c, 'pods', namespace, name);
      record(job, 'Normal', 'SuccessfulDelete', `Deleted pod: ${name}`);
    } catch (error) {
      expected.deletionFailed(key, name);
      if (!isStatusError(error, 'NotFound')) throw error;
    }
  }

  /** ttlSecondsAfterFinished. */
  async function expire(c: Context, job: Job, finished: Condition): Promise<number | undefined> {
    const ttl = job.spec.ttlSecondsAfterFinished;
    if (ttl === undefined) return undefined;
    const left = ttl * SECOND - Number(c.wallTime - nsOf(finished.lastTransitionTime ?? ''));
    if (left > 0) return left;
    await client.delete(c, 'jobs', job.metadata.namespace ?? null, job.metadata.name);
    return undefined;
  }
}

/** How long until the next pod may be made: doubling with each failure, from when the last one failed. */
function backoff(ctx: Context, failed: readonly Pod[]): number {
  if (failed.length === 0) return 0;
  const ends = failed.flatMap((pod) =>
    (pod.status?.containerStatuses ?? []).flatMap(({ state }) => state?.terminated?.finishedAt ?? []),
  );
  const last = ends.map(nsOf).reduce((a, b) => (b > a ? b : a), 0n);
  const wait = Math.min(BACKOFF_MAX_NS, BACKOFF_FIRST_NS * 2 ** (failed.length - 1));
  return Math.max(0, wait - Number(ctx.wallTime - last));
}

function restartsOf(pod: Pod): number {
  return (pod.status?.containerStatuses ?? []).reduce((sum, { restartCount }) => sum + restartCount, 0);
}

function nsOf(time: string): bigint {
  const parsed = parseRfc3339(time);
  return parsed.ok ? parsed.ns : 0n;
}

function condition(type: string, reason: string, message: string, now: string): Condition {
  return { type, status: 'True', lastProbeTime: now, lastTransitionTime: now, reason, message };
}
