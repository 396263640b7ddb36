/** Where a presenter is in a demo, and how to go on and back. */
import { useCallback, useEffect, useRef, useState } from 'react';
import { type Beat, beatsOf, type Demo } from '../../lesson-engine/demo.ts';
import { makeBlack } from '../remote.ts';
import { session } from '../session.ts';
import { ui } from '../store.ts';
import { type Direction, directionOf, newRoom, openChannel } from './demo-channel.ts';
import { typeLines } from './type-lines.ts';

export type Presenter = {
  beats: readonly Beat[];
  at: number;
  /** Lines are being typed and drawn. */
  busy: boolean;
  room: string;
  go: (to: Direction) => void;
};

/** `onMoved` is called after each move. */
export function usePresenter(demo: Demo, onMoved: () => void): Presenter {
  const [beats] = useState(() => beatsOf(demo));
  const [room] = useState(newRoom);
  const [at, setAt] = useState(0);
  const [busy, setBusy] = useState(false);
  const state = useRef({ at: 0, busy: false, before: new Map<number, number>() });

  const go = useCallback(
    (to: Direction): void => {
      const now = state.current;
      if (!ui.getState().prompted || ui.getState().branching !== null) return;
      if (now.busy) {
        // Whoever presses on while it is drawn wants to see the end of it.
        if (to === 'next') session.skip();
        return;
      }
      const target = now.at + (to === 'next' ? 1 : -1);
      const beat = beats[target];
      if (beat === undefined) return;
      const left = now.at;
      now.at = target;
      setAt(target);
      onMoved();
      const work = async (): Promise<void> => {
        const seq = now.before.get(left);
        if (to === 'back' && seq !== undefined) {
          // The node, too, is again as it was before the lines were typed.
          now.before.delete(left);
          await session.branch(seq);
        } else if (to === 'next' && beat.show === 'run') {
          now.before.set(target, session.history.length);
          await typeLines(demo.slides[beat.slide]?.lines ?? [], { drawn: true });
        }
      };
      now.busy = true;
      setBusy(true);
      void work().finally(() => {
        now.busy = false;
        setBusy(false);
      });
    },
    [beats, demo, onMoved],
  );

  useEffect(() => {
    const channel = openChannel(room, (message) => {
      if (message.kind === 'hello') channel.say({ kind: 'at', beat: state.current.at });
      else if (message.kind === 'go') go(message.to);
      else if (message.kind === 'black') makeBlack(!ui.getState().black);
    });
    channel.say({ kind: 'at', beat: at });
    const onKey = (event: KeyboardEvent): void => {
      const to = directionOf(event);
      // On a black screen every key brings the page back.
      if (to === null || ui.getState().black) return;
      event.preventDefault();
      event.stopPropagation();
      go(to);
    };
    addEventListener('keydown', onKey, true);
    return () => {
      channel.close();
      removeEventListener('keydown', onKey, true);
    };
  }, [room, at, go]);

  return { beats, at, busy, room, go };
}
