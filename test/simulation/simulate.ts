import type { Connector } from '../../src/connector/open.ts';
import { runForever, runOnce, startShippers } from '../../src/connector/run.ts';
import { fromMs } from '../../src/event/span.ts';
import { arrivedIn, checkQuiet, compareAll, verifyAll } from './checks.ts';
import { Engine, Life } from './engine.ts';
import { type Changes, openSimulated, PAT } from './process.ts';
import type { Scenario } from './scenario.ts';
import { World } from './world.ts';

const HOUR_MS = 3_600_000;
const EPOCH_MS = Date.UTC(2026, 0, 15, 9, 0, 0);

/** What came of a seed. */
export interface Outcome {
  readonly seed: number;
  readonly traceHash: string;
  /** What broke; empty when every rule held. */
  readonly violations: readonly string[];
  readonly scenario: Scenario;
  readonly stats: {
    readonly entries: number;
    readonly requests: number;
    readonly segments: number;
    readonly processes: number;
    /** Found by reading everything again at the end only. */
    readonly foundAtTheEnd: number;
  };
}

/** Runs the world of a seed: faults, then quiet, then everything once more by hand. */
export async function simulate(seed: number, trace?: (line: string) => void): Promise<Outcome> {
  const engine = new Engine(seed, EPOCH_MS, trace);
  const simulation = new Simulation(engine);
  try {
    await simulation.run();
  } catch (error) {
    simulation.world.violations.push(`the simulation broke: ${error instanceof Error ? error.stack : error}`);
  }
  return { seed, ...simulation.outcome() };
}

class Simulation {
  readonly world: World;
  readonly #engine: Engine;
  readonly #scenario: Scenario;
  #lives = 0;
  readonly #running = new Set<Life>();
  #foundAtTheEnd = 0;
  readonly #stop = new AbortController();

  constructor(engine: Engine) {
    this.#engine = engine;
    this.world = new World(engine);
    this.#scenario = this.world.scenario;
  }

  outcome(): Omit<Outcome, 'seed'> {
    const { world } = this;
    return {
      traceHash: this.#engine.traceHash,
      violations: world.allViolations(),
      scenario: this.#scenario,
      stats: {
        entries: world.log.entries.length,
        requests: world.serverRecord.requests,
        segments: (world.watch.head?.header.n ?? -1) + 1,
        processes: this.#lives,
        foundAtTheEnd: this.#foundAtTheEnd,
      },
    };
  }

  async run(): Promise<void> {
    const { faultsMs, quietMs, process } = this.#scenario;
    for (let i = 0; i < (process.two ? 2 : 1); i++) this.#start();
    this.#planFaults();
    await this.#engine.run(faultsMs);
    this.world.endFaults();
    this.#engine.note('faults end');
    for (const life of this.#running) life.skewMs = 0;
    await this.#engine.run(faultsMs + quietMs);
    checkQuiet(this.world);
    this.#stop.abort(new Error('the simulation ends'));
    await this.#engine.run(faultsMs + quietMs + 60_000);
    await this.#checkEnd();
  }

  /** Starts a process; when it ends by itself or dies, another one takes its place. */
  #start(): void {
    const stop = this.#stop.signal;
    const engine = this.#engine;
    const { process } = this.#scenario;
    const skewMs = this.world.faulty() ? process.skewMs : 0;
    const life = new Life(this.#lives++, engine.nowMs, skewMs);
    this.#running.add(life);
    engine.note(`process ${life.number} starts`);
    // Most is under way when a process has just started.
    if (this.world.faulty() && process.kills > 0 && engine.chance(0.3)) {
      engine.after(engine.between(50, 4_000), () => this.#kill(life));
    }
    openSimulated(this.world, life, this.#changes(), stop)
      .then((connector) => runForever(connector, stop))
      .then(
        () => this.#ended(life, 'stopped'),
        (error: unknown) => this.#ended(life, error instanceof Error ? error.message : String(error)),
      );
  }

  #changes(): Changes {
    const { pageSize, process } = this.#scenario;
    if (!process.changes || this.#lives === 0) return { pageSize, overlapMs: 900_000 };
    return {
      pageSize: this.#engine.pick([pageSize, pageSize + 3]),
      overlapMs: this.#engine.pick([900_000, 1_200_000]),
    };
  }

  #ended(life: Life, why: string): void {
    this.#engine.note(`process ${life.number} ends: ${why}`);
    if (why.includes(PAT)) this.world.violations.push('the end of a process shows the PAT');
    this.#running.delete(life);
    life.dead = true;
    if (!this.#stop.signal.aborted)
      this.#engine.after(this.#engine.between(1_000, 20_000), () => this.#restart());
  }

  #restart(): void {
    if (!this.#stop.signal.aborted) this.#start();
  }

  /** Puts what happens once in a while on the calendar. */
  #planFaults(): void {
    const { faultsMs, process, answers, store, sinks } = this.#scenario;
    const engine = this.#engine;
    const often = (times: number, what: () => void): void => {
      for (let i = 0; i < times; i++) engine.after(engine.between(1_000, faultsMs - 1_000), what);
    };
    const forAWhile = (times: number, mostMs: number, set: (on: boolean) => void): void => {
      often(times, () => {
        if (!this.world.faulty()) return;
        set(true);
        engine.after(engine.between(5_000, mostMs), () => set(false));
      });
    };
    often(process.kills, () => this.#kill());
    often(process.pauses, () => this.#pause());
    often(process.jumps, () => this.#jump());
    forAWhile(answers.refusals, 10 * 60_000, (on) => {
      this.world.serverMood.refuses = on;
    });
    forAWhile(answers.outages, faultsMs / 3, (on) => {
      this.world.serverMood.silent = on;
    });
    forAWhile(store.full, 10 * 60_000, (on) => {
      this.world.storeMood.full = on;
    });
    for (const mood of this.world.sinkMoods.values()) {
      forAWhile(engine.chance(0.5) ? sinks.outages : 0, faultsMs / 2, (on) => {
        mood.out = on;
      });
      forAWhile(engine.chance(0.5) ? sinks.full : 0, faultsMs / 3, (on) => {
        mood.full = on;
      });
    }
  }

  #anyLife(): Life | undefined {
    return this.#running.size === 0 ? undefined : this.#engine.pick([...this.#running]);
  }

  /** @param life default: any */
  #kill(life = this.#anyLife()): void {
    if (life === undefined || life.dead) return;
    life.dead = true;
    this.#running.delete(life);
    this.#engine.note(`process ${life.number} is killed`);
    this.#engine.after(this.#engine.between(500, 30_000), () => this.#restart());
  }

  #pause(): void {
    const life = this.#anyLife();
    if (life === undefined) return;
    const ms = this.#engine.between(1_000, 10 * 60_000);
    this.#engine.note(`process ${life.number} stands still for ${ms}`);
    life.pausedUntilMs = this.#engine.nowMs + ms;
  }

  #jump(): void {
    const life = this.#anyLife();
    if (life === undefined) return;
    const ms = this.#engine.pick([-HOUR_MS, -60_000, 60_000, HOUR_MS, 20 * 365 * 24 * HOUR_MS]);
    this.#engine.note(`the clock of process ${life.number} jumps by ${ms}`);
    life.skewMs += ms;
    const mostMs = this.#scenario.nightly ? 3 * HOUR_MS : 600_000;
    this.#engine.after(this.#engine.between(60_000, mostMs), () => {
      if (this.world.faulty()) life.skewMs -= ms;
    });
  }

  /** Reads everything again, drains, and looks: once, and once more to see that nothing changes. */
  async #checkEnd(): Promise<void> {
    const { world } = this;
    const before = world.watch.ids.size;
    await this.#byHand();
    this.#foundAtTheEnd = world.watch.ids.size - before;
    compareAll(world);
    const [ids, arrived] = [world.watch.ids.size, arrivedIn(world)];
    const files = JSON.stringify([...world.files.texts()]);
    await this.#byHand();
    if (world.watch.ids.size !== ids) world.violations.push('reading everything again added entries');
    if (arrivedIn(world) !== arrived) world.violations.push('running again sent records again');
    if (JSON.stringify([...world.files.texts()]) !== files)
      world.violations.push('running again changed files');
    await verifyAll(world);
  }

  async #byHand(): Promise<void> {
    const engine = this.#engine;
    const life = new Life(this.#lives++, engine.nowMs, 0);
    const stop = new AbortController();
    let done = false;
    let failed: unknown;
    const work = async (connector: Connector): Promise<void> => {
      await runOnce(connector, { reconcile: true }, stop.signal);
    };
    const again = async (connector: Connector): Promise<void> => {
      const shipping = startShippers(connector);
      const source = connector.sources[0]!;
      const span = { from: fromMs(EPOCH_MS - 24 * HOUR_MS), to: fromMs(engine.trueMs + 24 * HOUR_MS) };
      await source.collector.reconcile([span], stop.signal);
      await Promise.all([...source.shippers.values()].map((shipper) => shipper.drained()));
      await shipping.stop();
    };
    const changes = { pageSize: this.#scenario.pageSize, overlapMs: 900_000 };
    (async () => {
      await work(await openSimulated(this.world, life, changes, stop.signal));
      await again(await openSimulated(this.world, life, changes, stop.signal));
    })()
      .catch((error: unknown) => {
        failed = error;
      })
      .finally(() => {
        done = true;
      });
    await engine.run(engine.nowMs + 12 * HOUR_MS, () => done);
    life.dead = true;
    if (!done) throw new Error('running once by hand did not end within 12 hours');
    if (failed !== undefined) throw failed;
  }
}
