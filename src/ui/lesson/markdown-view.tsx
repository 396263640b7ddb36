/** Lessons' Markdown as elements: data in, elements out, no HTML on the way. */
import { Fragment } from 'react';
import { type Block, type Inline, parseMarkdown } from '../../lesson-engine/markdown.ts';

export function Markdown({ text }: { text: string }) {
  return parseMarkdown(text).map((block, i) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: a text's blocks have no other identity
    <BlockView key={i} block={block} />
  ));
}

/** One line of text, without a paragraph around it. */
export function Line({ text }: { text: string }) {
  return parseMarkdown(text).map((block, i) =>
    // biome-ignore lint/suspicious/noArrayIndexKey: as above
    block.kind === 'paragraph' ? <Inlines key={i} content={block.content} /> : <BlockView key={i} block={block} />,
  );
}

function BlockView({ block }: { block: Block }) {
  if (block.kind === 'fence') return <pre>{block.text}</pre>;
  if (block.kind === 'paragraph') {
    return (
      <p>
        <Inlines content={block.content} />
      </p>
    );
  }
  if (block.kind === 'list') {
    const items = block.items.map((item, i) => (
      // biome-ignore lint/suspicious/noArrayIndexKey: as above
      <li key={i}>
        <Inlines content={item} />
      </li>
    ));
    return block.ordered ? <ol>{items}</ol> : <ul>{items}</ul>;
  }
  const cells = (row: Inline[][], Tag: 'th' | 'td') =>
    row.map((cell, i) => (
      // biome-ignore lint/suspicious/noArrayIndexKey: as above
      <Tag key={i}>
        <Inlines content={cell} />
      </Tag>
    ));
  return (
    <table>
      <thead>
        <tr>{cells(block.head, 'th')}</tr>
      </thead>
      <tbody>
        {block.rows.map((row, i) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: as above
          <tr key={i}>{cells(row, 'td')}</tr>
        ))}
      </tbody>
    </table>
  );
}

function Inlines({ content }: { content: readonly Inline[] }) {
  return content.map((part, i) => {
    // biome-ignore lint/suspicious/noArrayIndexKey: as above
    if (part.kind === 'code') return <code key={i}>{part.text}</code>;
    // biome-ignore lint/suspicious/noArrayIndexKey: as above
    if (part.kind === 'strong') return <strong key={i}>{part.text}</strong>;
    // biome-ignore lint/suspicious/noArrayIndexKey: as above
    if (part.kind === 'emphasis') return <em key={i}>{part.text}</em>;
    if (part.kind === 'link')
      return (
        // biome-ignore lint/suspicious/noArrayIndexKey: as above
        <a key={i} href={part.to} target="_blank" rel="noreferrer noopener">
          {part.text}
        </a>
      );
    // biome-ignore lint/suspicious/noArrayIndexKey: as above
    return <Fragment key={i}>{part.text}</Fragment>;
  });
}
