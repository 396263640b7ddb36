/**
 * Objects that kubectl writes itself: what `create TYPE`, `run` and `expose` send.
 * @models k8s.io/kubectl pkg/cmd/create create_*.go, pkg/generate/versioned run.go
 * @fidelity partial: no roles, bindings, quotas, ingresses, priority classes, tokens
 */
import { base64 } from '../../go/json.ts';
import type { Context } from '../../linux/context.ts';
import { isErrno } from '../../linux/errno.ts';
import { readFileBytes } from '../../linux/io.ts';
import type { Fields } from '../../protocols/kube/fields.ts';
import { Failure } from './failure.ts';

export type Data = Map<string, Uint8Array>;

const KEY = /^[-._a-zA-Z0-9]+$/;

/** --from-literal, --from-file and --from-env-file. */
export async function readData(
  ctx: Context,
  sources: { literals: readonly string[]; files: readonly string[]; envFiles: readonly string[] },
): Promise<Data> {
  const data: Data = new Map();
  const add = (key: string, value: Uint8Array): void => {
    if (!KEY.test(key)) {
      throw new Failure(
        `"${key}" is not a valid key name: a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')`,
      );
    }
    if (data.has(key)) throw new Failure(`cannot add key "${key}", another key by that name already exists`);
    data.set(key, value);
  };
  for (const literal of sources.literals) {
    const equals = literal.indexOf('=');
    if (equals < 1) throw new Failure(`invalid literal source ${literal}, expected key=value`);
    add(literal.slice(0, equals), encode(literal.slice(equals + 1).replace(/^(['"])([\s\S]*)\1$/, '$2')));
  }
  for (const source of sources.files) {
    const equals = source.indexOf('=');
    const path = equals < 0 ? source : source.slice(equals + 1);
    const key = equals < 0 ? (path.split('/').at(-1) ?? '') : source.slice(0, equals);
    if (await isDirectory(ctx, path)) {
      for (const { name, type } of await ctx.sys.readDirectory(ctx, path)) {
        if (type === 'file' && KEY.test(name)) add(name, await readFileBytes(ctx, `${path}/${name}`));
      }
    } else add(key, await readFileBytes(ctx, path));
  }
  for (const path of sources.envFiles) {
    for (const line of new TextDecoder().decode(await readFileBytes(ctx, path)).split('\n')) {
      const words = line.trimStart();
      if (words === '' || words.startsWith('#')) continue;
      const equals = words.indexOf('=');
      add(equals < 0 ? words : words.slice(0, equals), encode(equals < 0 ? '' : words.slice(equals + 1)));
    }
  }
  return data;
}

async function isDirectory(ctx: Context, path: string): Promise<boolean> {
  try {
    return (await ctx.sys.stat(ctx, path)).type === 'directory';
  } catch (error) {
    if (isErrno(error)) throw new Failure(`error reading ${path}: ${error.go}`);
    throw error;
  }
}

export function encode(value: string): Uint8Array {
  return new TextEncoder().encode(value);
}

function metadata(name: string, namespace: string | null, labels?: Fields): Fields {
  return { ...(labels === undefined ? {} : { labels }), name, ...(namespace === null ? {} : { namespace }) };
}

export function secretObject(name: string, namespace: string | null, data: Data, type: string): Fields {
  const encoded = Object.fromEntries([...data].map(([key, value]) => [key, base64(value)]));
  return {
    apiVersion: 'v1',
    ...(data.size === 0 ? {} : { data: encoded }),
    kind: 'Secret',
    metadata: metadata(name, namespace),
    ...(type === '' ? {} : { type }),
  };
}

export type Registry = { server: string; username: string; password: string; email: string };

/** ~/.docker/config.json for one registry, as the kubelet reads it. */
export function dockerConfig({ server, username, password, email }: Registry): string {
  const auth = base64(encode(`${username}:${password}`));
  const entry = { username, password, ...(email === '' ? {} : { email }), auth };
  return JSON.stringify({ auths: { [server]: entry } });
}

export function configMapObject(name: string, namespace: string | null, data: Data): Fields {
  const texts: Record<string, string> = {};
  const binary: Record<string, string> = {};
  for (const [key, value] of data) {
    const decoded = new TextDecoder().decode(value);
    if (isSameBytes(encode(decoded), value)) texts[key] = decoded;
    else binary[key] = base64(value);
  }
  return {
    apiVersion: 'v1',
    ...(Object.keys(binary).length === 0 ? {} : { binaryData: binary }),
    ...(Object.keys(texts).length === 0 ? {} : { data: texts }),
    kind: 'ConfigMap',
    metadata: metadata(name, namespace),
  };
}

function isSameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

export function namespaceObject(name: string): Fields {
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name }, spec: {}, status: {} };
}

export function serviceAccountObject(name: string, namespace: string | null): Fields {
  return { apiVersion: 'v1', kind: 'ServiceAccount', metadata: metadata(name, namespace) };
}

/** The last part of an image's name, without tag and digest, as a container's name. */
function containerName(image: string): string {
  const last = (image.split('/').at(-1) ?? '').split('@')[0] ?? '';
  return (last.split(':')[0] ?? '')
    .toLowerCase()
    .replace(/[^a-z0-9-]/g, '-')
    .replace(/^-+|-+$/g, '');
}

export function deploymentObject(
  name: string,
  namespace: string | null,
  options: { images: readonly string[]; replicas: number; port: number; command: readonly string[] },
): Fields {
  const labels = { app: name };
  const containers = options.images.map((image) => ({
    ...(options.command.length === 0 ? {} : { command: options.command }),
    image,
    name: containerName(image),
    ...(options.port > 0 ? { ports: [{ containerPort: options.port }] } : {}),
    resources: {},
  }));
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: metadata(name, namespace, labels),
    spec: {
      replicas: options.replicas,
      selector: { matchLabels: labels },
      strategy: {},
      template: { metadata: { labels }, spec: { containers } },
    },
    status: {},
  };
}

export function jobObject(name: string, namespace: string | null, image: string, command: readonly string[]): Fields {
  const container = { ...(command.length === 0 ? {} : { command }), image, name, resources: {} };
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: metadata(name, namespace),
    spec: { template: { metadata: {}, spec: { containers: [container], restartPolicy: 'Never' } } },
    status: {},
  };
}

export type PodOptions = {
  image: string;
  labels: Fields;
  annotations: Fields;
  env: readonly { name: string; value: string }[];
  port: number;
  restartPolicy: string;
  imagePullPolicy: string;
  args: readonly string[];
  isCommand: boolean;
  stdin: boolean;
  tty: boolean;
  privileged: boolean;
};

export function podObject(name: string, namespace: string | null, options: PodOptions): Fields {
  const { args, isCommand } = options;
  const words = args.length === 0 ? {} : isCommand ? { command: args } : { args };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      ...(Object.keys(options.annotations).length === 0 ? {} : { annotations: options.annotations }),
      ...metadata(name, namespace, options.labels),
    },
    spec: {
      containers: [
        {
          ...words,
          ...(options.env.length === 0 ? {} : { env: options.env }),
          image: options.image,
          ...(options.imagePullPolicy === '' ? {} : { imagePullPolicy: options.imagePullPolicy }),
          name,
          ...(options.port > 0 ? { ports: [{ containerPort: options.port }] } : {}),
          resources: {},
          ...(options.privileged ? { securityContext: { privileged: true } } : {}),
          ...(options.stdin ? { stdin: true, stdinOnce: true } : {}),
          ...(options.tty ? { tty: true } : {}),
        },
      ],
      dnsPolicy: 'ClusterFirst',
      restartPolicy: options.restartPolicy,
    },
    status: {},
  };
}
