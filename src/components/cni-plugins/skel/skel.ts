/**
 * What every CNI plugin is made of: the environment and stdin in, a result or an error as JSON on stdout.
 * @models containernetworking/cni 1.3 pkg/skel/skel.go, pkg/types @fidelity partial: results of version 1.0.0 whatever older one is asked for; no GC and STATUS
 */
import { type JsonValue, marshalJson } from '../../../go/json.ts';
import { parseJson } from '../../../go/json-parse.ts';
import type { Context } from '../../../linux/context.ts';
import { Errno, isErrno } from '../../../linux/errno.ts';
import { dieLike, getenv, print, printError, readAll } from '../../../linux/io.ts';
import type { Program } from '../../../linux/program.ts';
import { utf8 } from '../../../linux/rope.ts';
import { type CniError, type CniResult, type CniStdin, cniErrorCode } from '../../../protocols/cni/types.ts';
import { LATENCY } from '../../../sim/latency.ts';

export type CniCall = {
  containerId: string;
  netns: string;
  ifName: string;
  args: string;
  path: string;
  stdin: CniStdin;
  /** As it came, for a plugin that is called in turn. */
  stdinText: string;
};

/** ADD answers with a result; DEL and CHECK with nothing. */
export type CniPlugin = {
  name: string;
  add(ctx: Context, call: CniCall): Promise<CniResult>;
  del(ctx: Context, call: CniCall): Promise<void>;
  check(ctx: Context, call: CniCall): Promise<void>;
};

export class CniFault extends Error {
  readonly code: number;
  readonly details: string;

  constructor(message: string, code: number = cniErrorCode.internal, details = '') {
    super(message);
    this.code = code;
    this.details = details;
  }
}

const SUPPORTED = ['0.1.0', '0.2.0', '0.3.0', '0.3.1', '0.4.0', '1.0.0', '1.1.0'];
const ABOUT_VERSION = 'v1.9.1';

export function cniProgram(plugin: CniPlugin): Program {
  return {
    name: plugin.name,
    layer: 'cri-runtime',
    startCpuNs: LATENCY.cniPluginStartNs,
    rssBytes: 6 << 20,
    threads: 5,
    main: (ctx) => main(ctx, plugin),
  };
}

async function main(ctx: Context, plugin: CniPlugin): Promise<number> {
  try {
    return await dispatch(ctx, plugin);
  } catch (error) {
    try {
      await printFault(ctx, error);
    } catch (second) {
      // Nobody reads: Go's runtime ends a program by the signal that it has of that.
      if (!isErrno(second, 'EPIPE')) throw second;
      ctx.sys.sigaction(ctx, 'SIGPIPE', 'default');
      await dieLike(ctx, 'SIGPIPE');
    }
    return 1;
  }
}

async function dispatch(ctx: Context, plugin: CniPlugin): Promise<number> {
  const command = getenv(ctx, 'CNI_COMMAND') ?? '';
  if (command === '') {
    await printError(
      ctx,
      `CNI ${plugin.name} plugin ${ABOUT_VERSION}\nCNI protocol versions supported: ${SUPPORTED.join(', ')}\n`,
    );
    return 0;
  }
  const needs: Readonly<Record<string, readonly string[]>> = {
    ADD: ['CNI_CONTAINERID', 'CNI_NETNS', 'CNI_IFNAME', 'CNI_PATH'],
    CHECK: ['CNI_CONTAINERID', 'CNI_NETNS', 'CNI_IFNAME', 'CNI_PATH'],
    DEL: ['CNI_CONTAINERID', 'CNI_IFNAME', 'CNI_PATH'],
    VERSION: [],
  };
  const required = needs[command];
  if (required === undefined) throw new CniFault(`unknown CNI_COMMAND: ${command}`, cniErrorCode.invalidEnvironment);
  const missing = required.filter((name) => (getenv(ctx, name) ?? '') === '');
  if (missing.length > 0)
    throw new CniFault(`required env variables [${missing.join(',')}] missing`, cniErrorCode.invalidEnvironment);
  const stdinText = utf8(await readAll(ctx, 0));
  if (command === 'VERSION') {
    const asked = parseJson(stdinText);
    const version =
      asked.ok && typeof asked.value === 'object' && asked.value !== null && 'cniVersion' in asked.value
        ? String(asked.value.cniVersion)
        : '1.1.0';
    await print(ctx, pretty({ cniVersion: version, supportedVersions: SUPPORTED }));
    return 0;
  }
  const call = readCall(ctx, stdinText);
  await ctx.spanned(`${plugin.name} ${command}`, 'cri-runtime', async (inner) => {
    if (command === 'ADD') await print(inner, pretty((await plugin.add(inner, call)) as unknown as JsonValue));
    else if (command === 'DEL') await plugin.del(inner, call);
    else await plugin.check(inner, call);
  });
  return 0;
}

function readCall(ctx: Context, stdinText: string): CniCall {
  const parsed = parseJson(stdinText);
  if (!parsed.ok) throw new CniFault(`error unmarshall network config: ${parsed.error}`, cniErrorCode.decodingFailure);
  const stdin = parsed.value as unknown as CniStdin;
  if (!stdin.name) throw new CniFault('missing network name', cniErrorCode.invalidNetworkConfig);
  const version = stdin.cniVersion ?? '0.1.0';
  if (!SUPPORTED.includes(version)) {
    const details = `config is "${version}", plugin supports ["${SUPPORTED.join('" "')}"]`;
    throw new CniFault('incompatible CNI versions', cniErrorCode.incompatibleVersion, details);
  }
  const env = (name: string): string => getenv(ctx, name) ?? '';
  return {
    containerId: env('CNI_CONTAINERID'),
    netns: env('CNI_NETNS'),
    ifName: env('CNI_IFNAME'),
    args: env('CNI_ARGS'),
    path: env('CNI_PATH'),
    stdin,
    stdinText,
  };
}

async function printFault(ctx: Context, error: unknown): Promise<void> {
  if (!(error instanceof CniFault) && !(error instanceof Errno)) throw error;
  const fault: Omit<CniError, 'cniVersion'> =
    error instanceof Errno
      ? { code: cniErrorCode.internal, msg: error.go }
      : { code: error.code, msg: error.message, ...(error.details === '' ? {} : { details: error.details }) };
  await print(ctx, pretty(fault));
}

function pretty(value: JsonValue): string {
  return marshalJson(value, { indent: '    ' });
}

/** Words around an error of the kernel or of a plugin below. */
export function wrapFault(words: string, error: unknown): CniFault {
  if (error instanceof Errno) return new CniFault(`${words}: ${error.go}`);
  if (error instanceof CniFault) return new CniFault(`${words}: ${error.message}`, error.code, error.details);
  throw error;
}
