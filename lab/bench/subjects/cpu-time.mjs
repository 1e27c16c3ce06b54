/**
 * CPU time of this process so far, in ms. On a machine that does other things too it tells what work costs, where the
 * clock on the wall tells how long the process had to wait for its turn; on an idle machine the two agree.
 */
export function cpuTime() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
