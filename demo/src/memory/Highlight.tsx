import type { ReactNode } from 'react';

/** A text with what was searched for marked in it. */
export function Highlight({ text, query }: { readonly text: string; readonly query: string }): ReactNode {
  const wanted = query.trim();
  const at = wanted === '' ? -1 : text.toLowerCase().indexOf(wanted.toLowerCase());
  if (at < 0) return text;
  return (
    <>
      {text.slice(0, at)}
      <mark>{text.slice(at, at + wanted.length)}</mark>
      {text.slice(at + wanted.length)}
    </>
  );
}
