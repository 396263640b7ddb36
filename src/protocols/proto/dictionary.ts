/**
 * What map fields decode to: an object that inherits nothing, so that a label called `constructor` or `__proto__` is a
 * label like any other. A constructor with an empty prototype stays in V8's fast mode, unlike Object.create(null).
 */
export const Dictionary = function Dictionary() {} as unknown as new <Value>() => Record<string, Value>;
Object.defineProperty(Dictionary, 'prototype', { value: Object.freeze(Object.create(null)) });

/** The default of every bytes field. Zero-length arrays cannot be changed, so sharing one is safe. */
export const noBytes = new Uint8Array(0);
