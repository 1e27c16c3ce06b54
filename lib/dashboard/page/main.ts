import { Actions } from './actions.js';
import { Announcer } from './announcer.js';
import { Audit } from './audit.js';
import { element } from './dom.js';
import { Feed } from './feed.js';
import { Backfills } from './backfills.js';
import { Header } from './header.js';
import { JobTable } from './job-table.js';
import { Bars } from './outcomes.js';
import { Overview } from './overview.js';
import { Processes } from './processes.js';
import { RecruiterList } from './recruiter-list.js';
import { Store } from './store.js';

/** Two segments up from assets/<version>/main.js, which is valid behind any proxy. */
const base = new URL('../../', import.meta.url);

const store = new Store();
const announcer = new Announcer();
const context = { store, actions: new Actions(base, store, announcer) };
const header = new Header();
const recruiters = new RecruiterList(context);
const overview = new Overview();
const jobs = new JobTable(context, recruiters.node);
const backfills = new Backfills();
const processes = new Processes();
const audit = new Audit();

document
  .querySelector('#dashboard')!
  .replaceChildren(
    header.node,
    announcer.node,
    overview.node,
    jobs.node,
    backfills.node,
    element('div', { class: 'beside' }, processes.node, audit.node),
  );

function update(): void {
  header.update(store);
  recruiters.update();
  const bars = new Bars(store.samples, store.latest?.at ?? 0);
  overview.update(bars);
  jobs.update(bars);
  backfills.update(store);
  processes.update(store);
  audit.update(store);
}

new Feed(base, {
  connection: (connection, why) => header.connection(connection, why),
  viewer: (viewer) => (store.viewer = viewer),
  snapshot: (snapshot) => {
    store.replace(snapshot);
    update();
  },
  update: (changes) => {
    store.update(changes);
    update();
  },
}).start();
