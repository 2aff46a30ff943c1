// Process main of the reader of a configuration file: imports it, sends what it exports to the command, and ends. A process
// of its own, so that no code of the user runs in the manager, and a reload reads the file and what it imports anew.
import { pathToFileURL } from 'node:url';

const [, , path] = process.argv;

/** What a CommonJS module was compiled from had a default export, too. */
function exported(module: { default?: unknown }): unknown {
  const { default: value } = module;
  const isCompiled = typeof value === 'object' && value !== null && '__esModule' in value;
  return isCompiled ? (value as { default?: unknown }).default : value;
}

function send(message: object): Promise<void> {
  return new Promise((resolve, reject) => {
    process.send!(message, undefined, undefined, (error) => (error ? reject(error) : resolve()));
  });
}

try {
  const value = await exported(await import(pathToFileURL(path!).href));
  await send({ value });
  process.exit(0);
} catch (error) {
  const isError = error instanceof Error;
  const reason = isError ? error.message || error.name : String(error);
  await send({ reason, stack: isError ? error.stack : undefined });
  // Only Node knows the place of a syntax error, and shows it when nobody catches the error.
  if (error instanceof SyntaxError) throw error;
  process.exit(1);
}
