// Reads server-sent events as the AI SDK's stream uses them: each is one line of data.
import type { Chunk } from "./message.ts";

export async function* chunksOf(body: ReadableStream<Uint8Array>): AsyncGenerator<Chunk> {
  const reader = body.pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>).getReader();
  let pending = "";
  let complete = false;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done && complete) return;
      if (done) throw new Error("The answer ended before it was complete. Please try again.");
      const events = (pending + value).split("\n\n");
      pending = events.pop() ?? "";
      for (const event of events) {
        const data = event.split("\n").filter((line) => line.startsWith("data:")).map((line) => line.slice(5).trimStart()).join("\n");
        // Read on to the end of the connection: leaving now would look like giving up.
        if (data === "[DONE]") complete = true;
        else if (data !== "" && !complete) yield JSON.parse(data) as Chunk;
      }
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}
