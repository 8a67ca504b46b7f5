/** A proxy on loopback that adds the bearer token, for a client that can send no header of its own. */
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface TokenProxy extends AsyncDisposable {
  readonly url: string;
}

/** All else is passed on as it came: Host and Origin, too. */
export async function tokenProxy(to: URL, token: string): Promise<TokenProxy> {
  const server = createServer((asked, answer) => {
    const { method, url: path, headers } = asked;
    const target = { host: to.hostname, port: to.port, method, path };
    const onward = request(
      { ...target, headers: { ...headers, authorization: `Bearer ${token}` } },
      (answered) => {
        answer.writeHead(answered.statusCode ?? 502, answered.headers);
        answered.pipe(answer);
      },
    );
    onward.on('error', () => answer.destroy());
    answer.on('close', () => onward.destroy());
    asked.pipe(onward);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}${to.pathname}`,
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
