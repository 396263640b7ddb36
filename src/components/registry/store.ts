/** What one registry process serves: repositories of the catalogue, built when first asked for, and what was pushed. */
import { buildRepository, newRepository, type Repository, repositoryNames } from './catalogue/repository.ts';

export type Store = {
  /** Sorted. */
  names(): string[];
  repository(name: string): Repository | null;
  /** The repository, made if there is none. */
  create(name: string): Repository;
};

export function catalogueStore(registry: string): Store {
  const built = new Map<string, Repository | null>();
  const repository = (name: string): Repository | null => {
    let found = built.get(name);
    if (found === undefined) {
      found = buildRepository(registry, name);
      built.set(name, found);
    }
    return found;
  };
  return {
    names() {
      const pushed = [...built].flatMap(([name, found]) => (found === null ? [] : [name]));
      return [...new Set([...repositoryNames(registry), ...pushed])].sort();
    },
    repository,
    create(name) {
      const made = repository(name) ?? newRepository(name);
      built.set(name, made);
      return made;
    },
  };
}
