import { Actions } from './actions.js';
import { Announcer } from './announcer.js';
import { Audit } from './audit.js';
import { Feed } from './feed.js';
import { Header, legend } from './header.js';
import { JobTable } from './job-table.js';
import { Processes } from './processes.js';
import { RecruiterList } from './recruiter-list.js';
import { Store } from './store.js';

/** Two steps up from assets/<version>/main.js, wherever a proxy has put that. */
const base = new URL('../../', import.meta.url);

const store = new Store();
const announcer = new Announcer();
const context = { store, actions: new Actions(base, store, announcer) };
const header = new Header();
const recruiters = new RecruiterList(context);
const jobs = new JobTable(context);
const processes = new Processes();
const audit = new Audit();

document
  .querySelector('#dashboard')!
  .replaceChildren(
    header.node,
    announcer.node,
    recruiters.node,
    legend(),
    jobs.node,
    processes.node,
    audit.node,
  );

function update(): void {
  header.update(store);
  recruiters.update();
  jobs.update();
  processes.update(store);
  audit.update(store);
}

new Feed(base, {
  connection: (connection) => header.connection(connection),
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
