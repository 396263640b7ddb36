declare module 'virtual:contents' {
  const contents: import('../../lesson-engine/contents.ts').Contents;
  export default contents;
}
