import { crc32, deflateSync, inflateSync } from 'node:zlib';

const MOST_COLOURS = 256;

/**
 * Writes a screenshot (8 bits a channel, as Chromium makes it) anew with a palette: a third of the size, and no eye tells
 * the difference on a page of few hues.
 */
export function withPalette(png) {
  const { width, height, channels, data } = decoded(png);
  const rgb = pixelsOf(unfiltered(data, { width, height, channels }), channels);
  const palette = paletteOf(rgb);
  const rows = Buffer.alloc(height * (width + 1));
  for (let pixel = 0; pixel < rgb.length; pixel++) {
    rows[Math.floor(pixel / width) * (width + 1) + 1 + (pixel % width)] = palette.indexOf(rgb[pixel]);
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 3], 8);
  return Buffer.concat([
    png.subarray(0, 8),
    chunk('IHDR', header),
    chunk('PLTE', palette.bytes),
    chunk('IDAT', deflateSync(rows, { level: 9 })),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function decoded(png) {
  const parts = [];
  let header;
  for (let at = 8; at < png.length; at += 12 + png.readUInt32BE(at)) {
    const body = png.subarray(at + 8, at + 8 + png.readUInt32BE(at));
    const type = png.toString('latin1', at + 4, at + 8);
    if (type === 'IHDR') header = body;
    if (type === 'IDAT') parts.push(body);
  }
  const channels = { 2: 3, 6: 4 }[header[9]];
  if (header[8] !== 8 || channels === undefined) throw new Error('Expected a PNG of 8-bit RGB or RGBA.');
  return {
    width: header.readUInt32BE(0),
    height: header.readUInt32BE(4),
    channels,
    data: inflateSync(Buffer.concat(parts)),
  };
}

/** Takes back what each row's filter made of it: PNG specification, section 9. */
function unfiltered(data, { width, height, channels }) {
  const stride = width * channels;
  const bytes = Buffer.alloc(height * stride);
  for (let row = 0; row < height; row++) {
    const filter = data[row * (stride + 1)];
    for (let x = 0; x < stride; x++) {
      const at = row * stride + x;
      const left = x < channels ? 0 : bytes[at - channels];
      const up = row === 0 ? 0 : bytes[at - stride];
      const corner = x < channels || row === 0 ? 0 : bytes[at - stride - channels];
      const guess = [0, left, up, (left + up) >> 1, paeth(left, up, corner)][filter];
      bytes[at] = data[row * (stride + 1) + 1 + x] + guess;
    }
  }
  return bytes;
}

function paeth(left, up, corner) {
  const estimate = left + up - corner;
  const [toLeft, toUp, toCorner] = [left, up, corner].map((value) => Math.abs(estimate - value));
  if (toLeft <= toUp && toLeft <= toCorner) return left;
  return toUp <= toCorner ? up : corner;
}

/** One number a pixel; what is transparent is not looked at, as a page is not. */
function pixelsOf(bytes, channels) {
  const rgb = new Uint32Array(bytes.length / channels);
  for (let pixel = 0; pixel < rgb.length; pixel++) rgb[pixel] = bytes.readUIntBE(pixel * channels, 3);
  return rgb;
}

/** The colours that are used most; each other one becomes the nearest of them. */
function paletteOf(rgb) {
  const uses = new Map();
  for (const colour of rgb) uses.set(colour, (uses.get(colour) ?? 0) + 1);
  const colours = [...uses.keys()].toSorted((a, b) => uses.get(b) - uses.get(a)).slice(0, MOST_COLOURS);
  const indices = new Map(colours.map((colour, index) => [colour, index]));
  const bytes = Buffer.alloc(colours.length * 3);
  colours.forEach((colour, index) => bytes.writeUIntBE(colour, index * 3, 3));
  const indexOf = (colour) => {
    const known = indices.get(colour);
    if (known !== undefined) return known;
    const nearest = nearestOf(colour, colours);
    indices.set(colour, nearest);
    return nearest;
  };
  return { bytes, indexOf };
}

function nearestOf(colour, colours) {
  const distances = colours.map((other) =>
    [16, 8, 0].reduce((sum, shift) => sum + (((colour >> shift) & 255) - ((other >> shift) & 255)) ** 2, 0),
  );
  return distances.indexOf(Math.min(...distances));
}

function chunk(type, body) {
  const head = Buffer.alloc(8);
  head.writeUInt32BE(body.length, 0);
  head.write(type, 4, 'latin1');
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc32(Buffer.concat([head.subarray(4), body])));
  return Buffer.concat([head, body, sum]);
}
