/** Answers what the page asks about the machine's files. Loaded by the worker with the first question. */
import { lookAtChanges, lookAtPair } from '../../machine/look-at-changes.ts';
import { lookAtDirectories, lookAtFile, lookAtMade } from '../../machine/look-at-files.ts';
import type { Machine } from '../../machine/machine.ts';
import type { FileAnswer, FileQuery } from './contract.ts';

export function lookAtFiles(machine: Machine, query: FileQuery): FileAnswer[FileQuery['kind']] {
  switch (query.kind) {
    case 'directories':
      return lookAtDirectories(machine, query.pid, query.paths);
    case 'file':
      return lookAtFile(machine, query.place);
    case 'made':
      return lookAtMade(machine, query.place);
    case 'changes':
      return lookAtChanges(machine, query.place);
    case 'pair':
      return lookAtPair(machine, query.place, query.path);
  }
}
