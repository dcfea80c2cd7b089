export default function Broken(): never {
  throw new Error('v2 is broken');
}
