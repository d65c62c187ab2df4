/** What stands before the proxy in production: the template's own server with our file in it, or nginx with our file. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { freePorts, root, run, runCommand } from './processes.ts';

export type Front = AsyncDisposable & { url: string };

export const nginxFile = path.join(root, 'ext/reverse-proxy/nginx/payment-paths.conf');

/** The template's server; payment paths go to `proxyUrl`, or stay there without it. */
export async function startTemplate(
  proxyUrl: string,
  environment: Record<string, string> = {},
): Promise<Front> {
  const server = run(['test/setup/template-server.cjs'], { PAYMENT_PROXY_URL: proxyUrl, ...environment });
  await server.says(/port \d+/);
  const [, port] = /port (\d+)/.exec(server.stdout())!;
  return { url: `http://127.0.0.1:${port}`, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

/** Installed where test/setup/install-nginx.sh has run. */
export const nginx = ['/usr/sbin/nginx', '/usr/local/bin/nginx'].find(
  command => spawnSync(command, ['-v']).status === 0,
);

/** nginx before the template's server, which knows nothing of the proxy. */
export async function startNginx(proxyUrl: string): Promise<Front> {
  await using started = new AsyncDisposableStack();
  const template = started.use(await startTemplate(''));
  const directory = mkdtempSync(path.join(tmpdir(), 'nginx-'));
  started.defer(() => rmSync(directory, { recursive: true }));
  const port = await freePorts();
  const file = (name: string) => path.join(directory, name);
  writeFileSync(
    file('paths.conf'),
    readFileSync(nginxFile, 'utf8').replace('http://127.0.0.1:3500', proxyUrl),
  );
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map(name => `${name}_temp_path ${file(name)};`)
    .join(' ');
  writeFileSync(
    file('nginx.conf'),
    `daemon off; pid ${file('pid')}; error_log stderr warn; worker_processes 1; events {}
     http {
       access_log off; ${temporary}
       server {
         listen 127.0.0.1:${port};
         include ${file('paths.conf')};
         location / { proxy_pass ${template.url}; }
       }
     }`,
  );
  const options = ['-p', directory, '-e', 'stderr', '-c', file('nginx.conf')];
  const server = started.use(runCommand(nginx!, options));
  const url = `http://127.0.0.1:${port}`;
  while (!(await fetch(url).catch(() => undefined))) {
    if (server.child.exitCode !== null) throw new Error(`nginx ended: ${server.stderr()}`);
    await new Promise(resolve => setTimeout(resolve, 20));
  }
  const running = started.move();
  return {
    url,
    async [Symbol.asyncDispose]() {
      // Its own worker process ends with it, which a killed one would leave behind.
      server.child.kill('SIGTERM');
      await server.exit;
      await running.disposeAsync();
    },
  };
}
