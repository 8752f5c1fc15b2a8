// Keeps a stream of server-sent events well formed when the host breaks off in the middle.

/** An event of this size or more is passed on in pieces. */
const LARGEST_HELD_BYTES = 1024 * 1024;
const DONE = "data: [DONE]\n\n";
const INTERRUPTED =
  "The connection to Palisade broke off, so the answer is incomplete. Please try again.";

/**
 * Passes on whole events. Half an event does nothing for a client until its other half is there, but
 * once sent it could not be taken back when that half never comes.
 */
export class WholeEvents {
  #held: Buffer[] = [];
  #heldBytes = 0;
  /** Whether a piece of an event that isn't over was passed on. */
  #inside = false;
  #last = "";

  /** Takes what arrived and gives what can be passed on. */
  push(chunk: Buffer): Buffer {
    // The end of an event may lie across two chunks.
    const before = this.#held.at(-1)?.at(-1) ?? this.#last.charCodeAt(this.#last.length - 1);
    const boundary = lastBoundary(chunk, before);
    if (boundary === 0) {
      this.#held.push(chunk);
      this.#heldBytes += chunk.length;
      return this.#heldBytes < LARGEST_HELD_BYTES ? Buffer.alloc(0) : this.#release(true);
    }
    const rest = chunk.subarray(boundary);
    this.#held.push(chunk.subarray(0, boundary));
    const whole = this.#release(false);
    if (rest.length > 0) {
      this.#held.push(rest);
      this.#heldBytes = rest.length;
    }
    return whole;
  }

  /** What is left when the host ended the stream itself. */
  rest(): Buffer {
    return this.#release(false);
  }

  /** What ends the stream for the client when the host broke off. */
  interruption(): string {
    if (this.#last.endsWith(DONE)) return "";
    const error = JSON.stringify({ type: "error", errorText: INTERRUPTED });
    return `${this.#inside ? "\n\n" : ""}data: ${error}\n\n${DONE}`;
  }

  #release(inside: boolean): Buffer {
    const released = Buffer.concat(this.#held);
    this.#held = [];
    this.#heldBytes = 0;
    this.#inside = inside;
    this.#last = (this.#last + released.subarray(-DONE.length).toString("latin1")).slice(-DONE.length);
    return released;
  }
}

/** The place behind the last empty line, 0 where there is none. Lines end with a line feed. */
function lastBoundary(chunk: Buffer, previous: number): number {
  const at = chunk.lastIndexOf("\n\n");
  if (at >= 0) return at + 2;
  return previous === 0x0a && chunk[0] === 0x0a ? 1 : 0;
}
