/** A key named __proto__ is a key like any other, however the service was started. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { root, run } from '../../setup/processes.ts';

const environment = {
  DATABASE_URL: 'none',
  NODE_ENV: 'test',
  PORT: '0',
  SHARETRIBE_SDK_CLIENT_ID: 'id',
  SHARETRIBE_SDK_CLIENT_SECRET: 'secret',
};

/** Says at the end whether a prototype can be reached by a key. */
const probe = `data:text/javascript,process.on('exit',()=>console.error('reachable:'+('__proto__' in {})))`;

it.each<[how: string, flags: string[]]>([
  ['as npm start does', ['--disable-proto=delete']],
  ['by somebody who forgets the flag', []],
])('started %s', async (_how, flags) => {
  await using proxy = run([...flags, '--import', probe, 'server/main.ts'], environment);
  await proxy.says('listening');

  proxy.child.kill('SIGTERM');

  expect(await proxy.exit).toBe(0);
  expect(proxy.stderr()).toContain('reachable:false');
});

it('the probe finds a process where it can', async () => {
  await using plain = run(['--import', probe, '--eval', '0']);
  await plain.exit;

  expect(plain.stderr()).toContain('reachable:true');
});

it.each(['start', 'dev', 'demo'])('npm run %s gives Node the flag', name => {
  const { scripts } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));

  expect(scripts[name]).toContain('node --disable-proto=delete ');
});
