// What /etc/group says of accounts: distributions differ in numbers and members.
import { readFileSync } from 'node:fs';

interface Group {
  name: string;
  gid: number;
  members: string[];
}

function groups(): Group[] {
  const lines = readFileSync('/etc/group', 'utf8').split('\n').filter(Boolean);
  return lines.map((line) => {
    const [name = '', , gid, members = ''] = line.split(':');
    return { name, gid: Number(gid), members: members.split(',') };
  });
}

export function groupId(name: string): number {
  return groups().find((group) => group.name === name)!.gid;
}

/** Those that list the user as a member; his main group need not. */
export function groupsOf(user: string): number[] {
  return groups().flatMap(({ gid, members }) => (members.includes(user) ? gid : []));
}
