/** A page that something on the node serves: fetched by curl at the terminal, and shown as a browser would. */
import { type FormEvent, useState } from 'react';
import type { LessonTranslate } from '../lesson/use-lesson-messages.ts';
import { cutaway } from '../scripting.ts';
import { session } from '../session.ts';

type Answer = { url: string; status: string; type: string; body: string; error: string };

const LEADING_ELSEWHERE = ['href', 'src', 'srcset', 'action', 'formaction', 'data', 'poster', 'http-equiv'];

/** A picture of what was served: nothing in it runs, and nothing leads anywhere or is fetched. */
function still(html: string): string {
  const page = new DOMParser().parseFromString(html, 'text/html');
  for (const script of page.querySelectorAll('script')) script.remove();
  for (const element of page.querySelectorAll('*')) {
    for (const name of element.getAttributeNames())
      if (name.startsWith('on') || LEADING_ELSEWHERE.includes(name)) element.removeAttribute(name);
  }
  return page.documentElement.outerHTML;
}

export function Browse({ t }: { t: LessonTranslate }) {
  const [url, setUrl] = useState('http://localhost:8080/');
  const [busy, setBusy] = useState(false);
  const [answer, setAnswer] = useState<Answer | null>(null);
  const go = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    setBusy(true);
    session.skip();
    try {
      setAnswer(await ask(url.trim()));
    } finally {
      setBusy(false);
    }
  };
  return (
    <>
      <h2>{t('browse.title')}</h2>
      <p className="measure">{t('browse.intro')}</p>
      <form onSubmit={(event) => void go(event)}>
        <label>
          {t('browse.address')}{' '}
          <input type="text" inputMode="url" size={40} value={url} onChange={(event) => setUrl(event.target.value)} />
        </label>{' '}
        <button type="submit" disabled={busy || url.trim() === ''}>
          {t('browse.go')}
        </button>
      </form>
      <p role="status">{busy ? t('browse.busy') : (answer?.status ?? '')}</p>
      {answer !== null && answer.error !== '' && <pre>{answer.error}</pre>}
      {answer !== null && answer.error === '' && answer.type.startsWith('text/html') && (
        <iframe className="browsed" title={answer.url} sandbox="" srcDoc={still(answer.body)} />
      )}
      {answer !== null && answer.error === '' && !answer.type.startsWith('text/html') && <pre>{answer.body}</pre>}
    </>
  );
}

async function ask(url: string): Promise<Answer> {
  const { stdout, stderr, exitCode } = await cutaway.run(`curl -sSi '${url.replaceAll("'", "'\\''")}'`);
  if (exitCode !== 0) return { url, status: '', type: '', body: '', error: stderr + stdout };
  const end = /\r?\n\r?\n/.exec(stdout);
  const head = end === null ? stdout : stdout.slice(0, end.index);
  const body = end === null ? '' : stdout.slice(end.index + end[0].length);
  const type = /^content-type: *(\S+)/im.exec(head)?.[1]?.toLowerCase() ?? '';
  return { url, status: head.split(/\r?\n/)[0] ?? '', type, body, error: '' };
}
