/** `runc list`. @models runc list.go @fidelity full */
import { newError } from '../../../go/errors.ts';
import { type JsonValue, marshalJson } from '../../../go/json.ts';
import { tabwrite } from '../../../go/tabwriter.ts';
import type { Context } from '../../../linux/context.ts';
import { isErrno } from '../../../linux/errno.ts';
import { print, printError, readFile } from '../../../linux/io.ts';
import type { DirectoryEntry } from '../../../linux/syscalls.ts';
import { messageOf, pathError } from '../shared/fault.ts';
import { annotationsOf, bundleOf, loadContainer, stateDirectory, statusOf } from './container.ts';
import type { RuncCall } from './program.ts';
import { OCI_VERSION } from './spec.ts';

type Row = {
  id: string;
  pid: number;
  status: string;
  bundle: string;
  rootfs: string;
  created: string;
  annotations: Record<string, string>;
  owner: string;
};

export async function list(ctx: Context, call: RuncCall): Promise<number> {
  const rows = await containers(ctx, call);
  if (call.cli.bool('quiet')) {
    for (const row of rows) await print(ctx, `${row.id}\n`);
    return 0;
  }
  switch (call.cli.string('format')) {
    case 'table': {
      const lines = rows.map((r) => `${r.id}\t${r.pid}\t${r.status}\t${r.bundle}\t${r.created}\t${r.owner}\n`);
      await print(
        ctx,
        tabwrite(`ID\tPID\tSTATUS\tBUNDLE\tCREATED\tOWNER\n${lines.join('')}`, {
          minWidth: 12,
          tabWidth: 1,
          padding: 3,
          padChar: ' ',
        }),
      );
      return 0;
    }
    case 'json':
      await print(ctx, `${rows.length === 0 ? 'null' : marshalJson(rows.map(jsonRow))}\n`);
      return 0;
    default:
      throw newError('invalid format option');
  }
}

function jsonRow(row: Row): JsonValue {
  const { annotations, owner, ...rest } = row;
  return {
    ociVersion: OCI_VERSION,
    ...rest,
    annotations: Object.keys(annotations).length === 0 ? undefined : annotations,
    owner,
  };
}

async function containers(ctx: Context, call: RuncCall): Promise<Row[]> {
  let entries: DirectoryEntry[];
  try {
    entries = await ctx.sys.readDirectory(ctx, call.root);
  } catch (error) {
    // 1.3 asks the wrong context whether --root was given: it complains of its own default, too (run with 1.3.6).
    if (isErrno(error, 'ENOENT') && call.isOld && !call.cli.isSet('root')) return [];
    throw pathError('open', call.root, error);
  }
  const rows: Row[] = [];
  for (const { name, type } of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    if (type !== 'directory' || name === '.' || name === '..') continue;
    try {
      const container = await loadContainer(ctx, call.root, name);
      const status = await statusOf(ctx, container);
      rows.push({
        id: name,
        pid: status === 'stopped' ? 0 : container.state.init_process_pid,
        status,
        bundle: bundleOf(container),
        rootfs: container.state.config.rootfs,
        created: container.state.created,
        annotations: annotationsOf(container),
        owner: await ownerOf(ctx, stateDirectory(call.root, name)),
      });
    } catch (error) {
      await printError(ctx, `load container ${name}: ${messageOf(error)}\n`);
    }
  }
  return rows;
}

async function ownerOf(ctx: Context, directory: string): Promise<string> {
  const { uid } = await ctx.sys.stat(ctx, directory);
  try {
    for (const line of (await readFile(ctx, '/etc/passwd')).split('\n')) {
      const fields = line.split(':');
      if (fields[2] === String(uid)) return fields[0] ?? `#${uid}`;
    }
  } catch (error) {
    if (!isErrno(error)) throw error;
  }
  return `#${uid}`;
}
