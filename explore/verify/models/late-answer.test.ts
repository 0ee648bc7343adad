import { expect, test } from "vitest";
import { explore } from "../explorer.ts";
import { reducerModel } from "./reducers.ts";

/** A resolver may find all votes, the coordinator's PREPARE among them, before the coordinator has heard of it. */
test("Paxos Commit of three nodes is sound however late a database answers", () => {
  const allowance = { nodes: 3, timeouts: 1, crashes: 0, duplicates: 0, failures: 0, lateAnswers: true };
  expect(explore(reducerModel("paxos-commit", allowance)).counterexample).toBeNull();
});
