// Node's own classes of the Fetch standard, as they were before globals.ts put the light ones in their place. Runs in
// hosts and workers. Imported only for fetch applications: Node loads these classes when they are first named.

export const NativeHeaders = globalThis.Headers;
export const NativeRequest = globalThis.Request;
export const NativeResponse = globalThis.Response;
export const nativeFetch = globalThis.fetch;

/**
 * Makes the objects of `light` instances of `native` as well: what a light class does not have comes from Node's, and
 * `instanceof` knows no difference.
 */
export function standInFor(light: { readonly prototype: object }, native: { readonly prototype: object }) {
  Object.setPrototypeOf(light.prototype, native.prototype);
  // As of any other instance, it is what `new` was called on.
  Reflect.deleteProperty(light.prototype, 'constructor');
}
