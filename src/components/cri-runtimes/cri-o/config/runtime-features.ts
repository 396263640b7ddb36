/**
 * What the runtimes say of themselves: each handler's program is asked for its version, then for its features. Whatever cannot
 * answer is told in the log, and has none.
 * @models CRI-O 1.36 pkg/config/config.go initializeRuntimeFeatures
 * @fidelity partial: handlers are asked in the order of their names, where Go's is random
 */
import { exitText } from '../../../../go/exit-text.ts';
import { type ParsedJson, parseJson } from '../../../../go/json-parse.ts';
import { quote } from '../../../../go/quote.ts';
import type { Context } from '../../../../linux/context.ts';
import { Errno } from '../../../../linux/errno.ts';
import { runCommand } from '../../../../linux/io.ts';
import { utf8 } from '../../../../linux/rope.ts';
import type { Logger } from '../../shared/log.ts';
import type { RuntimeHandler } from './defaults.ts';

export type RuntimeFeatures = { recursiveReadOnlyMounts: boolean; userNamespaces: boolean };

export const NO_FEATURES: RuntimeFeatures = { recursiveReadOnlyMounts: false, userNamespaces: false };

export async function askRuntimes(
  ctx: Context,
  log: Logger,
  runtimes: Readonly<Record<string, RuntimeHandler>>,
): Promise<Map<string, RuntimeFeatures>> {
  const known = new Map<string, RuntimeFeatures>();
  for (const [name, { runtime_path: path }] of byName(runtimes)) {
    const version = await combinedOutput(ctx, path, '--version');
    if (version.error !== null) {
      await log.error(ctx, `Unable to determine version of runtime handler ${quote(name)}: ${version.error}`);
      continue;
    }
    await log.info(ctx, `Using runtime handler ${version.output.trim().replaceAll('\n', ', ')}`);
    const answer = await combinedOutput(ctx, path, 'features');
    if (answer.error !== null) {
      await log.error(ctx, `Getting ${path} OCI runtime features failed: ${answer.output}: ${answer.error}`);
      continue;
    }
    const features = featuresIn(answer.output);
    if (typeof features === 'string') {
      await log.error(ctx, `Unable to load OCI features for runtime handler ${quote(name)}: ${features}`);
      continue;
    }
    if (features.userNamespaces)
      await log.log(ctx, 'debug', `Runtime handler ${quote(name)} supports User and Group ID-mappings`);
    if (features.recursiveReadOnlyMounts)
      await log.log(ctx, 'debug', `Runtime handler ${quote(name)} supports Recursive Read-only (RRO) mounts`);
    known.set(name, features);
  }
  return known;
}

export function byName(runtimes: Readonly<Record<string, RuntimeHandler>>): [string, RuntimeHandler][] {
  return Object.entries(runtimes).sort(([a], [b]) => (a < b ? -1 : 1));
}

/** What the two answers come to, or why the text is none. */
function featuresIn(text: string): RuntimeFeatures | string {
  const parsed = parseJson(text);
  if (!parsed.ok) return `unable to unmarshal features structure: ${parsed.error}`;
  const { value } = parsed;
  // Nothing else has to be there.
  if (!isText(field(value, 'ociVersionMin')) || !isText(field(value, 'ociVersionMax')))
    return 'runtime features structure is not valid';
  const options = field(value, 'mountOptions');
  const idmap = field(field(field(value, 'linux'), 'mountExtensions'), 'idmap');
  return {
    recursiveReadOnlyMounts: Array.isArray(options) && options.includes('rro'),
    userNamespaces: field(idmap, 'enabled') === true,
  };
}

function field(value: ParsedJson | undefined, name: string): ParsedJson | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value[name] : undefined;
}

function isText(value: ParsedJson | undefined): boolean {
  return typeof value === 'string' && value !== '';
}

/** As exec.Cmd's CombinedOutput. */
async function combinedOutput(
  ctx: Context,
  path: string,
  argument: string,
): Promise<{ output: string; error: string | null }> {
  try {
    const { stdout, stderr, status } = await runCommand(ctx, [path, argument], { path });
    const failed = status.exitCode !== 0 || status.signal !== null;
    return { output: utf8(stdout) + utf8(stderr), error: failed ? exitText(status) : null };
  } catch (error) {
    if (!(error instanceof Errno)) throw error;
    return { output: '', error: `fork/exec ${path}: ${error.go}` };
  }
}
