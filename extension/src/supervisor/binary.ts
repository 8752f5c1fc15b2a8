// Which program is the host.
import { accessSync, constants, statSync } from "node:fs";
import { delimiter, isAbsolute, join, resolve } from "node:path";

const NAME = "palisade";

/**
 * The path of the host's binary: the one that the administrator named, else the first on `PATH`.
 * A package with the binary for this platform would come third.
 */
export function findBinary(named: string | undefined, path: string | undefined): string | { problem: string } {
  if (named !== undefined) {
    const file = resolve(named);
    return isProgram(file) ? file : { problem: `PALISADE_BINARY names ${file}, which is no program that can be run` };
  }
  for (const folder of (path ?? "").split(delimiter)) {
    // A program in the working folder is nobody's choice.
    if (!isAbsolute(folder)) continue;
    const file = join(folder, NAME);
    if (isProgram(file)) return file;
  }
  return { problem: `there is no program "${NAME}" on PATH: name it in PALISADE_BINARY, or a running host in PALISADE_URL` };
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}
