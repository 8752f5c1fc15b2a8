// Where two texts differ: what they have in common at both ends, and what is between.

export interface Difference {
  start: string;
  removed: string;
  added: string;
  end: string;
}

export function difference(before: string, after: string): Difference {
  const old = [...before];
  const now = [...after];
  const shorter = Math.min(old.length, now.length);
  let start = 0;
  while (start < shorter && old[start] === now[start]) start += 1;
  let end = 0;
  while (end < shorter - start && old[old.length - 1 - end] === now[now.length - 1 - end]) end += 1;
  return {
    start: old.slice(0, start).join(""),
    removed: old.slice(start, old.length - end).join(""),
    added: now.slice(start, now.length - end).join(""),
    end: end === 0 ? "" : old.slice(-end).join(""),
  };
}

/** Characters of what is the same that are shown beside what isn't. */
const AROUND = 60;

export const before = (text: string): string => (text.length > AROUND ? `…${text.slice(-AROUND)}` : text);
export const behind = (text: string): string => (text.length > AROUND ? `${text.slice(0, AROUND)}…` : text);
