// A byte at a time: bit by bit a batch of 60 KiB would take a tenth of a frame.
const table = /* @__PURE__ */ Int32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (-(crc & 1) & 0xedb88320);
  return crc;
});

/**
 * Sums bytes up so that a damaged batch is noticed; no protection against forging.
 * @returns 8 lower-case hex digits
 * @source CRC-32 of ISO 3309, reflected polynomial EDB88320, as in zip
 */
export function crc32(bytes: Uint8Array): string {
  let crc = -1;
  for (const byte of bytes) crc = (crc >>> 8) ^ table[(crc ^ byte) & 255]!;
  return (~crc >>> 0).toString(16).padStart(8, '0');
}
