// Rendered once, by the build.
export default function Page() {
  return <h1>Built</h1>;
}
