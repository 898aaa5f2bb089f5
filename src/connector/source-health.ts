/** How Clarifai answers a source: written by its runner, read by readiness, metrics and status. */
export class SourceHealth {
  /** Code of the refusal while Clarifai refuses us, `source.refused.*`; undefined while it accepts. */
  refused: string | undefined;
  /** Wall clock of the last poll that read everything it was to read, milliseconds; undefined before the first. */
  lastPollMs: number | undefined;
}
