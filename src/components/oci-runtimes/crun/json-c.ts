/**
 * Where json-c stops in a text that is no JSON, and its words for it.
 * @models json-c 0.18 json_tokener.c json_tokener_errors @fidelity partial: the faults of braces, names and values; numbers by their first sign
 */
import { failure } from './failure.ts';

const SPACE = /[\s]/;

type Fault = { words: string; at: number };

/** Null if it can be parsed. */
export function jsonFault(text: string): Fault | null {
  const end = { words: 'continue', at: text.length };
  let at = 0;
  const skip = (): void => {
    while (at < text.length && SPACE.test(text.charAt(at))) at++;
  };
  const string = (): Fault | null => {
    for (at++; at < text.length; at++) {
      if (text.charAt(at) === '\\') at++;
      else if (text.charAt(at) === '"') {
        at++;
        return null;
      }
    }
    return end;
  };
  const list = (close: string, separator: string, one: () => Fault | null): Fault | null => {
    at++;
    skip();
    if (text.charAt(at) === close) {
      at++;
      return null;
    }
    for (;;) {
      const fault = one();
      if (fault !== null) return fault;
      skip();
      if (at >= text.length) return end;
      const sign = text.charAt(at);
      if (sign !== ',' && sign !== close) return { words: separator, at };
      at++;
      if (sign === close) return null;
      skip();
    }
  };
  const member = (): Fault | null => {
    if (at >= text.length) return end;
    if (text.charAt(at) !== '"') return { words: 'quoted object property name expected', at };
    const fault = string();
    if (fault !== null) return fault;
    skip();
    if (at >= text.length) return end;
    if (text.charAt(at) !== ':') return { words: "object property name separator ':' expected", at };
    at++;
    return value();
  };
  const value = (): Fault | null => {
    skip();
    if (at >= text.length) return end;
    const sign = text.charAt(at);
    if (sign === '{') return list('}', "object value separator ',' expected", member);
    if (sign === '[') return list(']', "array value separator ',' expected", value);
    if (sign === '"') return string();
    const word = /^(?:null|true|false|-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?)/i.exec(text.slice(at));
    if (word === null) {
      const words = /n/i.test(sign)
        ? 'null expected'
        : /[tf]/i.test(sign)
          ? 'boolean expected'
          : 'unexpected character';
      return { words, at };
    }
    at += word[0].length;
    return null;
  };
  return value();
}

/** Parsed, or crun's error of it. */
export function parseJson(text: string): unknown {
  const fault = jsonFault(text);
  if (fault !== null) throw failure(`cannot parse the data: ${fault.words} at position ${fault.at}`);
  try {
    return JSON.parse(text);
  } catch {
    throw failure(`cannot parse the data: unexpected character at position ${text.length}`);
  }
}
