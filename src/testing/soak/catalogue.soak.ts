/** Every layer of the catalogue is hashed, the largest too. */
process.env['CATALOGUE_LAYER_BYTES_MAX'] ??= String(Number.MAX_SAFE_INTEGER);
await import('../../components/registry/catalogue/catalogue.test.ts');

export {};
