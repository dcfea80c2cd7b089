import { expect, test } from 'vitest';
import { createEventParser } from './nodeEventSource.js';

const corpus: [string, string, [string, string, string][]][] = [
  ['LF', 'event: hello\ndata: 1\n\n', [['hello', '1', '']]],
  ['CR', 'event: hello\rdata: 1\r\r', [['hello', '1', '']]],
  ['CRLF', 'event: hello\r\ndata: 1\r\n\r\n', [['hello', '1', '']]],
  ['a byte order mark', '\uFEFFdata: 1\n\n', [['message', '1', '']]],
  ['comments', ': hi\n\ndata: 1\n: again\n\n', [['message', '1', '']]],
  ['several data lines', 'data: a\ndata:b\ndata:  c\n\n', [['message', 'a\nb\n c', '']]],
  ['a field without colon', 'data\n\n', [['message', '', '']]],
  ['unknown fields', 'foo: 1\nretry: soon\ndata: 1\n\n', [['message', '1', '']]],
  [
    'an id that stays',
    'id: 7-1\ndata: 1\n\ndata: 2\n\n',
    [
      ['message', '1', '7-1'],
      ['message', '2', '7-1'],
    ],
  ],
  [
    'an id that is emptied',
    'id: 7-1\ndata: 1\n\nid\ndata: 2\n\n',
    [
      ['message', '1', '7-1'],
      ['message', '2', ''],
    ],
  ],
  ['NUL in an id', 'id: a\0b\ndata: 1\n\n', [['message', '1', '']]],
  ['an event without data', 'event: hello\n\ndata: 1\n\n', [['message', '1', '']]],
  ['an event that is not finished', 'data: 1\n\ndata: 2\n', [['message', '1', '']]],
  ['characters of several bytes', 'data: ü€😀\n\n', [['message', 'ü€😀', '']]],
  ['a large event', `data: ${'x'.repeat(20_000)}\n\n`, [['message', 'x'.repeat(20_000), '']]],
];

test.each(corpus)('parses %s, however it is cut into pieces', (_, text, expected) => {
  const bytes = new TextEncoder().encode(text);
  for (const size of [1, 2, 3, bytes.length]) {
    const heard: [string, string, string][] = [];
    const parse = createEventParser((...event) => heard.push(event));
    // As the real one does: it keeps the byte order mark for the parser to drop.
    const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
    for (let at = 0; at < bytes.length; at += size) parse(decoder.decode(bytes.slice(at, at + size), { stream: true }));
    expect(heard).toEqual(expected);
  }
});
