/** Says where the files are that were brought to the node, and offers a next line for each, which is only typed. */
import type { BringMessageKey } from '../messages/bring/en.ts';
import type { Locale } from '../messages/catalogue.ts';
import { session } from '../session.ts';
import { ui } from '../store.ts';
import { focusTerminal } from '../terminal/terminal-host.ts';
import { useMessages } from '../use-messages.ts';
import type { Brought } from './bring-files.ts';
import { EXTENSIONS, FILE_BYTES_MAX, FILES_AT_ONCE_MAX, TOTAL_BYTES_MAX } from './safe-file.ts';
import './bring.css';

/** Ctrl-U: what lies at the prompt makes room. */
const CLEAR_LINE = '\u0015';
const MIB = 1 << 20;

export type BroughtFiles = { files: readonly Brought[]; heavy: boolean };

export function BroughtBar({ brought }: { brought: BroughtFiles }) {
  const t = useMessages(load);
  if (t === null) return null;
  const close = (): void => {
    ui.setState({ brought: null });
    focusTerminal();
  };
  const type = (line: string): void => {
    session.type(CLEAR_LINE + line);
    ui.setState({ walkTyped: null });
    focusTerminal();
  };
  const values = {
    kinds: EXTENSIONS.join(' '),
    max: FILE_BYTES_MAX / MIB,
    total: TOTAL_BYTES_MAX / MIB,
    count: FILES_AT_ONCE_MAX,
  };
  return (
    <section className="banner calm brought" aria-label={t('title')}>
      <ul role="status">
        {brought.files.map((file) =>
          'path' in file ? (
            <li key={file.id}>
              <span>
                {t(file.state === 'going' ? 'going' : 'there')} <code>{file.path}</code>
              </span>
              {file.state === 'there' && (
                <button type="button" className="chip" onClick={() => type(file.line)}>
                  <code>{file.line}</code>
                  <span>{t('type')}</span>
                </button>
              )}
            </li>
          ) : (
            <li key={file.id} className="danger">
              {t(file.state, { ...values, name: file.name })}
            </li>
          ),
        )}
      </ul>
      {brought.heavy && <p>{t('heavy')}</p>}
      <button type="button" onClick={close}>
        {t('dismiss')}
      </button>
    </section>
  );
}

async function load(locale: Locale): Promise<Readonly<Record<BringMessageKey, string>>> {
  return locale === 'zh-CN'
    ? (await import('../messages/bring/zh-CN.ts')).bringZhCN
    : (await import('../messages/bring/en.ts')).bringEn;
}
