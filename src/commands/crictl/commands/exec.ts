import type { CliCommand } from '../../../go/cli-types.ts';
import type { Context } from '../../../linux/context.ts';
import { print } from '../../../linux/io.ts';
import { concatBytes } from '../../../protocols/byte-queue.ts';
import { ExecRequest, ExecResponse, ExecSyncRequest } from '../../../protocols/cri/generated.ts';
import { toProtoText } from '../../../protocols/prototext.ts';
import { runTogether } from '../aggregate.ts';
import { isFailure, wrapping } from '../failure.ts';
import { selectors, TLS, TRANSPORT } from '../flags.ts';
import { parseLabels } from '../labels.ts';
import { queryContainers } from '../list-containers.ts';
import { debug, log } from '../logger.ts';
import { type Action, type Run, showHelp } from '../run.ts';
import { exec, execSync } from '../runtime-calls.ts';
import { type CriService, connectImages, connectRuntime } from '../service.ts';
import { checkTlsFlags, stream } from '../streaming.ts';

const SELECTORS = ['name', 'pod', 'image', 'state', 'label', 'latest', 'last'] as const;
const { latest, last } = selectors('container');

/** @models kubernetes-sigs/cri-tools cmd/crictl/exec.go @fidelity full */
export const execCommand: CliCommand<Action> = {
  name: 'exec',
  usage: 'Run a command inside a running container',
  argsUsage: '[CONTAINER-ID] COMMAND [ARG...]',
  description: `Leave the CONTAINER-ID out when one of these flags selects containers:
--image, --label, --last, --latest, --name, --pod, --state`,
  shortOptions: true,
  flags: [
    { name: 'ignore-errors', aliases: ['e'], kind: 'bool', usage: 'Succeed even when the command fails' },
    { name: 'image', kind: 'string', usage: 'Run it in all containers of this image' },
    { name: 'interactive', aliases: ['i'], kind: 'bool', usage: 'Pass on what is typed' },
    { name: 'label', kind: 'stringSlice', usage: 'Run it in all containers with this label, key=value' },
    { ...last, usage: 'Run it in the n containers created last, 0 for all' },
    { ...latest, usage: 'Run it in the container created last' },
    { name: 'name', kind: 'string', usage: 'Run it in all containers whose name matches this pattern' },
    { name: 'parallel', aliases: ['x'], kind: 'bool', usage: 'Run it in all selected containers at once' },
    { name: 'pod', aliases: ['p'], kind: 'string', usage: 'Run it in all containers of the pod of this ID' },
    { name: 'quiet', aliases: ['q'], kind: 'bool', usage: 'Do not print the IDs of several selected containers' },
    { name: 'state', kind: 'string', usage: 'Run it in all containers in this state' },
    { name: 'sync', aliases: ['s'], kind: 'bool', usage: 'Wait for the end, then print the output' },
    { name: 'timeout', kind: 'int64', usage: 'Give up after so many seconds' },
    ...TLS,
    TRANSPORT,
    { name: 'tty', aliases: ['t'], kind: 'bool', usage: 'Give the command a terminal' },
  ],
  action: async (ctx, run) => {
    const { cli } = run;
    if (cli.args.length < 1) return await showHelp(ctx, run);
    const runtime = await connectRuntime(ctx, run);
    const images = await connectImages(ctx, run);
    const ignoresErrors = cli.bool('ignore-errors');
    const quiet = cli.bool('quiet');
    if (ignoresErrors && !quiet) {
      const text = 'has been set all errors returned by the command will be ignored.';
      await log(ctx, run.logger, 'warning', `The \`--ignore-errors\` option ${text}`);
    }
    let [ids, cmd] = [cli.args.slice(0, 1), cli.args.slice(1)];
    const selects = SELECTORS.some((flag) => cli.isSet(flag));
    if (selects) {
      [ids, cmd] = [await selectedIds(ctx, run, runtime, images), [...cli.args]];
      if (ids.length === 0) {
        await log(ctx, run.logger, 'error', 'No containers found per filter flags');
        return await showHelp(ctx, run);
      }
    } else if (cmd.length === 0) return await showHelp(ctx, run);
    checkTlsFlags(cli);
    const namesContainer = selects && !quiet && !cli.bool('parallel');
    try {
      await runTogether(
        ctx,
        ids.map((id) => async (c: Context) => {
          if (namesContainer) await print(c, `${id}:\n`);
          await execIn(c, run, runtime, id, cmd);
        }),
      );
    } catch (error) {
      if (!ignoresErrors || !isFailure(error)) throw error;
      await debug(ctx, run.logger, () => `Ignoring errors: ${error.message}`);
    }
  },
};

async function selectedIds(ctx: Context, run: Run, runtime: CriService, images: CriService): Promise<string[]> {
  const { cli } = run;
  const labels = parseLabels(cli.strings('label'));
  const containers = await wrapping('listing containers', () =>
    queryContainers(ctx, runtime, images, {
      name: cli.string('name'),
      podId: cli.string('pod'),
      image: cli.string('image'),
      state: cli.string('state'),
      latest: cli.bool('latest'),
      last: cli.number('last'),
      labels,
    }),
  );
  return containers.map(({ id }) => id);
}

async function execIn(ctx: Context, run: Run, runtime: CriService, id: string, cmd: readonly string[]): Promise<void> {
  const { cli } = run;
  const timeout = cli.number('timeout');
  if (!cli.bool('sync')) {
    return await wrapping(`execing command in container ${id}`, () => execStreaming(ctx, run, runtime, id, cmd));
  }
  await wrapping(`execing command in container ${id} synchronously`, async () => {
    const request = ExecSyncRequest.create({ containerId: id, cmd, timeout });
    await debug(ctx, run.logger, () => `ExecSyncRequest: ${toProtoText(ExecSyncRequest, request)}`);
    const { stdout, stderr } = await execSync(ctx, runtime, id, cmd, timeout);
    const newline = Uint8Array.of(10);
    await print(ctx, concatBytes([stdout, newline, stderr, newline]));
  });
}

async function execStreaming(
  ctx: Context,
  run: Run,
  runtime: CriService,
  id: string,
  cmd: readonly string[],
): Promise<void> {
  const { cli, logger } = run;
  const [tty, stdin] = [cli.bool('tty'), cli.bool('interactive')];
  const request = { containerId: id, cmd, tty, stdin, stdout: true, stderr: !tty };
  await debug(ctx, logger, () => `ExecRequest: ${toProtoText(ExecRequest, ExecRequest.create(request))}`);
  const answer = await exec(ctx, runtime, request);
  await debug(ctx, logger, () => `ExecResponse: ${toProtoText(ExecResponse, answer)}`);
  await debug(ctx, logger, () => `Exec URL: ${answer.url}`);
  await stream(ctx, { url: answer.url, transport: cli.string('transport'), stdin, tty });
}
