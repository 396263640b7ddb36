/**
 * Static pods: manifests in a directory, watched.
 * @models kubernetes 1.36 pkg/kubelet/config file.go file_linux.go common.go, pkg/apis/core/v1/defaults.go
 * @fidelity partial: the hash that becomes the UID is not MD5 of the object's Go form
 */
import { quote } from '../../go/quote.ts';
import { rfc3339Nano } from '../../go/time.ts';
import { parseYaml } from '../../go/yaml-in.ts';
import type { Context } from '../../linux/context.ts';
import { isErrno } from '../../linux/errno.ts';
import { readFile } from '../../linux/io.ts';
import type { Container, Pod, Probe } from '../../protocols/kube/types.ts';
import { digestHex, digestOf } from '../../protocols/oci/digest.ts';
import type { Log } from './log.ts';
import { CONFIG_HASH, CONFIG_SEEN, CONFIG_SOURCE } from './pod.ts';

/** Reports the directory's pods whenever they change; the first time soon. */
export function watchStaticPods(
  ctx: Context,
  path: string,
  nodeName: string,
  log: Log,
  report: (pods: Pod[]) => void,
): void {
  const seen = new Map<string, string>();
  ctx.go('static-pods', async (c) => {
    await log.info(c, 2, 'file.go:68', 'Watching path', ['path', path]);
    for (;;) {
      report(await readStaticPods(c, path, nodeName, log, seen));
      try {
        await c.sys.watch(c, path);
      } catch (error) {
        if (!isErrno(error)) throw error;
        await c.sleep(20_000_000_000);
      }
    }
  });
}

async function readStaticPods(
  ctx: Context,
  path: string,
  nodeName: string,
  log: Log,
  seen: Map<string, string>,
): Promise<Pod[]> {
  const pods: Pod[] = [];
  let files: string[];
  try {
    const stat = await ctx.sys.stat(ctx, path);
    if (stat.type === 'file') files = [path];
    else
      files = (await ctx.sys.readDirectory(ctx, path))
        .filter(({ name, type }) => type === 'file' && !name.startsWith('.'))
        .map(({ name }) => `${path}/${name}`);
  } catch (error) {
    if (!isErrno(error)) throw error;
    await log.error(
      ctx,
      'file.go:108',
      null,
      'Unable to read config path',
      ['path', path],
      ['err', 'path does not exist, ignoring'],
    );
    return [];
  }
  for (const file of files.sort()) {
    try {
      const pod = decode(await readFile(ctx, file), file, nodeName, ctx.wallTime, seen);
      if (typeof pod === 'string')
        await log.error(ctx, 'file.go:187', { message: pod }, 'Could not process manifest file', ['path', file]);
      else pods.push(pod);
    } catch (error) {
      if (!isErrno(error)) throw error;
    }
  }
  return pods;
}

function decode(text: string, file: string, nodeName: string, now: bigint, seen: Map<string, string>): Pod | string {
  const parsed = parseYaml(text);
  if (!parsed.ok)
    return `${quote(file)}: couldn't parse as pod(yaml: ${parsed.error.replace(/^yaml: /, '')}), please check config file`;
  const value = parsed.value as Partial<Pod> | null;
  if (value?.kind !== 'Pod' || value.metadata === undefined || value.spec === undefined)
    return `${quote(file)}: couldn't parse as pod(Object 'Kind' is missing in '${text.slice(0, 60).trim()}'), please check config file`;
  const { metadata, spec } = value;
  const name = `${metadata.name}-${nodeName}`;
  const namespace = metadata.namespace ?? 'default';
  const hash = digestHex(digestOf(new TextEncoder().encode(`${nodeName}${file}${JSON.stringify(value)}`))).slice(0, 32);
  const seenAt = seen.get(hash) ?? rfc3339Nano(now);
  seen.set(hash, seenAt);
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      ...metadata,
      name,
      namespace,
      uid: hash,
      resourceVersion: '',
      annotations: { ...metadata.annotations, [CONFIG_HASH]: hash, [CONFIG_SEEN]: seenAt, [CONFIG_SOURCE]: 'file' },
    },
    spec: withDefaults({ ...spec, nodeName }),
    status: { phase: 'Pending' },
  };
}

/** What the API server would have filled in. */
function withDefaults(spec: Pod['spec']): Pod['spec'] {
  const container = (c: Container): Container => {
    const image = c.image ?? '';
    const tag = image.includes('@') ? 'digest' : image.slice(image.lastIndexOf('/') + 1).split(':')[1];
    return {
      resources: {},
      terminationMessagePath: '/dev/termination-log',
      terminationMessagePolicy: 'File',
      imagePullPolicy: tag === undefined || tag === 'latest' ? 'Always' : 'IfNotPresent',
      ...c,
      ...(c.ports === undefined
        ? {}
        : {
            ports: c.ports.map((port) => ({
              protocol: 'TCP',
              ...port,
              ...(spec.hostNetwork ? { hostPort: port.hostPort ?? port.containerPort } : {}),
            })),
          }),
      ...(c.livenessProbe === undefined ? {} : { livenessProbe: probe(c.livenessProbe) }),
      ...(c.readinessProbe === undefined ? {} : { readinessProbe: probe(c.readinessProbe) }),
      ...(c.startupProbe === undefined ? {} : { startupProbe: probe(c.startupProbe) }),
    };
  };
  const probe = (p: Probe): Probe => ({
    timeoutSeconds: 1,
    periodSeconds: 10,
    successThreshold: 1,
    failureThreshold: 3,
    ...p,
  });
  return {
    dnsPolicy: 'ClusterFirst',
    enableServiceLinks: true,
    preemptionPolicy: 'PreemptLowerPriority',
    ...(spec.priorityClassName === 'system-node-critical' ? { priority: 2_000_001_000 } : { priority: 0 }),
    restartPolicy: 'Always',
    schedulerName: 'default-scheduler',
    securityContext: {},
    terminationGracePeriodSeconds: 30,
    ...spec,
    tolerations: [...(spec.tolerations ?? []), { effect: 'NoExecute', operator: 'Exists' }],
    containers: spec.containers.map(container),
    ...(spec.initContainers === undefined ? {} : { initContainers: spec.initContainers.map(container) }),
  };
}
