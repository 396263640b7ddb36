/**
 * What a kind is made of, as the server describes it.
 * @models k8s.io/kubectl pkg/cmd/explain, pkg/explain/v2 plaintext template
 * @fidelity partial: no --output=plaintext-openapiv2; texts are those that this server has
 */
import type { CobraCommand } from '../../../go/cobra-types.ts';
import { print } from '../../../linux/io.ts';
import { type Fields, object, text } from '../../../protocols/kube/fields.ts';
import { Failure } from '../failure.ts';
import type { Action } from '../run.ts';

const WIDTH = 76;
const DEPTH_MAX = 12;

export const explainCommand: CobraCommand<Action> = {
  name: 'explain',
  use: 'TYPE [--recursive=FALSE|TRUE] [--api-version=api-version-group] [-o|--output=plaintext|plaintext-openapiv2]',
  short: 'Get documentation for a resource',
  group: 'Basic Commands (Intermediate)',
  flags: [
    { name: 'api-version', kind: 'string', usage: 'Group and version of the kind.' },
    { name: 'recursive', kind: 'bool', usage: 'Print the names of all fields below, too.' },
    { name: 'output', short: 'o', kind: 'string', value: 'plaintext', usage: 'One of: (plaintext).' },
  ],
  action: async (ctx, run) => {
    const { cli } = run;
    const [word, ...more] = cli.args;
    if (word === undefined)
      throw new Failure(
        'You must specify the type of resource to explain. Use "kubectl api-resources" for a complete list of supported resources.',
      );
    if (more.length > 0) throw new Failure('We accept only this format: explain RESOURCE');
    const [type = '', ...path] = word.replace(/\.$/, '').split('.');
    const version = cli.string('api-version');
    const asked = version === '' ? type : [type, ...version.split('/').reverse()].join('.');
    const resource = await run.resource(ctx, asked).catch((error: unknown) => {
      throw error instanceof Failure ? new Failure(error.message, { bare: true }) : error;
    });
    const root = resource.group === '' ? `api/${resource.version}` : `apis/${resource.group}/${resource.version}`;
    const client = await run.client(ctx);
    const query = { timeout: '32s' };
    await client.request<Fields>(ctx, 'GET', '/openapi/v3', { query });
    const document = await client.request<Fields>(ctx, 'GET', `/openapi/v3/${root}`, { query });
    const schemas = (object(document, 'components', 'schemas') ?? {}) as Record<string, Fields>;
    const top = Object.values(schemas).find((schema) =>
      ((schema['x-kubernetes-group-version-kind'] ?? []) as Fields[]).some((gvk) => gvk['kind'] === resource.kind),
    );
    if (top === undefined) throw new Failure(`couldn't find resource for "${root}, Kind=${resource.kind}"`);
    const head = `${resource.group === '' ? '' : `GROUP:      ${resource.group}\n`}KIND:       ${resource.kind}\nVERSION:    ${resource.version}\n\n`;
    let schema = top;
    let field: Fields | null = null;
    for (const name of path) {
      const next = object(resolve(schemas, schema), 'properties', name);
      if (next === undefined) {
        await print(ctx, head);
        throw new Failure(`field "${name}" does not exist`);
      }
      field = next;
      schema = elementOf(schemas, next);
    }
    await print(ctx, head + body(schemas, field, path.at(-1) ?? '', schema, cli.bool('recursive')));
  },
};

type Schemas = Readonly<Record<string, Fields>>;

function referenceOf(schema: Fields): string | null {
  const own = schema['$ref'];
  const [first] = (schema['allOf'] ?? []) as Fields[];
  const found = typeof own === 'string' ? own : first === undefined ? undefined : first['$ref'];
  return typeof found === 'string' ? (found.split('/').at(-1) ?? null) : null;
}

function resolve(schemas: Schemas, schema: Fields): Fields {
  const name = referenceOf(schema);
  return name === null ? schema : (schemas[name] ?? {});
}

/** What a field holds, behind lists and maps. */
function elementOf(schemas: Schemas, schema: Fields): Fields {
  const found = resolve(schemas, schema);
  const inner = found['items'] ?? found['additionalProperties'];
  return typeof inner === 'object' && inner !== null ? elementOf(schemas, inner as Fields) : found;
}

function typeText(schemas: Schemas, schema: Fields): string {
  const name = referenceOf(schema);
  if (name !== null) return name.split('.').at(-1) ?? name;
  if (schema['items'] !== undefined) return `[]${typeText(schemas, schema['items'] as Fields)}`;
  if (schema['additionalProperties'] !== undefined)
    return `map[string]${typeText(schemas, schema['additionalProperties'] as Fields)}`;
  const type = text(schema, 'type');
  return type === '' || type === 'object' ? 'Object' : type;
}

function body(schemas: Schemas, field: Fields | null, name: string, schema: Fields, recursive: boolean): string {
  const title = field === null ? '' : `FIELD: ${name} <${typeText(schemas, field)}>\n\n\n`;
  const own = field === null ? '' : text(field, 'description');
  const of = text(schema, 'description');
  const words = [own, of].filter((part, i, all) => part !== '' && all.indexOf(part) === i);
  const shown =
    words.length === 0 ? '    <empty>\n' : `${words.map((part) => `${wrapped(part, '    ')}\n`).join('')}    \n`;
  const properties = (object(schema, 'properties') ?? {}) as Record<string, Fields>;
  const fields = recursive ? tree(schemas, properties, 1) : flat(schemas, properties);
  const list = Object.keys(properties).length === 0 ? '' : `FIELDS:\n${fields}`;
  return `${title}DESCRIPTION:\n${shown}${list}\n`;
}

function flat(schemas: Schemas, properties: Record<string, Fields>): string {
  return sorted(properties)
    .map(([name, schema]) => {
      const words = text(schema, 'description') || '<no description>';
      return `  ${name}\t<${typeText(schemas, schema)}>\n${wrapped(words, '    ')}\n\n`;
    })
    .join('');
}

function tree(schemas: Schemas, properties: Record<string, Fields>, depth: number): string {
  if (depth > DEPTH_MAX) return '';
  return sorted(properties)
    .map(([name, schema]) => {
      const inner = (object(elementOf(schemas, schema), 'properties') ?? {}) as Record<string, Fields>;
      return `${'  '.repeat(depth)}${name}\t<${typeText(schemas, schema)}>\n${tree(schemas, inner, depth + 1)}`;
    })
    .join('');
}

function sorted(properties: Record<string, Fields>): [string, Fields][] {
  return Object.entries(properties).sort(([a], [b]) => (a < b ? -1 : 1));
}

function wrapped(words: string, indent: string): string {
  const lines: string[] = [];
  let line = '';
  for (const word of words.split(/\s+/)) {
    if (line !== '' && line.length + 1 + word.length > WIDTH) {
      lines.push(indent + line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  if (line !== '') lines.push(indent + line);
  return lines.join('\n');
}
