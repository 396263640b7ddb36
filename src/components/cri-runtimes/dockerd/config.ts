/**
 * dockerd's command line and /etc/docker/daemon.json.
 * @models moby 20.10 cmd/dockerd, daemon/config
 * @fidelity partial: the keys below; others of the real file are refused as unknown
 */
import type { Context } from '../../../linux/context.ts';
import { exists, readFile } from '../../../linux/io.ts';
import { failure } from '../shared/errors.ts';

export type EngineConfig = {
  hosts: string[];
  containerd: string;
  dataRoot: string;
  cgroupDriver: 'systemd' | 'cgroupfs';
  insecureRegistries: string[];
  liveRestore: boolean;
  bridgeAddress: string;
  pidFile: string;
};

const FILE = '/etc/docker/daemon.json';
const SYSTEM_CONTAINERD = '/run/containerd/containerd.sock';

/** Keys that are taken and have no effect here. */
const IGNORED = new Set([
  'log-driver',
  'log-opts',
  'storage-driver',
  'storage-opts',
  'registry-mirrors',
  'debug',
  'dns',
  'default-ulimits',
  'max-concurrent-downloads',
  'experimental',
  'features',
  'ipv6',
  'iptables',
  'userland-proxy',
]);

export async function loadConfig(ctx: Context, argv: readonly string[]): Promise<EngineConfig> {
  const config: EngineConfig = {
    hosts: [],
    containerd: SYSTEM_CONTAINERD,
    dataRoot: '/var/lib/docker',
    // On the unified hierarchy, 20.10 asks systemd unless it is told otherwise.
    cgroupDriver: 'systemd',
    insecureRegistries: [],
    liveRestore: false,
    bridgeAddress: '172.17.0.1/16',
    pidFile: '/var/run/docker.pid',
  };
  for (let i = 1; i < argv.length; i++) {
    const word = argv[i] ?? '';
    const [name = '', inline] = word.split(/=(.*)/s, 2);
    const value = (): string => inline ?? argv[++i] ?? '';
    if (name === '-H' || name === '--host') config.hosts.push(value());
    else if (name === '--containerd') config.containerd = value();
    else if (name === '--data-root' || name === '-g') config.dataRoot = value();
    else if (name === '--exec-opt') setExecOpt(config, value());
    else if (name === '--bip') config.bridgeAddress = value();
    else if (name === '--live-restore') config.liveRestore = true;
    else throw failure(`unknown flag: ${name}\nSee 'dockerd --help'.`);
  }
  if (await exists(ctx, FILE)) applyFile(config, await readFile(ctx, FILE));
  if (config.hosts.length === 0) config.hosts.push('unix:///var/run/docker.sock');
  return config;
}

function applyFile(config: EngineConfig, text: string): void {
  const unable = `unable to configure the Docker daemon with file ${FILE}: `;
  if (text.trim() === '') return;
  let file: Record<string, unknown>;
  try {
    file = JSON.parse(text) as Record<string, unknown>;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw failure(`${unable}invalid character in JSON: ${error.message}`);
  }
  const unknown: string[] = [];
  for (const [key, value] of Object.entries(file)) {
    const list = Array.isArray(value) ? value.map(String) : [];
    if (key === 'exec-opts') for (const one of list) setExecOpt(config, one);
    else if (key === 'insecure-registries') config.insecureRegistries = list;
    else if (key === 'data-root') config.dataRoot = String(value);
    else if (key === 'live-restore') config.liveRestore = value === true;
    else if (key === 'bip') config.bridgeAddress = String(value);
    else if (key === 'containerd') config.containerd = String(value);
    else if (key === 'hosts') {
      if (config.hosts.length > 0)
        throw failure(
          `${unable}the following directives are specified both as a flag and in the configuration file: hosts: (from flag: [${config.hosts.join(' ')}], from file: [${list.join(' ')}])`,
        );
      config.hosts = list;
    } else if (!IGNORED.has(key)) unknown.push(key);
  }
  if (unknown.length > 0)
    throw failure(`${unable}the following directives don't match any configuration option: ${unknown.join(', ')}`);
}

function setExecOpt(config: EngineConfig, text: string): void {
  const [key, value] = text.split('=');
  if (key !== 'native.cgroupdriver') throw failure(`Unknown option: ${key}`);
  if (value !== 'systemd' && value !== 'cgroupfs')
    throw failure(`Invalid option: ${value}. Need 'cgroupfs' or 'systemd'`);
  config.cgroupDriver = value;
}
