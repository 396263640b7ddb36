/**
 * The formats of -o: json, yaml, kyaml, name, jsonpath, go-template, custom-columns.
 * @models k8s.io/cli-runtime pkg/genericclioptions print_flags.go, pkg/printers json.go yaml.go kyaml.go name.go jsonpath.go template.go; k8s.io/kubectl pkg/cmd/get customcolumn.go
 * @fidelity full
 */

import type { CobraContext } from '../../go/cobra-types.ts';
import { type JsonValue, marshalJson } from '../../go/json.ts';
import { marshalKyaml } from '../../go/kyaml.ts';
import { formatValue } from '../../go/sprintf.ts';
import { executeTemplate } from '../../go/template.ts';
import { FunctionFault, type TemplateFunction } from '../../go/template-funcs.ts';
import { marshalYaml } from '../../go/yaml-out.ts';
import type { Context } from '../../linux/context.ts';
import { readFile } from '../../linux/io.ts';
import { utf8 } from '../../linux/rope.ts';
import { fromBase64 } from '../../protocols/base64.ts';
import { type Fields, list, object, text } from '../../protocols/kube/fields.ts';
import { Failure } from './failure.ts';
import { executeJsonPath, findAll, relaxedJsonPath, valueText } from './jsonpath/evaluate.ts';
import { JsonPathFault, parseJsonPath } from './jsonpath/parse.ts';
import { layOutTable } from './tables.ts';

/** Prints one object or one list. */
export type ObjectPrinter = (value: Fields) => string;

const FORMATS =
  'custom-columns,custom-columns-file,go-template,go-template-file,json,jsonpath,jsonpath-as-json,jsonpath-file,kyaml,name,template,templatefile,wide,yaml';

/** Null for tables: no -o, or -o wide. */
export async function objectPrinter(ctx: Context, cli: CobraContext): Promise<ObjectPrinter | null> {
  const output = cli.string('output');
  const template = cli.has('template') ? cli.string('template') : '';
  if (output === '' && template !== '') return templatePrinter(template);
  const equals = output.indexOf('=');
  const format = equals < 0 ? output : output.slice(0, equals);
  const argument = equals < 0 ? template : output.slice(equals + 1);
  const showManagedFields = cli.has('show-managed-fields') && cli.bool('show-managed-fields');
  const tidy = (value: Fields): Fields => (showManagedFields ? value : withoutManagedFields(value));
  switch (format) {
    case '':
    case 'wide':
      return null;
    case 'json':
      return (value) => `${marshalJson(tidy(value) as JsonValue, { indent: '    ', sortKeys: true })}\n`;
    case 'yaml':
      return (value) => marshalYaml(tidy(value) as JsonValue);
    case 'name':
      return namePrinter;
    case 'kyaml':
      return (value) => marshalKyaml(tidy(value) as JsonValue);
    case 'jsonpath':
    case 'jsonpath-as-json':
    case 'jsonpath-file': {
      const source = format === 'jsonpath-file' ? (await readFile(ctx, argument)).trimEnd() : argument;
      if (source === '') throw new Failure('template format specified but no template given');
      return jsonPathPrinter(source, format === 'jsonpath-as-json');
    }
    case 'go-template':
    case 'template':
    case 'go-template-file':
    case 'templatefile': {
      if (argument === '') throw new Failure('template format specified but no template given');
      return templatePrinter(format.endsWith('file') ? await readFile(ctx, argument) : argument);
    }
    case 'custom-columns':
    case 'custom-columns-file':
      return customColumns(
        format === 'custom-columns' ? argument : columnsOfFile(await readFile(ctx, argument)),
        cli.has('no-headers') && cli.bool('no-headers'),
      );
    default:
      throw new Failure(
        `unable to match a printer suitable for the output format "${output}", allowed formats are: ${FORMATS}`,
      );
  }
}

function withoutManagedFields(value: Fields): Fields {
  if (Array.isArray(value['items'])) return { ...value, items: list(value, 'items').map(withoutManagedFields) };
  const metadata = object(value, 'metadata');
  if (metadata === undefined || !('managedFields' in metadata)) return value;
  const { managedFields: _, ...rest } = metadata;
  return { ...value, metadata: rest };
}

function namePrinter(value: Fields): string {
  if (Array.isArray(value['items'])) return list(value, 'items').map(namePrinter).join('');
  return `${nameOf(value)}\n`;
}

/** `pod/web`, `deployment.apps/site` */
export function nameOf(value: unknown): string {
  const apiVersion = text(value, 'apiVersion');
  const group = apiVersion.includes('/') ? `.${apiVersion.slice(0, apiVersion.indexOf('/'))}` : '';
  return `${text(value, 'kind').toLowerCase()}${group}/${text(value, 'metadata', 'name') || '<unknown>'}`;
}

function jsonPathPrinter(source: string, jsonOutput: boolean): ObjectPrinter {
  let nodes: ReturnType<typeof parseJsonPath>;
  try {
    nodes = parseJsonPath(source);
  } catch (error) {
    if (!(error instanceof JsonPathFault)) throw error;
    throw new Failure(`error parsing jsonpath ${source}, ${error.message}`);
  }
  return (value) => {
    try {
      return executeJsonPath(nodes, value, { allowMissingKeys: true, jsonOutput });
    } catch (error) {
      if (!(error instanceof JsonPathFault)) throw error;
      const more = `Printing more information for debugging the template:\n\ttemplate was:\n\t\t${source}\n\tobject given to jsonpath engine was:\n\t\t${goSyntax(value)}\n\n\n`;
      throw new Failure(
        `error executing jsonpath ${JSON.stringify(source)}: Error executing template: ${error.message}. ${more}`,
      );
    }
  };
}

/** %#v of decoded JSON. */
function goSyntax(value: unknown): string {
  if (value === null || value === undefined) return 'interface {}(nil)';
  if (Array.isArray(value)) return `[]interface {}{${value.map(goSyntax).join(', ')}}`;
  if (typeof value !== 'object') return typeof value === 'string' ? JSON.stringify(value) : String(value);
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `map[string]interface {}{${members.map(([key, item]) => `${JSON.stringify(key)}:${goSyntax(item)}`).join(', ')}}`;
}

/** What kubectl's templates have beside Go's own. */
const TEMPLATE_FUNCTIONS: ReadonlyMap<string, TemplateFunction> = new Map<string, TemplateFunction>([
  [
    'base64decode',
    (text) => {
      try {
        return utf8(fromBase64(String(text)));
      } catch (error) {
        throw new FunctionFault(`base64 decode failed: ${error instanceof Error ? error.message : String(error)}`);
      }
    },
  ],
  ['exists', (value, ...path) => reaches(value, path)],
]);

function reaches(value: unknown, path: readonly unknown[]): boolean {
  let at = value;
  for (const step of path) {
    if (typeof at !== 'object' || at === null) return false;
    at = (at as Record<string, unknown>)[String(step)];
  }
  return at !== undefined;
}

function templatePrinter(source: string): ObjectPrinter {
  return (value) => {
    const result = executeTemplate('output', source, value, TEMPLATE_FUNCTIONS);
    if (result.ok) return result.text;
    if (result.stage === 'parse') throw new Failure(`error parsing template ${source}, ${result.error}`);
    const raw = marshalJson(value as JsonValue, { sortKeys: true });
    const object = formatValue(value, { numbers: 'float64' });
    throw new Failure(`error executing template ${JSON.stringify(source)}: ${result.error}`, {
      printed: `${result.text}Error executing template: ${result.error}. Printing more information for debugging the template:\n\ttemplate was:\n\t\t${source}\n\traw data was:\n\t\t${raw}\n\tobject given to template engine was:\n\t\t${object}\n\n`,
    });
  };
}

function columnsOfFile(content: string): string {
  const [headers = '', paths = ''] = content.split('\n');
  const names = headers.trim().split(/\s+/);
  const fields = paths.trim().split(/\s+/);
  return names.map((name, i) => `${name}:${fields[i] ?? ''}`).join(',');
}

function customColumns(spec: string, noHeaders: boolean): ObjectPrinter {
  if (spec === '') throw new Failure('custom-columns format specified but no custom columns given');
  const columns = splitColumns(spec).map((part) => {
    const colon = part.indexOf(':');
    if (colon < 0) {
      throw new Failure(`unexpected custom-columns spec: ${part}, expected <header>:<json-path-expr>`);
    }
    return { header: part.slice(0, colon), path: relaxedJsonPath(part.slice(colon + 1)) };
  });
  return (value) => {
    const items = Array.isArray(value['items']) ? list(value, 'items') : [value];
    const rows = items.map((item) =>
      columns.map(({ path }) => {
        const found = findAll(path, item);
        return found.length === 0 ? '<none>' : found.map((v) => (v === null ? '<nil>' : valueText(v))).join(',');
      }),
    );
    return layOutTable(noHeaders ? null : columns.map(({ header }) => header), rows);
  };
}

/** Commas inside brackets belong to the path. */
function splitColumns(spec: string): string[] {
  const parts: string[] = [''];
  let depth = 0;
  for (const ch of spec) {
    if (ch === '[' || ch === '(') depth += 1;
    if (ch === ']' || ch === ')') depth -= 1;
    if (ch === ',' && depth === 0) parts.push('');
    else parts[parts.length - 1] += ch;
  }
  return parts;
}

export function listOf(items: readonly Fields[]): Fields {
  return { apiVersion: 'v1', items, kind: 'List', metadata: { resourceVersion: '' } };
}
