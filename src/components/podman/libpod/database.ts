/**
 * What podman knows of its containers: there is no daemon, so every command reads and writes this.
 * @models podman 5.4 libpod/sqlite_state.go, container_config.go
 * @fidelity partial: JSON in the place of SQLite's file, and no lock around it
 */
import type { Context } from '../../../linux/context.ts';
import { exists, readFile, writeFileAtomic } from '../../../linux/io.ts';
import { failure } from '../../cri-runtimes/shared/errors.ts';
import { GRAPH_ROOT } from '../run.ts';
import type { PortMapping } from './ports.ts';

const PATH = `${GRAPH_ROOT}/db.sql`;

export type LibpodContainer = {
  id: string;
  name: string;
  /** Image by its name, and by its id. */
  image: string;
  imageId: string;
  command: string[];
  /** ns since 1970, as text. */
  created: string;
  started: string;
  finished: string;
  state: 'configured' | 'created' | 'running' | 'exited';
  pid: number;
  conmonPid: number;
  exitCode: number;
  oomKilled: boolean;
  autoRemove: boolean;
  terminal: boolean;
  stdin: boolean;
  stopSignal: string;
  stopTimeout: number;
  network: 'bridge' | 'host' | 'none';
  /** Where its network namespace is pinned; empty if podman has made none. */
  netns: string;
  address: string;
  /** Ports of the host that were asked for; with their numbers while it runs. */
  ports: PortMapping[];
  bound: PortMapping[];
  labels: Record<string, string>;
  restartPolicy: string;
  /** How often on-failure tries; 0 for ever. */
  restartRetries: number;
  restartCount: number;
  /** It was told to stop: no policy starts it again. */
  stoppedByUser: boolean;
  volumes: { name: string; destination: string }[];
};

export type LibpodVolume = {
  name: string;
  /** ns since 1970, as text. */
  created: string;
  labels: Record<string, string>;
  /** Made for a container that named none: it goes with it. */
  anonymous: boolean;
  /** Nothing has been in it yet: the first container fills it with what its image has there. */
  needsCopyUp: boolean;
};

type Database = {
  containers: LibpodContainer[];
  volumes: LibpodVolume[];
  /** Of those that are gone already. */
  exitCodes: Record<string, number>;
};

export async function readDatabase(ctx: Context): Promise<Database> {
  if (!(await exists(ctx, PATH))) return { containers: [], volumes: [], exitCodes: {} };
  return JSON.parse(await readFile(ctx, PATH)) as Database;
}

export async function changeDatabase(ctx: Context, change: (database: Database) => void): Promise<void> {
  const database = await readDatabase(ctx);
  change(database);
  await writeFileAtomic(ctx, PATH, JSON.stringify(database), 0o600);
}

export async function saveContainer(ctx: Context, container: LibpodContainer): Promise<void> {
  await changeDatabase(ctx, (database) => {
    database.containers = [...database.containers.filter(({ id }) => id !== container.id), container];
  });
}

/** By whole name, or by the beginning of an id. */
export async function findContainer(ctx: Context, text: string): Promise<LibpodContainer | undefined> {
  const { containers } = await readDatabase(ctx);
  const named = containers.find(({ id, name }) => name === text || id === text);
  if (named !== undefined || text === '') return named;
  const found = containers.filter(({ id }) => id.startsWith(text));
  if (found.length > 1)
    throw failure(`more than one result for container name or ID "${text}": container already exists`);
  return found[0];
}

export async function needContainer(ctx: Context, text: string): Promise<LibpodContainer> {
  const container = await findContainer(ctx, text);
  if (container === undefined) throw failure(`no container with name or ID "${text}" found: no such container`);
  return container;
}
