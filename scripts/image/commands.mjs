// Programs that the trial of the image runs and waits for. What fails ends the trial with what the program said.
import { spawnSync } from 'node:child_process';
import { realpathSync } from 'node:fs';

export function outputOf(program, words, options = {}) {
  const done = spawnSync(program, words, { encoding: 'utf8', ...options });
  if (done.status === 0) return done.stdout.trim();
  throw new Error(`${program} ${words.join(' ')}: ${done.error ?? ''}\n${done.stdout}\n${done.stderr}`);
}

export function run(program, words, options) {
  outputOf(program, words, options);
}

/** Undefined: there is no such program. Links are followed. */
export function pathOf(program) {
  const { stdout } = spawnSync('sh', ['-c', `command -v ${program}`], { encoding: 'utf8' });
  return stdout.trim() === '' ? undefined : realpathSync(stdout.trim());
}
