/** Reads `a=1&b[c]=2&d[0]=3`, the form Stripe's clients send. Brackets nest, indexed brackets are lists; all leaves are text. */
export type FormValue = string | FormValue[] | FormObject;
export type FormObject = { [key: string]: FormValue };

export function parseForm(text: string): FormObject {
  const root: FormObject = Object.create(null) as FormObject;
  for (const [name, value] of new URLSearchParams(text)) {
    const [head, ...brackets] = splitName(name);
    place(root, [head as string, ...brackets], value);
  }
  return asLists(root) as FormObject;
}

/** `metadata[a-b]` to `['metadata', 'a-b']`. */
function splitName(name: string): string[] {
  const first = name.indexOf('[');
  if (first === -1) return [name];
  return [
    name.slice(0, first),
    ...[...name.slice(first).matchAll(/\[([^\]]*)\]/g)].map(match => match[1] as string),
  ];
}

function place(target: FormObject, path: string[], value: string): void {
  const [key, ...rest] = path as [string, ...string[]];
  // `expand[]=a&expand[]=b`: the empty bracket means "the next one".
  const name = key === '' ? String(Object.keys(target).length) : key;
  if (rest.length === 0) {
    target[name] = value;
    return;
  }
  const inner = target[name];
  const branch =
    typeof inner === 'object' && !Array.isArray(inner) ? inner : (Object.create(null) as FormObject);
  target[name] = branch;
  place(branch, rest, value);
}

function asLists(value: FormValue): FormValue {
  if (typeof value === 'string' || Array.isArray(value)) return value;
  const keys = Object.keys(value);
  if (keys.length > 0 && keys.every((key, index) => key === String(index)))
    return keys.map(key => asLists(value[key] as FormValue));
  for (const key of keys) value[key] = asLists(value[key] as FormValue);
  return value;
}

/** The same text for the same parameters, in whatever order they came. */
export const canonical = (value: FormValue): string => {
  if (typeof value === 'string') return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`;
  const names = Object.keys(value).toSorted();
  return `{${names.map(name => `${JSON.stringify(name)}:${canonical(value[name]!)}`).join()}}`;
};
