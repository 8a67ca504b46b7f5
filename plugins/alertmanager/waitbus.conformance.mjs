/** For the conformance kit: alerts fire and are resolved, and watchdogs give a sign of life. */
import { request } from 'node:http';
import { createServer } from 'node:net';

const SECRET = 'a secret of the conformance kit';

export const secrets = { 'alertmanager-secret': SECRET };

export const config = async () => ({ port: await freePort() });

export async function provoke({ runs, round, until }) {
  const alert = (name, status, endsAt) => ({
    status,
    labels: { alertname: name, severity: 'critical', round: String(round) },
    annotations: { summary: `round ${round}` },
    startsAt: '2026-01-01T00:00:00Z',
    endsAt,
  });
  const post = async (path, alerts) => {
    for (const { config: own } of runs) await send(own.port, path, alerts);
  };
  const names = Array.from({ length: 4 }, (_, at) => `Alert${at}`);
  const never = '0001-01-01T00:00:00Z';
  const firing = names.map((name) => alert(name, 'firing', never));
  const resolved = names.map((name) => alert(name, 'resolved', '2026-01-01T01:00:00Z'));
  await post('/alertmanager', firing);
  await post('/alertmanager', resolved);
  await post('/watchdog', [alert('Watchdog', 'firing', never)]);
  await until('prometheus_watchdog');
}

export function expect(events) {
  const firing = events.filter(({ fields }) => fields.status === 'firing');
  if (firing.length === 0) throw new Error('nothing fires');
  for (const { fields } of firing) {
    if (fields.conclusion !== 'failure') throw new Error(`${fields.alert_name} fires without harm`);
  }
}

function send(port, path, alerts) {
  const headers = { authorization: `Bearer ${SECRET}`, 'content-type': 'application/json' };
  return new Promise((resolve, reject) => {
    const answered = (answer) => {
      answer.resume().once('end', () => {
        if (answer.statusCode === 200) resolve();
        else reject(new Error(`${path} was answered with ${answer.statusCode}`));
      });
    };
    const body = JSON.stringify({ version: '4', receiver: 'waitbus', status: 'firing', alerts });
    request({ host: '127.0.0.1', port, path, method: 'POST', headers }, answered)
      .once('error', reject)
      .end(body);
  });
}

function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}
