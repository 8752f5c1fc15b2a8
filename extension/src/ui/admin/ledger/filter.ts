// What rows of the ledger are chosen by.
import type { LedgerQuery } from "../api.ts";

export const KINDS = [
  "turn",
  "provider_call",
  "data_operation",
  "tool_call",
  "tool_request",
  "file_upload",
  "file_deletion",
  "approval_requested",
  "approval_granted",
  "approval_denied",
  "refusal",
  "administration",
] as const;

export type Kind = (typeof KINDS)[number];

export const isKind = (kind: string): kind is Kind => (KINDS as readonly string[]).includes(kind);

export interface LedgerFilter {
  /** Days in local time, as date fields have them. */
  from: string;
  to: string;
  kind: string;
  user: string;
}

export const noFilter = (): LedgerFilter => ({ from: "", to: "", kind: "", user: "" });

export function filterQuery({ from, to, kind, user }: LedgerFilter): LedgerQuery {
  const since = startOf(from, 0);
  // The last day counts as a whole.
  const until = startOf(to, 1);
  return { ...(since && { since }), ...(until && { until }), ...(kind && { kind }), ...(user && { user }) };
}

/** The first moment of a day, or of one after it. */
function startOf(day: string, daysAfter: number): string | undefined {
  const parts = /^(\d{4})-(\d{2})-(\d{2})$/.exec(day);
  if (parts === null) return undefined;
  return new Date(Number(parts[1]), Number(parts[2]) - 1, Number(parts[3]) + daysAfter).toISOString();
}
