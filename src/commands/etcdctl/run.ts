/**
 * What every action of etcdctl works with: its flags, the environment's, and the connection they lead to.
 * @models etcd 3.6 etcdctl/ctlv3/command global.go, client/v3 config.go, pkg/flags flag.go
 * @fidelity partial: no user names (etcd here has none), no discovery by DNS, --debug tells nothing
 */
import type { CobraContext } from '../../go/cobra-types.ts';
import { zapJson } from '../../go/zap.ts';
import type { Context } from '../../linux/context.ts';
import { isErrno } from '../../linux/errno.ts';
import { printError, readFile } from '../../linux/io.ts';
import { type Certificate, decodePem, PUBLIC_ISSUERS } from '../../protocols/distribution/tls-model.ts';
import type { EtcdEndpoint } from '../../protocols/etcd/client.ts';
import { ClusterService } from '../../protocols/etcd/etcdserverpb/generated.ts';
import { Client, EtcdFailure } from './client.ts';
import { EXIT, Exit, NotSimulated, SilentExit } from './exit.ts';
import { GLOBAL_FLAGS } from './flags.ts';
import { isFormat, Printer } from './printer.ts';
import type { EtcdctlRelease } from './release.ts';

export type Action = (ctx: Context, run: Run) => Promise<void>;

type Tls = {
  readonly certificate: Certificate | null;
  readonly issuers: readonly string[];
  readonly isWanted: boolean;
};

export const envName = (flag: string): string => `ETCDCTL_${flag.toUpperCase().replaceAll('-', '_')}`;

/** The client has a name of its own for `watch`'s keys, which are no flags. */
const KNOWN = new Set(['ETCDCTL_API', 'ETCDCTL_WATCH_KEY', 'ETCDCTL_WATCH_RANGE_END']);

export class Run {
  readonly cli: CobraContext;
  readonly release: EtcdctlRelease;
  /** Flags that the command line itself sets: the environment may not name them as well. */
  private readonly typed: ReadonlySet<string>;
  private tls: Tls | null = null;
  private out: Printer | null = null;

  constructor(cli: CobraContext, release: EtcdctlRelease, typed: ReadonlySet<string> = new Set()) {
    this.cli = cli;
    this.release = release;
    this.typed = typed;
  }

  get timeoutNs(): number {
    return this.cli.duration('command-timeout');
  }

  get printer(): Printer {
    if (this.out === null) throw new Error('a printer before its client');
    return this.out;
  }

  /** Looks at the flags that tell how to connect; nobody is asked yet. */
  async configure(ctx: Context): Promise<void> {
    if (this.tls !== null) return;
    await this.checkEnvironment(ctx);
    const { cli } = this;
    for (const name of ['cert', 'key', 'cacert'])
      if (cli.isSet(name) && cli.string(name) === '')
        throw new Exit(EXIT.badArgs, `empty string is passed to --${name} option`);
    if (cli.string('user') !== '') throw new NotSimulated('etcdctl: not simulated: --user: etcd here has no users');
    if (cli.string('discovery-srv') !== '') throw new NotSimulated('etcdctl: not simulated: --discovery-srv');
    const format = cli.string('write-out');
    if (!isFormat(format)) throw new Exit(EXIT.badFeature, 'unsupported output format');
    this.out = new Printer(format, cli.bool('hex'), this.release);
    this.tls = await this.readTls(ctx);
  }

  async client(ctx: Context, urls: readonly string[] = this.endpoints, logger?: string): Promise<Client> {
    await this.configure(ctx);
    const { issuers, certificate, isWanted } = this.tls as Tls;
    const skipVerify = this.cli.bool('insecure-skip-tls-verify');
    const endpoints = urls.map((url): EtcdEndpoint => {
      // Without a scheme the certificates decide.
      const whole = !url.includes('://') && isWanted ? `https://${url}` : url;
      return { url: whole, issuers, skipVerify, clientCertificate: certificate };
    });
    return new Client(ctx, endpoints, this.release, logger);
  }

  get endpoints(): readonly string[] {
    return this.cli.strings('endpoints').map((endpoint) => endpoint.trim());
  }

  /** Those of the flags, or with --cluster those that the members name. */
  async asked(ctx: Context): Promise<readonly string[]> {
    if (!this.cli.bool('cluster')) return this.endpoints;
    const client = await this.client(ctx);
    try {
      const { members } = await client.call(
        ctx,
        ClusterService.methods.MemberList,
        { linearizable: true },
        this.timeoutNs,
      );
      return members.flatMap(({ clientURLs }) => clientURLs);
    } catch (error) {
      if (!(error instanceof EtcdFailure)) throw error;
      throw new Exit(EXIT.error, `failed to fetch endpoints from etcd cluster member list: ${error.message}`);
    } finally {
      await client.close(ctx);
    }
  }

  private async readTls(ctx: Context): Promise<Tls> {
    const [cert, key, cacert] = ['cert', 'key', 'cacert'].map((name) => this.cli.string(name)) as [
      string,
      string,
      string,
    ];
    if ((cert === '') !== (key === ''))
      throw new Exit(EXIT.badArgs, `KeyFile and CertFile must both be present[key: ${key}, cert: ${cert}]`);
    let certificate: Certificate | null = null;
    if (cert !== '') {
      certificate = decodePem(await this.read(ctx, cert));
      if (certificate === null) throw new Exit(EXIT.badArgs, 'tls: failed to find any PEM data in certificate input');
      await this.read(ctx, key);
    }
    const authority = cacert === '' ? null : decodePem(await this.read(ctx, cacert));
    const issuers = cacert === '' ? PUBLIC_ISSUERS : authority === null ? [] : [authority.subject];
    const isWanted = cert !== '' || cacert !== '' || !this.cli.bool('insecure-transport');
    return { certificate, issuers, isWanted };
  }

  private async read(ctx: Context, path: string): Promise<string> {
    try {
      return await readFile(ctx, path);
    } catch (error) {
      if (isErrno(error)) throw new Exit(EXIT.badArgs, `open ${path}: ${error.go}`);
      throw error;
    }
  }

  private async checkEnvironment(ctx: Context): Promise<void> {
    const flags = new Map(GLOBAL_FLAGS.map(({ name }) => [envName(name), name]));
    const { unrecognized, conflicting } = this.release.callers;
    for (const line of ctx.process.env) {
      const name = line.slice(0, line.indexOf('='));
      const flag = flags.get(name);
      if (flag !== undefined && this.typed.has(flag)) {
        const msg =
          'conflicting environment variable is shadowed by corresponding command-line flag (either unset environment variable or disable flag))';
        const fields = { 'environment-variable': name };
        await printError(ctx, zapJson(ctx.wallTime, { level: 'fatal', caller: conflicting, msg, fields }));
        throw new SilentExit(EXIT.error, '');
      }
      if (flag !== undefined || !name.startsWith('ETCDCTL_') || KNOWN.has(name)) continue;
      const msg = 'unrecognized environment variable';
      const fields = { 'environment-variable': line };
      await printError(ctx, zapJson(ctx.wallTime, { level: 'warn', caller: unrecognized, msg, fields }));
    }
  }
}
