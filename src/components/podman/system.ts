/** podman version and info. @models podman 5.4 cmd/podman/system/{version,info}.go @fidelity partial: what it tells of the host is what this model has */
import { type JsonValue, marshalJson } from '../../go/json.ts';
import type { Context } from '../../linux/context.ts';
import { print, readFile } from '../../linux/io.ts';
import { readRegistriesConf } from '../cri-runtimes/shared/containers-image/registries-conf.ts';
import { failure } from '../cri-runtimes/shared/errors.ts';
import { type Command, GRAPH_ROOT, openStore, RUN_ROOT, showTemplate, VERSION } from './run.ts';

const GO = 'go1.24.4';
const API = VERSION;
const format: NonNullable<Command['flags']> = [
  { name: 'format', short: 'f', kind: 'string', usage: 'print as json or with a Go template' },
];

export const versionCommand: Command = {
  name: 'version',
  short: 'Show the version',
  flags: format,
  action: async (ctx, cli) => {
    const Client = {
      APIVersion: API,
      Version: VERSION,
      GoVersion: GO,
      GitCommit: '',
      Os: 'linux',
      OsArch: 'linux/amd64',
    };
    if (cli.string('format') === 'json')
      return print(ctx, `${marshalJson({ Client } as JsonValue, { indent: '  ' })}\n`);
    if (cli.string('format') !== '') return showTemplate(ctx, cli.string('format'), [{ Client }]);
    await print(
      ctx,
      `Client:       Podman Engine\nVersion:      ${VERSION}\nAPI Version:  ${API}\nGo Version:   ${GO}\nOS/Arch:      linux/amd64\n`,
    );
  },
};

async function factsOf(ctx: Context): Promise<Record<string, unknown>> {
  const { nodename, release } = await ctx.sys.uname(ctx);
  const memory = await readFile(ctx, '/proc/meminfo');
  const kb = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(memory)?.[1] ?? 0) * 1024;
  const cpus = ((await readFile(ctx, '/proc/cpuinfo')).match(/^processor/gm) ?? []).length;
  const conf = await readRegistriesConf(ctx).catch(() => null);
  const store = await openStore(ctx);
  return {
    host: {
      arch: 'amd64',
      cgroupManager: 'systemd',
      cgroupVersion: 'v2',
      cpus,
      hostname: nodename,
      kernel: release,
      logDriver: 'journald',
      memFree: kb('MemFree'),
      memTotal: kb('MemTotal'),
      networkBackend: 'netavark',
      ociRuntime: { name: 'crun', path: '/usr/bin/crun' },
      os: 'linux',
      rootless: false,
    },
    registries: { search: conf?.searchRegistries ?? [] },
    store: {
      configFile: '/usr/share/containers/storage.conf',
      containerStore: { number: 0, paused: 0, running: 0, stopped: 0 },
      graphDriverName: 'overlay',
      graphRoot: GRAPH_ROOT,
      imageStore: { number: store.images.length },
      runRoot: RUN_ROOT,
      volumePath: `${GRAPH_ROOT}/volumes`,
    },
    version: { APIVersion: API, GoVersion: GO, OsArch: 'linux/amd64', Version: VERSION },
  };
}

export const infoCommand: Command = {
  name: 'info',
  short: 'Show what podman knows of the host and its store',
  flags: format,
  action: async (ctx, cli) => {
    if (cli.args.length > 0) throw failure(`unknown command ${JSON.stringify(cli.args[0])} for "podman info"`);
    const facts = await factsOf(ctx);
    const asked = cli.string('format');
    if (asked === 'json') return print(ctx, `${marshalJson(facts as JsonValue, { indent: '  ' })}\n`);
    if (asked !== '') return showTemplate(ctx, asked, [templateNames(facts)]);
    await print(ctx, yamlOf(facts, ''));
  },
};

/** Go templates see fields by their names in Go. */
function templateNames(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key.slice(0, 1).toUpperCase() + key.slice(1), templateNames(inner)]),
  );
}

function yamlOf(value: Record<string, unknown>, margin: string): string {
  return Object.entries(value)
    .map(([key, inner]) => {
      if (Array.isArray(inner))
        return inner.length === 0
          ? `${margin}${key}: []\n`
          : `${margin}${key}:\n${inner.map((one) => `${margin}- ${String(one)}\n`).join('')}`;
      if (typeof inner === 'object' && inner !== null)
        return `${margin}${key}:\n${yamlOf(inner as Record<string, unknown>, `${margin}  `)}`;
      return `${margin}${key}: ${inner === '' ? '""' : String(inner)}\n`;
    })
    .join('');
}
