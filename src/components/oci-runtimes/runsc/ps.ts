/** `runsc ps`. @models gVisor runsc/cmd/ps.go, pkg/sentry/control/proc.go @fidelity full */
import { newError } from '../../../go/errors.ts';
import { quote } from '../../../go/quote.ts';
import { tabwrite } from '../../../go/tabwriter.ts';
import { civilTime } from '../../../go/time.ts';
import type { Context } from '../../../linux/context.ts';
import { print } from '../../../linux/io.ts';
import type { ProcessRow } from './boot.ts';
import type { RunscCall } from './call.ts';
import { connect, loadContainer } from './container.ts';
import { loading } from './state.ts';

export async function ps(ctx: Context, call: RunscCall): Promise<number> {
  const state = await loading(loadContainer(ctx, call, call.args[0] ?? ''), 'loading sandbox');
  const format = call.options.get('format') ?? 'table';
  if (state.status !== 'running' && state.status !== 'paused')
    throw newError(
      `getting processes for container: cannot get processes of container ${quote(state.id)} in state ${state.status}`,
    );
  const client = await connect(ctx, state);
  const rows = await client.call<ProcessRow[]>(ctx, 'containerManager.Processes', { cid: state.id });
  if (format === 'json') {
    await print(ctx, JSON.stringify(rows.map(({ pid }) => pid)));
    return 0;
  }
  if (format !== 'table') throw newError(`unsupported format: ${format}`);
  const lines = rows.map(
    (row) => `${row.uid}\t${row.pid}\t${row.ppid}\t0\t?\t${started(row.stimeNs)}\t${spent(row.timeNs)}\t${row.cmd}\n`,
  );
  const table = `UID\tPID\tPPID\tC\tTTY\tSTIME\tTIME\tCMD\n${lines.join('')}`;
  await print(ctx, tabwrite(table, { minWidth: 10, tabWidth: 1, padding: 3, padChar: ' ' }));
  return 0;
}

/** One of them in JSON. */
export function processFields(row: ProcessRow): Record<string, string | number | number[]> {
  return {
    uid: row.uid,
    pid: row.pid,
    ppid: row.ppid,
    threads: [row.pid],
    c: 0,
    tty: '?',
    stime: started(row.stimeNs),
    time: spent(row.timeNs),
    cmd: row.cmd,
  };
}

function started(ns: string): string {
  const { hour, minute } = civilTime(BigInt(ns));
  return `${String(hour).padStart(2, '0')}:${String(minute).padStart(2, '0')}`;
}

/** Time on the CPU, in steps of 10 ms. */
function spent(ns: number): string {
  const ms = Math.floor(ns / 10_000_000) * 10;
  return ms === 0 ? '0s' : ms < 1000 ? `${ms}ms` : `${ms / 1000}s`;
}
