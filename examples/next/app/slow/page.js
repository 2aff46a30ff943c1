// Streamed: the page comes before what it waits for.
import { Suspense } from 'react';

export const dynamic = 'force-dynamic';

async function Late() {
  await new Promise((resolve) => setTimeout(resolve, 50));
  return <p>then this</p>;
}

export default function Page() {
  return (
    <Suspense fallback={<p>first this</p>}>
      <Late />
    </Suspense>
  );
}
