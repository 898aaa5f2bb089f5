import { Command, CommanderError, Option } from 'commander';
import { ConnectorError, ExitCode } from '../runtime/errors.ts';
import type { Host } from './host.ts';
import { VERSION } from './version.ts';

/** Options that all commands share. */
export interface CommonOptions {
  /** Path of the config file. */
  readonly config: string;
}

/** What a command module exports: it does the work and returns the exit code. */
export interface CommandModule<Options> {
  execute(options: Options, host: Host): Promise<number>;
}

const DEFAULT_CONFIG = 'config/connector.yaml';

/** Parses the command line, runs one command and returns its exit code. Never throws: errors are told on stderr. */
export async function runCommandLine(args: readonly string[], host: Host): Promise<number> {
  let exitCode: number = ExitCode.done;
  let help = '';
  const program = buildProgram(
    host,
    (code) => {
      exitCode = code;
    },
    (text) => {
      help += text;
    },
  );
  try {
    try {
      await program.parseAsync([...args], { from: 'user' });
    } finally {
      if (help !== '') await host.writeOut(help);
    }
    return exitCode;
  } catch (error) {
    return tellError(error, host);
  }
}

function tellError(error: unknown, host: Host): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? ExitCode.done : ExitCode.config;
  if (host.stopping.aborted && !(error instanceof ConnectorError)) return ExitCode.done;
  if (error instanceof ConnectorError) {
    host.writeErr(`clarifai-siem-export: ${error.message}\n`);
    return error.exitCode;
  }
  // Whoever reads standard output has seen enough, as `head` does.
  if ((error as NodeJS.ErrnoException | undefined)?.code === 'EPIPE') return ExitCode.done;
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  host.writeErr(`clarifai-siem-export: unexpected: ${text}\n`);
  return ExitCode.unexpected;
}

/** @param show takes the help and the version, which are written when parsing has ended */
function buildProgram(host: Host, done: (exitCode: number) => void, show: (text: string) => void): Command {
  const program = new Command('clarifai-siem-export')
    .description("Exports a Clarifai user's or organisation's audit log: every entry once, provably.")
    .version(VERSION)
    .exitOverride()
    .configureOutput({
      writeOut: show,
      writeErr: (text) => host.writeErr(text),
    })
    .addHelpText('after', EXIT_CODES);

  /** Adds a command whose module is loaded when it is called, so that `--help` stays quick. */
  const add = (name: string, what: string, load: () => Promise<CommandModule<never>>): Command => {
    const command = new Command(name).description(what).exitOverride();
    command.configureOutput({
      writeOut: (text) => void host.writeOut(text),
      writeErr: (text) => host.writeErr(text),
    });
    command.action(async (options: unknown) => {
      const module = (await load()) as unknown as CommandModule<unknown>;
      done(await module.execute(options, host));
    });
    program.addCommand(command);
    return command;
  };
  addCommands(add, host);
  return program;
}

type Add = (name: string, what: string, load: () => Promise<CommandModule<never>>) => Command;

function addCommands(add: Add, host: Host): void {
  const config = (): Option =>
    new Option('--config <file>', 'config file (or CLARIFAI_SIEM_CONFIG)').default(
      host.env.CLARIFAI_SIEM_CONFIG ?? DEFAULT_CONFIG,
    );
  const span = (command: Command, what: string): Command =>
    command
      .requiredOption('--from <time>', `${what} from here: RFC 3339, a date, or -7d`)
      .requiredOption('--to <time>', 'up to here, not included: RFC 3339, a date, -1d, or now')
      .option('--source <id>', 'only this source (default: all)');

  add('run', 'poll on schedule until stopped', () => import('./run.ts'))
    .addOption(config())
    .option('--once', 'catch up (backfill included), drain the sinks, exit')
    .option('--reconcile', 'with --once: also read again what is due, and add what is missing');
  span(add('backfill', 'add a span of history', () => import('./backfill.ts')).addOption(config()), 'read');
  span(
    add('reconcile', 're-read a span, add what is missing, report', () => import('./reconcile.ts')).addOption(
      config(),
    ),
    're-read',
  );
  span(
    add('replay', 'send again to a sink, by event time', () => import('./replay.ts')).addOption(config()),
    'send',
  )
    .requiredOption('--sink <id>', 'the sink')
    .option('--dead-letters', 'send what the sink refused, instead of what the journal holds');
  add('verify', 'check the chain, offline', () => import('./verify.ts')).addOption(config());
  add(
    'repair',
    'set a damaged journal aside and start a new chain from its good part',
    () => import('./repair.ts'),
  )
    .addOption(config())
    .option('--source <id>', 'only this source (default: all)');
  add('status', 'coverage, lag, cursors, dead letters', () => import('./status.ts'))
    .addOption(config())
    .option('--json', 'as JSON');
  add('check', 'try config, PAT, API and every sink, without leaving data', () => import('./check.ts'))
    .addOption(config())
    .option('--json', 'as JSON');
  add('setup', 'create what a sink needs (templates, data stream)', () => import('./setup.ts'))
    .addOption(config())
    .option('--sink <id>', 'only this sink (default: all)');
  add('convert', 'entries on stdin, records on stdout', () => import('./convert.ts'))
    .addOption(
      new Option('--format <format>', 'record format').choices(['ecs', 'ocsf', 'raw']).makeOptionMandatory(),
    )
    .addOption(
      new Option('--pii <mode>', 'profile fields').choices(['minimal', 'names', 'full']).default('minimal'),
    )
    .addOption(
      new Option('--ocsf-version <version>', 'OCSF version').choices(['1.8.0', '1.3.0']).default('1.8.0'),
    )
    .option('--include-original', 'the whole entry in each record')
    .option('--source <id>', 'source id named in records', 'convert')
    .option('--user-id <id>', 'the audited user or organisation', 'unknown')
    .option('--from-journal', 'stdin is a journal segment, uncompressed')
    .option('--explain', 'for one entry: where each field went');
  add('config-schema', 'JSON Schema of the config file', () => import('./config-schema.ts'));
  add('demo', 'the whole thing against a built-in stand-in for the API', () => import('./demo.ts'));
}

const EXIT_CODES = `
Exit codes:
  0 done   1 unexpected   2 configuration   3 Clarifai refused us (PAT, scope, user)
  4 not finished in drain_timeout   5 reconcile found and added missing entries
  6 the journal is damaged   75 another process holds the journal

Start with: clarifai-siem-export demo`;
