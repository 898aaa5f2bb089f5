import { PowerLossFileSystem } from '../sink/power-loss-file-system.ts';
import { AuditWorld } from './audit-world.ts';
import type { Engine } from './engine.ts';
import { JournalWatch } from './invariants.ts';
import { type CallFaults, drawScenario, type Scenario } from './scenario.ts';
import { type Mood, SharedStore, SinkContent, type Trouble } from './seams.ts';
import type { ServerMood, ServerRecord } from './transport.ts';

/** Everything that outlives a process. */
export class World {
  readonly engine: Engine;
  readonly scenario: Scenario;
  readonly log: AuditWorld;
  readonly store = new SharedStore();
  readonly files = new PowerLossFileSystem();
  readonly watch: JournalWatch;
  readonly sinks = new Map(['exact', 'least'].map((id) => [id, new SinkContent()]));
  readonly serverMood: ServerMood = { refuses: false, silent: false };
  readonly storeMood: Mood = { full: false, out: false };
  readonly sinkMoods = new Map(
    ['exact', 'least', 'files'].map((id): [string, Mood] => [id, { full: false, out: false }]),
  );
  readonly serverRecord: ServerRecord = { sentMs: [], mostPerSecond: 0, requests: 0, honest: 0 };
  readonly violations: string[] = [];
  /** Whether faults are on. */
  readonly faulty = (): boolean => this.#faulty;
  #faulty = true;

  constructor(engine: Engine) {
    this.engine = engine;
    this.scenario = drawScenario(engine);
    this.log = new AuditWorld(engine, this.scenario);
    const { cut, empty, lag } = this.scenario.answers;
    this.watch = new JournalWatch(this.log, 30_000, cut + empty + lag > 0);
    this.store.onPut = (key, body) => this.watch.onPut(key, body);
  }

  /** From now on everything works. */
  endFaults(): void {
    this.#faulty = false;
    this.serverMood.refuses = false;
    this.serverMood.silent = false;
    for (const mood of [this.storeMood, ...this.sinkMoods.values()]) {
      mood.full = false;
      mood.out = false;
    }
  }

  trouble<Faults extends CallFaults>(faults: Faults): Omit<Trouble<Faults>, 'mood'> {
    return { engine: this.engine, faults, faulty: this.faulty };
  }

  /** Everything that was found wrong so far. */
  allViolations(): string[] {
    const ofSinks = [...this.sinks.values()].flatMap((sink) => sink.violations);
    return [...this.violations, ...this.store.violations, ...this.watch.violations, ...ofSinks];
  }
}
