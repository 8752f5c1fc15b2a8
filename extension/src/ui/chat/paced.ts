// A stream in small pieces, with the browser at work on other things between them.

/** Bytes that are read at once at the most. */
const PIECE_BYTES = 2048;
/** Time that reading may take before something else has its turn. */
const SLICE_MS = 8;

/** Gives way to what waits: input, painting. */
export function yieldToBrowser(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(undefined);
  });
}

/**
 * The same bytes. The reader of a stream works through all that has arrived in one go, which after a
 * pause may be thousands of tokens; cut up, it can't keep the page from answering.
 */
export function paced(body: ReadableStream<Uint8Array<ArrayBuffer>>): ReadableStream<Uint8Array<ArrayBuffer>> {
  const reader = body.getReader();
  let waiting: Uint8Array<ArrayBuffer> | undefined;
  let since = performance.now();
  return new ReadableStream(
    {
      async pull(controller) {
        if (waiting === undefined) {
          const { done, value } = await reader.read();
          if (done) return controller.close();
          waiting = value;
        }
        if (performance.now() - since > SLICE_MS) {
          await yieldToBrowser();
          since = performance.now();
        }
        controller.enqueue(waiting.subarray(0, PIECE_BYTES));
        waiting = waiting.length > PIECE_BYTES ? waiting.subarray(PIECE_BYTES) : undefined;
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  );
}
