/** How much may go wrong in a model of our reducers, and where it begins. */

export interface Allowance {
  readonly nodes: number;
  /** Beats of all nodes together, at each of which every timeout of the node is over. */
  readonly timeouts: number;
  readonly crashes: number;
  readonly duplicates: number;
  /** Applies and PREPAREs that fail. */
  readonly failures: number;
  /** Whether peers may see that a client's PREPARE is durable before its own node hears of it. */
  readonly lateAnswers: boolean;
  /** Begin when every node has prepared and nobody has heard of it: all that is left is to decide, or to resolve. */
  readonly prepared: boolean;
  /** What one node sends another arrives in order. */
  readonly ordered: boolean;
}
