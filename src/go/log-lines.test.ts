import { expect, test } from 'vitest';
import { errorCode, errorSegments, isErrorCode, newError, wrapError } from './errors.ts';
import { klogStructured } from './klog.ts';
import { logrusJson, logrusTerminal, logrusText, parseLogLevel } from './logrus.ts';
import { gogoList, gogoMap, gogoMessage, textMessage } from './message-string.ts';
import { compareStrings, quote, quoteRaw, quoteToAscii, shellQuote } from './quote.ts';
import { sprintf } from './sprintf.ts';
import { nsFromCivil, rfc3339NanoFixed } from './time.ts';

const at = (second: number, nanosecond: number, minute = 25): bigint =>
  nsFromCivil({ year: 2026, month: 11, day: 23, hour: 17, minute, second, nanosecond });

test('logrus without a terminal', () => {
  const line = logrusText({ level: 'fatal', message: 'flag provided but not defined: -o', timeNs: at(29, 1) });
  expect(line).toBe('time="2026-11-23T17:25:29Z" level=fatal msg="flag provided but not defined: -o"\n');
});

test("containerd's variant: nine decimals, keys sorted, quotes only where needed", () => {
  const entry = {
    level: 'info',
    message: 'connecting to shim 94b2',
    timeNs: at(31, 882_994_719, 44),
    fields: { version: 3, protocol: 'ttrpc', namespace: 'k8s.io', address: 'unix:///run/containerd/s/a61c' },
  } as const;
  expect(logrusText(entry, rfc3339NanoFixed)).toBe(
    'time="2026-11-23T17:44:31.882994719Z" level=info msg="connecting to shim 94b2" address="unix:///run/containerd/s/a61c" namespace=k8s.io protocol=ttrpc version=3\n',
  );
  expect(logrusText({ level: 'info', message: 'serving...', timeNs: 0n, fields: { msg: '', address: '/run/x' } })).toBe(
    'time="1970-01-01T00:00:00Z" level=info msg=serving... address=/run/x fields.msg=\n',
  );
});

test('logrus on a terminal', () => {
  const message = 'execing command in container 0b63: command terminated with exit code 5';
  expect(logrusTerminal({ level: 'fatal', message, timeNs: 999_999_999n }, { startNs: 0n })).toBe(
    `\u001b[31mFATA\u001b[0m[0000] ${message} \n`,
  );
  const entry = { level: 'warning', message: 'short', timeNs: 12_000_000_000n, fields: { error: 'a b' } } as const;
  expect(logrusTerminal(entry, { startNs: 0n })).toBe(
    `\u001b[33mWARN\u001b[0m[0012] short${' '.repeat(39)}  \u001b[33merror\u001b[0m="a b"\n`,
  );
});

test('logrus as JSON, and level words', () => {
  const message = 'runc run failed: chdir /nosuch: no such file or directory';
  expect(logrusJson({ level: 'error', message, timeNs: at(58, 0, 27) })).toBe(
    '{"level":"error","msg":"runc run failed: chdir /nosuch: no such file or directory","time":"2026-11-23T17:27:58Z"}\n',
  );
  expect([parseLogLevel('WARN'), parseLogLevel('bogus')]).toEqual(['warning', undefined]);
});

test('klog', () => {
  const source = { severity: 'E', timeNs: at(32, 350_158_000), pid: 37_251, caller: 'remote_image.go:250' } as const;
  const err = 'rpc error: code = NotFound desc = failed to pull "x"';
  expect(
    klogStructured(source, 'PullImage from image service failed', [
      ['err', err],
      ['image', 'nosuchimage'],
    ]),
  ).toBe(
    'E1123 17:25:32.350158   37251 remote_image.go:250] "PullImage from image service failed" err="rpc error: code = NotFound desc = failed to pull \\"x\\"" image="nosuchimage"\n',
  );
});

test('klog: errors of several lines, and values that are no strings', () => {
  const source = { severity: 'E', timeNs: at(55, 349_084_000), pid: 42_572, caller: 'remote_runtime.go:599' } as const;
  const tail = 'unable to set memory limit to 1000 (current usage: 307200, peak usage: 3309568)\n';
  expect(
    klogStructured(source, 'failed', [
      ['err', tail],
      ['containerID', '0b63'],
      ['cmd', ['ls']],
    ]),
  ).toBe(
    'E1123 17:25:55.349084   42572 remote_runtime.go:599] "failed" err=<\n' +
      '\tunable to set memory limit to 1000 (current usage: 307200, peak usage: 3309568)\n' +
      ' > containerID="0b63" cmd=["ls"]\n',
  );
});

test('quotes', () => {
  expect(quote('a"b\\\n\t\u0001é\u00a0\u200b\u{1f600}')).toBe('"a\\"b\\\\\\n\\t\\x01é\\u00a0\\u200b\u{1f600}"');
  expect(quoteToAscii('é\u{1f600}')).toBe('"\\u00e9\\U0001f600"');
  expect(quoteRaw('a"b')).toBe('`a"b`');
  expect([shellQuote('a-b'), shellQuote("it's"), shellQuote('')]).toEqual(['a-b', `'it'"'"'s'`, "''"]);
  expect(['b', 'a', '\u{1f600}', '\uffff'].sort(compareStrings)).toEqual(['a', 'b', '\uffff', '\u{1f600}']);
});

test('sprintf', () => {
  expect(sprintf('%-5s|%5d|%05d|%x|%q|%t|%v|%%', 'ab', 42, -42, 255, 'q', true, null)).toBe(
    'ab   |   42|-0042|ff|"q"|true|<nil>|%',
  );
  expect(sprintf('%v %v %v', [1, 'a'], { b: 1, a: [true] }, 1_000_000)).toBe('[1 a] map[a:[true] b:1] 1000000');
  expect(sprintf('%d %s', 'x')).toBe('%!d(string=x) %!s(MISSING)');
  expect(sprintf('%s', 'a', 1)).toBe('a%!(EXTRA int=1)');
  expect(sprintf('%.2f %8.3s| %*d %#x %+d', 1.005, 'abcdef', 4, 7, 255, 3)).toBe('1.00      abc|    7 0xff +3');
});

test('protobuf messages in log lines', () => {
  const metadata = gogoMessage('PodSandboxMetadata', [
    ['Name', 'web'],
    ['Uid', '5f0c'],
    ['Namespace', 'prod'],
    ['Attempt', 0],
  ]);
  expect(sprintf('RunPodSandbox for %v', metadata)).toBe(
    'RunPodSandbox for &PodSandboxMetadata{Name:web,Uid:5f0c,Namespace:prod,Attempt:0,}',
  );
  const filter = gogoMessage('F', [
    ['M', undefined],
    ['L', gogoMap('string', { b: '2', a: '1' })],
    ['X', gogoList('M', [metadata])],
  ]);
  expect(filter.goString()).toBe(
    '&F{M:nil,L:map[string]string{a: 1,b: 2,},X:[]*M{&PodSandboxMetadata{Name:web,Uid:5f0c,Namespace:prod,Attempt:0,},},}',
  );
  expect(
    textMessage([
      ['uid', '3365'],
      ['name', undefined],
      ['namespace', 'default'],
    ]),
  ).toBe('uid:"3365" namespace:"default"');
});

test('errors keep the words of each hop apart', () => {
  const root = newError('no such file or directory', { code: 'ENOENT', hop: 'linux' });
  const error = wrapError('failed to create shim task', wrapError('OCI runtime create failed', root, { hop: 'shim' }), {
    hop: 'containerd',
  });
  expect(error.message).toBe('failed to create shim task: OCI runtime create failed: no such file or directory');
  expect(errorSegments(error)).toEqual([
    { text: 'failed to create shim task: ', depth: 0, hop: 'containerd' },
    { text: 'OCI runtime create failed: ', depth: 1, hop: 'shim' },
    { text: 'no such file or directory', depth: 2, hop: 'linux' },
  ]);
  expect([errorCode(error), isErrorCode(error, 'ENOENT'), isErrorCode(error, 'EPERM')]).toEqual([
    'ENOENT',
    true,
    false,
  ]);
});
