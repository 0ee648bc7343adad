/** The reducer's own complaints: a transition that the protocol does not allow throws, and is a bug wherever it happens. */
import { type Check, holds, violated } from "./check.ts";

export const sound: Check = {
  name: "sound",
  holds: "no node comes to a transition that its protocol does not allow",
  source: "protocol/violation.ts",
  begin: () => ({
    on: {},
    end: ({ violation }) => (violation === null ? holds() : violated(violation)),
  }),
};
