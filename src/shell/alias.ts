/**
 * Aliases as they are when a line is read. The value of one is commands; the last of them takes the words that follow.
 * @models bash 5.2 alias.c, parse.y @fidelity partial: a value that is only part of a command is none
 */
import { type Assignment, type Command, parse, type Script, type Word } from 'unbash';
import type { Shell } from './shell.ts';

/** What is to be run instead, while `held` is not expanded again. */
export type Expansion = { readonly held: ReadonlySet<string>; readonly instead: Command | string };

/** The same few aliases are expanded again and again. */
const parsedAliases = new Map<string, Script>();
const PARSED_ALIASES_MAX = 64;

function parseAlias(value: string): Script {
  const known = parsedAliases.get(value);
  if (known !== undefined) return known;
  if (parsedAliases.size >= PARSED_ALIASES_MAX) parsedAliases.clear();
  const parsed = parse(value);
  parsedAliases.set(value, parsed);
  return parsed;
}

/** A value that is one simple command; null for any other. */
function simpleAlias(value: string): Command | null {
  const { commands } = parseAlias(value);
  const [only] = commands;
  return commands.length === 1 && only?.command.type === 'Command' && !only.background ? only.command : null;
}

/** Quoted, or made by an expansion, a word is no alias. */
function aliasOf(sh: Shell, held: ReadonlySet<string>, word: Word | undefined): string | undefined {
  if (word === undefined || word.text !== word.value || word.parts !== undefined || held.has(word.text))
    return undefined;
  return sh.aliasesRead.get(word.text);
}

export function expandAlias(sh: Shell, node: Command): Expansion | null {
  if (sh.aliasesRead.size === 0 || !(sh.interactive || sh.shopts.has('expand_aliases') || sh.flavour === 'ash'))
    return null;
  const held = new Set(sh.aliasesHeld);
  let current = node;
  let expanded = false;
  for (;;) {
    const value = aliasOf(sh, held, current.name);
    if (value === undefined) return expanded ? { held, instead: current } : null;
    const { text } = current.name as Word;
    held.add(text);
    const simple = simpleAlias(value);
    if (simple === null)
      return { held, instead: value + sh.source.text.slice(current.name?.end ?? node.end, node.end) };
    current = joined(simple, /[ \t]$/.test(value) ? withNextExpanded(sh, current) : current);
    expanded = true;
  }
}

/** After a value that ends in a blank the next word is looked up as well, and so on. */
function withNextExpanded(sh: Shell, use: Command): Command {
  const done: Command['suffix'][number][] = [];
  const redirects = [...use.redirects];
  let rest = [...use.suffix];
  for (let goesOn = true; goesOn; ) {
    goesOn = false;
    const held = new Set<string>();
    for (;;) {
      const [next] = rest;
      if (next?.type !== 'Word') break;
      const value = aliasOf(sh, held, next);
      const simple = value === undefined ? null : simpleAlias(value);
      if (value === undefined || simple === null || simple.prefix.length > 0) break;
      held.add(next.text);
      redirects.push(...simple.redirects);
      const words = simple.name === undefined ? [] : [simple.name, ...simple.suffix];
      goesOn = /[ \t]$/.test(value);
      // Of the value itself only the first word may be an alias again; what it ends with decides on the word after.
      if (goesOn || aliasOf(sh, held, words[0] as Word | undefined) === undefined) {
        done.push(...words);
        rest = rest.slice(1);
        break;
      }
      rest = [...words, ...rest.slice(1)];
    }
  }
  return withSuffix(use, [...done, ...rest], redirects);
}

function withSuffix(command: Command, suffix: Command['suffix'], redirects: Command['redirects']): Command {
  const args = suffix.filter((s): s is Word | Assignment => s.type === 'Word' || s.type === 'Assignment');
  const { pos, end, name, prefix } = command;
  return { type: 'Command', pos, end, name, prefix, suffix, args, redirects };
}

function joined(alias: Command, use: Command): Command {
  const command = { ...use, name: alias.name, prefix: [...use.prefix, ...alias.prefix] };
  return withSuffix(command, [...alias.suffix, ...use.suffix], [...use.redirects, ...alias.redirects]);
}
