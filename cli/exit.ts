/** How the command ends: 0 all held, 1 something was violated, 2 the input was at fault. */
export const EXIT = { held: 0, violated: 1, input: 2 } as const;

/** The user's mistake, in one line that says what is wrong and where. */
export class UserError extends Error {
  override name = "UserError";
}

/** Prints the line; returns the exit code. */
export function failWith(message: string): number {
  process.stderr.write(`lockstep: ${message.replaceAll("\n", " ")}\n`);
  return EXIT.input;
}
