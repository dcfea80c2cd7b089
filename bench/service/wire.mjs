// HTTP/1.1 on one kept connection, as little of it as the service's answers need: the generator must not be what is measured.
import { connect } from 'node:net';

/** One connection, one request at a time. */
export function openConnection({ host, port, localAddress }) {
  const socket = connect({ host, port, localAddress, noDelay: true });
  let waiting = null;
  let received = [];
  let length = 0;
  let end = -1;
  let failure = null;

  const fail = (error) => {
    failure ??= error;
    waiting?.reject(failure);
    waiting = null;
  };
  socket.on('error', fail);
  socket.on('close', () => fail(new Error('closed')));
  socket.on('data', (data) => {
    received.push(data);
    length += data.length;
    if (end < 0) {
      const head = received.length === 1 ? data : Buffer.concat(received);
      received = [head];
      const at = head.indexOf('\r\n\r\n');
      if (at < 0) return;
      const text = head.latin1Slice(0, at);
      const sized = /\r\ncontent-length: (\d+)/i.exec(text);
      if (sized === null && !text.startsWith('HTTP/1.1 304')) return fail(new Error(`no length: ${text}`));
      end = at + 4 + Number(sized?.[1] ?? 0);
    }
    if (length < end || waiting === null) return;
    const whole = received.length === 1 ? received[0] : Buffer.concat(received);
    const { resolve } = waiting;
    [waiting, received, length, end] = [null, [], 0, -1];
    resolve(whole);
  });

  return {
    /** Ends when it is connected, or cannot be. */
    opened: new Promise((resolve) => socket.once('connect', resolve).once('close', resolve)),
    /** Sends bytes; resolves with the whole answer, head and body. */
    send(bytes) {
      if (failure !== null) return Promise.reject(failure);
      return new Promise((resolve, reject) => {
        waiting = { resolve, reject };
        socket.write(bytes);
      });
    },
    close: () => socket.destroy(),
  };
}

/** The status of an answer. */
export const statusOf = (answer) => Number(answer.latin1Slice(9, 12));

/** The text of an answer's body. */
export const bodyOf = (answer) => answer.utf8Slice(answer.indexOf('\r\n\r\n') + 4);
