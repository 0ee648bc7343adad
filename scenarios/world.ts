/**
 * What a cluster, simulated or real, offers to a scenario. `sim/` and later `pg/` implement it; a scenario knows nothing
 * else of either, so it runs unchanged in both.
 */
import type { Request } from "../protocol/client.ts";
import type { NodeId } from "../protocol/members.ts";
import type { Micros } from "./history.ts";
import type { Random } from "./random.ts";

export interface World {
  /** The world's own time, which no node can read. */
  now(): Micros;
  random(stream: string): Random;
  /** Calls the director's `wake` for this client after so long. */
  wake(client: number, afterUs: Micros): void;
  /** Sends a request in a session at a node; the answer comes to the director's `answer`. False: connection refused. */
  request(node: NodeId, session: number, request: Request): boolean;
}
