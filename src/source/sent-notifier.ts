import type { Dispatcher } from 'undici';

/** An undici interceptor that calls `onSent` once, when the request is written to an open connection. */
export function notifyingSent(onSent: () => void): Dispatcher.DispatcherComposeInterceptor {
  return (dispatch) => (options, handler) => dispatch(options, new SentNotifier(handler, onSent));
}

class SentNotifier implements Dispatcher.DispatchHandler {
  readonly #handler: Dispatcher.DispatchHandler;
  #onSent: (() => void) | undefined;

  constructor(handler: Dispatcher.DispatchHandler, onSent: () => void) {
    this.#handler = handler;
    this.#onSent = onSent;
  }

  onRequestStart(controller: Dispatcher.DispatchController, context: unknown): void {
    this.#onSent?.();
    this.#onSent = undefined;
    this.#handler.onRequestStart?.(controller, context);
  }

  onResponseStart(...args: Parameters<Required<Dispatcher.DispatchHandler>['onResponseStart']>): void {
    this.#handler.onResponseStart?.(...args);
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#handler.onResponseData?.(controller, chunk);
  }

  onResponseEnd(...args: Parameters<Required<Dispatcher.DispatchHandler>['onResponseEnd']>): void {
    this.#handler.onResponseEnd?.(...args);
  }

  onResponseError(controller: Dispatcher.DispatchController, error: Error): void {
    this.#handler.onResponseError?.(controller, error);
  }
}
