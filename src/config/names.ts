// The three spellings of an option's name: minServers in JavaScript, --min-servers on the command line,
// PRONGHORN_MIN_SERVERS in the environment. Pure.

export const ENVIRONMENT_PREFIX = 'PRONGHORN_';

export function flagName(name: string): string {
  return `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

export function environmentName(name: string): string {
  return ENVIRONMENT_PREFIX + name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();
}
