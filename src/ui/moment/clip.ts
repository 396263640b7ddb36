/** A clip of the drawing while it plays: its pictures, one after another, as the browser's own recorder encodes them. */
import { LINES_MAX, type PictureCaption, paintPicture } from './picture.ts';

export type Clip = { readonly bytes: Blob; readonly extension: 'webm' | 'mp4' };

const TYPES = [
  ['video/webm;codecs=vp9', 'webm'],
  ['video/webm', 'webm'],
  ['video/mp4', 'mp4'],
] as const;
const FRAME_MS = 100;
const CLIP_MS_MAX = 20_000;
/** How long the last picture stands. */
const LAST_MS = 1200;
const BITS_PER_SECOND = 2_500_000;

/** Whether this browser records anything. */
export function clipsAreMade(): boolean {
  return type() !== undefined;
}

function type(): (typeof TYPES)[number] | undefined {
  if (typeof MediaRecorder === 'undefined' || !('captureStream' in HTMLCanvasElement.prototype)) return undefined;
  return TYPES.find(([name]) => MediaRecorder.isTypeSupported(name));
}

/** Records as long as `playing` says so, 20 seconds at most. `svg` is asked for each time: React may replace it. */
export async function recordClip(
  svg: () => SVGSVGElement | null,
  caption: () => PictureCaption,
  playing: () => boolean,
): Promise<Clip> {
  const chosen = type();
  if (chosen === undefined) throw new Error('this browser records no video');
  const [mimeType, extension] = chosen;
  const canvas = document.createElement('canvas');
  // All pictures of a clip have one size.
  const paint = async (): Promise<void> => {
    const drawing = svg();
    if (drawing !== null) await paintPicture(canvas, drawing, caption(), 1, LINES_MAX);
  };
  await paint();
  const stream = canvas.captureStream();
  const recorder = new MediaRecorder(stream, { mimeType, videoBitsPerSecond: BITS_PER_SECOND });
  const parts: Blob[] = [];
  recorder.ondataavailable = ({ data }) => parts.push(data);
  const ended = new Promise<void>((resolve, reject) => {
    recorder.onstop = () => resolve();
    recorder.onerror = () => reject(new Error('the browser stopped recording'));
  });
  recorder.start();
  const end = performance.now() + CLIP_MS_MAX;
  while (playing() && performance.now() < end) {
    const before = performance.now();
    await paint();
    await passed(Math.max(0, FRAME_MS - (performance.now() - before)));
  }
  await paint();
  await passed(LAST_MS);
  recorder.stop();
  await ended;
  for (const track of stream.getTracks()) track.stop();
  return { bytes: new Blob(parts, { type: mimeType }), extension };
}

function passed(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
