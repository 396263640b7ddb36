/**
 * seccomp: which system calls a process may make. A filter is compiled from rules by name; of what the kernel would
 * look at, the number and the arguments, this one has the name and the arguments that rules in use ask about.
 * @models Linux 6.12 kernel/seccomp.c, libseccomp 2.6 @fidelity partial: rules instead of BPF; no notification to a
 * supervisor; arguments of clone, unshare, setns and socket only
 */
import type { Context } from './context.ts';
import { Errno, errno } from './errno.ts';
import { argumentsOf, namesOf } from './syscall-names.ts';

export type SeccompAction =
  | { kind: 'allow' | 'log' | 'kill' | 'trap' }
  /** Fails with this error (EPERM and so on). */
  | { kind: 'errno'; code: string };

export type SeccompComparison = {
  index: number;
  value: number;
  /** The mask of `masked`. */
  valueTwo: number;
  op: 'ne' | 'lt' | 'le' | 'eq' | 'ge' | 'gt' | 'masked';
};

export type SeccompRule = { names: readonly string[]; action: SeccompAction; args: readonly SeccompComparison[] };

export class SeccompFilter {
  readonly defaultAction: SeccompAction;
  private readonly byName = new Map<string, SeccompRule[]>();
  /** Verdicts that do not depend on arguments, by method. */
  private readonly known = new Map<string, SeccompAction | null>();

  constructor(defaultAction: SeccompAction, rules: readonly SeccompRule[]) {
    this.defaultAction = defaultAction;
    for (const rule of rules)
      for (const name of rule.names) {
        const list = this.byName.get(name);
        if (list === undefined) this.byName.set(name, [rule]);
        else list.push(rule);
      }
  }

  /** What it says of a call, and under which name. */
  verdict(method: string, args: readonly unknown[]): SeccompAction {
    const known = this.known.get(method);
    if (known != null) return known;
    let depends = false;
    const verdict = this.decide(method, () => {
      depends = true;
      return argumentsOf(method, args);
    });
    if (known === undefined) this.known.set(method, depends ? null : verdict);
    return verdict;
  }

  /**
   * Programs use one of several calls for the same: a rule that forbids any of them counts, then one that allows any. But
   * ENOSYS is no refusal: who gets it of clone3 goes on with clone.
   */
  private decide(method: string, numbers: () => readonly number[]): SeccompAction {
    let allowed: SeccompAction | null = null;
    for (const [at, name] of namesOf(method).entries()) {
      const rules = this.byName.get(name);
      if (rules === undefined) continue;
      const rule = rules.find(({ args }) => args.length === 0 || args.every((one) => holds(one, numbers())));
      if (rule === undefined) continue;
      if (at > 0 && rule.action.kind === 'errno' && rule.action.code === 'ENOSYS') continue;
      if (rule.action.kind !== 'allow' && rule.action.kind !== 'log') return rule.action;
      allowed = rule.action;
    }
    return allowed ?? this.defaultAction;
  }
}

function holds({ index, value, valueTwo, op }: SeccompComparison, numbers: readonly number[]): boolean {
  const actual = numbers[index];
  if (actual === undefined) return false;
  switch (op) {
    case 'ne':
      return actual !== value;
    case 'lt':
      return actual < value;
    case 'le':
      return actual <= value;
    case 'eq':
      return actual === value;
    case 'ge':
      return actual >= value;
    case 'gt':
      return actual > value;
    case 'masked':
      // As unsigned numbers: a mask may have its highest bit set.
      return (actual & value) >>> 0 === valueTwo >>> 0;
  }
}

const STRENGTH = { kill: 4, trap: 3, errno: 2, log: 1, allow: 0 } as const;

/** Null if the call may go on; else the error that it fails with. Of several filters the strictest decides. */
export function admits(
  ctx: Context,
  filters: readonly SeccompFilter[],
  method: string,
  args: readonly unknown[],
): Errno | null {
  const names = namesOf(method);
  const [name] = names;
  if (name === undefined) return null;
  let strictest: SeccompAction = { kind: 'allow' };
  for (const filter of filters) {
    const action = filter.verdict(method, args);
    if (STRENGTH[action.kind] > STRENGTH[strictest.kind]) strictest = action;
  }
  if (strictest.kind === 'allow') return null;
  if (strictest.kind === 'errno') return new Errno(strictest.code as Errno['code']);
  const { process } = ctx;
  const { kernel } = process;
  const code = strictest.kind === 'log' ? '0x7ffc0000' : '0x80000000';
  const { uid, gid } = process.credentials;
  kernel.log(
    `audit: type=1326 audit(${kernel.wallTime() / 1_000_000_000n}.${String((kernel.wallTime() / 1_000_000n) % 1000n).padStart(3, '0')}:${kernel.newObjectId()}): auid=4294967295 uid=${uid} gid=${gid} ses=4294967295 pid=${process.pid - kernel.pidBase} comm="${process.comm}" sig=${strictest.kind === 'log' ? 0 : 31} arch=c000003e syscall=${name} code=${code}`,
    5,
  );
  if (strictest.kind === 'log') return null;
  if (strictest.kind === 'trap') kernel.deliver(process, 'SIGSYS', process);
  else kernel.terminate(process, 0, 'SIGSYS');
  return errno('ENOSYS');
}
