/**
 * The seccomp section of config.json, made into the filter that the kernel takes.
 * @models runc libcontainer/specconv SetupSeccomp, libcontainer/seccomp/{config,seccomp_linux}.go
 * @fidelity partial: architectures other than x86-64 are not looked at; nobody listens for SCMP_ACT_NOTIFY, so that such calls
 *   fail with ENOSYS
 */
import { newError } from '../../../go/errors.ts';
import { quote } from '../../../go/quote.ts';
import type { Context } from '../../../linux/context.ts';
import { errnoNumbered } from '../../../linux/errno.ts';
import type { SeccompAction, SeccompComparison, SeccompFilter, SeccompRule } from '../../../linux/seccomp.ts';
import type { Seccomp } from '../../../protocols/oci-runtime/types.ts';

const EPERM = 1;
const PLAIN: Readonly<Record<string, SeccompAction>> = {
  SCMP_ACT_KILL: { kind: 'kill-thread' },
  SCMP_ACT_KILL_THREAD: { kind: 'kill-thread' },
  SCMP_ACT_KILL_PROCESS: { kind: 'kill-process' },
  SCMP_ACT_TRAP: { kind: 'trap' },
  SCMP_ACT_LOG: { kind: 'log' },
  SCMP_ACT_ALLOW: { kind: 'allow' },
  SCMP_ACT_NOTIFY: { kind: 'errno', code: 'ENOSYS' },
};
/** Without a tracer such a call fails. */
const TRACE: SeccompAction = { kind: 'errno', code: 'ENOSYS' };
const ARGUMENTS_MAX = 6;

/** The filter made last, and of what: nearly every container of a node has the same profile of four hundred calls. */
let last: { readonly config: Seccomp; readonly filter: SeccompFilter } | null = null;

/** Throws, in runc's words, what makes it no configuration. */
export function seccompFilter(config: Seccomp): SeccompFilter {
  if (last === null || !isAlike(last.config, config)) last = { config, filter: newFilter(config) };
  return last.filter;
}

function isAlike(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a)) return Array.isArray(b) && a.length === b.length && a.every((one, i) => isAlike(one, b[i]));
  const keys = Object.keys(a);
  if (Array.isArray(b) || keys.length !== Object.keys(b).length) return false;
  return keys.every((key) => isAlike((a as Record<string, unknown>)[key], (b as Record<string, unknown>)[key]));
}

function newFilter(config: Seccomp): SeccompFilter {
  const defaultAction = actionNamed(config.defaultAction, config.defaultErrnoRet);
  const rules = new Map<string, SeccompRule[]>();
  for (const { names, action, errnoRet, args } of config.syscalls ?? []) {
    const wanted = actionNamed(action, errnoRet);
    const when = (args ?? []).map(comparisonOf);
    // Two conditions on one argument cannot be in one rule: each becomes a rule of its own.
    const several = new Set(when.map(({ index }) => index)).size < when.length;
    const made = several ? when.map((one) => ({ action: wanted, when: [one] })) : [{ action: wanted, when }];
    if (same(wanted, defaultAction)) continue;
    for (const name of names) {
      const known = rules.get(name);
      if (known === undefined) rules.set(name, [...made]);
      else known.push(...made);
    }
  }
  return { defaultAction, rules, log: (config.flags ?? []).includes('SECCOMP_FILTER_FLAG_LOG') };
}

/** Installs it in the caller, if the configuration has one. */
export async function applySeccomp(ctx: Context, config: Seccomp | null): Promise<void> {
  if (config === null || (config.syscalls ?? []).length + (config.defaultAction === 'SCMP_ACT_ALLOW' ? 0 : 1) === 0)
    return;
  await ctx.sys.seccomp(ctx, seccompFilter(config));
}

function same(a: SeccompAction, b: SeccompAction): boolean {
  return a.kind === b.kind && (a.kind !== 'errno' || b.kind !== 'errno' || a.code === b.code);
}

function actionNamed(name: string, errnoRet: number | undefined): SeccompAction {
  if (name === 'SCMP_ACT_ERRNO') return { kind: 'errno', code: errnoNumbered(errnoRet ?? EPERM) };
  if (name === 'SCMP_ACT_TRACE') return TRACE;
  const plain = PLAIN[name];
  if (plain === undefined) throw newError(`string ${name} is not a valid action for seccomp`);
  return plain;
}

function comparisonOf(arg: {
  index: number;
  value: number;
  valueTwo?: number | undefined;
  op: string;
}): SeccompComparison {
  const op = arg.op.replace('SCMP_CMP_', '');
  if (!isOperator(op) || !arg.op.startsWith('SCMP_CMP_'))
    throw newError(`string ${arg.op} is not a valid operator for seccomp`);
  if (arg.index >= ARGUMENTS_MAX) throw newError(`invalid argument index ${quote(String(arg.index))}`);
  return { index: arg.index, op, value: arg.value, valueTwo: arg.valueTwo ?? 0 };
}

function isOperator(text: string): text is SeccompComparison['op'] {
  return ['NE', 'LT', 'LE', 'EQ', 'GE', 'GT', 'MASKED_EQ'].includes(text);
}
