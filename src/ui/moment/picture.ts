/**
 * The drawing as a picture with a caption. Browsers paint a picture of SVG without the page's styles and fonts, so each
 * element takes along what the page computed for it.
 */
import fontUrl from '@fontsource/jetbrains-mono/files/jetbrains-mono-latin-400-normal.woff2?url';

/** What stands below the drawing: whose node and when; the command line, if there is one; what is said of it. */
export type PictureCaption = { readonly head: string; readonly command: string; readonly text: string };

/** What the drawing's rules set; layout is in attributes. */
const STYLES = [
  'display',
  'fill',
  'fill-opacity',
  'font-family',
  'font-size',
  'font-weight',
  'letter-spacing',
  'opacity',
  'stroke',
  'stroke-dasharray',
  'stroke-linecap',
  'stroke-opacity',
  'stroke-width',
  'text-anchor',
  'text-decoration',
  'visibility',
] as const;
const FONT = 'JetBrains Mono';
const MARGIN_PX = 14;
const HEAD_PX = 13;
const TEXT_PX = 14;
const LINE_PX = 20;
const GAP_PX = 6;
const TEXT_LINES_MAX = 3;
/** With that of the command. */
export const LINES_MAX = 1 + TEXT_LINES_MAX;

let fontData: Promise<string> | null = null;

/** Paints the drawing as it is now, `scale` times as large, above room for at least `linesMin` lines. Throws where the browser makes no picture of SVG. */
export async function paintPicture(
  canvas: HTMLCanvasElement,
  svg: SVGSVGElement,
  caption: PictureCaption,
  scale: number,
  linesMin = 0,
): Promise<void> {
  fontData ??= readFont();
  const { width, height } = svg.getBoundingClientRect();
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(standing(svg, width, height, await fontData))}`;
  await image.decode();
  const context = canvas.getContext('2d');
  if (context === null) throw new Error('this browser has no canvas');
  const page = getComputedStyle(document.body);
  const colours = getComputedStyle(document.documentElement);
  const sans = page.fontFamily;
  const lines = captionLines(caption, (text, font) => {
    context.font = fontOf(font, sans);
    return context.measureText(text).width <= width - 2 * MARGIN_PX;
  });
  const below = MARGIN_PX * 2 + HEAD_PX + GAP_PX + LINE_PX * Math.max(lines.length, linesMin);
  const [w, h] = [Math.round(width * scale), Math.round((height + below) * scale)];
  if (canvas.width !== w || canvas.height !== h) [canvas.width, canvas.height] = [w, h];
  context.setTransform(scale, 0, 0, scale, 0, 0);
  context.fillStyle = colours.getPropertyValue('--paper');
  context.fillRect(0, 0, width, height + below);
  context.drawImage(image, 0, 0, width, height);
  context.fillStyle = colours.getPropertyValue('--hair');
  context.fillRect(0, height, width, 1);
  context.fillStyle = colours.getPropertyValue('--soft');
  context.font = `${HEAD_PX}px ${sans}`;
  context.textBaseline = 'top';
  context.fillText(caption.head, MARGIN_PX, height + MARGIN_PX, width - 2 * MARGIN_PX);
  context.fillStyle = colours.getPropertyValue('--ink');
  for (const [i, { text, font }] of lines.entries()) {
    context.font = fontOf(font, sans);
    context.fillText(text, MARGIN_PX, height + MARGIN_PX + HEAD_PX + GAP_PX + i * LINE_PX, width - 2 * MARGIN_PX);
  }
}

type CaptionLine = { readonly text: string; readonly font: 'mono' | 'sans' };

/** The command line in the letters of a terminal, on a line of its own, then the sentence. */
export function captionLines(
  { command, text }: PictureCaption,
  fits: (text: string, font: CaptionLine['font']) => boolean,
): CaptionLine[] {
  const [typed] = wrapped(command, (line) => fits(line, 'mono'), 1);
  const said = wrapped(text, (line) => fits(line, 'sans'), TEXT_LINES_MAX);
  return [
    ...(typed === undefined ? [] : [{ text: typed, font: 'mono' as const }]),
    ...said.map((line) => ({ text: line, font: 'sans' as const })),
  ];
}

function fontOf(font: CaptionLine['font'], sans: string): string {
  return font === 'mono' ? `bold ${TEXT_PX}px "${FONT}", monospace` : `${TEXT_PX}px ${sans}`;
}

/** At most so many lines; what does not fit ends with an ellipsis. Chinese breaks anywhere, words at their ends. */
function wrapped(text: string, fits: (text: string) => boolean, linesMax: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const piece of text.match(/[\u2e80-\uffef]|[^\s\u2e80-\uffef]+\s*|\s+/g) ?? []) {
    if (line === '' || fits((line + piece).trimEnd())) {
      line += piece;
      continue;
    }
    if (lines.length === linesMax - 1) return [...lines, `${line.trimEnd()} …`];
    lines.push(line.trimEnd());
    line = piece;
  }
  return line === '' ? lines : [...lines, line.trimEnd()];
}

function standing(svg: SVGSVGElement, width: number, height: number, font: string): string {
  const copy = svg.cloneNode(true) as SVGSVGElement;
  const copies = copy.querySelectorAll<SVGElement>('*');
  for (const [i, element] of svg.querySelectorAll<SVGElement>('*').entries()) {
    const made = copies[i];
    if (made === undefined) continue;
    const computed = getComputedStyle(element);
    made.setAttribute('style', STYLES.map((name) => `${name}:${computed.getPropertyValue(name)}`).join(';'));
    for (const attribute of ['class', 'id', 'role', 'tabindex'])
      if (attribute !== 'id' || element.closest('defs') === null) made.removeAttribute(attribute);
  }
  copy.setAttribute('width', String(width));
  copy.setAttribute('height', String(height));
  const face = document.createElementNS('http://www.w3.org/2000/svg', 'style');
  face.textContent = `@font-face{font-family:"${FONT}";src:url(${font}) format("woff2")}`;
  copy.prepend(face);
  return new XMLSerializer().serializeToString(copy);
}

/** As a data URL: a picture of SVG loads nothing. */
async function readFont(): Promise<string> {
  const bytes = new Uint8Array(await (await fetch(fontUrl)).arrayBuffer());
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return `data:font/woff2;base64,${btoa(text)}`;
}
