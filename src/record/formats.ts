import type { Format } from '../config/types.ts';
import { createEcsMapper } from './ecs.ts';
import { createOcsfMapper } from './ocsf.ts';
import type { Count } from './parse.ts';
import { mapRaw } from './raw.ts';
import type { RecordMapper, RecordOptions } from './record.ts';

/** Every record format, by its name in the config. A new format is one line here. */
const FORMATS: Readonly<Record<Format, (options: RecordOptions, count: Count) => RecordMapper>> = {
  raw: () => mapRaw,
  ecs: createEcsMapper,
  ocsf: createOcsfMapper,
};

/**
 * The mapper of a format.
 *
 * @param counts told what of an entry no record can show, by names from a fixed set (see {@link Count}); default: nobody
 */
export function createMapper(format: Format, options: RecordOptions, counts: Count = () => {}): RecordMapper {
  return FORMATS[format](options, counts);
}
