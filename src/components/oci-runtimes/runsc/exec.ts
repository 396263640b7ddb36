/** `runsc exec`. @models gVisor runsc/cmd/exec.go @fidelity partial: --detach starts no second runsc: the call itself returns at once */
import { newError } from '../../../go/errors.ts';
import { parseJson } from '../../../go/json-parse.ts';
import { quote } from '../../../go/quote.ts';
import type { Context } from '../../../linux/context.ts';
import { printError, readFile, writeFile } from '../../../linux/io.ts';
import type { Process as SpecProcess } from '../../../protocols/oci-runtime/types.ts';
import { KNOWN_CAPABILITIES } from '../shared/capabilities.ts';
import { wrapped } from '../shared/fault.ts';
import type { RunscCall } from './call.ts';
import { connect, containerStdio, loadContainer } from './container.ts';
import { wrongProcess } from './read-spec.ts';
import { forwardSignals } from './run.ts';
import { loading } from './state.ts';
import type { ContainerState } from './state-file.ts';
import { commandUsage } from './usage.ts';

export async function exec(ctx: Context, call: RunscCall): Promise<number> {
  const { options, args } = call;
  const state = await loading(loadContainer(ctx, call, args[0] ?? ''), 'loading sandbox');
  const process = await loading(processOf(ctx, call, state), 'parsing process spec');
  if (state.status === 'created')
    throw newError(
      `executing processes for container: executing command ${quote((process.args ?? []).join(' '))} in sandbox: container ${quote(state.id)} not started`,
    );
  if (state.status !== 'running')
    throw newError(
      `executing processes for container: cannot execute in container ${quote(state.id)} in state ${state.status}`,
    );
  const client = await connect(ctx, state);
  const stdio = await containerStdio(ctx, process, options.get('console-socket') ?? '');
  let pid: number;
  try {
    pid = await client.call<number>(ctx, 'containerManager.ExecuteAsync', { cid: state.id, process }, stdio);
  } catch (error) {
    throw wrapped(
      `executing processes for container: executing command ${quote((process.args ?? []).join(' '))} in sandbox`,
      error,
    );
  }
  const internal = options.get('internal-pid-file') ?? '';
  if (internal !== '') await writeFile(ctx, internal, String(pid));
  const pidFile = options.get('pid-file') ?? '';
  if (pidFile !== '') await writeFile(ctx, pidFile, String(state.sandbox.pid));
  if (options.get('detach') === 'true') return 0;
  forwardSignals(ctx, state, pid);
  try {
    return await client.call<number>(ctx, 'containerManager.WaitPID', { cid: state.id, pid });
  } catch (error) {
    throw wrapped(`waiting on pid ${pid}`, error);
  }
}

async function processOf(ctx: Context, call: RunscCall, state: ContainerState): Promise<SpecProcess> {
  const { options } = call;
  const file = options.get('process') ?? '';
  if (file !== '') {
    let text: string;
    try {
      text = await readFile(ctx, file);
    } catch (error) {
      throw wrapped(`error opening process file: ${file}, open ${file}`, error);
    }
    const parsed = parseJson(text);
    const fault = parsed.ok ? wrongProcess(parsed.value, 'Process') : parsed.error;
    if (fault !== null) throw newError(`error parsing process file: ${file}, ${fault}`);
    const process = JSON.parse(text) as SpecProcess;
    return { ...process, user: process.user ?? { uid: 0, gid: 0 }, cwd: process.cwd ?? '/' };
  }
  const base = state.spec.process as SpecProcess;
  const args = call.args.slice(1);
  if (args.length === 0) {
    await printError(ctx, commandUsage('exec'));
    throw newError('both a container-id and command are required');
  }
  const [uid, gid] = (options.get('user') ?? `${base.user.uid}:${base.user.gid}`).split(':').map(Number);
  const caps = call.lists.get('cap') ?? [];
  const unknown = caps.find((name) => !KNOWN_CAPABILITIES.has(name.replace(/^CAP_/, '')));
  if (unknown !== undefined) throw newError(`capabilities error: unknown capability ${quote(unknown)}`);
  const { capabilities } = base;
  return {
    ...base,
    args: [...args],
    terminal: false,
    cwd: options.get('cwd') ?? base.cwd,
    env: [...(base.env ?? []), ...(call.lists.get('env') ?? [])],
    ...(caps.length === 0
      ? {}
      : {
          capabilities: {
            ...capabilities,
            bounding: [...(capabilities?.bounding ?? []), ...caps],
            effective: [...(capabilities?.effective ?? []), ...caps],
            permitted: [...(capabilities?.permitted ?? []), ...caps],
          },
        }),
    user: { uid: uid ?? 0, gid: gid ?? 0 },
  };
}
