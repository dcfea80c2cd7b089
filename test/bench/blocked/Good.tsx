export default function Good() {
  return <p>v2 works</p>;
}
