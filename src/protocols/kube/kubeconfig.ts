/**
 * kubeconfig files: where the API server is, whom to believe, and as whom to speak.
 * @models k8s.io/client-go tools/clientcmd
 * @fidelity partial: one file, no exec plugins; certificates are the TLS model's PEM
 */
import { parseYaml } from '../../go/yaml-in.ts';
import type { Context } from '../../linux/context.ts';
import { exists, getenv, readFile } from '../../linux/io.ts';
import { utf8 } from '../../linux/rope.ts';
import { fromBase64 } from '../base64.ts';
import { type Certificate, decodePem } from '../distribution/tls-model.ts';

export type Kubeconfig = {
  clusters: {
    name: string;
    cluster: {
      server?: string;
      'certificate-authority'?: string;
      'certificate-authority-data'?: string;
      'insecure-skip-tls-verify'?: boolean;
      'tls-server-name'?: string;
      'proxy-url'?: string;
      'disable-compression'?: boolean;
    };
  }[];
  users: {
    name: string;
    user: {
      'client-certificate'?: string;
      'client-certificate-data'?: string;
      'client-key'?: string;
      'client-key-data'?: string;
      token?: string;
      tokenFile?: string;
      as?: string;
      'as-uid'?: string;
      'as-groups'?: string[];
      'as-user-extra'?: Record<string, string[]>;
      username?: string;
      password?: string;
      'auth-provider'?: { name: string; config?: Record<string, string> };
      exec?: {
        apiVersion?: string;
        command: string;
        args?: string[];
        env?: { name: string; value: string }[];
        interactiveMode?: string;
        provideClusterInfo?: boolean;
      };
    };
  }[];
  contexts: { name: string; context: { cluster: string; user: string; namespace?: string } }[];
  'current-context': string;
  preferences?: { colors?: boolean };
};

/** `extra`: key and value, a key as often as it has values. */
export type Impersonation = {
  user: string;
  groups: readonly string[];
  uid: string;
  extra: readonly (readonly [key: string, value: string])[];
};

/** What a client needs to know. */
export type RestConfig = {
  /** `https://192.168.1.10:6443` */
  server: string;
  issuers: readonly string[];
  skipVerify: boolean;
  clientCertificate: Certificate | null;
  token: string | null;
  /** How long a request may take; without it, or 0, for ever. */
  timeoutNs?: number;
  /** Whom to speak as, if that is allowed. */
  impersonate?: Impersonation;
  /** Of the context; `default` when it names none. */
  namespace: string;
  userAgent: string;
};

/** What was read, as JSON: each command reads the same file again. */
const recent = new Map<string, string>();
const RECENT_MAX = 16;

export function parseKubeconfig(text: string): { ok: true; value: Kubeconfig } | { ok: false; error: string } {
  const known = recent.get(text);
  if (known !== undefined) return { ok: true, value: JSON.parse(known) as Kubeconfig };
  const parsed = readKubeconfig(text);
  if (!parsed.ok) return parsed;
  if (recent.size >= RECENT_MAX) recent.clear();
  recent.set(text, JSON.stringify(parsed.value));
  return parsed;
}

function readKubeconfig(text: string): ReturnType<typeof parseKubeconfig> {
  const parsed = parseYaml(text);
  if (!parsed.ok) return parsed;
  const value = (parsed.value ?? {}) as Partial<Kubeconfig>;
  return {
    ok: true,
    value: {
      clusters: value.clusters ?? [],
      users: value.users ?? [],
      contexts: value.contexts ?? [],
      'current-context': value['current-context'] ?? '',
      ...(value.preferences === undefined ? {} : { preferences: value.preferences }),
    },
  };
}

/** Throws Errno when a file that is named cannot be read. */
export async function restConfig(
  ctx: Context,
  config: Kubeconfig,
  options: { context?: string; userAgent?: string } = {},
): Promise<RestConfig> {
  const context = config.contexts.find((c) => c.name === (options.context ?? config['current-context']))?.context;
  const cluster = config.clusters.find((c) => c.name === context?.cluster)?.cluster;
  const user = config.users.find((u) => u.name === context?.user)?.user;
  const ca = await pem(ctx, cluster?.['certificate-authority'], cluster?.['certificate-authority-data']);
  const tokenFile = user?.tokenFile;
  return {
    server: cluster?.server ?? 'http://localhost:8080',
    issuers: ca === null ? [] : [ca.subject],
    skipVerify: cluster?.['insecure-skip-tls-verify'] === true,
    clientCertificate: await pem(ctx, user?.['client-certificate'], user?.['client-certificate-data']),
    token: tokenFile === undefined ? (user?.token ?? null) : (await readFile(ctx, tokenFile)).trim(),
    ...(user?.as === undefined || user.as === ''
      ? {}
      : {
          impersonate: {
            user: user.as,
            uid: user['as-uid'] ?? '',
            groups: user['as-groups'] ?? [],
            extra: Object.entries(user['as-user-extra'] ?? {}).flatMap(([key, values]) =>
              values.map((value): [string, string] => [key, value]),
            ),
          },
        }),
    namespace: context?.namespace ?? 'default',
    userAgent: options.userAgent ?? 'kube',
  };
}

async function pem(ctx: Context, path: string | undefined, data: string | undefined): Promise<Certificate | null> {
  if (data !== undefined) return decodePem(utf8(fromBase64(data)));
  return path === undefined ? null : decodePem(await readFile(ctx, path));
}

export async function loadRestConfig(ctx: Context, path: string, userAgent: string): Promise<RestConfig> {
  const parsed = parseKubeconfig(await readFile(ctx, path));
  if (!parsed.ok) throw new Error(`error loading config file "${path}": ${parsed.error}`);
  return restConfig(ctx, parsed.value, { userAgent });
}

const SERVICE_ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount';

/** As a pod's own service account, by the environment that every container has; null outside a pod. @models client-go rest.InClusterConfig */
export async function inClusterConfig(ctx: Context, userAgent: string): Promise<RestConfig | null> {
  const [host, port] = [getenv(ctx, 'KUBERNETES_SERVICE_HOST'), getenv(ctx, 'KUBERNETES_SERVICE_PORT')];
  if (!host || !port || !(await exists(ctx, `${SERVICE_ACCOUNT}/token`))) return null;
  const ca = decodePem(await readFile(ctx, `${SERVICE_ACCOUNT}/ca.crt`));
  return {
    server: `https://${host}:${port}`,
    issuers: ca === null ? [] : [ca.subject],
    skipVerify: false,
    clientCertificate: null,
    token: (await readFile(ctx, `${SERVICE_ACCOUNT}/token`)).trim(),
    namespace: (await readFile(ctx, `${SERVICE_ACCOUNT}/namespace`)).trim(),
    userAgent,
  };
}
