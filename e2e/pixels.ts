import type { Page } from '@playwright/test';

/** What of the drawing is told from its surroundings by too little, as the screen has it: text 4.5:1, packets' edges and hatches 3:1. */
export async function faintOnStage(
  page: Page,
): Promise<{ faint: string[]; texts: number; packets: number; hatches: number }> {
  const devices = await page.context().newCDPSession(page);
  const { width, height } = page.viewportSize() as { width: number; height: number };
  // Twice as fine: the stem of a small letter then has at least one pixel of its own.
  await devices.send('Emulation.setDeviceMetricsOverride', { width, height, deviceScaleFactor: 2, mobile: false });
  // Colours fade into each other when a theme is chosen, and packets come up.
  await page.evaluate(async () => {
    await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
    await Promise.allSettled(document.getAnimations().map(({ finished }) => finished));
  });
  const base64 = (await page.screenshot({ scale: 'device' })).toString('base64');
  const found = await page.evaluate(async (png) => {
    type Colour = readonly [number, number, number];
    const image = new Image();
    image.src = `data:image/png;base64,${png}`;
    await image.decode();
    const canvas = document.createElement('canvas');
    [canvas.width, canvas.height] = [image.width, image.height];
    const context = canvas.getContext('2d', { willReadFrequently: true }) as CanvasRenderingContext2D;
    context.drawImage(image, 0, 0);
    const scale = image.width / innerWidth;
    const channel = (value: number): number => (value <= 10 ? value / 3294.6 : ((value / 255 + 0.055) / 1.055) ** 2.4);
    const light = ([r, g, b]: Colour): number => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
    const ratio = (a: Colour, b: Colour): number => {
      const [x, y] = [light(a), light(b)];
      return (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05);
    };
    const distance = (a: Colour, b: Colour): number => Math.max(...a.map((value, i) => Math.abs(value - (b[i] ?? 0))));
    const colourOf = (text: string): Colour => (text.match(/[\d.]+/g) ?? []).slice(0, 3).map(Number) as never;
    const stage = (document.querySelector('.stage') as Element).getBoundingClientRect();
    const seen = (box: DOMRect): boolean =>
      box.width > 2 &&
      box.left >= stage.left &&
      box.right <= stage.right &&
      box.top >= stage.top &&
      box.bottom <= stage.bottom;
    const pixels = (box: DOMRect, margin: number): Colour[] => {
      const [w, h] = [Math.ceil((box.width + 2 * margin) * scale), Math.ceil((box.height + 2 * margin) * scale)];
      const { data } = context.getImageData((box.left - margin) * scale, (box.top - margin) * scale, w, h);
      const all: Colour[] = [];
      for (let i = 0; i < data.length; i += 4) all.push([data[i] ?? 0, data[i + 1] ?? 0, data[i + 2] ?? 0]);
      return all;
    };
    /** The colour that most of what is not `mark` has. */
    const ground = (all: readonly Colour[], mark: Colour): Colour => {
      const counts = new Map<number, number>();
      for (const colour of all)
        if (distance(colour, mark) > 24) {
          const key = (colour[0] << 16) | (colour[1] << 8) | colour[2];
          counts.set(key, (counts.get(key) ?? 0) + 1);
        }
      const [key] = [...counts].sort((a, b) => b[1] - a[1])[0] ?? [0];
      return [key >> 16, (key >> 8) & 255, key & 255];
    };
    const faint: string[] = [];
    /** `wanted` is the colour it should be drawn in: of what is on the screen the nearest counts. */
    const look = (what: string, box: DOMRect, margin: number, wanted: Colour, least: number): void => {
      const all = pixels(box, margin);
      const mark = all.reduce((best, each) => (distance(each, wanted) < distance(best, wanted) ? each : best));
      const behind = ground(all, mark);
      const found = ratio(mark, behind);
      if (found < least) faint.push(`${what}: ${found.toFixed(2)} (${mark} on ${behind}, meant ${wanted})`);
    };
    const count = { texts: 0, packets: 0, hatches: 0 };
    for (const text of document.querySelectorAll<SVGTextElement>('.stage .sheet svg text')) {
      const box = text.getBoundingClientRect();
      const style = getComputedStyle(text);
      if (!seen(box) || (text.textContent ?? '').trim() === '' || style.visibility === 'hidden') continue;
      count.texts++;
      look(`text ${text.textContent}`, box, 0, colourOf(style.fill), 4.5);
    }
    for (const edge of document.querySelectorAll<SVGRectElement>('.stage .packet rect')) {
      const box = edge.getBoundingClientRect();
      if (!seen(box)) continue;
      count.packets++;
      const { fill, stroke } = getComputedStyle(edge);
      look('packet', box, 4, colourOf(edge.closest('.failed') === null ? fill : stroke), 3);
    }
    const probe = document.body.appendChild(document.createElement('i'));
    probe.style.color = 'var(--hatch)';
    const hatch = colourOf(getComputedStyle(probe).color);
    probe.remove();
    for (const area of document.querySelectorAll<SVGElement>('.stage [fill^="url(#hatch"], .stage [style*="hatch"]')) {
      const whole = area.getBoundingClientRect();
      const box = new DOMRect(
        Math.max(whole.left, stage.left),
        Math.max(whole.top, stage.top),
        Math.min(whole.right, stage.right) - Math.max(whole.left, stage.left),
        Math.min(whole.bottom, stage.bottom) - Math.max(whole.top, stage.top),
      );
      if (box.width < 8 || box.height < 4) continue;
      count.hatches++;
      look('hatch', box, 0, hatch, 3);
    }
    return { faint, ...count };
  }, base64);
  await devices.send('Emulation.clearDeviceMetricsOverride');
  await page.setViewportSize({ width, height });
  return found;
}
