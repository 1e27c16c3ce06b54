/** A clock that all processes of this machine share, and that nothing puts forward or back: ms. */
export function monotonic(): number {
  return Number(process.hrtime.bigint() / 1000n) / 1000;
}
