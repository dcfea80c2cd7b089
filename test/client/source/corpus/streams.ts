import { snapshotOf } from '../recordingListener.js';

/** One stream as its bytes come, and what a page has to make of it. */
export interface StreamCase {
  readonly name: string;
  readonly bytes: Uint8Array;
  /** The revision a page has when the last event came; the first GET brings 1. */
  readonly revision: number;
  /** Events that make no sense: each is told of, and what is new is asked for. */
  readonly malformed?: number;
  readonly config?: object;
}

type Part = string | readonly number[];

const encoder = new TextEncoder();
const bytesOf = (...parts: readonly Part[]): Uint8Array =>
  Uint8Array.from(parts.flatMap((part) => (typeof part === 'string' ? [...encoder.encode(part)] : part)));

const hello = 'event: hello\ndata: {"streamId":"s-1","now":1}\n\n';
const good = (revision: number, more: object = {}) => JSON.stringify(snapshotOf(revision, more));
const event = (type: string, data: string, id = '7-2') => `id: ${id}\nevent: ${type}\ndata: ${data}\n\n`;
const snapshot = (revision: number) => event('snapshot', good(revision), `7-${revision}`);
/** By it a page says that it has read everything. */
const end = '\n\nevent: revision\ndata: {"epoch":7,"revision":1,"kills":["end"]}\n\n';

const plain = hello + snapshot(2) + end;
const text = 'grüße €uro 😀 \u2028 日本';
const withConfig = (config: object) =>
  good(2, { features: { memoryPanel: { enabled: true, percentage: 50, config } } });

type Row = readonly [
  name: string,
  parts: readonly Part[],
  revision: number,
  more?: Omit<StreamCase, 'name' | 'bytes' | 'revision'>,
];

const framing: readonly Row[] = [
  ['lines that end by LF', [plain], 2],
  ['lines that end by CR', [plain.replaceAll('\n', '\r')], 2],
  ['lines that end by CRLF', [plain.replaceAll('\n', '\r\n')], 2],
  [
    'all three ends of lines, one after the other',
    [hello.replaceAll('\n', '\r') + snapshot(2).replaceAll('\n', '\r\n') + end],
    2,
  ],
  ['an empty line of CR after a line of LF', [hello.replace(/\n\n$/, '\n\r') + snapshot(2) + end], 2],
  ['a byte order mark', [[0xef, 0xbb, 0xbf], plain], 2],
  ['a byte order mark before CRLF', [[0xef, 0xbb, 0xbf], plain.replaceAll('\n', '\r\n')], 2],
  ['a second byte order mark, which spoils its line alone', [[0xef, 0xbb, 0xbf, 0xef, 0xbb, 0xbf], plain], 2],
  [
    'comments before, between and within events',
    [`: hi\n\n:\n${plain.replaceAll('\ndata', '\n: here\n:there\ndata')}`],
    2,
  ],
  ['a comment of 20 KB', [`:${'x'.repeat(20_000)}\n${plain}`], 2],
  ['empty lines', [`\n\n\n${hello}\n\n\n${snapshot(2)}\n\n${end}`], 2],
  ['a line that is a colon, and names nothing', [`${hello}:\n: \n::\n${snapshot(2)}${end}`], 2],
  ['a field without colon', [hello + snapshot(2).replace('data:', 'data\ndata:') + end], 2],
  ['no space after the colon', [plain.replaceAll(': ', ':')], 2],
  ['two spaces after the colon of data', [plain.replaceAll('data: ', 'data:  ')], 2],
  ['unknown fields', [plain.replaceAll('\ndata', '\nfoo: 1\nbar\nDATA: {}\ndata')], 2],
  ['fields in another order', [`${hello}data: ${good(2)}\nid: 7-2\nevent: snapshot\n\n${end}`], 2],
  [
    'data over many lines',
    [`${hello}event: snapshot\n${JSON.stringify(snapshotOf(2), null, 1).replaceAll(/^/gm, 'data: ')}\n\n${end}`],
    2,
  ],
  ['an event that is named twice', [hello + snapshot(2).replace('event:', 'event: other\nevent:') + end], 2],
  [
    'events of other names',
    [`${hello}event: news\ndata: 1\n\ndata: {}\n\nevent: toString\ndata: 1\n\n${snapshot(2)}${end}`],
    2,
  ],
  [
    'a name with a space behind it, which is another name',
    [hello + snapshot(2) + snapshot(3).replace('event: snapshot', 'event: snapshot ') + end],
    2,
  ],
  ['an event without data, which is none', [`${hello}event: snapshot\n\n${snapshot(2)}${end}`], 2],
];

const ids: readonly Row[] = [
  ['no id', [hello + snapshot(2).replace(/^id.*\n/, '') + end], 2],
  ['an id with NUL', [hello + snapshot(2).replace('7-2', '7\0-2') + end], 2],
  ['an id that is emptied', [`${hello}id: 7-2\n\nid\n${snapshot(2).replace(/^id.*\n/, '')}${end}`], 2],
  ['an id of another order than the event', [hello + snapshot(2).replace('7-2', '9999-1') + end], 2],
  ['an id of 10 KB', [hello + snapshot(2).replace('7-2', 'x'.repeat(10_000)) + end], 2],
  ['a retry that is no number', [`retry: soon\n${plain}`], 2],
  ['a retry of a thousand years', [`retry: 31557600000000\n${plain}`], 2],
  ['a retry below zero', [`retry: -1\nretry:\nretry\n${plain}`], 2],
];

const characters: readonly Row[] = [
  ['characters of several bytes', [hello, event('snapshot', withConfig({ text })), end], 2, { config: { text } }],
  ['a character that is no UTF-8 in a comment', [hello, ': ', [0xff, 0xc3, 0x28], '\n', snapshot(2), end], 2],
  [
    'a character that is no UTF-8 in a text',
    [
      hello,
      'event: snapshot\ndata: ',
      withConfig({ text: '#' }).split('#')[0]!,
      [0xff],
      withConfig({ text: '#' }).split('#')[1]!,
      '\n\n',
      end,
    ],
    2,
    { config: { text: '\ufffd' } },
  ],
  [
    'escaped characters',
    [
      hello,
      event(
        'snapshot',
        withConfig({ text }).replaceAll(/[^ -~]/g, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`),
      ),
      end,
    ],
    2,
    { config: { text } },
  ],
  ['an event of 20 KB', [hello, event('snapshot', withConfig({ text: 'x'.repeat(20_000) })), end], 2],
];

const malformed: readonly Row[] = [
  ...[
    '{',
    '',
    'null',
    '7',
    '"text"',
    '[]',
    '{"schema":1',
    `${good(3)}}`,
    good(3).replace('7', '7\0'),
    'undefined',
    'NaN',
    "{'schema':1}",
  ].map((data): Row => [
    `a snapshot that is ${JSON.stringify(data).slice(-24)}`,
    [hello + snapshot(2) + event('snapshot', data) + end],
    2,
    { malformed: 1 },
  ]),
  [
    'a snapshot whose JSON ends by a line break too much',
    [`${hello}${snapshot(2)}event: snapshot\ndata: {"a\ndata: b":1}\n\n${end}`],
    2,
    { malformed: 1 },
  ],
  ['a hello without a stream', [event('hello', '{"now":1}') + snapshot(2) + end], 2, { malformed: 1 }],
  [
    'a hello whose time is a text',
    [event('hello', '{"streamId":"s","now":"1"}') + snapshot(2) + end],
    2,
    { malformed: 1 },
  ],
  ['a heartbeat without an order', [hello + snapshot(2) + event('heartbeat', '{"now":1}') + end], 2, { malformed: 1 }],
  [
    'a heartbeat of half a revision',
    [hello + snapshot(2) + event('heartbeat', '{"epoch":7,"revision":1.5,"now":1}') + end],
    2,
    { malformed: 1 },
  ],
  [
    'a revision whose kills are no list',
    [hello + snapshot(2) + event('revision', '{"epoch":7,"revision":3,"kills":"all"}') + end],
    2,
    { malformed: 1 },
  ],
];

const wrong: readonly Row[] = [
  ['{}', 2],
  ['{"schema":2,"kind":"rules","epoch":7,"revision":3,"features":{}}', 2],
  [good(3, { features: null }), 2],
  [good(3, { features: [] }), 2],
  [good(3, { epoch: '7' }), 2],
  [good(3, { revision: -3 }), 2],
  [good(3, { kind: 'other' }), 2],
  [good(1), 2],
  [good(3, { epoch: 6 }), 2],
  [good(3, { features: { memoryPanel: 'x', other: { enabled: true, percentage: 5 } } }), 3],
  [good(3).replace('"memoryPanel":', '"__proto__":{"polluted":true},"memoryPanel":'), 3],
  [good(3).replace('{', '{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}},'), 3],
  [good(3, { unknown: { deep: [[[[[[[[]]]]]]]] } }), 3],
].map(([data, revision], at): Row => [
  `JSON that is none of our snapshots, or not quite, ${at + 1}`,
  [hello + snapshot(2) + event('snapshot', String(data)) + end],
  Number(revision),
]);

const inOrder: readonly Row[] = [
  ['many changes at once', [hello + [2, 3, 4, 5, 6, 7, 8, 9].map(snapshot).join('') + end], 9],
  ['changes in the wrong order', [hello + [5, 3, 4].map(snapshot).join('') + end], 5],
  ['a good snapshot after a malformed one', [hello + event('snapshot', '{') + snapshot(2) + end], 2, { malformed: 1 }],
];

/** The streams that a page has to survive. */
export const streamCases: readonly StreamCase[] = [
  ...framing,
  ...ids,
  ...characters,
  ...malformed,
  ...wrong,
  ...inOrder,
].map(([name, parts, revision, more]) => ({ name, bytes: bytesOf(...parts), revision, ...more }));

/** Half an event, of revision 4, behind which the connection ends. */
export const brokenStream = bytesOf(hello, snapshot(2), `id: 7-4\nevent: snapshot\ndata: ${good(4)}\n`);
export const mendedStream = bytesOf(hello, snapshot(3), end);
export const plainStream = bytesOf(plain);
