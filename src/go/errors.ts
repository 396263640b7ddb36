/**
 * Errors as values. Each hop that handles an error adds its own words around it; they are kept apart, so that the long
 * message at the end can be read back as who said what.
 * @models go errors, fmt.Errorf with %w
 * @fidelity partial: one cause each, no errors.Join
 */
export type GoError = {
  /** What Error() returns: all hops' words. */
  readonly message: string;
  /** What this hop said before and after its cause; without a cause everything is in `before`. */
  readonly before: string;
  readonly after: string;
  readonly cause?: GoError;
  /** An errno name, a gRPC code or a class such as `not found`. */
  readonly code?: string | number;
  /** Who said it, for a viewer: the process or component. */
  readonly hop?: string;
};

export type ErrorTags = { readonly code?: string | number; readonly hop?: string };

export function newError(message: string, tags: ErrorTags = {}): GoError {
  return { message, before: message, after: '', ...tags };
}

/** fmt.Errorf("prefix: %w", cause). */
export function wrapError(prefix: string, cause: GoError, tags: ErrorTags = {}): GoError {
  return surroundError(`${prefix}: `, cause, '', tags);
}

/** Words on either side: fmt.Errorf("exec %w failed", cause). */
export function surroundError(before: string, cause: GoError, after: string, tags: ErrorTags = {}): GoError {
  return { message: before + cause.message + after, before, after, cause, ...tags };
}

function unwrapError(error: GoError): GoError | undefined {
  return error.cause;
}

/** Outermost first. */
export function errorChain(error: GoError): GoError[] {
  const chain: GoError[] = [];
  for (let link: GoError | undefined = error; link !== undefined; link = link.cause) chain.push(link);
  return chain;
}

/** The outermost code of the chain: errors.As on an error that has one. */
export function errorCode(error: GoError): string | number | undefined {
  return errorChain(error).find((link) => link.code !== undefined)?.code;
}

/** errors.Is against a class of errors. */
export function isErrorCode(error: GoError, code: string | number): boolean {
  return errorChain(error).some((link) => link.code === code);
}

export type ErrorSegment = { readonly text: string; readonly depth: number; readonly hop?: string };

/** The message cut where one hop's words end and another's begin, in reading order; depth 0 is the outermost hop. */
export function errorSegments(error: GoError): ErrorSegment[] {
  const chain = errorChain(error);
  const segment = (text: string, depth: number): ErrorSegment => {
    const hop = chain[depth]?.hop;
    return hop === undefined ? { text, depth } : { text, depth, hop };
  };
  const heads = chain.map((link, depth) => segment(link.before, depth));
  const tails = chain.map((link, depth) => segment(link.after, depth)).reverse();
  return [...heads, ...tails].filter((part) => part.text !== '');
}
