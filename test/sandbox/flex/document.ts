/** Documents as Flex answers them: a resource or a list, and what the caller asked to have included. */
import { copy, Keyword, Uuid, type PlainObject } from './values.ts';

export type Resource = { id: Uuid; type: string; attributes: PlainObject };

/** A resource, its relations by name; null is an empty to-one relation. */
export type Node = {
  resource: Resource;
  related: (name: string) => Related;
  /** Names of the relations that hold one thing. */
  toOne?: string[];
};
export type Related = Node | null | Node[] | undefined;

type Document = { data: PlainObject | PlainObject[]; included?: PlainObject[]; meta?: PlainObject };

/**
 * `include` holds paths such as `listing` or `listing.author`. A relationship is shown only where it was asked for,
 * and each included resource stands there once. Names that do not exist are passed over.
 */
export function buildDocument(root: Node | Node[], include: string[], meta?: PlainObject): Document {
  const included = new Map<string, PlainObject>();
  const roots = Array.isArray(root) ? root : [root];
  const data = roots.map(node => withRelations(node, include, included));
  for (const node of roots) included.delete(keyOf(node));
  return {
    data: Array.isArray(root) ? data : (data[0] as PlainObject),
    ...(include.length > 0 && { included: [...included.values()] }),
    ...(meta && { meta }),
  };
}

function withRelations(node: Node, include: string[], included: Map<string, PlainObject>): PlainObject {
  const { resource } = node;
  const relationships: PlainObject = {};
  for (const [name, deeper] of groupByFirstSegment(include)) {
    const related = node.related(name);
    if (related === undefined) continue;
    relationships[name] = { data: reference(related, child => addIncluded(child, deeper, included)) };
  }
  return {
    id: resource.id,
    type: new Keyword(resource.type),
    attributes: copy(resource.attributes),
    ...(Object.keys(relationships).length > 0 && { relationships }),
  };
}

function addIncluded(node: Node, include: string[], included: Map<string, PlainObject>): void {
  const known = included.get(keyOf(node));
  const built = withRelations(node, include, included);
  const relationships = {
    ...(known?.['relationships'] as PlainObject),
    ...(built['relationships'] as PlainObject),
  };
  included.set(keyOf(node), { ...built, ...(Object.keys(relationships).length > 0 && { relationships }) });
}

function reference(related: Node | null | Node[], add: (node: Node) => void): unknown {
  if (related === null) return null;
  if (Array.isArray(related)) return related.map(node => reference(node, add));
  add(related);
  return { id: related.resource.id, type: new Keyword(related.resource.type) };
}

const keyOf = (node: Node) => `${node.resource.type} ${node.resource.id.uuid}`;

function groupByFirstSegment(paths: string[]): Map<string, string[]> {
  const groups = new Map<string, string[]>();
  for (const path of paths) {
    const [first, ...rest] = path.split('.') as [string, ...string[]];
    groups.set(first, [...(groups.get(first) ?? []), ...(rest.length > 0 ? [rest.join('.')] : [])]);
  }
  return groups;
}

/** A command's answer without `expand`: id and type only. */
export const bareReference = (node: Node) => ({
  data: { id: node.resource.id, type: new Keyword(node.resource.type) },
});

export const leaf = (resource: Resource | null): Node | null =>
  resource && { resource, related: () => undefined };

/** A resource as the event feed holds it: attributes, and ids of what it has one of. */
export function operatorResource(node: Node): PlainObject {
  const relationships = Object.fromEntries(
    (node.toOne ?? []).map(name => {
      const related = node.related(name) as Node | null;
      return [
        name,
        { data: related && { id: related.resource.id, type: new Keyword(related.resource.type) } },
      ];
    }),
  );
  const { id, type, attributes } = node.resource;
  return { id, type: new Keyword(type), attributes: copy(attributes), relationships };
}
