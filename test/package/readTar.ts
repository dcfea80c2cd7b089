/**
 * Reads an uncompressed tar as npm writes it: every file is below `package/`.
 * @returns the text of each file by its path in the package
 */
export function readTar(tar: Uint8Array): ReadonlyMap<string, string> {
  const files = new Map<string, string>();
  const decoder = new TextDecoder();
  const field = (from: number, length: number) =>
    decoder.decode(tar.subarray(from, from + length)).replace(/\0.*$/s, '');
  for (let at = 0; at + 512 <= tar.length && tar[at] !== 0;) {
    const prefix = field(at + 345, 155);
    const name = `${prefix === '' ? '' : `${prefix}/`}${field(at, 100)}`;
    const size = Number.parseInt(field(at + 124, 12), 8);
    const kind = field(at + 156, 1);
    if (kind !== '0' && kind !== '') throw new Error(`${name} is no plain file: type ${kind}`);
    files.set(name.replace(/^package\//, ''), decoder.decode(tar.subarray(at + 512, at + 512 + size)));
    at += 512 + Math.ceil(size / 512) * 512;
  }
  return files;
}
