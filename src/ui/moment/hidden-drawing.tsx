/** The drawing of the moment where the page itself has no room for one, as on a phone: laid out unseen for a picture. */
import { createRoot } from 'react-dom/client';
import { useNodeView, useUi } from '../hooks.ts';
import { Drawing } from '../stage/stage.tsx';

const WIDTH_PX = 1280;
const HEIGHT_PX = 620;
const WAIT_MS_MAX = 3000;

/** Hands `use` the drawing once it stands, and takes it away after. */
export async function withHiddenDrawing(use: (svg: SVGSVGElement) => Promise<void>): Promise<void> {
  const host = document.createElement('div');
  host.inert = true;
  host.ariaHidden = 'true';
  host.style.cssText = `position:fixed;left:-9999px;top:0;width:${WIDTH_PX}px;height:${HEIGHT_PX}px;display:flex;flex-direction:column`;
  document.body.append(host);
  const root = createRoot(host);
  root.render(<Moment />);
  try {
    await use(await standing(host));
  } finally {
    root.unmount();
    host.remove();
  }
}

function Moment() {
  const { view, version } = useNodeView();
  const shown = useUi((state) => state.shown);
  return <Drawing {...{ view, version, shown }} selection={null} filter="" watched={[]} onSelect={() => undefined} />;
}

async function standing(host: HTMLElement): Promise<SVGSVGElement> {
  const deadline = performance.now() + WAIT_MS_MAX;
  for (;;) {
    await new Promise((resolve) => requestAnimationFrame(resolve));
    const svg = host.querySelector<SVGSVGElement>('.sheet > svg');
    // What has just been put there may still be growing into its place.
    if (svg !== null) {
      await Promise.all(svg.getAnimations({ subtree: true }).map((animation) => animation.finished));
      return svg;
    }
    if (performance.now() > deadline) throw new Error('the drawing did not come');
  }
}
