/** Bytes from which a piece of a program's memory has pages of its own: what is less is not counted. */
export const LARGE_BYTES = 128 * 1024;
/** Bytes of one text from which it is refused, as if there were no memory for it: whoever runs this has to hold it, too. */
export const TEXT_BYTES_MAX = 1 << 28;
