import { join } from 'node:path';
import { findCommand } from './cache.ts';
import { run } from './process.ts';

/** Makes `ca.pem`, and with it `server.pem` and `server.key` for 127.0.0.1, in this folder. */
export async function makeCertificates(folder: string): Promise<void> {
  const command = findCommand('openssl');
  const req = [
    'req',
    '-x509',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-nodes',
    '-days',
    '2',
  ];
  const make = async (...more: string[]): Promise<void> => {
    await run('openssl', { command, args: [...req, ...more], cwd: folder, env: process.env }, 30_000);
  };
  await make('-subj', '/CN=Test CA', '-keyout', 'ca.key', '-out', 'ca.pem');
  const issuer = ['-CA', join(folder, 'ca.pem'), '-CAkey', join(folder, 'ca.key')];
  const leaf = [
    '-addext',
    'subjectAltName=IP:127.0.0.1,DNS:localhost',
    '-addext',
    'basicConstraints=CA:FALSE',
  ];
  await make(...issuer, ...leaf, '-subj', '/CN=server', '-keyout', 'server.key', '-out', 'server.pem');
}
