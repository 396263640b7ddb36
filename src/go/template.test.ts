import { expect, test } from 'vitest';
import { executeTemplate } from './template.ts';
import { JSON_FUNCTION } from './template-funcs.ts';

const NAME = 'tmplExecuteRawJSON';
const data = {
  info: { pid: 37_580, args: ['top', '-b'], big: 33_554_432 },
  status: {
    id: '00dc',
    state: 'SANDBOX_READY',
    conditions: [
      { type: 'RuntimeReady', status: true, message: '', reason: '' },
      { type: 'NetworkReady', status: false, message: '', reason: '' },
    ],
    empty: [],
    nothing: null,
    labels: { 'io.x/y': 'z', app: 'web' },
  },
};

const render = (source: string): string => {
  const result = executeTemplate(NAME, source, data, new Map([JSON_FUNCTION]));
  return result.ok ? result.text : result.error;
};

test.each([
  ['{{.info.pid}} {{.status.id}} {{.status.state}}', '37580 00dc SANDBOX_READY'],
  ['{{range .status.conditions}}{{.type}}={{.status}} {{end}}', 'RuntimeReady=true NetworkReady=false '],
  [
    '{{.status.conditions}}',
    '[map[message: reason: status:true type:RuntimeReady] map[message: reason: status:false type:NetworkReady]]',
  ],
  ['{{.info.args}} {{.info.big}}', '[top -b] 3.3554432e+07'],
  ['{{.nope}} {{.nope.deeper}} {{.status.nothing}}', '<no value> <no value> <no value>'],
  ['{{index .status.labels "io.x/y"}} {{index .info.args 1}}', 'z -b'],
  ['{{len .info.args}} {{len "héllo"}}', '2 6'],
  ['{{if eq .status.id "00dc" "x"}}yes{{else}}no{{end}}', 'yes'],
  ['{{if .status.empty}}a{{else if not .nope}}b{{else}}c{{end}}', 'b'],
  ['{{with .status}}{{.id}} {{$.info.pid}}{{end}}', '00dc 37580'],
  ['{{range .status.empty}}x{{else}}none{{end}}', 'none'],
  ['{{range $i, $a := .info.args}}{{$i}}:{{$a}} {{end}}', '0:top 1:-b '],
  ['{{range $k, $v := .status.labels}}{{$k}}={{$v}};{{end}}', 'app=web;io.x/y=z;'],
  ['{{$x := 1}}{{$x = 2}}{{$x}}', '2'],
  ['a  {{- " b " -}}  c {{/* gone */}}d', 'a b c d'],
  ['{{printf "%s-%v-%q" .status.id .info.pid "x" | len}}', '14'],
  ['{{.status.labels | json}}', '{"app":"web","io.x/y":"z"}'],
  ['{{and .status.id 0}} {{or .nope "dflt"}}', '0 dflt'],
  ['{{define "t"}}[{{.}}]{{end}}{{template "t" .status.id}}{{block "b" 3}}<{{.}}>{{end}}', '[00dc]<3>'],
  ['{{range .info.args}}{{.}}{{break}}{{end}}{{(index .status.conditions 0).type}}', 'topRuntimeReady'],
  ['{{if and (gt 2 1) (le 1 1) (ne "a" "b")}}ok{{end}}', 'ok'],
])('%s', (source, text) => {
  expect(render(source)).toBe(text);
});

test.each([
  ['{{.nope', `template: ${NAME}:1: unclosed action`],
  ['{{', `template: ${NAME}:1: unclosed action`],
  ['{{if .a}}x', `template: ${NAME}:1: unexpected EOF`],
  ['x{{end}}', `template: ${NAME}:1: unexpected {{end}}`],
  ['{{}}', `template: ${NAME}:1: missing value for command`],
  ['{{foo .a}}', `template: ${NAME}:1: function "foo" not defined`],
  ['\n{{$y}}', `template: ${NAME}:2: undefined variable "$y"`],
  ['{{"a}}', `template: ${NAME}:1: unterminated quoted string`],
  [
    '{{.status.id.x}}',
    `template: ${NAME}:1:9: executing "${NAME}" at <.status.id.x>: can't evaluate field x in type interface {}`,
  ],
  [
    '{{.status.nothing.x}}',
    `template: ${NAME}:1:9: executing "${NAME}" at <.status.nothing.x>: nil pointer evaluating interface {}.x`,
  ],
  [
    'a{{index .info.args 5}}',
    `template: ${NAME}:1:3: executing "${NAME}" at <index .info.args 5>: error calling index: index out of range: 5`,
  ],
  [
    '{{eq .info.pid 37580}}',
    `template: ${NAME}:1:2: executing "${NAME}" at <eq .info.pid 37580>: error calling eq: incompatible types for comparison`,
  ],
])('fault: %s', (source, error) => {
  expect(render(source)).toBe(error);
});

test('a list instead of a map, as recorded', () => {
  expect(executeTemplate(NAME, '{{.status.metadata.name}}', [data])).toEqual({
    ok: false,
    stage: 'execute',
    error: `template: ${NAME}:1:9: executing "${NAME}" at <.status.metadata.name>: can't evaluate field status in type []interface {}`,
    text: '',
  });
});
