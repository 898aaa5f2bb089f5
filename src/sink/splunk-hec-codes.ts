/**
 * What a reply code means for the events of its request. `accepted`: Splunk has them. `again`: trouble of Splunk that
 * passes. `config`: an operator is needed, all events wait. `event`: one of the events is at fault.
 */
export type HecFate = 'accepted' | 'again' | 'config' | 'event';

/** One reply code of the HTTP Event Collector. */
export interface HecCode {
  /** Status that it comes with. */
  readonly status: number;
  /** Splunk's words. */
  readonly text: string;
  readonly fate: HecFate;
  /** What an operator does about it; only for `config`. */
  readonly advice?: string;
}

const TOKEN = 'check the token of this sink, and that it is enabled in Splunk';
const CHANNEL = 'the token has acknowledgement on: set acknowledge: true, or turn it off for the token';

const accepted = (status: number, text: string): HecCode => ({ status, text, fate: 'accepted' });
const again = (status: number, text: string): HecCode => ({ status, text, fate: 'again' });
const event = (status: number, text: string): HecCode => ({ status, text, fate: 'event' });
const config = (status: number, text: string, advice: string): HecCode => ({
  status,
  text,
  fate: 'config',
  advice,
});

/**
 * Every documented code ("Troubleshoot HTTP Event Collector"), and the later ones about capacity: 24 and 25 come with
 * 200 and mean accepted, 26 and 27 come with 429. Code 5 is never the answer to a request that arrived whole, since
 * none is empty: something on the way has taken its body.
 */
export const HEC_CODES: ReadonlyMap<number, HecCode> = new Map([
  [0, accepted(200, 'Success')],
  [1, config(403, 'Token disabled', TOKEN)],
  [2, config(401, 'Token is required', TOKEN)],
  [3, config(401, 'Invalid authorization', TOKEN)],
  [4, config(403, 'Invalid token', TOKEN)],
  [5, again(400, 'No data')],
  [6, event(400, 'Invalid data format')],
  [7, config(400, 'Incorrect index', 'check index, and the indexes that the token allows')],
  [8, again(500, 'Internal server error')],
  [9, again(503, 'Server is busy')],
  [10, config(400, 'Data channel is missing', CHANNEL)],
  [11, config(400, 'Invalid data channel', CHANNEL)],
  [12, event(400, 'Event field is required')],
  [13, event(400, 'Event field cannot be blank')],
  [14, config(400, 'ACK is disabled', 'turn on acknowledgement for the token, or set acknowledge: false')],
  [15, event(400, 'Error in handling indexed fields')],
  [16, config(400, 'Query string authorization is not enabled', TOKEN)],
  [17, accepted(200, 'HEC is healthy')],
  [18, again(503, 'HEC is unhealthy, queues are full')],
  [19, again(503, 'HEC is unhealthy, ack service unavailable')],
  [20, again(503, 'HEC is unhealthy, queues are full, ack service unavailable')],
  [21, config(400, 'Invalid token', TOKEN)],
  [22, config(400, 'Token disabled', TOKEN)],
  [23, again(503, 'Server is shutting down')],
  [24, accepted(200, 'HEC queue is approaching its capacity limit')],
  [25, accepted(200, 'HEC ACK is approaching its capacity limit')],
  [26, again(429, 'HEC queue is at capacity and cannot process any more requests')],
  [27, again(429, 'HEC ACK channel is at capacity and cannot process any more requests')],
]);
