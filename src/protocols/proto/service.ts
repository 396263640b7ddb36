import type { Input, MessageType } from './message-type.ts';

/** One RPC. `path` is what HTTP/2 carries as :path. */
export interface Method<Request, Response> {
  readonly name: string;
  readonly service: string;
  readonly path: string;
  readonly input: MessageType<Request>;
  readonly output: MessageType<Response>;
  readonly clientStreaming: boolean;
  readonly serverStreaming: boolean;
}

export interface Service<
  Methods extends Record<string, Method<unknown, unknown>> = Record<string, Method<unknown, unknown>>,
> {
  readonly typeName: string;
  readonly methods: Methods;
}

export type RequestOf<M> = M extends Method<infer Request, infer _Response> ? Request : never;
export type ResponseOf<M> = M extends Method<infer _Request, infer Response> ? Response : never;

/** What a unary handler of a server looks like, for each method of a service. */
export type UnaryHandlers<Context, S extends Service> = {
  [Name in keyof S['methods']]?: (
    context: Context,
    request: RequestOf<S['methods'][Name]>,
  ) => Input<ResponseOf<S['methods'][Name]>> | Promise<Input<ResponseOf<S['methods'][Name]>>>;
};

type Rows = Record<string, readonly [MessageType<unknown>, MessageType<unknown>, ('client' | 'server' | 'both')?]>;
type MethodsOf<R extends Rows> = {
  readonly [Name in keyof R]: R[Name] extends readonly [
    MessageType<infer Request>,
    MessageType<infer Response>,
    ...unknown[],
  ]
    ? Method<Request, Response>
    : never;
};

/** Used by generated code only: name, input, output, and which side streams if any does. */
export function service<const R extends Rows>(typeName: string, rows: R): Service<MethodsOf<R>> {
  const methods: Record<string, Method<unknown, unknown>> = {};
  for (const [name, [input, output, streaming]] of Object.entries(rows)) {
    methods[name] = {
      name,
      service: typeName,
      path: `/${typeName}/${name}`,
      input,
      output,
      clientStreaming: streaming === 'client' || streaming === 'both',
      serverStreaming: streaming === 'server' || streaming === 'both',
    };
  }
  return { typeName, methods: methods as MethodsOf<R> };
}
