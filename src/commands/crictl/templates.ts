/**
 * --template: Go templates over JSON, with crictl's four functions.
 * @models kubernetes-sigs/cri-tools cmd/crictl/templates.go
 * @fidelity partial: numbers compare as numbers, not as text
 */

import { marshalJson } from '../../go/json.ts';
import { type ParsedJson, parseJson } from '../../go/json-parse.ts';
import { executeTemplate } from '../../go/template.ts';
import type { TemplateFunction } from '../../go/template-funcs.ts';
import { Failure } from './failure.ts';

const TEMPLATE_NAME = 'tmplExecuteRawJSON';

const FUNCTIONS: ReadonlyMap<string, TemplateFunction> = new Map<string, TemplateFunction>([
  // An Encoder's output ends in a newline.
  ['json', (value) => `${marshalJson((value ?? null) as ParsedJson, { sortKeys: true })}\n`],
  ['title', (text) => String(text).replace(/(?<![\p{L}\p{N}_'])\p{L}/gu, (letter) => letter.toUpperCase())],
  ['lower', (text) => String(text).toLowerCase()],
  ['upper', (text) => String(text).toUpperCase()],
]);

export function executeOnJson(template: string, json: string): string {
  const parsed = parseJson(json);
  if (!parsed.ok) throw new Failure(`failed to decode json: ${parsed.error}`);
  const result = executeTemplate(TEMPLATE_NAME, template, exactNumbers(parsed.value), FUNCTIONS, {
    missingKey: 'error',
  });
  if (result.ok) return result.text;
  const stage = result.stage === 'parse' ? 'failed to generate go-template' : 'failed to template data';
  throw new Failure(`${stage}: ${result.error}`);
}

/** A Decoder with UseNumber keeps a number's own digits: integers never print with an exponent. */
function exactNumbers(value: ParsedJson): ParsedJson {
  if (typeof value === 'number') return Number.isInteger(value) ? BigInt(value) : value;
  if (Array.isArray(value)) return value.map(exactNumbers);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, exactNumbers(item)]));
}

export function validateTemplate(template: string): void {
  const result = executeTemplate('', template, {}, FUNCTIONS);
  if (!result.ok && result.stage === 'parse') throw new Failure(result.error);
}
