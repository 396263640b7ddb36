/** The moment as a picture, and its command as a clip: for slides, and for pages where nobody can type. */
import { useRef, useState } from 'react';
import { clockText } from '../format.ts';
import { download } from '../lesson/kept-progress.ts';
import type { MomentMessageKey } from '../messages/moment/en.ts';
import { session } from '../session.ts';
import { ui } from '../store.ts';
import type { TranslateOf } from '../use-messages.ts';
import { caption, timeDrawn } from './caption.ts';
import { clipsAreMade, recordClip } from './clip.ts';
import { paintPicture } from './picture.ts';

/** Twice as fine as the screen: it is looked at on larger ones. */
const PICTURE_SCALE = 2;

type Said = { key: MomentMessageKey; values?: Record<string, string | number> };

export function TakePictures({ t, say }: { t: TranslateOf<MomentMessageKey>; say: (said: Said | null) => void }) {
  const [recording, setRecording] = useState(false);
  const stopped = useRef(false);
  const takePicture = async (): Promise<void> => {
    const svg = drawing();
    if (svg !== null) await paint(svg);
    else await (await import('./hidden-drawing.tsx')).withHiddenDrawing(paint);
  };
  const paint = async (svg: SVGSVGElement): Promise<void> => {
    const canvas = document.createElement('canvas');
    await paintPicture(canvas, svg, caption(), PICTURE_SCALE);
    const png = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, 'image/png'));
    if (png === null) throw new Error('the browser made no PNG');
    save(png, 'png', say);
  };
  const takeClip = async (): Promise<void> => {
    const { shown } = session.director;
    const from = shown.playhead;
    if (from === null || !session.playFrom(from)) session.replayLast();
    stopped.current = false;
    setRecording(true);
    say({ key: 'recording' });
    try {
      const { bytes, extension } = await recordClip(
        drawing,
        caption,
        () => session.director.replaying && !stopped.current,
      );
      save(bytes, extension, say);
    } finally {
      setRecording(false);
    }
  };
  const orSay = (made: Promise<void>): void =>
    void made.catch((error: unknown) => {
      console.warn(error);
      say({ key: 'noPicture', values: { reason: error instanceof Error ? error.message : String(error) } });
    });
  return (
    <>
      <button type="button" disabled={recording} onClick={() => orSay(takePicture())}>
        {t('picture')}
      </button>
      {recording ? (
        <button
          type="button"
          onClick={() => {
            stopped.current = true;
          }}
        >
          {t('stopClip')}
        </button>
      ) : (
        clipsAreMade() &&
        drawing() !== null &&
        session.index.commands.length > 0 && (
          <button type="button" onClick={() => orSay(takeClip())}>
            {t('clip')}
          </button>
        )
      )}
    </>
  );
}

function drawing(): SVGSVGElement | null {
  return document.querySelector<SVGSVGElement>('main .stage .sheet > svg');
}

function save(bytes: Blob, extension: string, say: (said: Said) => void): void {
  const name = `${ui.getState().scenario}-${clockText(timeDrawn()).replace(/[^\d.]+/g, '-')}.${extension}`;
  download(name, bytes, bytes.type);
  say({ key: 'saved', values: { name } });
}
