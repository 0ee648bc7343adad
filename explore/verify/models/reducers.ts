/**
 * Our own commit protocols, as they run: the real reducers of all nodes, one transaction of node 1 from the client's
 * COMMIT on, and every order in which messages, write sets, log writes, the databases' answers, timeouts, crashes and
 * restarts can come, up to so many disasters.
 *
 * A message that is lost is one that never comes: whatever a loss can lead to, a delay without end can too. So losing
 * needs no action of its own; neither do partitions.
 */
import { step as realStep, type Step } from "../../../protocol/node.ts";
import { createCluster } from "../cluster.ts";
import type { Model } from "../model.ts";
import { beginning } from "./beginning.ts";
import { describe } from "./description.ts";
import { invariantsOf } from "./invariants.ts";
import { observe } from "./observation.ts";
import type { OurModel } from "./ours.ts";
import { listSuccessors } from "./successors.ts";
import { vocabularyOf } from "./vocabulary.ts";
import { GID, type World } from "./world.ts";

export function reducerModel({ name, protocol, about, allowance }: OurModel, step: Step = realStep): Model {
  const { nodes, timeouts, crashes, duplicates, failures } = allowance;
  const { lateAnswers, prepared, ordered } = allowance;
  const cluster = createCluster({ step, gid: GID, nodes, lateAnswers }, ordered);
  const vocabulary = vocabularyOf(protocol, allowance);
  const world: World = { cluster, protocol, nodes, vocabulary, shown: [], onTheWay: [] };
  const answers = lateAnswers ? "" : "; a database's answer is heard at once";
  const begin = prepared ? ", prepared on each" : "";
  const bounds = `one transaction, ${nodes} nodes${begin}, at most ${timeouts} timeouts, ${crashes} crashes, ${duplicates} repeated messages, ${failures} failures of a database; any delay${ordered ? "" : ", order"} and loss${answers}`;
  return {
    name,
    about,
    source: "protocol/commit",
    bounds,
    vocabulary,
    words: nodes + 2,
    initial: [beginning(world, allowance)],
    successors: (state, next, visit) => listSuccessors(world, state, next, visit),
    observe: (state, seen) => observe(world, state, seen),
    invariants: invariantsOf(world),
    describe: (_state, _action, argument) => describe(world, argument),
  };
}
