/**
 * The Engine API: which function answers which request.
 * @models moby 20.10 api/server/router
 * @fidelity partial: containers, exec, images, system; networks, volumes, build, swarm and plugins say that they are not simulated
 */
import { quote } from '../../../../go/quote.ts';
import type { Context } from '../../../../linux/context.ts';
import { Errno } from '../../../../linux/errno.ts';
import { API_VERSION } from '../../../../protocols/docker/client.ts';
import { GrpcError } from '../../../../protocols/grpc/status.ts';
import { unescapeUrl } from '../../../../protocols/http/unescape.ts';
import type { Exchange } from '../../../../protocols/kube/server.ts';
import { LATENCY } from '../../../../sim/latency.ts';
import { Failure } from '../../shared/errors.ts';
import type { Engine } from '../engine.ts';
import { ApiError, badRequest, notFound } from '../errors.ts';
import {
  attach,
  create,
  inspect,
  kill,
  list,
  logs,
  remove,
  rename,
  resize,
  restart,
  start,
  stop,
  top,
  wait,
} from './containers.ts';
import { execCreate, execInspect, execResize, execStart } from './exec.ts';
import { history, imageInspect, imageList, imageRemove, imageTag, pull } from './images.ts';
import { events, info, ping, version } from './system.ts';

export type Call = {
  ctx: Context;
  engine: Engine;
  exchange: Exchange;
  /** What the path's pattern has caught. */
  name: string;
  query: (name: string) => string;
  flag: (name: string) => boolean;
  json: (status: number, value: unknown) => Promise<void>;
  empty: (status: number) => Promise<void>;
};

type Answer = (call: Call) => Promise<void>;

const ROUTES: readonly (readonly [method: string, pattern: RegExp, answer: Answer])[] = [
  ['GET', /^\/_ping$/, ping],
  ['HEAD', /^\/_ping$/, ping],
  ['GET', /^\/version$/, version],
  ['GET', /^\/info$/, info],
  ['GET', /^\/events$/, events],
  ['GET', /^\/containers\/json$/, list],
  ['POST', /^\/containers\/create$/, create],
  ['GET', /^\/containers\/([^/]+)\/json$/, inspect],
  ['GET', /^\/containers\/([^/]+)\/logs$/, logs],
  ['GET', /^\/containers\/([^/]+)\/top$/, top],
  ['POST', /^\/containers\/([^/]+)\/start$/, start],
  ['POST', /^\/containers\/([^/]+)\/stop$/, stop],
  ['POST', /^\/containers\/([^/]+)\/restart$/, restart],
  ['POST', /^\/containers\/([^/]+)\/kill$/, kill],
  ['POST', /^\/containers\/([^/]+)\/wait$/, wait],
  ['POST', /^\/containers\/([^/]+)\/rename$/, rename],
  ['POST', /^\/containers\/([^/]+)\/attach$/, attach],
  ['POST', /^\/containers\/([^/]+)\/resize$/, resize],
  ['POST', /^\/containers\/([^/]+)\/exec$/, execCreate],
  ['DELETE', /^\/containers\/([^/]+)$/, remove],
  ['POST', /^\/exec\/([^/]+)\/start$/, execStart],
  ['POST', /^\/exec\/([^/]+)\/resize$/, execResize],
  ['GET', /^\/exec\/([^/]+)\/json$/, execInspect],
  ['GET', /^\/images\/json$/, imageList],
  ['POST', /^\/images\/create$/, pull],
  ['GET', /^\/images\/(.+)\/json$/, imageInspect],
  ['GET', /^\/images\/(.+)\/history$/, history],
  ['POST', /^\/images\/(.+)\/tag$/, imageTag],
  ['DELETE', /^\/images\/(.+)$/, imageRemove],
];

const NOT_SIMULATED =
  /^\/(networks|volumes|build|swarm|plugins|commit|secrets|services|nodes|configs|session|distribution|auth|system)\b/;

export async function answer(ctx: Context, engine: Engine, exchange: Exchange): Promise<void> {
  await ctx.cpu(LATENCY.dockerdRequestNs);
  const path = exchange.path.replace(/^\/v\d+\.\d+(?=\/)/, '');
  const headers = [
    ['Api-Version', API_VERSION],
    ['Content-Type', 'application/json'],
    ['Docker-Experimental', 'false'],
    ['Ostype', 'linux'],
    ['Server', 'Docker/20.10.5+dfsg1 (linux)'],
  ] as const;
  const json = (status: number, value: unknown): Promise<void> =>
    exchange.reply(ctx, status, `${JSON.stringify(value)}\n`, headers);
  const query = (name: string): string => exchange.query.get(name)?.[0] ?? '';
  const flag = (name: string): boolean => /^(?:1|true|True|t)$/.test(query(name));
  try {
    for (const [method, pattern, body] of ROUTES) {
      const match = method === exchange.method ? pattern.exec(path) : null;
      if (match === null) continue;
      const name = unescapeUrl(match[1] ?? '');
      if (name === null) throw badRequest(`invalid URL escape in ${quote(path)}`);
      const empty = (status: number): Promise<void> => exchange.reply(ctx, status, '', headers.slice(0, 1));
      return await body({ ctx, engine, exchange, name, query, flag, json, empty });
    }
    if (NOT_SIMULATED.test(path)) throw new ApiError(501, `not simulated: ${exchange.method} ${path}`);
    throw notFound('page not found');
  } catch (error) {
    if (error instanceof Errno) {
      // The client has gone.
      if (error.code === 'EPIPE' || error.code === 'ECONNRESET') throw error;
      return await json(500, { message: error.go });
    }
    const fault = faultOf(error);
    if (fault.status >= 500)
      await engine.log.error(ctx, `Handler for ${exchange.method} ${exchange.path} returned error: ${fault.message}`);
    await json(fault.status, { message: fault.message });
  }
}

function faultOf(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  if (error instanceof GrpcError) return new ApiError(500, error.description);
  if (error instanceof Failure) return new ApiError(500, error.message);
  throw error;
}

export function bodyOf<T>(exchange: Exchange): T {
  if (exchange.body.trim() === '') return {} as T;
  try {
    return JSON.parse(exchange.body) as T;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw badRequest(`invalid JSON: ${error.message}`);
  }
}
