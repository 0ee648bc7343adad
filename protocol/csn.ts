/**
 * Commit sequence numbers: the timestamps that order commits.
 *
 * Microseconds of a node's clock, as an integer. Two transactions may share a CSN (it is a maximum over stamps of
 * different nodes), so the order of commits is (csn, gid) everywhere (theory 1.3 C5, 5.6 V6).
 */
import type { Gid } from "./gid.ts";

/** Timestamp in microseconds. 0 stands for "none": clocks start above it. */
export type Csn = number;

/** Whether commit (csn, gid) comes before commit (otherCsn, otherGid). */
export function commitsBefore(csn: Csn, gid: Gid, otherCsn: Csn, otherGid: Gid): boolean {
  return csn < otherCsn || (csn === otherCsn && gid < otherGid);
}
