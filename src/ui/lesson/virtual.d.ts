declare module 'virtual:contents' {
  const contents: import('../../headless/scripts/contents.d.mts').Contents;
  export default contents;
}
