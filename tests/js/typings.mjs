// Whether values are what the client's typings promise, as read from its own declarations.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";

const DECLARATIONS = ["api.gen.d.ts", "client.d.ts"];
const INTERFACE = /^export interface (\w+) \{\n(.*?)^\}/gms;
const PROPERTY = /^\s*(\w+)\??: ([^;]+);$/gm;

const interfaces = new Map();
for (const name of DECLARATIONS) {
  const file = new URL(`node_modules/@heroiclabs/nakama-js/dist/${name}`, import.meta.url);
  for (const [, name, body] of readFileSync(file, "utf8").matchAll(INTERFACE)) {
    interfaces.set(name, new Map(Array.from(body.matchAll(PROPERTY), ([, property, type]) => [property, type])));
  }
}

// The value, if it is of a type: an interface of the client, Array<…> of one, {}, or what typeof says.
export function typed(type, value, what = type) {
  const item = /^Array<(\w+)>$/.exec(type)?.[1];
  if (item) {
    assert(Array.isArray(value), `${what} is no array`);
    value.forEach((each, index) => typed(item, each, `${what}[${index}]`));
  } else if (interfaces.has(type)) {
    const declared = interfaces.get(type);
    assert(value !== null && typeof value === "object", `${what} is ${value}`);
    for (const [property, content] of Object.entries(value)) {
      assert(declared.has(property), `${what}.${property} is not declared`);
      if (content !== undefined) typed(declared.get(property), content, `${what}.${property}`);
    }
  } else {
    assert.equal(typeof value, type === "{}" ? "object" : type, what);
    assert(value !== null && !Number.isNaN(value), `${what} is ${value}`);
  }
  return value;
}
