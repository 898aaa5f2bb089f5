/**
 * What was learnt of the server's lower bound. Where it leaves out the whole second of `from`, requests have to begin
 * a second earlier to show the entries they are anchored to.
 */
export class LowerBounds {
  /** Steps back that requests begin with: 0, or 1 once that was what showed a missing anchor. */
  firstStep: 0 | 1 = 0;

  /** An anchor was found `steps` steps back. */
  foundAfter(steps: number): void {
    if (steps === 1) this.firstStep = 1;
  }
}
