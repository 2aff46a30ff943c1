// How the benchmark starts nginx: one worker or more, no access log, keep-alive without end, answers from its own memory
// (`return`), and a file by sendfile for the large case. nginx cannot send back what it was sent: in the case `post` it
// reads the body, drops it, and answers with the same number of bytes.
import { mkdirSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { CERTIFICATE } from '../build.mjs';
import { LARGE_BYTES } from '../cases.mjs';
import { MissingPeer, versionOf } from '../machine.mjs';

const TEMPORARY = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];

function location({ name, answer }, port) {
  if (name === 'large') return 'location / { default_type text/plain; }';
  if (name === 'json') {
    const body =
      '{"url":"$request_uri","host":"$http_host","agent":"$http_user_agent","accept":"$http_accept"}';
    return `location / { default_type application/json; return 200 '${body}'; }`;
  }
  return `location / { default_type text/plain; return 200 '${answer(port)}'; }`;
}

function tls({ load }) {
  if (!load.tls) return '';
  const { cert, key } = CERTIFICATE;
  return `ssl_certificate ${cert}; ssl_certificate_key ${key}; ssl_protocols TLSv1.2 TLSv1.3;`;
}

function configuration(entry, port, directory) {
  return `daemon off;
user ${userInfo().username};
worker_processes ${entry.workers};
worker_rlimit_nofile 16384;
pid nginx.pid;
error_log stderr error;
events { worker_connections 16384; }
http {
  access_log off;
  sendfile on;
  tcp_nopush off;
  keepalive_timeout 600s;
  keepalive_requests 1000000000;
${TEMPORARY.map((kind) => `  ${kind}_temp_path ${kind};`).join('\n')}
  server {
    listen 127.0.0.1:${port} ${entry.load.tls ? 'ssl ' : ''}backlog=4096;
    ${tls(entry)}
    root ${join(directory, 'root')};
    ${location(entry, port)}
  }
}
`;
}

export default {
  name: 'nginx',
  version() {
    const found =
      versionOf('nginx', ['-v'], /nginx\/(\S+)/) ?? versionOf('/usr/sbin/nginx', ['-v'], /nginx\/(\S+)/);
    if (!found) throw new MissingPeer('nginx is not installed (Debian: apt-get install nginx-light)');
    return `nginx ${found.version}`;
  },
  takesPart: () => true,
  command(entry, port, directory) {
    const nginx = versionOf('nginx', ['-v'], /nginx\/(\S+)/) ? 'nginx' : '/usr/sbin/nginx';
    mkdirSync(join(directory, 'root'), { recursive: true });
    writeFileSync(join(directory, 'root', 'large'), 'x'.repeat(LARGE_BYTES));
    writeFileSync(join(directory, 'nginx.conf'), configuration(entry, port, directory));
    return { file: nginx, args: ['-p', directory, '-c', join(directory, 'nginx.conf'), '-e', 'stderr'] };
  },
};
