/** A registry as the flags describe it. @models containerd 2.1 cmd/ctr/commands/resolver.go @fidelity partial: TLS files are not looked into */
import type { Context } from '../../linux/context.ts';
import { LineReader, print } from '../../linux/io.ts';
import { newRegistryClient, type RegistryClient } from '../../protocols/distribution/client.ts';
import { registryHosts } from '../../protocols/distribution/hosts-dir.ts';
import { parseReferenceSpec, specHostname } from '../../protocols/oci/reference.ts';
import type { Credentials } from '../common/containerd/transfer.ts';
import { fail, type Run } from './run.ts';

/** --user and --refresh; a missing password is asked for. */
export async function credentialsOf(ctx: Context, run: Run): Promise<Credentials | null> {
  const { cli } = run;
  const [username = '', ...rest] = cli.string('user').split(':');
  let secret = rest.join(':');
  if (username !== '') {
    if (secret === '') {
      await print(ctx, 'Password: ');
      secret = await askPassword(ctx);
      await print(ctx, '\n');
    }
    return { username, secret };
  }
  const refresh = cli.string('refresh');
  return refresh === '' ? null : { username: '', secret: refresh };
}

async function askPassword(ctx: Context): Promise<string> {
  if (!(await ctx.sys.isTty(ctx, 0))) fail('failed to disable echo: provided file is not a console');
  const before = await ctx.sys.getTermios(ctx, 0);
  await ctx.sys.setTermios(ctx, 0, { ...before, echo: false });
  try {
    return (await new LineReader(0).next(ctx)) ?? '';
  } finally {
    await ctx.sys.setTermios(ctx, 0, before);
  }
}

export async function registryClient(ctx: Context, run: Run, reference: string): Promise<RegistryClient> {
  const { cli } = run;
  const host = specHostname(parseReferenceSpec(reference));
  const hosts = await registryHosts(ctx, cli.string('hosts-dir'), host, cli.bool('plain-http') ? 'http' : undefined);
  const credentials = await credentialsOf(ctx, run);
  const skipVerify = cli.bool('skip-verify');
  return newRegistryClient({
    hosts: skipVerify ? hosts.map((entry) => ({ ...entry, skipVerify })) : hosts,
    ...(credentials === null ? {} : { credentials }),
    userAgent: 'containerd/2.1.9',
  });
}
