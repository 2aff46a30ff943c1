// Rendered for each request, on the server.
import { headers } from 'next/headers';

export default async function Page() {
  const agent = (await headers()).get('user-agent');
  return <h1>Hello, {agent}</h1>;
}
