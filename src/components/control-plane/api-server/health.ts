/**
 * Whether the server lives and may be asked: by its name alone, check by check with `?verbose`, or one check by its path.
 * @models apiserver pkg/server/healthz, pkg/storage/storagebackend/factory newETCD3Check
 * @fidelity partial: of the hooks that run once after the start those that are simulated
 */
import type { GoError } from '../../../go/errors.ts';
import type { Context } from '../../../linux/context.ts';
import type { Exchange } from '../../../protocols/kube/server.ts';
import type { Store } from './store.ts';

const ENDPOINT = /^\/(healthz|livez|readyz)(?:\/(.+))?$/;
const HOOKS = ['rbac/bootstrap-roles', 'scheduling/bootstrap-system-priority-classes', 'bootstrap-controller'].map(
  (hook) => `poststarthook/${hook}`,
);
/** --etcd-healthcheck-timeout; etcd is asked no more than twice in that time. */
const ETCD_TIMEOUT_NS = 2_000_000_000;

export class HealthChecks {
  private readonly store: Store;
  private readonly started: () => boolean;
  private etcdAskedAt = Number.NEGATIVE_INFINITY;
  private etcdAnswers = true;

  /** @param started the hooks have run */
  constructor(store: Store, started: () => boolean) {
    this.store = store;
    this.started = started;
  }

  /** False if the path is none of them. */
  async serve(ctx: Context, exchange: Exchange): Promise<boolean> {
    const asked = ENDPOINT.exec(exchange.path);
    if (asked === null) return false;
    const [, endpoint = '', only] = asked;
    const checks = ['ping', 'etcd', ...(endpoint === 'readyz' ? ['etcd-readiness'] : []), ...HOOKS];
    if (only !== undefined && !checks.includes(only)) return false;
    const excluded = new Set(exchange.query.get('exclude') ?? []);
    const lines: string[] = [];
    let failed = false;
    for (const check of only === undefined ? checks : [only]) {
      if (excluded.delete(check)) lines.push(`[+]${check} excluded: ok`);
      else if (await this.holds(ctx, check)) lines.push(`[+]${check} ok`);
      else {
        failed = true;
        lines.push(`[-]${check} failed: reason withheld`);
      }
    }
    if (excluded.size > 0) {
      const names = [...excluded].map((name) => `"${name}"`).join(',');
      lines.push(`warn: some health checks cannot be excluded: no matches for ${names}`);
    }
    const text = lines.map((line) => `${line}\n`).join('');
    const name = only ?? endpoint;
    if (failed) await exchange.reply(ctx, 500, `${text}${name} check failed\n`, [PLAIN, NO_SNIFFING]);
    else
      await exchange.reply(ctx, 200, exchange.query.has('verbose') ? `${text}${name} check passed\n` : 'ok', [PLAIN]);
    return true;
  }

  private async holds(ctx: Context, check: string): Promise<boolean> {
    if (check === 'ping') return true;
    return check.startsWith('etcd') ? this.etcdHolds(ctx) : this.started();
  }

  private async etcdHolds(ctx: Context): Promise<boolean> {
    if (ctx.now < this.etcdAskedAt + ETCD_TIMEOUT_NS / 2) return this.etcdAnswers;
    this.etcdAskedAt = ctx.now;
    try {
      await this.store.ping(ctx.withDeadline(ctx.now + ETCD_TIMEOUT_NS));
      this.etcdAnswers = true;
    } catch (error) {
      if (typeof (error as GoError).before !== 'string') throw error;
      this.etcdAnswers = false;
    }
    return this.etcdAnswers;
  }
}

const PLAIN: [string, string] = ['Content-Type', 'text/plain; charset=utf-8'];
const NO_SNIFFING: [string, string] = ['X-Content-Type-Options', 'nosniff'];
