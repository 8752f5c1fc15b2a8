// How long to wait before the host is started again.

const FIRST_MS = 1_000;
const LONGEST_MS = 30_000;
/** A host that was well for so long failed for a new reason. */
const HEALTHY_MS = 60_000;

export class Backoff {
  #next = FIRST_MS;

  /** The wait after a run that was ready for `readyMs`, 0 where it never was. */
  after(readyMs: number): number {
    if (readyMs >= HEALTHY_MS) this.#next = FIRST_MS;
    const wait = this.#next;
    this.#next = Math.min(this.#next * 2, LONGEST_MS);
    return wait;
  }
}
