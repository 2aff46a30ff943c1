// Runs node in a checkout and collects what it prints. Used by the runners of frameworks' own tests.
import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import path from 'node:path';

/** @param options NODE_OPTIONS @param environment further variables @returns {Promise<{ out: string, errors: string, code: number | null, signal: string | null }>} */
export function runNode(args, { folder, options, timeoutMs, environment }) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, {
      cwd: folder,
      env: { ...process.env, ...environment, NODE_OPTIONS: options },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: timeoutMs,
      killSignal: 'SIGKILL',
    });
    let out = '';
    let errors = '';
    child.stdout.setEncoding('utf8').on('data', (text) => {
      out += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text) => {
      errors += text;
    });
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ out, errors, code, signal }));
  });
}

/** Those whose names fit, in all folders below but node_modules. */
export function filesUnder(folder, names) {
  return readdirSync(folder, { withFileTypes: true })
    .flatMap((entry) => {
      const at = path.join(folder, entry.name);
      if (entry.isDirectory()) return entry.name === 'node_modules' ? [] : filesUnder(at, names);
      return names.test(entry.name) ? [at] : [];
    })
    .sort();
}
