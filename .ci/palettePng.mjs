import { crc32, deflateSync, inflateSync } from 'node:zlib';

const signature = Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]);

/**
 * Keeps the 256 commonest colours of a screenshot, and gives every other one the nearest of them: a user interface looks the same
 * in a third of the bytes.
 * @param png 8 bits a channel, without interlacing, as Chromium writes it
 */
export function palettePng(png) {
  const { width, height, channels, rows } = readPixels(png);
  const counts = new Map();
  for (const row of rows)
    for (let at = 0; at < row.length; at += channels)
      counts.set(row.readUIntBE(at, 3), (counts.get(row.readUIntBE(at, 3)) ?? 0) + 1);
  const palette = [...counts.keys()].sort((a, b) => counts.get(b) - counts.get(a)).slice(0, 256);
  const indices = new Map(palette.map((colour, index) => [colour, index]));
  for (const colour of counts.keys()) if (!indices.has(colour)) indices.set(colour, nearest(palette, colour));

  const pixels = Buffer.alloc(height * (width + 1));
  for (const [y, row] of rows.entries())
    for (let x = 0; x < width; x += 1) pixels[y * (width + 1) + 1 + x] = indices.get(row.readUIntBE(x * channels, 3));
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 3, 0, 0, 0], 8);
  const colours = Buffer.from(palette.flatMap(channelsOf));
  const data = deflateSync(pixels, { level: 9, memLevel: 9 });
  return Buffer.concat([
    signature,
    chunk('IHDR', header),
    chunk('PLTE', colours),
    chunk('IDAT', data),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

const channelsOf = (colour) => [colour >> 16, (colour >> 8) & 255, colour & 255];

function nearest(palette, colour) {
  const [red, green, blue] = channelsOf(colour);
  let best = { index: 0, distance: Infinity };
  for (const [index, candidate] of palette.entries()) {
    const [r, g, b] = channelsOf(candidate);
    const distance = (r - red) ** 2 + (g - green) ** 2 + (b - blue) ** 2;
    if (distance < best.distance) best = { index, distance };
  }
  return best.index;
}

function chunk(name, data) {
  const body = Buffer.concat([Buffer.from(name, 'latin1'), data]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, sum]);
}

function readPixels(png) {
  if (!png.subarray(0, 8).equals(signature)) throw new Error('no PNG');
  const parts = [];
  let header;
  for (let at = 8; at < png.length;) {
    const length = png.readUInt32BE(at);
    const name = png.toString('latin1', at + 4, at + 8);
    const data = png.subarray(at + 8, at + 8 + length);
    if (name === 'IHDR') header = data;
    if (name === 'IDAT') parts.push(data);
    at += length + 12;
  }
  const [depth, colourType, , , interlacing] = header.subarray(8);
  const channels = { 2: 3, 6: 4 }[colourType];
  if (depth !== 8 || channels === undefined || interlacing !== 0) throw new Error('another kind of PNG than expected');
  const width = header.readUInt32BE(0);
  const height = header.readUInt32BE(4);
  return {
    width,
    height,
    channels,
    rows: unfilter(inflateSync(Buffer.concat(parts)), height, width * channels, channels),
  };
}

// PNG, 9: each row begins with how its bytes were predicted from those before and above.
function unfilter(data, height, size, channels) {
  const rows = [];
  let above = Buffer.alloc(size);
  for (let y = 0; y < height; y += 1) {
    const kind = data[y * (size + 1)];
    const row = Buffer.from(data.subarray(y * (size + 1) + 1, (y + 1) * (size + 1)));
    for (let x = 0; x < size; x += 1) {
      const left = x < channels ? 0 : row[x - channels];
      const corner = x < channels ? 0 : above[x - channels];
      const predicted = [0, left, above[x], (left + above[x]) >> 1, paeth(left, above[x], corner)][kind];
      row[x] = (row[x] + predicted) & 255;
    }
    rows.push(row);
    above = row;
  }
  return rows;
}

function paeth(left, up, corner) {
  const guess = left + up - corner;
  const [toLeft, toUp, toCorner] = [left, up, corner].map((value) => Math.abs(guess - value));
  if (toLeft <= toUp && toLeft <= toCorner) return left;
  return toUp <= toCorner ? up : corner;
}
