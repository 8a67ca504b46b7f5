/** alertmanager: a real Alertmanager is told of an alert, as Prometheus tells it. */
import {
  Alertmanager,
  alertmanagerVersion,
  noAlertmanager,
  portToKeep,
} from '../../support/alertmanager.js';
import { now } from '../clock.js';
import type { Subject } from '../subject.js';
import { configure } from './configured.js';

const SECRET = 'what both sides know';

export const alertmanager: Subject = {
  source: 'alertmanager',
  moment: 'just before the alert is posted to Alertmanager (group_wait 0s)',
  missing: () => noAlertmanager || null,
  prepare: async (box) => {
    const port = await portToKeep();
    await configure(box, 'alertmanager', { port }, ['alertmanager-secret', SECRET]);
    const running = await Alertmanager.start(box, { port, secret: SECRET });
    return {
      counterpart: `Alertmanager ${alertmanagerVersion()}`,
      wait: (round) => ['--source', 'alertmanager', '--match', `fields.alert_name="Alert${round}"`],
      happen: async (round) => {
        const moment = now();
        await running.post({ labels: { alertname: `Alert${round}`, severity: 'critical' } });
        return moment;
      },
    };
  },
};
