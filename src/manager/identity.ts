// Who the processes are that run the application: the options user and group as numbers. Looked up in the manager, which
// stays who it is: it binds sockets, reads keys and reaps.
import { binding } from '../binding/load.js';
import { describeErrno } from '../binding/status.js';
import type { Identity } from '../channel/announcement.js';
import { permissionBits } from '../config/kinds.js';
import type { Config } from '../config/options.js';
import { PronghornError } from '../errors.js';

type Account = string | number;

function refuse(name: 'user' | 'group', value: Account, reason: string): never {
  throw new PronghornError('ERR_PRONGHORN_CONFIG_ACCOUNT', { name, value: String(value), reason });
}

function missing(errno: number): string {
  const { name, text } = describeErrno(errno);
  return name === 'ENOENT' ? 'there is no such account' : `it cannot be looked up: ${text}`;
}

function groupNumber(group: Account): number {
  if (typeof group === 'number') return group;
  const gid = binding.groupId(group);
  return gid < 0 ? refuse('group', group, missing(gid)) : gid;
}

function accountOf(user: Account, group: Account | undefined): Identity {
  const found = binding.findUser(user);
  if (typeof found !== 'number')
    return { ...found, gid: group === undefined ? found.gid : groupNumber(group) };
  if (typeof user === 'string') return refuse('user', user, missing(found));
  if (group === undefined) {
    return refuse(
      'user',
      user,
      'the number has no entry in the user database, so the group must be given too',
    );
  }
  return { uid: user, gid: groupNumber(group), name: '', home: '' };
}

/**
 * Undefined: as the manager itself.
 * @throws ERR_PRONGHORN_CONFIG_ACCOUNT
 */
export function identityOf({ user, group }: Pick<Config, 'user' | 'group'>): Identity | undefined {
  if (user === undefined || user === '') return undefined;
  const identity = accountOf(user, group === '' ? undefined : group);
  if (process.geteuid!() === 0) return identity;
  if (identity.uid === process.geteuid!() && identity.gid === process.getegid!()) return undefined;
  return refuse('user', user, 'only root can become somebody else');
}

/**
 * An application that the command loads is loaded before anybody knows what it says about users, which is too late.
 * @param own what it says @param config what counts @param identity whom it was loaded as
 * @throws ERR_PRONGHORN_CONFIG_ACCOUNT
 */
export function refuseLateIdentity(own: Config, config: Config, identity: Identity | undefined): void {
  const wanted = identityOf(config);
  if (wanted?.uid === identity?.uid && wanted?.gid === identity?.gid) return;
  const name = own.user === undefined ? 'group' : 'user';
  const reason = `the application says so itself, and was loaded before that was known; say it with --${name} or in the configuration file`;
  refuse(name, own[name] ?? '', reason);
}

/** For what this process makes and for its children. */
export function applyUmask({ umask }: Pick<Config, 'umask'>): void {
  if (umask !== undefined && umask !== '') process.umask(permissionBits(umask));
}
