/** The transaction managers by name. A rival is a file beside the others and a row here. */
import type { SnapshotManagerName } from "../config.ts";
import { clockSi } from "./clock-si.ts";
import { clockSiCommitter } from "./clock-si-committer.ts";
import { local } from "./local.ts";
import type { TransactionManager } from "./transaction-manager.ts";

export type TransactionManagers = Readonly<Record<SnapshotManagerName, TransactionManager>>;

export const transactionManagers: TransactionManagers = {
  "clock-si": clockSi,
  "clock-si-committer": clockSiCommitter,
  local,
};
