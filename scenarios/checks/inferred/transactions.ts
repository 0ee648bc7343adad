/**
 * A history as its clients saw it, without any help from the servers: what each transaction asked, what it was told,
 * and the order of invocations and completions. The form is that of Jepsen's transactional workloads (Kingsbury and
 * Alvaro, "Elle: Inferring Isolation Anomalies from Experimental Observations", VLDB 2020).
 */

/** A key, or an element of a list, or what a register holds. */
export type Scalar = string | number | boolean | null;

/** Appends an element to the list of a key, or reads the list; null: it is not known what the read returned. */
export type ListStep =
  | { readonly f: "append"; readonly key: Scalar; readonly value: Scalar }
  | { readonly f: "r"; readonly key: Scalar; readonly value: readonly Scalar[] | null };

/** Writes a register, or reads it; null: nobody had written it. */
export type RegisterStep = { readonly f: "w" | "r"; readonly key: Scalar; readonly value: Scalar };

/** `info`: nobody knows whether it committed. */
export type Outcome = "ok" | "fail" | "info";

export interface ClientTransaction<Step> {
  /** A process does one transaction after the other. */
  readonly process: number;
  readonly outcome: Outcome;
  /** Places in the history; Infinity if it never completed, or without a known outcome. */
  readonly invokedAt: number;
  readonly completedAt: number;
  readonly steps: readonly Step[];
}

/** What makes a history unfit for judgement, and where. */
export class HistoryFault extends Error {
  override name = "HistoryFault";
  readonly transaction: number;
  readonly step: number;

  constructor(message: string, transaction: number, step: number) {
    super(message);
    this.transaction = transaction;
    this.step = step;
  }
}
