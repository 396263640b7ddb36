/** What one registry process serves: repositories of the catalogue, built when somebody first asks for them. */
import { buildRepository, type Repository, repositoryNames } from './catalogue/repository.ts';

export type Store = {
  names(): string[];
  repository(name: string): Repository | null;
};

export function catalogueStore(registry: string): Store {
  const built = new Map<string, Repository | null>();
  return {
    names: () => repositoryNames(registry),
    repository(name) {
      let found = built.get(name);
      if (found === undefined) {
        found = buildRepository(registry, name);
        built.set(name, found);
      }
      return found;
    },
  };
}
