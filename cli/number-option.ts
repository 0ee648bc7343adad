/** Numbers as options give them. */
import { UserError } from "./exit.ts";

/** Throws UserError. */
export function parsePositive(option: string, text: string, whole: boolean): number {
  const value = Number(text);
  if (value > 0 && Number.isFinite(value) && (!whole || Number.isSafeInteger(value))) return value;
  throw new UserError(`${option} ${text}: expected a ${whole ? "whole " : ""}number above 0`);
}
