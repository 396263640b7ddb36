/**
 * `jsonschema`: the shape of pod-config and container-config files, from the messages they become.
 * @models github.com/invopop/jsonschema reflect.go over k8s.io/cri-api
 * @fidelity partial: laid out as that library does; its own treatment of enum types as plain integers is kept
 */

import type { CliCommand } from '../../go/cli-types.ts';
import { type JsonValue, marshalJson } from '../../go/json.ts';
import type { Context } from '../../linux/context.ts';
import { print } from '../../linux/io.ts';
import { ContainerConfig, PodSandboxConfig } from '../../protocols/cri/generated.ts';
import { type Field, isEnumType, isMessageType, type MessageType } from '../../protocols/proto/message-type.ts';
import { type Action, showHelp } from './run.ts';

type Schema = { [key: string]: JsonValue };

export function jsonSchemaText(type: MessageType<unknown>): string {
  const definitions: Schema = {};
  define(type, definitions);
  const sorted: Schema = {};
  for (const name of Object.keys(definitions).sort()) sorted[name] = definitions[name] ?? null;
  const name = localName(type.typeName);
  const schema = {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $id: `https://k8s.io/cri-api/pkg/apis/runtime/v1/${kebab(name)}`,
    $ref: `#/$defs/${name}`,
    $defs: sorted,
  };
  return marshalJson(schema, { indent: '  ' });
}

function define(type: MessageType<unknown>, definitions: Schema): void {
  const name = localName(type.typeName);
  if (definitions[name] !== undefined) return;
  const properties: Schema = {};
  const schema: Schema = { properties, additionalProperties: false, type: 'object' };
  // Entered before its fields are looked at: messages may contain themselves.
  definitions[name] = schema;
  for (const field of type.fields) properties[field.name] = fieldSchema(field, definitions);
}

function fieldSchema(field: Field, definitions: Schema): Schema {
  const item = valueSchema(field, definitions);
  if (field.cardinality === 'map') return { additionalProperties: item, type: 'object' };
  if (field.cardinality === 'repeated') return { items: item, type: 'array' };
  return item;
}

function valueSchema({ type }: Field, definitions: Schema): Schema {
  if (isMessageType(type)) {
    define(type, definitions);
    return { $ref: `#/$defs/${localName(type.typeName)}` };
  }
  if (isEnumType(type)) return { type: 'integer' };
  switch (type) {
    case 'string':
      return { type: 'string' };
    case 'bool':
      return { type: 'boolean' };
    case 'bytes':
      return { type: 'string', contentEncoding: 'base64' };
    case 'double':
    case 'float':
      return { type: 'number' };
    default:
      return { type: 'integer' };
  }
}

function localName(typeName: string): string {
  return typeName.slice(typeName.lastIndexOf('.') + 1);
}

function kebab(name: string): string {
  return name.replace(/([a-z0-9])([A-Z])/g, '$1-$2').toLowerCase();
}

async function printSchema(ctx: Context, type: MessageType<unknown>): Promise<void> {
  await print(ctx, `${jsonSchemaText(type)}\n`);
}

/** The one of runp and pull, which only knows pods. */
export const podSchemaCommand: CliCommand<Action> = {
  name: 'jsonschema',
  aliases: ['js'],
  usage: 'Print the JSON schema of pod-config.json',
  usageText: 'The schema is that of PodSandboxConfig in the CRI API this crictl was built with',
  action: (ctx) => printSchema(ctx, PodSandboxConfig as MessageType<unknown>),
};

export const schemaCommand: CliCommand<Action> = {
  name: 'jsonschema',
  aliases: ['js'],
  usage: 'Print the JSON schema of the pod or the container config',
  shortOptions: true,
  flags: [
    {
      name: 'pod',
      aliases: ['p'],
      kind: 'bool',
      usage: 'Print that of PodSandboxConfig in the CRI API this crictl was built with',
    },
    {
      name: 'container',
      aliases: ['c'],
      kind: 'bool',
      usage: 'Print that of ContainerConfig in the CRI API this crictl was built with',
    },
  ],
  action: async (ctx, run) => {
    const { cli } = run;
    if (!cli.isSet('pod') && !cli.isSet('container')) return await showHelp(ctx, run);
    if (cli.isSet('pod')) await printSchema(ctx, PodSandboxConfig as MessageType<unknown>);
    if (cli.isSet('container')) await printSchema(ctx, ContainerConfig as MessageType<unknown>);
  },
};
