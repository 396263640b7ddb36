/** The image archives that mean harm, many more of them at random. */
process.env['FUZZ_RUNS'] ??= '5000';
await import('../../components/cri-runtimes/containerd/images/malformed-images.test.ts');

export {};
