/** A name that is changed where it stands: Enter or leaving it keeps what was written, Escape what was there. */
import { useEffect, useRef, useState } from 'react';
import { NAME_LENGTH_MAX } from '../../machine/moments/marks.ts';
import { marks } from './marks-store.ts';

type Props = {
  label: string;
  name: string;
  placeholder?: string;
  /** It is to be written now. */
  asked: boolean;
  done: (text: string) => void;
};

export function NameField({ label, name, placeholder, asked, done }: Props) {
  const [text, setText] = useState<string | null>(null);
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => {
    if (!asked) return;
    field.current?.focus();
    field.current?.select();
  }, [asked]);
  const end = (): void => {
    if (text !== null && text !== name) done(text);
    setText(null);
    if (asked) marks.setState({ naming: null });
  };
  return (
    <input
      ref={field}
      className="name"
      aria-label={label}
      title={label}
      maxLength={NAME_LENGTH_MAX}
      spellCheck={false}
      autoComplete="off"
      placeholder={placeholder}
      value={text ?? name}
      onChange={(event) => setText(event.target.value)}
      onBlur={end}
      onKeyDown={(event) => {
        if (event.key !== 'Enter' && event.key !== 'Escape') return;
        // While a word is being composed both keys are the input method's.
        if (event.nativeEvent.isComposing) return;
        event.preventDefault();
        event.stopPropagation();
        if (event.key === 'Enter') end();
        else {
          setText(null);
          if (asked) marks.setState({ naming: null });
        }
      }}
    />
  );
}
