/** The text a syntax tree's positions refer to, for line numbers in messages and the text of jobs. */
export class Source {
  readonly text: string;
  readonly firstLine: number;
  private starts: number[] | null = null;

  constructor(text: string, firstLine: number) {
    this.text = text;
    this.firstLine = firstLine;
  }

  line(pos: number): number {
    if (this.starts === null) {
      this.starts = [0];
      for (let i = this.text.indexOf('\n'); i >= 0; i = this.text.indexOf('\n', i + 1)) this.starts.push(i + 1);
    }
    let low = 0;
    let high = this.starts.length - 1;
    while (low < high) {
      const mid = (low + high + 1) >> 1;
      if ((this.starts[mid] as number) <= pos) low = mid;
      else high = mid - 1;
    }
    return low + this.firstLine;
  }
}
