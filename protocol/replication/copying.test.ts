import { expect, test } from "vitest";
import { setOf } from "../members.ts";
import { createBench } from "../testing.ts";
import { mayStartOnCopy } from "./copying.ts";

test("a copy is used only as long as the node has promised nothing", () => {
  const others = setOf(1) | setOf(2) | setOf(3);
  const all = others | setOf(4);
  const { state: node } = createBench({ node: 4, nodes: 4, initial: others, membership: "elected" });
  expect(mayStartOnCopy(node)).toBe(true);

  node.membership.lastVote = { number: 2, members: all, configured: all };
  expect(mayStartOnCopy(node), "it stands for election, and its voters count on what it has").toBe(false);

  node.membership.lastVote = { number: 3, members: others, configured: others };
  node.membership.current = { number: 2, members: others, configured: all };
  expect(mayStartOnCopy(node), "it is one of the cluster's nodes").toBe(false);
});
