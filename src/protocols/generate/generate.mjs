// Turns each folder's .proto text into a generated.ts beside it: interfaces, default values, and field tables for the
// codec in ../proto. Tables rather than code, because they are a fraction of the size and serve as descriptors too.
// Plain JavaScript, so that Node 20 runs it as it is: `npm run build:protocols`.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import protobuf from 'protobufjs';

const protocolsDir = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const bigTypes = new Set(['int64', 'uint64', 'sint64', 'fixed64', 'sfixed64']);

/** @returns Map from absolute path of a generated.ts to its text. */
export function generateAll() {
  const root = loadRoot();
  const files = new Map();
  for (const [dir, { types }] of groupByDirectory(root)) {
    files.set(path.join(dir, 'generated.ts'), generateFile(dir, types, root));
  }
  return files;
}

/** @returns a protobufjs root that holds every .proto below src/protocols. */
export function loadRoot() {
  const root = new protobuf.Root();
  for (const file of protoFiles(protocolsDir)) {
    // Not loadSync: it would replace our google/protobuf files with copies built into protobufjs.
    protobuf.parse.filename = file;
    protobuf.parse(readFileSync(file, 'utf8'), root, { keepCase: true });
  }
  root.resolveAll();
  return root;
}

function protoFiles(dir) {
  const found = [];
  for (const entry of readdirSync(dir, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const full = path.join(dir, entry.name);
    if (entry.isDirectory()) found.push(...protoFiles(full));
    else if (entry.name.endsWith('.proto')) found.push(full);
  }
  return found;
}

function groupByDirectory(root) {
  const groups = new Map();
  const visit = (namespace) => {
    for (const item of namespace.nestedArray) {
      if (item instanceof protobuf.Type || item instanceof protobuf.Enum || item instanceof protobuf.Service) {
        const dir = path.dirname(fileOf(item));
        const packageName = namespaceName(item);
        const group = groups.get(dir) ?? { packageName, types: [] };
        if (group.packageName !== packageName) throw new Error(`${dir}: two packages in one folder`);
        groups.set(dir, group);
        group.types.push(item);
      }
      if (item.nestedArray) visit(item);
    }
  };
  visit(root);
  return groups;
}

function fileOf(item) {
  for (let at = item; at; at = at.parent) if (at.filename) return at.filename;
  throw new Error(`${item.fullName}: no file`);
}

function namespaceName(item) {
  let at = item.parent;
  while (at instanceof protobuf.Type) at = at.parent;
  return at.fullName.slice(1);
}

/** Nested types are called Outer_Inner, as other TypeScript generators do. */
function localName(item) {
  return item.parent instanceof protobuf.Type ? `${localName(item.parent)}_${item.name}` : item.name;
}

function generateFile(dir, items, root) {
  const imports = new Map();
  const used = new Set();
  const runtime = (name) => {
    used.add(name);
    return name;
  };
  const refer = (item) => {
    const itemDir = path.dirname(fileOf(item));
    if (itemDir === dir) return localName(item);
    const alias = namespaceName(item).replaceAll('.', '_');
    imports.set(alias, relative(dir, path.join(itemDir, 'generated.ts')));
    return `${alias}.${localName(item)}`;
  };
  const body = [];
  const services = [];
  for (const item of items) {
    if (item instanceof protobuf.Enum) body.push(enumText(item, runtime));
    else if (item instanceof protobuf.Type) body.push(messageText(item, refer, runtime));
    else services.push(serviceText(item, refer, runtime, root));
  }
  const protoDir = path.join(protocolsDir, 'proto');
  const lines = ['// Generated from the .proto text in this folder by `npm run build:protocols`. Do not edit.'];
  const from = (file, names, isType) => {
    const present = names.filter((name) => used.has(name)).sort();
    if (present.length)
      lines.push(
        `import ${isType ? 'type ' : ''}{ ${present.join(', ')} } from '${relative(dir, path.join(protoDir, file))}';`,
      );
  };
  from('dictionary.ts', ['Dictionary', 'noBytes']);
  from('message-type.ts', ['EnumType', 'MessageType'], true);
  from('message-type.ts', ['message']);
  from('service.ts', ['service']);
  for (const [alias, file] of [...imports].sort()) lines.push(`import * as ${alias} from '${file}';`);
  return `${[lines.join('\n'), ...body, ...services].join('\n\n')}\n`;
}

function relative(fromDir, file) {
  const result = path.relative(fromDir, file);
  return result.startsWith('.') ? result : `./${result}`;
}

function enumText(item, runtime) {
  const name = localName(item);
  const values = Object.entries(item.values).map(([key, value]) => `${key}: ${value}`);
  runtime('EnumType');
  return [
    `export const ${name} = { ${values.join(', ')} } as const;`,
    `export type ${name} = (typeof ${name})[keyof typeof ${name}];`,
    `export const ${name}Enum: EnumType = { typeName: '${item.fullName.slice(1)}', values: ${name} };`,
  ].join('\n');
}

function messageText(item, refer, runtime) {
  const name = localName(item);
  runtime('MessageType');
  runtime('message');
  const members = [];
  const defaults = [];
  const rows = [];
  for (const field of item.fieldsArray) {
    const { tsType, zero, table } = typeOf(field, refer, runtime);
    const property = jsonNameOf(field.name);
    const cardinality = cardinalityOf(field);
    const isOptional =
      cardinality === 'optional' || (cardinality === 'single' && field.resolvedType instanceof protobuf.Type);
    if (cardinality === 'map') {
      if (field.keyType !== 'string') throw new Error(`${field.fullName}: only string keys are supported`);
      runtime('Dictionary');
      members.push(`  ${property}: Record<string, ${tsType}>;`);
      defaults.push(`${property}: new Dictionary()`);
    } else if (cardinality === 'repeated') {
      members.push(`  ${property}: ${tsType}[];`);
      defaults.push(`${property}: []`);
    } else {
      members.push(`  ${property}: ${tsType}${isOptional ? ' | undefined' : ''};`);
      if (!isOptional && zero === 'noBytes') runtime('noBytes');
      defaults.push(`${property}: ${isOptional ? 'undefined' : zero}`);
    }
    rows.push(`  [${field.id}, '${field.name}', ${table}${cardinality === 'single' ? '' : `, '${cardinality}'`}],`);
  }
  const typeName = item.fullName.slice(1);
  const head = members.length
    ? `export interface ${name} {\n${members.join('\n')}\n}`
    : `export type ${name} = Record<never, never>;`;
  const blank = defaults.length ? `{ ${defaults.join(', ')} }` : '{}';
  const table = rows.length ? `[\n${rows.join('\n')}\n]` : '[]';
  return `${head}\nexport const ${name}: MessageType<${name}> = /* @__PURE__ */ message('${typeName}', () => (${blank}), () => ${table});`;
}

function typeOf(field, refer) {
  const type = field.resolvedType;
  if (type instanceof protobuf.Enum) {
    const name = refer(type);
    return { tsType: name, zero: '0', table: `${name}Enum` };
  }
  if (type instanceof protobuf.Type) {
    const name = refer(type);
    return { tsType: name, zero: 'undefined', table: name };
  }
  const table = `'${field.type}'`;
  if (field.type === 'string') return { tsType: 'string', zero: "''", table };
  if (field.type === 'bytes') return { tsType: 'Uint8Array', zero: 'noBytes', table };
  if (field.type === 'bool') return { tsType: 'boolean', zero: 'false', table };
  if (bigTypes.has(field.type)) return { tsType: 'bigint', zero: '0n', table };
  return { tsType: 'number', zero: '0', table };
}

function cardinalityOf(field) {
  if (field.map) return 'map';
  if (field.repeated) return 'repeated';
  const isScalar = !(field.resolvedType instanceof protobuf.Type);
  return isScalar && field.partOf ? 'optional' : 'single';
}

function jsonNameOf(name) {
  return name.replace(/_(.?)/g, (_, next) => next.toUpperCase());
}

function serviceText(item, refer, runtime, root) {
  runtime('service');
  const rows = item.methodsArray.map((method) => {
    const input = refer(method.resolvedRequestType ?? root.lookupType(method.requestType));
    const output = refer(method.resolvedResponseType ?? root.lookupType(method.responseType));
    const streaming = method.requestStream
      ? method.responseStream
        ? 'both'
        : 'client'
      : method.responseStream
        ? 'server'
        : '';
    return `  ${method.name}: [${input}, ${output}${streaming ? `, '${streaming}'` : ''}],`;
  });
  // The suffix keeps a service apart from a message of its name (containerd has such).
  return `export const ${item.name}Service = /* @__PURE__ */ service('${item.fullName.slice(1)}', {\n${rows.join('\n')}\n});`.replace(
    'ServiceService',
    'Service',
  );
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  for (const [file, text] of generateAll()) writeFileSync(file, text);
}

/** @returns files whose committed text differs from what would be generated. */
export function staleFiles() {
  const stale = [];
  for (const [file, text] of generateAll()) {
    let committed;
    try {
      committed = readFileSync(file, 'utf8');
    } catch {
      committed = undefined;
    }
    if (committed !== text) stale.push(path.relative(protocolsDir, file));
  }
  return stale;
}
