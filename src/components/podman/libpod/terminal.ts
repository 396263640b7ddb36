/** Streams of this process and those of a container. @models podman 5.4 pkg/domain/infra/abi/terminal @fidelity partial: no detach keys; the size as it is when it begins */
import type { Context } from '../../../linux/context.ts';
import { writeFile } from '../../../linux/io.ts';
import type { LibpodContainer } from './database.ts';
import { attach, bundleOf } from './monitor.ts';

const RAW = { canonical: false, echo: false, signals: false, outputNewline: false };

export async function attachTerminal(
  ctx: Context,
  container: LibpodContainer,
  begin: () => Promise<void>,
): Promise<void> {
  const { sys } = ctx;
  const isRaw = container.terminal && container.stdin && (await sys.isTty(ctx, 0));
  if (!isRaw) {
    await forwardSignals(ctx, container);
    return attach(ctx, container, container.stdin, begin);
  }
  const before = await sys.getTermios(ctx, 0);
  await sys.setTermios(ctx, 0, RAW);
  try {
    await attach(ctx, container, true, async () => {
      const { columns, rows } = await sys.getWindowSize(ctx, 0);
      await writeFile(ctx, `${bundleOf(container.id)}/ctl`, `1 ${rows} ${columns}\n`);
      await begin();
    });
  } finally {
    await sys.setTermios(ctx, 0, before);
  }
}

/** Without a terminal in between, what is sent to podman is meant for the container. */
async function forwardSignals(ctx: Context, container: LibpodContainer): Promise<void> {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    ctx.sys.sigaction(ctx, signal, () => {
      ctx.go('forward signal', async (inner) => {
        await inner.sys.kill(inner, container.pid, signal).catch(() => {});
      });
    });
}
