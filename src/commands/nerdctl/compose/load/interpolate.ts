/**
 * `$X`, `${X:-default}` in a compose file, and texts that become numbers or booleans by their place.
 * @models compose-go v2.12.1 template/template.go, interpolation/interpolation.go, loader/interpolate.go
 * @fidelity full
 */
import { ContainerdError } from '../../../common/containerd/errors.ts';
import { fail } from '../../run.ts';
import { type Dict, lookUp, type Path, type Value } from './tree.ts';

export type Variables = {
  readonly get: (name: string) => string | undefined;
  /** Takes what is to be told on standard error. */
  readonly warn: (message: string) => void;
};

class InvalidTemplate extends ContainerdError {}

const PATTERN = String.raw`\$(?:(\$)|([_a-z][_a-z0-9]*)|\{(?:([_a-z][_a-z0-9]*(?::?[-+?].*)?)\}|()))`;

export function substitute(template: string, variables: Variables): string {
  return template.replace(new RegExp(PATTERN, 'gi'), (found) => replacement(found, template, variables));
}

function replacement(found: string, template: string, variables: Variables): string {
  const close = firstClosingBrace(found);
  const rest = close < 0 ? '' : found.slice(close + 1);
  const own = close < 0 ? found : found.slice(0, close + 1);
  const match = new RegExp(PATTERN, 'i').exec(own);
  if (match?.[1] !== undefined) return match[1];
  const named = match?.[2] ?? '';
  const braced = match?.[3] ?? '';
  if (named === '' && braced === '') throw new InvalidTemplate(template);
  if (named === '') {
    const value = operated(braced, operatorOf(found), variables);
    if (value !== null) return value + substitute(rest, variables);
  }
  const name = named === '' ? braced : named;
  const value = variables.get(name);
  if (value === undefined) variables.warn(`The "${name}" variable is not set. Defaulting to a blank string.`);
  return value ?? '';
}

const OPERATORS = [':?', '?', ':-', '-', ':+', '+'] as const;
type Operator = (typeof OPERATORS)[number];

/** The one that comes first. */
function operatorOf(found: string): Operator {
  let best: Operator = ':?';
  let at = Number.POSITIVE_INFINITY;
  for (const operator of OPERATORS) {
    const index = found.indexOf(operator);
    if (index >= 0 && index < at) [best, at] = [operator, index];
  }
  return best;
}

/** Null when the operator is not there. */
function operated(substitution: string, operator: Operator, variables: Variables): string | null {
  const at = substitution.indexOf(operator);
  if (at < 0) return null;
  const name = substitution.slice(0, at);
  const word = substitution.slice(at + operator.length);
  const value = variables.get(name);
  const isThere = value !== undefined && (!operator.startsWith(':') || value !== '');
  if (operator.endsWith('-')) return isThere ? value : substitute(word, variables);
  if (operator.endsWith('+')) return isThere ? substitute(word, variables) : (value ?? '');
  if (isThere) return value;
  const reason = substitute(word, variables);
  return fail(`required variable ${name} is missing a value${reason === '' ? '' : `: ${reason}`}`);
}

function firstClosingBrace(text: string): number {
  let open = 0;
  for (let i = 0; i < text.length; i++) {
    if (text[i] === '}') {
      open -= 1;
      if (open === 0) return i;
    }
    if (text[i] === '{') {
      open += 1;
      i += 1;
    }
  }
  return -1;
}

type Cast = 'int' | 'float' | 'bool';

const SERVICE_CASTS: Readonly<Record<Cast, string>> = {
  int:
    'cpu_count cpu_period cpu_quota cpu_rt_period cpu_rt_runtime cpu_shares deploy.replicas ' +
    'deploy.update_config.parallelism deploy.rollback_config.parallelism deploy.restart_policy.max_attempts ' +
    'deploy.placement.max_replicas_per_node healthcheck.retries oom_score_adj pids_limit ports.[].target scale ' +
    'ulimits.* ulimits.*.hard ulimits.*.soft',
  float: 'cpu_percent cpus deploy.update_config.max_failure_ratio deploy.rollback_config.max_failure_ratio',
  bool:
    'init depends_on.*.required depends_on.*.restart healthcheck.disable oom_kill_disable privileged read_only ' +
    'stdin_open tty volumes.[].read_only volumes.[].volume.nocopy',
};
const BOOLEANS =
  'networks.*.external networks.*.internal networks.*.attachable networks.*.enable_ipv4 networks.*.enable_ipv6 ' +
  'volumes.*.external secrets.*.external configs.*.external';

const CASTS = new Map<string, Cast>([
  ...Object.entries(SERVICE_CASTS).flatMap(([cast, places]) =>
    places.split(' ').map((place): [string, Cast] => [`services.*.${place}`, cast as Cast]),
  ),
  ...BOOLEANS.split(' ').map((place): [string, Cast] => [place, 'bool']),
]);

function castText(text: string, cast: Cast, warn: (message: string) => void): Value {
  if (cast !== 'bool') {
    const isNumber = cast === 'int' ? /^[-+]?\d+$/.test(text) : /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(text);
    if (isNumber) return Number(text);
    const name = cast === 'int' ? 'Atoi' : 'ParseFloat';
    return fail(`strconv.${name}: parsing ${JSON.stringify(text)}: invalid syntax`);
  }
  const lower = text.toLowerCase();
  if (lower === 'true' || lower === 'false') return lower === 'true';
  const isYes = ['y', 'yes', 'on'].includes(lower);
  if (!isYes && !['n', 'no', 'off'].includes(lower)) fail(`invalid boolean: ${text}`);
  warn(`${JSON.stringify(text)} for boolean is not supported by YAML 1.2, please use \`${isYes}\``);
  return isYes;
}

export function interpolate(config: Dict, variables: Variables): Dict {
  return Object.fromEntries(Object.entries(config).map(([key, value]) => [key, walk(value, [key], variables)]));
}

function walk(value: Value, path: Path, variables: Variables): Value {
  if (typeof value === 'string') return atPlace(value, path, variables);
  if (Array.isArray(value)) return value.map((item) => walk(item, [...path, '[]'], variables));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, walk(item, [...path, key], variables)]));
}

function atPlace(value: string, path: Path, variables: Variables): Value {
  const place = path.join('.');
  let text: string;
  try {
    text = substitute(value, variables);
  } catch (error) {
    if (error instanceof InvalidTemplate)
      fail(
        `invalid interpolation format for ${place}.\nYou may need to escape any $ with another $.\n${error.message}`,
      );
    if (error instanceof ContainerdError) fail(`error while interpolating ${place}: ${error.message}`);
    throw error;
  }
  const cast = lookUp(CASTS, path);
  if (cast === undefined) return text;
  try {
    return castText(text, cast, variables.warn);
  } catch (error) {
    if (!(error instanceof ContainerdError)) throw error;
    return fail(`error while interpolating ${place}: failed to cast to expected type: ${error.message}`);
  }
}
