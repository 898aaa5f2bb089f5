import type { Connector } from '../../src/connector/open.ts';
import { drain, startShippers } from '../../src/connector/run.ts';

const NEVER = new AbortController().signal;

/** Reads everything that is covered again, and drains the sinks. Returns how many entries had been missing. */
export async function reconcileAll(connector: Connector): Promise<number> {
  const shipping = startShippers(connector);
  try {
    let late = 0;
    for (const { collector } of connector.sources) {
      const report = await collector.reconcile(collector.coverage, NEVER);
      late += report.late + report.undated;
      await collector.close();
    }
    await drain(connector, NEVER);
    return late;
  } finally {
    await shipping.stop();
  }
}
