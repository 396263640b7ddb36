/**
 * yq: YAML through jq, which it runs. @models yq 3.4.3 (kislyuk) yq/__init__.py, PyYAML's emitter
 * @fidelity partial: -y, -i, -w and jq's own options; comments, tags and styles do not survive; no xq, tomlq
 */
import { LineCounter, parseAllDocuments, type ScalarTag, stringify, type Tags } from 'yaml';
import type { Context } from '../../linux/context.ts';
import { isErrno } from '../../linux/errno.ts';
import { lookPath, print, printError, readAll, readFile, runCommand, writeFile } from '../../linux/io.ts';
import type { Program } from '../../linux/program.ts';
import { utf8 } from '../../linux/rope.ts';

const USAGE = `usage: yq [-h] [--yaml-output] [--yaml-roundtrip]
          [--yaml-output-grammar-version {1.1,1.2}] [--width WIDTH]
          [--indentless-lists] [--explicit-start] [--explicit-end] [--no-expand-aliases]
          [--max-expansion-factor MAX_EXPANSION_FACTOR] [--in-place] [--version]
          [jq_filter] [files ...]
`;
const TWO_VALUES = ['--arg', '--argjson', '--slurpfile', '--rawfile'];

/** PyYAML's truths: `y` and `n` alone are text. */
const TRUTHS: Readonly<Record<string, RegExp>> = {
  true: /^(?:yes|Yes|YES|true|True|TRUE|on|On|ON)$/,
  false: /^(?:no|No|NO|false|False|FALSE|off|Off|OFF)$/,
};

const customTags = (tags: Tags): Tags =>
  tags.map((tag) => {
    if (typeof tag === 'string' || tag.tag !== 'tag:yaml.org,2002:bool' || !('test' in tag)) return tag;
    const test = TRUTHS[String(tag.test?.test('yes') === true)];
    return test === undefined ? tag : ({ ...tag, test } as ScalarTag);
  });

class ParserError extends Error {}

/** The documents of a text as lines of JSON. */
function toJson(text: string, source: string): string {
  const lines = new LineCounter();
  const documents = parseAllDocuments(text, {
    lineCounter: lines,
    prettyErrors: false,
    logLevel: 'silent',
  });
  if (!Array.isArray(documents)) return '';
  return documents
    .map((document) => {
      const fault = document.errors[0];
      if (fault !== undefined) {
        const { line, col } = lines.linePos(fault.pos[0]);
        throw new ParserError(
          `${fault.message.replace(/ at line.*$/s, '')}\n  in "${source}", line ${line}, column ${col}`,
        );
      }
      return `${JSON.stringify(document.toJS({ maxAliasCount: 1000 }) ?? null)}\n`;
    })
    .join('');
}

/** What jq printed, value by value, as PyYAML writes it. */
function toYaml(json: string, width: number): string {
  const values = json
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as unknown);
  return values
    .map((value, i) => {
      const text = stringify(value, {
        version: '1.1',
        customTags,
        singleQuote: true,
        lineWidth: width,
        indentSeq: true,
        aliasDuplicateObjects: false,
      });
      const scalar = typeof value !== 'object' || value === null;
      return `${i === 0 ? '' : scalar ? '--- ' : '---\n'}${scalar ? `${text.trimEnd()}\n...\n` : text}`;
    })
    .join('');
}

async function main(ctx: Context, argv: string[]): Promise<number> {
  const flags: string[] = [];
  const words: string[] = [];
  let [yaml, inPlace, width] = [false, false, 80];
  const args = argv.slice(1);
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] as string;
    if (arg === '-h' || arg === '--help') {
      await print(ctx, `${USAGE}\nyq: process YAML with jq's language\n`);
      return 0;
    }
    if (arg === '--version') {
      await print(ctx, 'yq 3.4.3\n');
      return 0;
    }
    if (arg === '-y' || arg === '--yaml-output' || arg === '-Y' || arg === '--yaml-roundtrip') yaml = true;
    else if (arg === '-i' || arg === '--in-place') [yaml, inPlace] = [true, true];
    else if (arg === '-w' || arg === '--width') width = Number(args[++i] ?? 80);
    else if (arg.startsWith('--width=')) width = Number(arg.slice(8));
    else if (TWO_VALUES.includes(arg)) flags.push(arg, args[++i] ?? '', args[++i] ?? '');
    else if (/^-[a-z]*y[a-z]*$/.test(arg)) {
      yaml = true;
      flags.push(arg.replace('y', ''));
    } else if (arg.startsWith('-') && arg !== '-') flags.push(arg);
    else words.push(arg);
  }
  const [filter, ...files] = words;
  if (filter === undefined) {
    await printError(ctx, `${USAGE}yq: error: the following arguments are required: jq_filter\n`);
    return 2;
  }
  const jq = await lookPath(ctx, 'jq');
  if (jq === null) {
    await printError(
      ctx,
      "yq: Error starting jq: FileNotFoundError: [Errno 2] No such file or directory: 'jq'. Is jq installed and available on PATH?\n",
    );
    return 1;
  }
  if (inPlace && files.length === 0) {
    await printError(ctx, 'yq: -i/--in-place can only be used with file inputs\n');
    return 1;
  }
  const run = async (input: string): Promise<{ text: string; code: number }> => {
    const options = yaml ? [...flags.filter((f) => f !== ''), '-c'] : flags;
    const { stdout, stderr, status } = await runCommand(ctx, [jq, ...options, filter], {
      stdin: input,
      env: ctx.process.env,
    });
    await printError(ctx, stderr);
    const text = utf8(stdout);
    return { text: yaml && status.exitCode === 0 ? toYaml(text, width) : text, code: status.exitCode };
  };
  const texts: { path: string; json: string }[] = [];
  const nullInput = flags.some((f) => /^-[a-zA-Z]*n/.test(f) || f === '--null-input');
  for (const path of files.length === 0 ? ['-'] : files) {
    if (path === '-' && nullInput) continue;
    try {
      const text = path === '-' ? utf8(await readAll(ctx, 0)) : await readFile(ctx, path);
      texts.push({ path, json: toJson(text, path === '-' ? '<stdin>' : path) });
    } catch (error) {
      if (error instanceof ParserError) {
        await printError(ctx, `yq: Error running jq: ParserError: ${error.message}.\n`);
        return 1;
      }
      if (!isErrno(error)) throw error;
      await printError(
        ctx,
        `${USAGE}yq: error: argument files: can't open '${path}': [Errno 2] ${error.libc}: '${path}'\n`,
      );
      return 2;
    }
  }
  if (inPlace) {
    for (const { path, json } of texts) {
      const { text, code } = await run(json);
      if (code !== 0) return code;
      await writeFile(ctx, path, text);
    }
    return 0;
  }
  const { text, code } = await run(texts.map((t) => t.json).join(''));
  await print(ctx, text);
  return code;
}

export const yq: Program = { name: 'yq', main };
