/** One line that is drawn again and again; nothing where nobody looks. */
export interface ProgressLine {
  draw(text: string): void;
  clear(): void;
}

/** What is needed of a stream. */
export interface ProgressStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

const clearLine = '\r\u001b[2K';

/** Draws on a terminal, and not at all elsewhere: a log does not want it. */
export function createProgressLine(stream: ProgressStream): ProgressLine {
  let isDrawn = false;
  return {
    draw(text) {
      if (stream.isTTY !== true) return;
      // A line that wraps cannot be drawn over; some terminals do not know their width and say 0.
      const columns = stream.columns !== undefined && stream.columns > 0 ? stream.columns : 80;
      stream.write(clearLine + text.slice(0, columns - 1));
      isDrawn = true;
    },
    clear() {
      if (isDrawn) stream.write(clearLine);
      isDrawn = false;
    },
  };
}
